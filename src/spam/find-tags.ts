/** All rules, in the order in which a report tells them. They read one set of facts and know nothing of each other. */
import { type Facts, readFacts } from './facts.ts'
import type { Finding } from './finding.ts'
import type { SpamInput } from './input.ts'
import { attachmentSignals } from './signals/attachments.ts'
import { authenticationSignals } from './signals/authentication.ts'
import { bodySignals } from './signals/body.ts'
import { headerSignals } from './signals/headers.ts'
import { heloSignals } from './signals/helo.ts'
import { linkSignals } from './signals/links.ts'
import { outsideSignals } from './signals/outside.ts'
import { senderSignals } from './signals/sender.ts'
import { subjectSignals } from './signals/subject.ts'

const SIGNALS: ((facts: Facts) => Finding[])[] = [
  authenticationSignals,
  heloSignals,
  headerSignals,
  senderSignals,
  subjectSignals,
  linkSignals,
  bodySignals,
  attachmentSignals,
  outsideSignals,
]

export function findTags(input: SpamInput): Finding[] {
  const facts = readFacts(input)
  return SIGNALS.flatMap((signal) => signal(facts))
}
