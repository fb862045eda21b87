/** How the message is written: what mail programs do not do, and what some of them are known never to. */
import type { HeaderField } from '../../mime/message.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

/** A letter or digit that quoted-printable never has to encode (RFC 2047 §4.2). */
const ENCODED_LETTER = /=(?:3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A])/gi
const Q_WORD = /=\?[\w-]{1,40}\?q\?([^?]{1,200})\?=/gi
const ENCODED_LETTERS_MIN = 4
/** UTF-8 read as Latin-1 and written as UTF-8 once more, once or twice. */
const MOJIBAKE = /(?:Ã[\u0080-\u00bfƒ„…†‡‰‹Œ‘’“”•–—™›œ][\u0080-\u00bf]?|â€[™œ\u009d“”˜¦])/g
const MOJIBAKE_MIN = 2
const TEXT_CHARS_MAX = 5_000
const FIELDS_MAX = 100
/** No date is longer. A field may have a megabyte, and what looks for its end goes back and forth. */
const DATE_CHARS_MAX = 200

export function encodingSignals(facts: Facts): Finding[] {
  const { message, isBounce, isList } = facts
  if (isBounce) return []
  const field = (key: string) => message.fields.find((one) => one.key === key)?.raw
  const findings: Finding[] = []
  const encoded = message.fields.slice(0, FIELDS_MAX).find(hasEncodedLetters)
  if (encoded) findings.push(found('LETTERS_ENCODED', encoded.name))
  if (facts.parts.length > 1 && field('mime-version') === undefined) findings.push(found('MIME_VERSION_MISSING'))
  const unsubscribe = field('list-unsubscribe')
  if (unsubscribe !== undefined && !isUnsubscribe(unsubscribe))
    findings.push(found('UNSUBSCRIBE_MALFORMED', unsubscribe))
  if (isOddMultipart(facts)) findings.push(found('MULTIPART_ODD', message.structure.subtype))
  if (!isList && mojibakeIn(facts) >= MOJIBAKE_MIN) findings.push(found('TEXT_MOJIBAKE'))
  const date = field('date')
  if (date !== undefined && message.dateMs !== null && !hasZone(date)) findings.push(found('DATE_WITHOUT_ZONE', date))
  const mailer = field('x-mailer')
  // A list that adds its footer builds the message anew.
  if (mailer !== undefined && !isList && isFalseMailer(mailer, facts)) findings.push(found('MAILER_FALSE', mailer))
  return findings
}

function hasEncodedLetters({ key, raw }: HeaderField): boolean {
  if (key !== 'from' && key !== 'subject' && key !== 'to' && key !== 'sender') return false
  const words = [...raw.slice(0, 1_000).matchAll(Q_WORD)].map((match) => match[1] ?? '')
  return words.reduce((sum, word) => sum + (word.match(ENCODED_LETTER)?.length ?? 0), 0) >= ENCODED_LETTERS_MIN
}

/** RFC 2369 §3.2 wants addresses of the web or of mail. */
function isUnsubscribe(raw: string): boolean {
  return /<\s*(?:mailto|https?):/i.test(raw) || raw.includes('=?')
}

/** A digest and a report are what mail servers make; nobody writes one. */
function isOddMultipart({ message, parts, isList }: Facts): boolean {
  const { type, subtype } = message.structure
  if (type !== 'multipart' || isList) return false
  if (subtype === 'digest') return !parts.some((part) => part.type === 'message')
  return subtype === 'report' && !parts.some((part) => part.type === 'message' || part.type === 'application')
}

function mojibakeIn({ message, html }: Facts): number {
  const text = message.html === null ? message.text.slice(0, TEXT_CHARS_MAX) : html.text
  return text.match(MOJIBAKE)?.length ?? 0
}

function hasZone(date: string): boolean {
  const start = date.slice(0, DATE_CHARS_MAX).trim()
  return /[+-]\d{2}:?\d{2}\b|\b(?:[A-Z]{1,5}|UT)\s*(?:\(.*\))?\s*$/i.test(start)
}

/** Programs whose multiparts are known by their boundary, and which write no HTML without a text beside it. */
function isFalseMailer(mailer: string, { message, parts }: Facts): boolean {
  const { type, subtype, params } = message.structure
  const boundary = params.boundary ?? ''
  if (/^(?:microsoft (?:office )?outlook)/i.test(mailer.trim())) {
    if (type === 'text') return subtype === 'html'
    return type === 'multipart' && subtype !== 'report' && !/NextPart|^_\d{3}_|^=_|^-{2,}=_/.test(boundary)
  }
  if (/^apple mail \(/i.test(mailer.trim()))
    return parts.length > 1 && type === 'multipart' && !boundary.startsWith('Apple-Mail')
  return false
}
