/**
 * A message that is passed on: its marks, its trace, and the form in which it goes where the envelope cannot be kept.
 *
 * Invariants:
 *  - A mark stands at the end of the header: nothing that was signed or sealed is touched, and what Cloudflare put at the top
 *    stays there, so that a mailbox of this server judges the message as if it had come to it first.
 *  - A wrapped message says in From who really sends it. No signature and no trace of the original is left in it: they would
 *    speak for bytes that are no longer there.
 */
import { mailboxList, sendableAddress } from './compose-address.ts'
import { replyFields } from './compose-reply.ts'
import { encodeText } from './compose-text.ts'
import { fieldValues, firstField, parseHeaderBlock } from './headers.ts'
import { latin1 } from './latin1.ts'
import type { Address, HeaderField, ParsedMessage } from './message.ts'
import { clip } from './storable.ts'

/** Email Routing adds no other fields than those that begin with X-. Told by digests: an address is nobody's business. */
export const MARK_FIELD = 'X-Postern-Forwarded'
const DELIVERED_TO = 'Delivered-To'
/** RFC 5322 §2.1.1 lets a subject have no more. */
const SUBJECT_CHARS_MAX = 998
const NAME_CHARS_MAX = 100
/** Of To and of Cc, as the wrapped message shows them: providers take values of 2 KB. */
const SHOWN_MAX = 20
/** What is kept of the original besides its content: what tells programs not to answer, and people how to leave a list. */
const KEPT_FIELDS = ['auto-submitted', 'precedence', 'list-id', 'list-unsubscribe', 'list-unsubscribe-post']
const KEPT_VALUE_CHARS_MAX = 900

/** The bytes with CRLF at every line end, as they are sent. The same bytes where they have that already. */
export function withCrlf(bytes: Uint8Array): Uint8Array {
  let bare = 0
  for (let at = 0; at < bytes.length; at++) if (isBare(bytes, at)) bare++
  if (bare === 0) return bytes
  const out = new Uint8Array(bytes.length + bare)
  let to = 0
  for (let at = 0; at < bytes.length; at++) {
    if (!isBare(bytes, at)) out[to++] = bytes[at] as number
    else {
      out[to++] = 13
      out[to++] = 10
    }
  }
  return out
}

function isBare(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] === 10 && bytes[at - 1] !== 13) || (bytes[at] === 13 && bytes[at + 1] !== 10)
}

/** Marks a message, which has CRLF, as passed on by an address: the marks that it bears now, and whom it was delivered to. */
export function withMarks(bytes: Uint8Array, marks: string, deliveredTo: string): Uint8Array {
  const to = sendableAddress(deliveredTo)
  const fields = `${to === null ? '' : `${DELIVERED_TO}: ${to}\r\n`}${MARK_FIELD}: ${marks}\r\n`
  const at = endOfFields(bytes)
  // A header that ends without a line end is the whole message.
  const isOpen = at > 0 && bytes[at - 1] !== 10
  return spliced(bytes, at, `${isOpen ? '\r\n' : ''}${fields}`)
}

/** The offset of the empty line that ends the header; the end of the bytes where there is none. */
function endOfFields(bytes: Uint8Array): number {
  const { end } = parseHeaderBlock(bytes)
  const start = end - 2
  const isEmptyLine = start >= 0 && bytes[start] === 13 && (start === 0 || bytes[start - 1] === 10)
  return isEmptyLine ? start : end
}

function spliced(bytes: Uint8Array, at: number, text: string): Uint8Array {
  const inserted = new TextEncoder().encode(text)
  const out = new Uint8Array(bytes.length + inserted.length)
  out.set(bytes.subarray(0, at))
  out.set(inserted, at)
  out.set(bytes.subarray(at), at + inserted.length)
  return out
}

/** What a message says of the ways that it has come: the marks of forwards, whom it was delivered to, and its steps. */
export function passedBy(fields: HeaderField[]): { marks: string[]; deliveredTo: string[]; received: number } {
  return {
    marks: fieldValues(fields, MARK_FIELD.toLowerCase()).flatMap((value) => value.match(/[0-9a-f]{16}/g) ?? []),
    deliveredTo: fieldValues(fields, 'delivered-to'),
    received: fieldValues(fields, 'received').length,
  }
}

/** The bytes with one step more of their way at the top (RFC 5321 §4.4): what counts the rounds of a loop. */
export function withReceived(bytes: Uint8Array, by: string, nowMs: number): Uint8Array {
  return spliced(bytes, 0, `Received: by ${by} (Postern); ${dateText(nowMs)}\r\n`)
}

/** A message as it is wrapped: `via` is the address of this server that passes it on. */
export function wrapForwarded(
  bytes: Uint8Array,
  message: ParsedMessage,
  { via, messageId, nowMs }: { via: string; messageId: string; nowMs: number },
): Uint8Array {
  const { envelope, fields, structure } = message
  const lists: [string, Address[]][] = [
    ['Reply-To', sendable(envelope.replyTo).length > 0 ? sendable(envelope.replyTo) : sendable(envelope.from)],
    ['To', sendable(envelope.to)],
    ['Cc', sendable(envelope.cc)],
  ]
  const lines: [string, string][] = [
    ['Date', dateText(isDate(message.dateMs) ? message.dateMs : nowMs)],
    ['From', mailboxList([{ name: viaName(envelope.from, via), address: via }], 'From: '.length)],
    ...lists
      .filter(([, shown]) => shown.length > 0)
      .map(([name, shown]): [string, string] => [name, mailboxList(shown, name.length + 2)]),
    ...(envelope.subject === null ? [] : [['Subject', subjectText(envelope.subject)] as [string, string]]),
    ['Message-ID', `<${messageId}>`],
    ...replyFields(envelope.messageId, message.references, envelope.inReplyTo).map(
      ({ name, value }): [string, string] => [name, value.split(' ').join('\r\n ')],
    ),
    ...KEPT_FIELDS.flatMap((key) => keptField(fields, key)),
    ...marksField(fields),
    ['MIME-Version', '1.0'],
  ]
  const header = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return joined(new TextEncoder().encode(header), contentFields(bytes, fields), bytes.subarray(structure.bodyStart))
}

// As it is stored, and the first of each name, which is what every reader here goes by.
function contentFields(bytes: Uint8Array, fields: HeaderField[]): Uint8Array {
  const kept = new Map<string, HeaderField>()
  for (const field of fields) if (field.key.startsWith('content-') && !kept.has(field.key)) kept.set(field.key, field)
  const text = [...kept.values()].map(({ start, end }) => latin1(bytes, start, end)).join('')
  return Uint8Array.from(`${text.endsWith('\n') || text === '' ? text : `${text}\r\n`}\r\n`, (one) => one.charCodeAt(0))
}

function marksField(fields: HeaderField[]): [string, string][] {
  const { marks } = passedBy(fields)
  return marks.length === 0 ? [] : [[MARK_FIELD, marks.join(' ')]]
}

function keptField(fields: HeaderField[], key: string): [string, string][] {
  const value = firstField(fields, key)
  if (value === null || value.length > KEPT_VALUE_CHARS_MAX || !/^[\x20-\x7e]+$/.test(value)) return []
  const name = key.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
  return [[name, value]]
}

/** Who wrote it, for people. His address is no name here: a reader must not take it for the sender's. */
function viaName(from: Address[], via: string): string {
  const [first] = from
  const name = (first?.name.trim() || first?.address.replaceAll('@', ' at ') || '')
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
  const through = via.slice(0, via.lastIndexOf('@'))
  return name === '' ? `via ${through}` : `${clip(name, NAME_CHARS_MAX)} via ${through}`
}

function subjectText(subject: string): string {
  return encodeText(
    clip(subject.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, ' ').trim(), SUBJECT_CHARS_MAX),
    'Subject: '.length,
  )
}

function sendable(addresses: Address[]): Address[] {
  return addresses.slice(0, SHOWN_MAX).flatMap(({ name, address }) => {
    const known = sendableAddress(address)
    return known === null
      ? []
      : [{ name: clip(name.replaceAll(/[\p{C}\s]+/gu, ' ').trim(), NAME_CHARS_MAX), address: known }]
  })
}

const YEAR_10000_MS = 253_402_300_800_000

function isDate(ms: number | null): ms is number {
  return ms !== null && ms >= 0 && ms < YEAR_10000_MS
}

function dateText(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000')
}

function joined(...pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
