/**
 * Composing: a message's bytes from what is to be said, the opposite way of parse.ts.
 *
 * mimetext nests the parts and writes them out. It is given every field ready-made, since its own are wrong for us: it puts
 * a whole subject, name or file name into one encoded word of any length (RFC 2047 §2 allows 75 characters) or into bare
 * quotes, does not fold, does not encode bodies, takes CR and LF as they come, draws its date and its ids from the clock and
 * from Math.random, tells attachments by a word in the file name, and names no type in multipart/related (RFC 2387 §3.1).
 *
 * Invariants:
 *  - The draft has passed refuseDraft (compose-check.ts): nothing in it can end a line.
 *  - The bytes are ASCII with CRLF, and no line has more than 998 characters (RFC 5322 §2.1.1).
 *  - Bcc is not in the message: who was written to in secret stands in the envelope alone.
 */
import { createMimeMessage, type MIMEMessage } from 'mimetext/browser'
import { mailboxList, sendableAddress } from './compose-address.ts'
import { param } from './compose-params.ts'
import { base64Lines, encodeBody, encodeText } from './compose-text.ts'
import { htmlToText } from './html-text.ts'
import type { Address } from './message.ts'

export type DraftAttachment = {
  filename: string
  contentType: string
  bytes: Uint8Array
  /** With one it is shown where the HTML names it, and stands beside the HTML. */
  contentId: string | null
}

export type Draft = {
  from: Address
  to: Address[]
  cc: Address[]
  bcc: Address[]
  replyTo: Address[]
  subject: string
  text: string | null
  /** Where there is no text, or a blank one, one is made from it. */
  html: string | null
  /** The caller's own fields. */
  headers: { name: string; value: string }[]
  attachments: DraftAttachment[]
}

/** What is drawn and measured outside. `unique` is a token of letters and digits that nobody can guess. */
export type Stamp = { messageId: string; nowMs: number; unique: string }

export function compose(draft: Draft, stamp: Stamp): Uint8Array {
  const message = createMimeMessage()
  const { unique } = stamp
  message.boundaries = { mixed: `m_${unique}`, related: `r_${unique}`, alt: `a_${unique}` }
  message.headers.fields = fieldsOf(draft, stamp).map(([name, value]) => ({ name, value, dump: () => value }))
  const isBlank = (draft.text ?? '').trim() === ''
  const text = isBlank && draft.html !== null ? htmlToText(draft.html) : (draft.text ?? '')
  addBody(message, 'text/plain', text)
  if (draft.html !== null) addBody(message, 'text/html', draft.html)
  for (const attachment of draft.attachments) attach(message, attachment)
  return new TextEncoder().encode(`${withRelatedType(message.asRaw(), draft, message.boundaries.related)}\r\n`)
}

function fieldsOf(draft: Draft, { messageId, nowMs }: Stamp): [name: string, value: string][] {
  const lists: [string, Address[]][] = [
    ['From', [draft.from]],
    ['Reply-To', draft.replyTo],
    ['To', draft.to],
    ['Cc', draft.cc],
  ]
  return [
    ['Date', new Date(nowMs).toUTCString().replace('GMT', '+0000')],
    ...lists
      .filter(([, mailboxes]) => mailboxes.length > 0)
      .map(([name, mailboxes]): [string, string] => [name, mailboxList(mailboxes.map(sendable), name.length + 2)]),
    ...(draft.subject === '' ? [] : [['Subject', encodeText(draft.subject, 'Subject: '.length)] as [string, string]]),
    ['Message-ID', `<${messageId}>`],
    ...draft.headers.map(({ name, value }): [string, string] => [name, ownValue(name, value)]),
    ['MIME-Version', '1.0'],
  ]
}

function sendable({ name, address }: Address): Address {
  const known = sendableAddress(address)
  if (known === null) throw new Error('an address that cannot be sent to has passed the check')
  return { name, address: known }
}

// A field of ids or URLs means nothing encoded: it is folded at its blanks.
function ownValue(name: string, value: string): string {
  if (/^x-/i.test(name)) return encodeText(value, name.length + 2)
  return value.trim().split(/ +/).join('\r\n ')
}

function addBody(message: MIMEMessage, contentType: string, text: string): void {
  const { encoding, data } = encodeBody(text)
  message.addMessage({ contentType, charset: 'utf-8', encoding, data })
}

// The value is what mimetext goes by, the dump what it writes: a file named "inline" decides nothing.
function attach(message: MIMEMessage, { filename, contentType, bytes, contentId }: DraftAttachment): void {
  const inline = contentId !== null
  const part = message.addAttachment({
    filename: '',
    contentType: 'application/octet-stream',
    inline,
    data: base64Lines(bytes),
  })
  const disposition = inline ? 'inline' : 'attachment'
  const written = disposition + param('filename', filename)
  const fields: MIMEMessage['headers']['fields'] = [
    { name: 'Content-Type', value: contentType },
    { name: 'Content-Transfer-Encoding', value: 'base64' },
    { name: 'Content-Disposition', value: disposition, dump: () => written },
    ...(contentId === null ? [] : [{ name: 'Content-ID', value: `<${contentId}>` }]),
  ]
  part.headers.fields = fields
}

function withRelatedType(raw: string, { html }: Draft, boundary: string): string {
  const type = html === null ? 'text/plain' : 'multipart/alternative'
  const written = `multipart/related; boundary=${boundary}`
  return raw.replace(written, `multipart/related; type="${type}";\r\n boundary=${boundary}`)
}
