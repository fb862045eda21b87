/**
 * Reading one message: what D1 knows of it in one row, and its bytes from R2 by range, so that a 25 MB message costs no
 * more to read than a short one.
 */
import type { Deps } from '../deps.ts'
import { decodeTransfer, readDisplayed } from '../mime/body.ts'
import { decodeHeader, parseHeaderBlock } from '../mime/headers.ts'
import type { Attachment, Envelope } from '../mime/message.ts'
import { deserializeStructure, findPart } from '../mime/structure.ts'
import type { SpamReport } from '../spam/report.ts'
import { readMessageRow } from '../store/message-read.ts'
import type { MessageRow } from '../store/schema.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import type { Reader } from './reader.ts'
import { type MessageDetail, summaryOf } from './view.ts'

/** Header bytes that are read for display. Longer blocks are cut; `raw` has them all. */
const HEADER_BYTES_MAX = 256 * 1024

export type Content = {
  /** In order, trace fields included, decoded. */
  headers: { name: string; value: string }[]
  text: string | null
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

/** The header fields and the displayed bodies. Throws where R2 does not have the object. */
export async function readContent(deps: Deps, message: MessageDetail): Promise<Content> {
  const read = async (start: number, end: number) => {
    const bytes = await deps.stores.raw.range(message.rawKey, start, Math.min(end, message.size))
    if (!bytes) throw new Error(`the raw object ${message.rawKey} is missing`)
    return bytes
  }
  const head = await read(0, Math.min(message.structure.bodyStart, HEADER_BYTES_MAX))
  const { fields } = parseHeaderBlock(head)
  const body = await readDisplayed(message.structure, read)
  return { headers: fields.map((field) => ({ name: field.name, value: decodeHeader(field.raw) })), ...body }
}

/** The raw bytes [start, end) as a stream. Throws where R2 does not have the object. */
export async function readRaw(deps: Deps, message: MessageDetail, start = 0, end = message.size) {
  const stream = await deps.stores.raw.stream(message.rawKey, start, Math.min(end, message.size))
  if (!stream) throw new Error(`the raw object ${message.rawKey} is missing`)
  return stream
}

/** An attachment's decoded bytes, read by its own range; null where the message has no such attachment. */
export async function readAttachment(deps: Deps, message: MessageDetail, path: string) {
  const attachment = message.attachments.find((candidate) => candidate.part === path)
  const part = attachment && findPart(message.structure, path)
  if (!attachment || !part) return null
  const stream = await readRaw(deps, message, part.bodyStart, part.bodyEnd)
  return { attachment, stream: stream.pipeThrough(decodeTransfer(part.encoding)) }
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
    defects: JSON.parse(row.defects) as MessageDetail['defects'],
    rawKey: row.raw_key,
  }
}
