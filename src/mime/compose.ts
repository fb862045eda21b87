/**
 * Composing: a message's bytes from what is to be said, the opposite way of parse.ts.
 *
 * Written piece by piece into one buffer: an attachment is in memory as its bytes and as what becomes of them in the message,
 * and never as anything between the two, since a Worker has 128 MB.
 *
 * Invariants:
 *  - The draft has passed refuseDraft (compose-check.ts): nothing in it can end a line.
 *  - The bytes are ASCII with CRLF but for local parts that are not, which nothing can encode (RFC 6532), and no line has more
 *    than 998 characters (RFC 5322 §2.1.1).
 *  - Bcc is not in the message: who was written to in secret stands in the envelope alone. Only what is kept for its writer
 *    (`keep`) has it.
 */
import { mailboxList, writableAddress } from './compose-address.ts'
import { param } from './compose-params.ts'
import { base64Length, dateText, encodeBody, encodeText, writeBase64 } from './compose-text.ts'
import { htmlToText } from './html-text.ts'
import type { Address } from './message.ts'

export type DraftAttachment = {
  filename: string
  contentType: string
  bytes: Uint8Array
  /** With one it is shown where the HTML names it, and stands beside the HTML. */
  contentId: string | null
  /** A message, in lines of ASCII that end in CRLF: it stands there as it is (RFC 2046 §5.2.1). */
  isMessage?: boolean
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

/** A field of the message's own, without its line end. */
type Field = readonly [name: string, value: string]
/** What is written: text, bytes as they are, or bytes in base64. */
type Piece = string | Uint8Array | { base64: Uint8Array }
/** A part: its fields, and its body in pieces. */
type Entity = { fields: string[]; body: Piece[] }

export function compose(draft: Draft, stamp: Stamp): Uint8Array {
  return written(fieldsOf(draft, stamp), contentOf(draft, stamp.unique))
}

/**
 * The same for a draft that its writer keeps: with Bcc, and with a note where the text was made from the HTML, so that reading
 * it back gives what was written.
 */
export function composeKept(draft: Draft, stamp: Stamp): Uint8Array {
  const bcc: Field[] = draft.bcc.length > 0 ? [['Bcc', mailboxList(draft.bcc.map(sendable), 'Bcc: '.length)]] : []
  const note: Field[] = draft.text === null ? [[TEXT_NOTE, draft.html === null ? 'none' : 'made']] : []
  return written([...fieldsOf(draft, stamp), ...bcc, ...note], contentOf(draft, stamp.unique))
}

/** Names what the text of a kept draft is, where it is not what its writer wrote. Taken out before it is sent. */
export const TEXT_NOTE = 'X-Postern-Text'

function written(fields: Field[], { fields: own, body }: Entity): Uint8Array {
  const header = [...fields.map(([name, value]) => `${name}: ${value}`), 'MIME-Version: 1.0', ...own]
  const encoder = new TextEncoder()
  const pieces = [`${header.join('\r\n')}\r\n\r\n`, ...body, '\r\n'].map((piece) =>
    typeof piece === 'string' ? encoder.encode(piece) : piece,
  )
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + lengthOf(piece), 0))
  let at = 0
  for (const piece of pieces) {
    if ('base64' in piece) writeBase64(piece.base64, bytes.subarray(at))
    else bytes.set(piece, at)
    at += lengthOf(piece)
  }
  return bytes
}

function lengthOf(piece: Exclude<Piece, string>): number {
  return 'base64' in piece ? base64Length(piece.base64.length) : piece.length
}

function fieldsOf(draft: Draft, { messageId, nowMs }: Stamp): Field[] {
  const lists: [string, Address[]][] = [
    ['From', [draft.from]],
    ['Reply-To', draft.replyTo],
    ['To', draft.to],
    ['Cc', draft.cc],
  ]
  return [
    ['Date', dateText(nowMs)],
    ...lists
      .filter(([, mailboxes]) => mailboxes.length > 0)
      .map(([name, mailboxes]): [string, string] => [name, mailboxList(mailboxes.map(sendable), name.length + 2)]),
    ...(draft.subject === '' ? [] : [['Subject', encodeText(draft.subject, 'Subject: '.length)] as [string, string]]),
    ['Message-ID', `<${messageId}>`],
    ...draft.headers.map(({ name, value }): [string, string] => [name, ownValue(name, value)]),
  ]
}

function sendable({ name, address }: Address): Address {
  const known = writableAddress(address)
  if (known === null) throw new Error('an address that cannot be sent to has passed the check')
  return { name, address: known }
}

// A field of ids or URLs means nothing encoded: it is folded at its blanks.
function ownValue(name: string, value: string): string {
  if (/^x-/i.test(name)) return encodeText(value, name.length + 2)
  return value.trim().split(/ +/).join('\r\n ')
}

/** mixed(related(alternative(text, html), what the HTML shows), files), without the levels that nothing needs. */
function contentOf({ text, html, attachments }: Draft, unique: string): Entity {
  const isBlank = (text ?? '').trim() === ''
  const plain = textPart('plain', isBlank && html !== null ? htmlToText(html) : (text ?? ''))
  const body = html === null ? plain : multipart('alternative', `a_${unique}`, [plain, textPart('html', html)])
  const shown = attachments.filter(({ contentId }) => contentId !== null)
  const files = attachments.filter(({ contentId }) => contentId === null)
  // RFC 2387 §3.1: the type of what is shown first must be named.
  const type = html === null ? 'text/plain' : 'multipart/alternative'
  const seen =
    shown.length === 0 ? body : multipart('related', `r_${unique}`, [body, ...shown.map(filePart)], `; type="${type}"`)
  return files.length === 0 ? seen : multipart('mixed', `m_${unique}`, [seen, ...files.map(filePart)])
}

function multipart(subtype: string, boundary: string, parts: Entity[], params = ''): Entity {
  const body = parts.flatMap((part) => [`--${boundary}\r\n${part.fields.join('\r\n')}\r\n\r\n`, ...part.body, '\r\n'])
  return {
    fields: [`Content-Type: multipart/${subtype}${params};\r\n boundary=${boundary}`],
    body: [...body, `--${boundary}--`],
  }
}

function textPart(subtype: 'plain' | 'html', text: string): Entity {
  const { encoding, data } = encodeBody(text)
  return {
    fields: [`Content-Type: text/${subtype}; charset=utf-8`, `Content-Transfer-Encoding: ${encoding}`],
    body: [data],
  }
}

function filePart({ filename, contentType, bytes, contentId, isMessage = false }: DraftAttachment): Entity {
  const disposition = contentId === null ? 'attachment' : 'inline'
  return {
    fields: [
      `Content-Type: ${contentType}`,
      `Content-Transfer-Encoding: ${isMessage ? '7bit' : 'base64'}`,
      `Content-Disposition: ${disposition}${param('filename', filename)}`,
      ...(contentId === null ? [] : [`Content-ID: <${contentId}>`]),
    ],
    body: [isMessage ? bytes : { base64: bytes }],
  }
}
