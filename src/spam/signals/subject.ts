/** How the subject pushes and hides. What it says is for what learns. */
import type { HeaderField } from '../../mime/message.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

/** Shorter subjects are acronyms. */
const CAPITALS_MIN = 12
const SUBJECT_CHARS_MAX = 300

const CURRENCY = /[$€£¥₹]\s?\d|\d\s?[$€£¥₹]|\b(?:USD|EUR|GBP)\s?\d|\d\s?(?:USD|EUR|GBP)\b/i

/** A word broken by what nobody sees. Not the joiners of Persian, Indic scripts and emoji, nor the word breaks of Thai. */
const HIDDEN =
  /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}][\u00ad\u200b\u2060\ufeff]+[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u

export function subjectSignals({ message, fromName }: Facts): Finding[] {
  const subject = (message.envelope.subject ?? '').slice(0, SUBJECT_CHARS_MAX)
  const findings: Finding[] = []
  if (isShouted(subject)) findings.push(found('SUBJECT_CAPITALS', subject))
  const amount = CURRENCY.exec(subject)
  if (amount) findings.push(found('SUBJECT_CURRENCY', amount[0]))
  const hidden = HIDDEN.exec(`${subject}\n${fromName.slice(0, SUBJECT_CHARS_MAX)}`)
  if (hidden) findings.push(found('SUBJECT_HIDDEN_CHARACTERS', hidden[0]))
  if (message.fields.some(isHighPriority)) findings.push(found('PRIORITY_HIGH'))
  return findings
}

/** Two words or more, all capitals. Ticket numbers and list tags in brackets say nothing. */
function isShouted(subject: string): boolean {
  const words = subject.replace(/\[[^\]]*\]/g, ' ').replace(/^(?:\s*(?:re|fwd?|aw|wg|sv):)+/i, ' ')
  const capitals = words.match(/\p{Lu}/gu)?.length ?? 0
  return capitals >= CAPITALS_MIN && !/\p{Ll}/u.test(words) && /\p{Lu}\s+\p{Lu}/u.test(words)
}

function isHighPriority({ key, raw }: HeaderField): boolean {
  if (key === 'x-priority') return /^\s*[12]\b/.test(raw)
  return (key === 'importance' || key === 'x-msmail-priority') && /^\s*high/i.test(raw)
}
