/**
 * Our reading of a message against postal-mime's, an independent parser that works quite another way (it decodes
 * everything, line by line, and keeps no offsets).
 *
 * Where both read alike they must agree. Where they differ on purpose the reason is named here, so that a new
 * disagreement is seen: `reasons` are not failures, `disagreements` are.
 */
import PostalMime, { type Email, type Address as PostalAddress, type Attachment as PostalAttachment } from 'postal-mime'
import { htmlToText } from '../../src/mime/html-text.ts'
import { lineEndOf } from '../../src/mime/lines.ts'
import type { ParsedMessage } from '../../src/mime/message.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { findPart } from '../../src/mime/structure.ts'
import { decodeTransferBytes } from '../../src/mime/transfer.ts'

export type Reason =
  | 'other parser failed'
  | 'line ends are CR only' // it knows only LF
  | 'structure repaired' // a multipart without parts or with an unreadable type: it loses the text
  | 'named text is an attachment' // RFC 8621 §4.1.4; it takes the part for text
  | 'no UTF-8 and no charset' // it replaces the bytes, we guess windows-1252
  | 'charset it does not know' // UTF-7, UTF-16 with a byte order mark
  | 'uuencode' // it does not decode it
  | 'flowed quotations' // it joins lines of different quote depths; nothing but '>' differs
  | 'cut at the limit'
  | 'backslash in a file name' // 'C:\TEMP\a' stays a path with us
  | 'text between HTML' // wrapped in other markup, the same as text
  | 'HTML between text' // its text of HTML names link targets
  | 'malformed address list' // unquoted commas, white space inside addresses, addresses inside names
  | 'UTF-8 that says us-ascii'
  | 'padded soft break' // it keeps an '=' that white space follows (RFC 2045 §6.7 (3))
  | 'date that Date.parse guesses'

export type Agreement = { reasons: Set<Reason>; disagreements: string[] }

export async function compare(bytes: Uint8Array): Promise<Agreement> {
  const result: Agreement = { reasons: new Set(), disagreements: [] }
  const ours = await parseMessage(bytes)
  if (lineEndOf(bytes) === 13) return excuse(result, 'line ends are CR only')
  let theirs: Email
  try {
    theirs = await PostalMime.parse(bytes, { forceRfc822Attachments: true })
  } catch {
    return excuse(result, 'other parser failed')
  }
  compareHeaders(ours, theirs, result)
  const sameParts = compareAttachments(ours, theirs, bytes, result)
  if (sameParts) compareBodies(ours, theirs, result)
  return result
}

function excuse(result: Agreement, reason: Reason): Agreement {
  result.reasons.add(reason)
  return result
}

/** Notes a difference, by its reason where there is one. */
function differ(result: Agreement, what: string, reason: Reason | null): void {
  if (reason) result.reasons.add(reason)
  else result.disagreements.push(what)
}

function compareHeaders(ours: ParsedMessage, theirs: Email, result: Agreement): void {
  const { envelope } = ours
  if (plain(envelope.subject ?? '') !== plain(theirs.subject ?? '')) {
    differ(result, `subject: ${envelope.subject} / ${theirs.subject}`, charsetReason(ours, theirs.subject ?? ''))
  }
  for (const [name, list, other] of [
    ['from', envelope.from.slice(0, 1), flat(theirs.from ? [theirs.from] : []).slice(0, 1)],
    ['to', envelope.to, flat(theirs.to ?? [])],
    ['cc', envelope.cc, flat(theirs.cc ?? [])],
  ] as const) {
    const mine = list.flatMap(({ address }) => address || []).join()
    const yours = other.flatMap((address) => address || []).join()
    const malformed =
      ours.defects.includes('address-malformed') || list.some(({ name }) => /[,@]/.test(name)) || yours === ''
    if (words(mine) !== words(yours)) {
      const reason = malformed ? 'malformed address list' : charsetReason(ours, yours)
      differ(result, `${name}: ${clipped(mine)} / ${clipped(yours)}`, reason)
    }
  }
  const date = theirs.date === undefined ? Number.NaN : Date.parse(theirs.date)
  if (ours.dateMs !== (Number.isNaN(date) ? null : date) && !(Number.isNaN(date) && ours.dateMs !== null)) {
    const isZone = ours.dateMs !== null && Math.abs(ours.dateMs - date) <= 14 * 3_600_000
    const reason = ours.dateMs === null || isZone ? 'date that Date.parse guesses' : null
    differ(result, `date: ${envelope.date} ${ours.dateMs} / ${theirs.date}`, reason)
  }
}

function flat(addresses: PostalAddress[]): string[] {
  return addresses.flatMap((address) => (address.group ? flat(address.group) : (address.address ?? '')))
}

function compareAttachments(ours: ParsedMessage, theirs: Email, bytes: Uint8Array, result: Agreement): boolean {
  if (ours.attachments.length !== theirs.attachments.length) {
    const repaired = ours.defects.some((d) => d === 'content-type-malformed' || /^boundary|^multipart|^too-/.test(d))
    const named = ours.attachments.some((a) => a.contentType.startsWith('text/') || a.contentType === 'message/rfc822')
    const reason = repaired ? 'structure repaired' : named ? 'named text is an attachment' : null
    differ(result, `attachments: ${ours.attachments.length} / ${theirs.attachments.length}`, reason)
    return false
  }
  for (const [index, other] of theirs.attachments.entries()) compareAttachment(ours, index, other, bytes, result)
  return true
}

function compareAttachment(
  ours: ParsedMessage,
  index: number,
  other: PostalAttachment,
  bytes: Uint8Array,
  result: Agreement,
) {
  const mine = ours.attachments[index]
  const part = mine && findPart(ours.structure, mine.part)
  if (!mine || !part) return void result.disagreements.push(`attachment ${index} has no part`)
  if (mine.contentType !== other.mimeType) {
    differ(result, `type: ${mine.contentType} / ${other.mimeType}`, repairReason(ours))
  }
  const name = other.filename?.trim() || null
  if (plain(mine.filename ?? '') !== plain(name ?? '')) {
    const reason = mine.filename?.includes('\\') ? 'backslash in a file name' : charsetReason(ours, name ?? '')
    differ(result, `name: ${mine.filename} / ${name}`, reason)
  }
  const decoded = decodeTransferBytes(part.encoding, bytes.subarray(part.bodyStart, part.bodyEnd)).bytes
  // It ends every line of what is not base64 with LF, and calendars are re-encoded to UTF-8.
  const same = lineEndsFolded(decoded) === lineEndsFolded(new Uint8Array(other.content as ArrayBuffer))
  if (!same) differ(result, `bytes of ${mine.part}`, part.encoding.includes('uu') ? 'uuencode' : calendarReason(other))
}

function calendarReason(other: PostalAttachment): Reason | null {
  return other.mimeType === 'text/calendar' ? 'charset it does not know' : null
}

function lineEndsFolded(bytes: Uint8Array): string {
  return new TextDecoder('windows-1252')
    .decode(bytes)
    .replace(/\r+\n?|\n/g, '\n')
    .trimEnd()
}

function compareBodies(ours: ParsedMessage, theirs: Email, result: Agreement): void {
  const [text, otherText] = [words(ours.text), words(theirs.text ?? '')]
  if (ours.textIsOriginal && text !== otherText) {
    const quotes = text.replaceAll('>', '') === otherText.replaceAll('>', '')
    const mixed = ours.html !== null && JSON.stringify(ours.structure).includes('mixed')
    const reason = quotes ? 'flowed quotations' : mixed ? 'HTML between text' : bodyReason(ours, theirs.text ?? '')
    differ(result, `text: ${firstDifference(text, otherText)}`, reason)
  }
  const [html, otherHtml] = [words(ours.html ?? ''), words(theirs.html ?? '')]
  if (html !== otherHtml) {
    const same = words(htmlToText(ours.html ?? '')) === words(htmlToText(theirs.html ?? ''))
    const reason = same ? 'text between HTML' : bodyReason(ours, theirs.html ?? '')
    differ(result, `html: ${firstDifference(html, otherHtml)}`, reason)
  }
}

function clipped(text: string): string {
  return text.slice(0, 80)
}

function bodyReason(ours: ParsedMessage, other: string): Reason | null {
  if (ours.text.length >= 1024 * 1024 || (ours.html?.length ?? 0) >= 1024 * 1024) return 'cut at the limit'
  if (ours.defects.includes('encoding-malformed') && other.includes('=')) return 'padded soft break'
  return repairReason(ours) ?? charsetReason(ours, other)
}

function repairReason(ours: ParsedMessage): Reason | null {
  const repairs = ['content-type-malformed', 'boundary-missing', 'multipart-empty', 'too-deep', 'too-many-parts']
  return ours.defects.some((defect) => repairs.includes(defect)) ? 'structure repaired' : null
}

function charsetReason(ours: ParsedMessage, other: string): Reason | null {
  if (/utf-?(?:7|16)/i.test(JSON.stringify(ours.structure)) || /\+A[\w+/]+-/.test(other))
    return 'charset it does not know'
  const guessed = ['8bit-in-7bit', 'header-8bit', 'charset-unknown', 'charset-malformed'] as const
  if (/us-?ascii/i.test(JSON.stringify(ours.structure)) && /[ÂÃâ]/.test(other)) return 'UTF-8 that says us-ascii'
  const replaced = other.includes('\ufffd') || other.includes('ï¿½')
  return replaced || guessed.some((defect) => ours.defects.includes(defect)) ? 'no UTF-8 and no charset' : null
}

function plain(text: string): string {
  return text
    .replaceAll('\0', '')
    .replace(/[\s\ufeff]+/g, ' ')
    .trim()
}

/** Without white space, which both keep but join differently between parts. */
function words(text: string): string {
  return text.replace(/[\s\0\ufeff]+/g, '')
}

function firstDifference(a: string, b: string): string {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return `${a.slice(at, at + 40)} / ${b.slice(at, at + 40)}`
}
