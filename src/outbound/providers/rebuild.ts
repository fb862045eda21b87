/**
 * A message taken apart for the providers that take no raw one (Resend, Postmark, SendGrid, MailChannels) and put it together
 * again themselves.
 *
 * Whatever they cannot carry is refused, so that a provider which takes raw messages gets it, and never left out: a signature over
 * the structure, a report, a text longer than is read. What they write themselves is left to them: Date, MIME fields, trace
 * fields, the envelope sender. An attached message goes as a file '.eml', since they encode every attachment and RFC 2046 §5.2.1
 * forbids that for message/rfc822.
 */
import { readDisplayed } from '../../mime/body.ts'
import { attachmentParts, displayedParts } from '../../mime/displayed.ts'
import { readHeaders } from '../../mime/envelope.ts'
import { decodeHeader, firstField, isTraceField } from '../../mime/headers.ts'
import type { Address, HeaderField, Part } from '../../mime/message.ts'
import { headerLine } from '../../mime/storable.ts'
import { parseStructure } from '../../mime/structure.ts'
import { decodeTransferBytes } from '../../mime/transfer.ts'
import type { Outgoing, SendOutcome } from '../provider.ts'
import { refusal } from './call.ts'
import { type Group, groupsOf } from './groups.ts'

export type RebuiltFile = {
  filename: string
  /** 'type/subtype' */
  contentType: string
  bytes: Uint8Array
  /** With one it is shown where the HTML names it. No two have the same. */
  contentId: string | null
}

export type Rebuilt = {
  from: Address
  replyTo: Address[]
  /** Who is to see whom: a message each. */
  groups: Group[]
  subject: string
  text: string | null
  html: string | null
  /** The fields that are nobody else's to write, each once. References is not among them, nor Message-ID. */
  headers: { name: string; value: string }[]
  /** As they were parsed, for who needs more of them. */
  fields: HeaderField[]
  files: RebuiltFile[]
}

/** Written by the provider, from what it is handed or on its own. */
const NOT_PASSED_ON = new Set([
  ...['from', 'sender', 'to', 'cc', 'bcc', 'reply-to', 'subject', 'date', 'message-id', 'references'],
  ...['mime-version', 'dkim-signature', 'domainkey-signature', 'x-google-dkim-signature', 'feedback-id'],
])
const PASSED_NAME = /^[A-Za-z][A-Za-z0-9-]{0,75}$/

export async function rebuild(message: Outgoing): Promise<Rebuilt | { refused: SendOutcome }> {
  try {
    return await takeApart(message)
  } catch {
    // Thrown further, it would count as unknown, although nobody was asked.
    return { refused: refusal('5.6.0', 'It could not be taken apart.') }
  }
}

async function takeApart(message: Outgoing): Promise<Rebuilt | { refused: SendOutcome }> {
  const { raw } = message
  const { root, fields } = parseStructure(raw)
  const unfit = unfitFor(root)
  if (unfit) return { refused: refusal('5.6.1', unfit) }
  const body = await readDisplayed(root, async (start, end) => raw.subarray(start, end))
  if (body.truncated) return { refused: refusal('5.3.4', 'Its text is longer than can be put together again.') }
  const { envelope } = readHeaders(fields)
  const [from] = envelope.from
  if (!from || from.address === '') return { refused: refusal('5.6.0', 'It has no From that could be read.') }
  const displayed = displayedParts(root)
  return {
    from,
    replyTo: envelope.replyTo.filter(({ address }) => address !== ''),
    groups: groupsOf(message.recipients, envelope.to, envelope.cc),
    subject: headerLine(decodeHeader(firstField(fields, 'subject') ?? '')),
    text: displayed.text.some(({ subtype }) => subtype === 'plain') ? body.text : null,
    html: body.html,
    headers: headersOf(fields),
    fields,
    files: filesOf(attachmentParts(root, displayed), raw, body.html ?? ''),
  }
}

const SIGNED = 'It is signed or encrypted as a whole, which would not outlast being put together again.'
const REPORT = 'It is a report, whose form would not outlast being put together again.'

function unfitFor(root: Part): string | null {
  const open = [root]
  for (let part = open.pop(); part; part = open.pop()) {
    const type = `${part.type}/${part.subtype}`
    if (/^(multipart\/(signed|encrypted)|application\/(x-)?pkcs7-mime)$/.test(type)) return SIGNED
    if (type === 'multipart/report') return REPORT
    // What stands in an attached message goes with it as it is.
    if (part.type === 'multipart') open.push(...part.parts)
  }
  return null
}

function headersOf(fields: HeaderField[]): Rebuilt['headers'] {
  const kept = new Map<string, { name: string; value: string }>()
  for (const { name, key, raw } of fields) {
    if (NOT_PASSED_ON.has(key) || key.startsWith('content-') || isTraceField(key) || kept.has(key)) continue
    // Encoded words pass every API as they are, and are read at the end; not every API encodes for itself.
    const value = headerLine(isAscii(raw) ? raw : decodeHeader(raw)).trim()
    if (value !== '' && PASSED_NAME.test(name)) kept.set(key, { name, value })
  }
  return [...kept.values()]
}

function isAscii(raw: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(raw)
}

function filesOf(parts: Part[], raw: Uint8Array, html: string): RebuiltFile[] {
  const ids = new Set<string>()
  return parts.map((part, n) => {
    const type = `${part.type}/${part.subtype}`
    const contentType = part.type === 'message' ? 'application/octet-stream' : type
    const isNew = part.contentId !== null && !ids.has(part.contentId)
    const contentId = isNew && isShown(part, html) ? part.contentId : null
    if (contentId !== null) ids.add(contentId)
    const encoded = raw.subarray(part.bodyStart, part.bodyEnd)
    const { bytes } = decodeTransferBytes(part.encoding, encoded)
    return { filename: part.filename ?? nameFor(type, n + 1), contentType, bytes, contentId }
  })
}

function isShown({ disposition, contentId }: Part, html: string): boolean {
  return contentId !== null && (disposition !== 'attachment' || html.includes(`cid:${contentId}`))
}

const EXTENSIONS: { [type: string]: string } = {
  'message/rfc822': 'eml',
  'message/global': 'eml',
  'text/plain': 'txt',
  'text/html': 'html',
  'text/calendar': 'ics',
  'text/csv': 'csv',
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'application/pdf': 'pdf',
}

function nameFor(type: string, n: number): string {
  return `attachment-${n}.${EXTENSIONS[type] ?? 'bin'}`
}
