/** All rules, in the order in which a report tells them. They read one set of facts and know nothing of each other. */
import { type Facts, readFacts } from './facts.ts'
import type { Finding } from './finding.ts'
import type { SpamInput } from './input.ts'
import { activeHtmlSignals } from './signals/active-html.ts'
import { alignmentSignals } from './signals/alignment.ts'
import { alternativesSignals } from './signals/alternatives.ts'
import { attachmentContentSignals } from './signals/attachment-content.ts'
import { attachmentSignals } from './signals/attachments.ts'
import { authenticationSignals } from './signals/authentication.ts'
import { bodySignals } from './signals/body.ts'
import { brandSignals } from './signals/brands.ts'
import { doorSignals } from './signals/doors.ts'
import { encodingSignals } from './signals/encoding.ts'
import { headerSignals } from './signals/headers.ts'
import { heloSignals } from './signals/helo.ts'
import { hiddenSignals } from './signals/hidden.ts'
import { historySignals } from './signals/history.ts'
import { linkSignals } from './signals/links.ts'
import { lureSignals } from './signals/lures.ts'
import { outsideSignals } from './signals/outside.ts'
import { recipientSignals } from './signals/recipient.ts'
import { senderSignals } from './signals/sender.ts'
import { senderDomainSignals } from './signals/sender-domain.ts'
import { subjectSignals } from './signals/subject.ts'
import { urlListingSignals } from './signals/url-listings.ts'
import { urlPathSignals } from './signals/url-paths.ts'

const SIGNALS: ((facts: Facts) => Finding[])[] = [
  authenticationSignals,
  heloSignals,
  alignmentSignals,
  historySignals,
  headerSignals,
  encodingSignals,
  senderSignals,
  senderDomainSignals,
  brandSignals,
  recipientSignals,
  subjectSignals,
  linkSignals,
  doorSignals,
  urlPathSignals,
  urlListingSignals,
  lureSignals,
  bodySignals,
  alternativesSignals,
  hiddenSignals,
  activeHtmlSignals,
  attachmentSignals,
  outsideSignals,
  attachmentContentSignals,
]

export function findTags(input: SpamInput): Finding[] {
  const facts = readFacts(input)
  return SIGNALS.flatMap((signal) => signal(facts))
}
