/**
 * A message that its sender has written himself, byte for byte: read strictly, cleaned, and made fit to be sent (RFC 6409).
 *
 * What could be read in two ways is refused and never guessed at: a field that stands twice, a line that ends in half of CRLF,
 * a From of two. What others write on a message's way is taken out, so that nobody claims here to have been there. Bcc is taken
 * out after it was read. From is written anew, as it was checked; Date, Message-ID and MIME-Version are added where they are
 * missing (RFC 6409 §8), and a Message-ID that is well-formed stays: its writer knows the message by it.
 *
 * Invariants:
 *  - The bytes have CRLF and no other line end, no NUL, and no line of more than 998 bytes; the header is ASCII.
 *  - The body is not touched, but for the line ends of a message that has LF alone.
 */
import { type Failure, fail, isFailure } from '../errors.ts'
import { parseAddressList } from './addresses.ts'
import type { Stamp } from './compose.ts'
import { mailboxList, sendableAddress, writableAddress } from './compose-address.ts'
import { RECIPIENTS_MAX, refuseMailbox } from './compose-check.ts'
import { dateText } from './compose-text.ts'
import { parseDate } from './date.ts'
import { parseHeaderBlock } from './headers.ts'
import type { Address, HeaderField } from './message.ts'

/** RFC 5322 §2.1.1, in bytes. */
const LINE_BYTES_MAX = 998
/** Of the whole header: honest ones have a few thousand. */
const HEADER_BYTES_MAX = 64 * 1024
const MESSAGE_ID = /^<[\x21-\x3b\x3d\x3f\x41-\x7e]{1,400}@[\x21-\x3b\x3d\x3f\x41-\x7e]{1,400}>$/

/** RFC 5322 §3.6 lets each stand once; so does everybody who reads Content- fields. */
const SINGLE = new Set([
  ...['date', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'message-id', 'in-reply-to', 'references', 'subject'],
  ...['mime-version', 'content-type', 'content-transfer-encoding', 'content-disposition', 'content-id'],
])
/** What others write on the way, and what is only for this server. Sender goes, since it is From who sends. */
const TAKEN_OUT =
  /^(?:bcc|sender|return-path|received|received-spf|delivered-to|x-original-to|envelope-to|x-envelope-(?:from|to)|authentication-results|dkim-signature|domainkey-signature|arc-.*|x-cf-.*|x-postern-.*)$/

export type RawMail = {
  from: Address
  /** Of the envelope. */
  recipients: Address[]
  finish(stamp: Stamp): { bytes: Uint8Array; messageId: string }
}

export type RawOptions = {
  /** The envelope, where it is not what To, Cc and Bcc say. */
  recipients?: Address[] | null
  /** Whether the Date is the time of sending, whatever the message says: so it is with a draft. */
  isDated?: boolean
}

export function readRawMail(raw: Uint8Array, options: RawOptions = {}): RawMail | Failure {
  const bytes = withCrlf(raw)
  if (isFailure(bytes)) return bytes
  const { fields, end, defects } = parseHeaderBlock(bytes)
  const refused = refuseHeader(fields, end, defects)
  if (refused) return refused
  const from = senderOf(fields)
  if (isFailure(from)) return from
  const recipients = recipientsOf(fields, options.recipients ?? null)
  if (isFailure(recipients)) return recipients
  const isDated = options.isDated ?? false
  return { from, recipients, finish: (stamp) => finish({ bytes, fields, end, from, isDated }, stamp) }
}

function withCrlf(raw: Uint8Array): Uint8Array | Failure {
  if (raw.indexOf(0) >= 0) return fail('invalid', 'The message holds NUL, which cannot be sent.')
  const hasCr = raw.indexOf(13) >= 0
  let lines = 0
  let start = 0
  while (start < raw.length) {
    const lf = raw.indexOf(10, start)
    const lineEnd = lf < 0 ? raw.length : lf
    const isCrlf = lf > start && raw[lf - 1] === 13
    if (hasCr && lf >= 0 && !isCrlf) return halfEnd()
    if (lineEnd - start - (isCrlf ? 1 : 0) > LINE_BYTES_MAX)
      return fail('invalid', `A line of the message has more than ${LINE_BYTES_MAX} bytes.`)
    start = lineEnd + 1
    lines++
  }
  // Every LF has its CR: now every CR has its LF.
  for (let cr = raw.indexOf(13); cr >= 0; cr = raw.indexOf(13, cr + 1)) if (raw[cr + 1] !== 10) return halfEnd()
  const isEnded = raw.length > 0 && raw[raw.length - 1] === 10
  return hasCr && isEnded ? raw : rewritten(raw, lines)
}

function halfEnd(): Failure {
  return fail('invalid', 'Lines end in CRLF, or all of them in LF: this message mixes them, or has a CR on its own.')
}

function rewritten(raw: Uint8Array, lines: number): Uint8Array {
  const out = new Uint8Array(raw.length + 2 * lines + 2)
  let length = 0
  for (let start = 0; start < raw.length; ) {
    const lf = raw.indexOf(10, start)
    const next = lf < 0 ? raw.length : lf
    const lineEnd = lf > start && raw[lf - 1] === 13 ? lf - 1 : next
    out.set(raw.subarray(start, lineEnd), length)
    out.set([13, 10], length + lineEnd - start)
    length += lineEnd - start + 2
    start = next + 1
  }
  return out.subarray(0, length)
}

function refuseHeader(fields: HeaderField[], end: number, defects: string[]): Failure | null {
  if (end > HEADER_BYTES_MAX) return fail('too-large', `The header has at most ${HEADER_BYTES_MAX} bytes.`)
  if (defects.includes('header-no-end')) return fail('invalid', 'No empty line ends the header.')
  if (defects.includes('header-malformed')) return fail('invalid', 'The header holds a line that is no field.')
  if (defects.includes('header-8bit'))
    return fail('invalid', 'The header is ASCII: write other characters as encoded words (RFC 2047).')
  if (fields.some(({ raw }) => /[\0-\x08\x0b-\x1f\x7f]/.test(raw)))
    return fail('invalid', 'A field of the header holds control characters.')
  const seen = new Set<string>()
  for (const { key, name } of fields) {
    if (key.startsWith('resent-')) return fail('invalid', `${name} cannot be sent: forward the message instead.`, name)
    if (SINGLE.has(key) && seen.has(key)) return fail('invalid', `${name} stands there twice.`, name)
    seen.add(key)
  }
  return refuseId(fields) ?? refuseDate(fields)
}

function refuseId(fields: HeaderField[]): Failure | null {
  const id = fields.find(({ key }) => key === 'message-id')
  if (!id || MESSAGE_ID.test(id.raw.trim())) return null
  return fail('invalid', 'The Message-ID is no <left@right>: leave it out, and it is given one.', 'Message-ID')
}

function refuseDate(fields: HeaderField[]): Failure | null {
  const date = fields.find(({ key }) => key === 'date')
  if (!date || parseDate(date.raw) !== null) return null
  return fail('invalid', 'The Date cannot be read: leave it out, and it is given one.', 'Date')
}

function senderOf(fields: HeaderField[]): Address | Failure {
  const addresses = addressesOf(fields, 'from')
  const [from] = addresses
  if (!from || addresses.length > 1) return fail('invalid', 'From names one sender.', 'From')
  return refuseMailbox(from, 'From') ?? from
}

function recipientsOf(fields: HeaderField[], given: Address[] | null): Address[] | Failure {
  const named = ['to', 'cc', 'bcc'].flatMap((key) => addressesOf(fields, key))
  const recipients = given ?? named
  if (recipients.length === 0) return fail('invalid', 'Name a recipient in To, Cc or Bcc, or beside the message.', 'To')
  if (recipients.length > RECIPIENTS_MAX)
    return fail('invalid', `A message has at most ${RECIPIENTS_MAX} recipients.`, 'To')
  for (const { address } of recipients) {
    if (writableAddress(address) === null)
      return fail('invalid', 'A recipient has no address that mail can be sent to.', given ? 'recipients' : 'To')
  }
  return recipients
}

function addressesOf(fields: HeaderField[], wanted: string): Address[] {
  return fields.filter(({ key }) => key === wanted).flatMap(({ raw }) => parseAddressList(raw))
}

type Checked = { bytes: Uint8Array; fields: HeaderField[]; end: number; from: Address; isDated: boolean }

function finish({ bytes, fields, end, from, isDated }: Checked, stamp: Stamp) {
  const has = (key: string) => fields.some((field) => field.key === key)
  const kept = fields.filter(({ key }) => !TAKEN_OUT.test(key) && !(isDated && key === 'date'))
  const own = fields.find(({ key }) => key === 'message-id')
  const messageId = own ? own.raw.trim().slice(1, -1) : stamp.messageId
  const text = new TextDecoder()
  const sender = { name: from.name, address: sendableAddress(from.address) ?? '' }
  const lines = kept.map(({ key, start, end: fieldEnd }) =>
    key === 'from'
      ? `From: ${mailboxList([sender], 'From: '.length)}\r\n`
      : text.decode(bytes.subarray(start, fieldEnd)),
  )
  const added = [
    ...(isDated || !has('date') ? [`Date: ${dateText(stamp.nowMs)}\r\n`] : []),
    ...(own ? [] : [`Message-ID: <${messageId}>\r\n`]),
    ...(has('mime-version') ? [] : ['MIME-Version: 1.0\r\n']),
  ]
  const header = new TextEncoder().encode(`${[...lines, ...added].join('')}\r\n`)
  const out = new Uint8Array(header.length + bytes.length - end)
  out.set(header)
  out.set(bytes.subarray(end), header.length)
  return { bytes: out, messageId }
}
