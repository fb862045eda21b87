/** How the subject shouts. What it says is for what learns. */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

/** Shorter subjects are acronyms. */
const CAPITALS_MIN = 12
const SUBJECT_CHARS_MAX = 300

const CURRENCY = /[$€£¥₹]\s?\d|\d\s?[$€£¥₹]|\b(?:USD|EUR|GBP)\s?\d|\d\s?(?:USD|EUR|GBP)\b/i

export function subjectSignals({ message }: Facts): Finding[] {
  const subject = (message.envelope.subject ?? '').slice(0, SUBJECT_CHARS_MAX)
  const findings: Finding[] = []
  if (isShouted(subject)) findings.push(found('SUBJECT_CAPITALS', subject))
  const amount = CURRENCY.exec(subject)
  if (amount) findings.push(found('SUBJECT_CURRENCY', amount[0]))
  return findings
}

/** Two words or more, all capitals. Ticket numbers and list tags in brackets say nothing. */
function isShouted(subject: string): boolean {
  const words = subject.replace(/\[[^\]]*\]/g, ' ').replace(/^(?:\s*(?:re|fwd?|aw|wg|sv):)+/i, ' ')
  const capitals = words.match(/\p{Lu}/gu)?.length ?? 0
  return capitals >= CAPITALS_MIN && !/\p{Ll}/u.test(words) && /\p{Lu}\s+\p{Lu}/u.test(words)
}
