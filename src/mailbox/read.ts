/**
 * Reading one message: what D1 knows of it in one row, and its bytes from R2 by range, so that a 25 MB message costs no
 * more to read than a short one.
 */
import type { Deps } from '../deps.ts'
import { decodeTransfer, type RangeReader, readDisplayed } from '../mime/body.ts'
import { decodeHeader, firstField, parseHeaderBlock } from '../mime/headers.ts'
import type { Attachment, Envelope, HeaderField, Part } from '../mime/message.ts'
import { readMessageIds } from '../mime/message-ids.ts'
import { replyText } from '../mime/reply-text.ts'
import { deserializeStructure, findPart } from '../mime/structure.ts'
import type { SpamReport } from '../spam/report.ts'
import { readMessageRow } from '../store/message-read.ts'
import type { MessageRow } from '../store/schema.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import type { Reader } from './reader.ts'
import { type MessageDetail, summaryOf } from './view.ts'

/** Header bytes that are read for display. Longer blocks are cut; `raw` has them all. */
const HEADER_BYTES_MAX = 256 * 1024
/** Encodings that leave a part's bytes as they are (RFC 2045 §6.2), so that a range of them is a range of the message. */
const IDENTITY_ENCODINGS = ['7bit', '8bit', 'binary']

export type Content = {
  /** In order, trace fields included, decoded. */
  headers: { name: string; value: string }[]
  /** The header is longer than what was read; no field is shown in part. */
  headersTruncated: boolean
  /** Message-IDs of the References field. */
  references: string[]
  inReplyTo: string[]
  text: string | null
  /** The text is a part of its own, not made from the HTML. */
  textIsOriginal: boolean
  /** The text without what it quotes, signatures and footers: what a reply itself says. */
  extractedText: string | null
  /** As it came. It must pass sanitiseHtml before anybody sees it. */
  html: string | null
  /** A body was longer than what is shown. */
  truncated: boolean
}

/** One message that the reader may see, or null. */
export async function readMessage(deps: Deps, reader: Reader, id: number): Promise<MessageDetail | null> {
  const row = await readMessageRow(deps.stores.of(reader.accountId), reader.accountId, id)
  if (!row || (reader.addressId !== null && row.address_id !== reader.addressId)) return null
  return detailOf(row)
}

/** What reading the bytes of a message needs to know of it. */
export type Readable = Pick<MessageDetail, 'rawKey' | 'size' | 'structure' | 'envelope'>

/** The header fields and the displayed bodies. Throws where R2 does not have the object. */
export async function readContent(deps: Deps, message: Readable): Promise<Content> {
  const read: RangeReader = async (start, end) => {
    const bytes = await deps.stores.raw.range(message.rawKey, start, Math.min(end, message.size))
    if (!bytes) throw new Error(`the raw object ${message.rawKey} is missing`)
    return bytes
  }
  const { fields, truncated: headersTruncated } = await readHeader(message, read)
  const { text, html, textIsOriginal, truncated } = await readDisplayed(message.structure, read)
  // Before decoding: an encoded word can spell an angle bracket, and is none here.
  const references = readMessageIds(firstField(fields, 'references') ?? '')
  const inReplyTo = readMessageIds(firstField(fields, 'in-reply-to') ?? '')
  const { subject } = message.envelope
  return {
    headers: fields.map((field) => ({ name: field.name, value: decodeHeader(field.raw) })),
    headersTruncated,
    references,
    inReplyTo,
    text,
    textIsOriginal,
    extractedText: text === null ? null : replyText({ text, html, textIsOriginal, inReplyTo, references, subject }),
    html,
    truncated,
  }
}

async function readHeader(
  { structure }: Readable,
  read: RangeReader,
): Promise<{ fields: HeaderField[]; truncated: boolean }> {
  const head = await read(0, Math.min(structure.bodyStart, HEADER_BYTES_MAX))
  const { fields, defects } = parseHeaderBlock(head)
  if (structure.bodyStart <= HEADER_BYTES_MAX) return { fields, truncated: defects.includes('header-too-long') }
  // A field that reaches the cut may go on after it.
  return { fields: fields.filter((field) => field.end < head.length), truncated: true }
}

/** The raw bytes [start, end) as a stream. Throws where R2 does not have the object. */
export async function readRaw(deps: Deps, message: MessageDetail, start = 0, end = message.size) {
  const stream = await deps.stores.raw.stream(message.rawKey, start, Math.min(end, message.size))
  if (!stream) throw new Error(`the raw object ${message.rawKey} is missing`)
  return stream
}

/** An attachment and the part that holds it. */
export type AttachmentPart = {
  attachment: Attachment
  part: Part
  /** Its exact size, where ranges of it can be read; null where only decoding tells. */
  fixedSize: number | null
}

/** Null where the message has no such attachment. */
export function findAttachment(message: MessageDetail, path: string): AttachmentPart | null {
  const attachment = message.attachments.find((candidate) => candidate.part === path)
  const part = attachment && findPart(message.structure, path)
  if (!attachment || !part) return null
  return {
    attachment,
    part,
    fixedSize: IDENTITY_ENCODINGS.includes(part.encoding) ? part.bodyEnd - part.bodyStart : null,
  }
}

/** An attachment's decoded bytes, read by its own range. */
export async function readAttachment(deps: Deps, message: MessageDetail, { part }: AttachmentPart) {
  const stream = await readRaw(deps, message, part.bodyStart, part.bodyEnd)
  return stream.pipeThrough(decodeTransfer(part.encoding))
}

/** The bytes [start, end) of an attachment of fixed size. */
export function readAttachmentRange(
  deps: Deps,
  message: MessageDetail,
  { part }: AttachmentPart,
  start: number,
  end: number,
) {
  return readRaw(deps, message, part.bodyStart + start, part.bodyStart + end)
}

function detailOf(row: MessageRow): MessageDetail {
  return {
    ...summaryOf(row),
    returnPath: row.return_path,
    envelope: JSON.parse(row.envelope) as Envelope,
    structure: deserializeStructure(row.structure),
    attachments: JSON.parse(row.attachments) as Attachment[],
    authentication: JSON.parse(row.auth) as SenderVerdict,
    report: row.spam_report === null ? null : (JSON.parse(row.spam_report) as SpamReport),
    taught: row.taught,
    defects: JSON.parse(row.defects) as MessageDetail['defects'],
    rawKey: row.raw_key,
  }
}
