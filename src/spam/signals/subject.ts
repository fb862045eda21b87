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

/** Changes of case, and to and from digits. */
const DRAWN_TURNS_MIN = 6
/** Newsletters like one. */
const PICTOGRAPHS_MIN = 2
const PICTOGRAPH = /\p{Extended_Pictographic}/gu
const REPLY = /^\s*(?:re|aw|sv|antw|fwd?|wg|tr|enc|res|rv)\s?:/i

export function subjectSignals(facts: Facts): Finding[] {
  const { message, fromName } = facts
  const subject = (message.envelope.subject ?? '').slice(0, SUBJECT_CHARS_MAX)
  const findings: Finding[] = []
  if (isShouted(subject)) findings.push(found('SUBJECT_CAPITALS', subject))
  const amount = CURRENCY.exec(subject)
  if (amount) findings.push(found('SUBJECT_CURRENCY', amount[0]))
  const hidden = HIDDEN.exec(`${subject}\n${fromName.slice(0, SUBJECT_CHARS_MAX)}`)
  if (hidden) findings.push(found('SUBJECT_HIDDEN_CHARACTERS', hidden[0]))
  if (message.fields.some(isHighPriority)) findings.push(found('PRIORITY_HIGH'))
  const pictographs = subject.match(PICTOGRAPH)?.length ?? 0
  if (pictographs >= PICTOGRAPHS_MIN) findings.push(found('SUBJECT_PICTOGRAPHS', subject))
  if (/!{2,}|\?!|!\?|\${2,}|(?:!.*){3}/.test(subject)) findings.push(found('SUBJECT_EXCLAIMED', subject))
  const drawn = subject.match(/[A-Za-z0-9]{10,40}/g)?.find(isDrawn)
  if (drawn) findings.push(found('SUBJECT_RANDOM', drawn))
  if (isFalseReply(facts, subject)) findings.push(found('SUBJECT_FALSE_REPLY', subject))
  return findings
}

/** Two words or more, all capitals. Ticket numbers and list tags in brackets say nothing. */
function isShouted(subject: string): boolean {
  const words = subject.replace(/\[[^\]]*\]/g, ' ').replace(/^(?:\s*(?:re|fwd?|aw|wg|sv):)+/i, ' ')
  const capitals = words.match(/\p{Lu}/gu)?.length ?? 0
  return capitals >= CAPITALS_MIN && !/\p{Ll}/u.test(words) && /\p{Lu}\s+\p{Lu}/u.test(words)
}

/** Small and capital letters in no order: no word, no name in CamelCase and no digest is written so. */
function isDrawn(word: string): boolean {
  const turns = word.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])|[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0
  return /[a-z]/.test(word) && /[A-Z]{2}/.test(word) && turns >= DRAWN_TURNS_MIN
}

/** Every program that answers names the message that it answers; some that forward do not, nor do lists and mail servers. */
function isFalseReply({ message, isList, isBounce }: Facts, subject: string): boolean {
  if (isList || isBounce || !REPLY.test(subject) || /^\s*(?:fwd?|wg|tr|enc|rv)\s?:/i.test(subject)) return false
  if (message.inReplyTo.length > 0 || message.references.length > 0) return false
  return !message.fields.some(({ key }) => key === 'thread-index' || key === 'in-reply-to' || key === 'references')
}

function isHighPriority({ key, raw }: HeaderField): boolean {
  if (key === 'x-priority') return /^\s*[12]\b/.test(raw)
  return (key === 'importance' || key === 'x-msmail-priority') && /^\s*high/i.test(raw)
}
