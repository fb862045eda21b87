/** What is missing, malformed or doubled in the headers. Bounces are spared: the servers that write them leave much out. */
import type { HeaderField } from '../../mime/message.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

/** Fields that may stand once (RFC 5322 §3.6), of those that honest mailers get right. */
const UNIQUE = ['from', 'sender', 'reply-to', 'to', 'cc', 'subject', 'date', 'message-id']

/** Something before '@', and behind it what a host may be written with, or an address in brackets. */
const READABLE = /[^@\s]@(?:[\p{L}\p{M}\p{N}._-]+|\[[^\]]+\])$/u

/** What an unencoded field is worth where the text is not encoded either. */
const ALSO_IN_TEXT_SHARE = 0.5

/** Clocks go wrong by time zones and a day; nobody is two days ahead by accident. */
const FUTURE_MS_MAX = 2 * 24 * 3600 * 1000

export function headerSignals(facts: Facts): Finding[] {
  return [
    ...fromSignals(facts),
    ...duplicateSignals(facts),
    ...eightBitSignals(facts),
    ...absenceSignals(facts),
    ...dateSignals(facts),
  ]
}

function fromSignals({ message, isBounce }: Facts): Finding[] {
  const field = message.fields.find((one) => one.key === 'from')
  const addresses = message.envelope.from.filter((one) => READABLE.test(one.address))
  if (!field) return [found('FROM_MISSING')]
  if (addresses.length === 0) return isBounce ? [] : [found('FROM_MALFORMED', field.raw)]
  const several = message.defects.includes('from-multiple')
  return several ? [found('FROM_MULTIPLE', addresses.map((one) => one.address).join(', '))] : []
}

function duplicateSignals({ message }: Facts): Finding[] {
  const values = new Map<string, HeaderField>()
  for (const field of message.fields) {
    const first = values.get(field.key)
    // The same value twice is a clumsy relay's doing.
    if (first && first.raw !== field.raw && UNIQUE.includes(field.key)) return [found('HEADER_DUPLICATE', field.name)]
    values.set(field.key, first ?? field)
  }
  return []
}

/** RFC 5322 §2.2 allows ASCII only. RFC 6532 allows UTF-8 to those who negotiated it, which we cannot see. */
function eightBitSignals({ message }: Facts): Finding[] {
  const isRaw = (key: string) => message.fields.some((field) => field.key === key && /[\x80-\xff]/.test(field.raw))
  // One fault of one program: who leaves the one as it is leaves the other, and the text.
  const share = message.defects.includes('8bit-in-7bit') ? ALSO_IN_TEXT_SHARE : 1
  if (isRaw('from')) return [found('FROM_8BIT', '', share)]
  return isRaw('subject') ? [found('SUBJECT_8BIT', '', share)] : []
}

function absenceSignals({ message, isBounce }: Facts): Finding[] {
  if (isBounce) return []
  const has = (...keys: string[]) => message.fields.some((field) => keys.includes(field.key))
  const findings: Finding[] = []
  if (!has('message-id')) findings.push(found('MESSAGE_ID_MISSING'))
  if (message.defects.includes('message-id-malformed')) findings.push(found('MESSAGE_ID_MALFORMED'))
  if (!has('date')) findings.push(found('DATE_MISSING'))
  if (message.defects.includes('date-malformed')) findings.push(found('DATE_MALFORMED'))
  if (!has('subject')) findings.push(found('SUBJECT_MISSING'))
  if (!has('to', 'cc', 'bcc', 'resent-to')) findings.push(found('RECIPIENT_MISSING'))
  const to = message.fields.find((field) => field.key === 'to')
  if (to && isPlaceholder(to.raw)) findings.push(found('RECIPIENT_PLACEHOLDER', to.raw))
  if (to && /^"?undisclosed[- ]recipients?"?\s*:?\s*;?/i.test(to.raw.trim()))
    findings.push(found('UNDISCLOSED_RECIPIENTS'))
  return findings
}

/** What a mailing program was to fill in: neither an address nor the name of a group (RFC 5322 §3.4). */
function isPlaceholder(raw: string): boolean {
  return raw.trim() !== '' && !raw.includes('@') && !raw.includes(':') && /^[[{<(#%$]|[[{]{2}|%\w+%/.test(raw.trim())
}

function dateSignals({ message, nowMs }: Facts): Finding[] {
  if (message.dateMs === null || message.dateMs - nowMs <= FUTURE_MS_MAX) return []
  return [found('DATE_IN_FUTURE', new Date(message.dateMs).toISOString().slice(0, 10))]
}
