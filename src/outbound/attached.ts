/**
 * Attachments by reference: what stands in a message of the account already, read by its own bytes and attached anew. The
 * client downloads and uploads nothing.
 *
 *   each reference -> its message, once -> its part by a range of R2, decoded -> the attachment's bytes
 *
 * Invariant: only what the reader may see is attached, and never more than can be sent: sizes are known before bytes are read.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { findAttachment, readAttachment, readMessage, readRaw } from '../mailbox/read.ts'
import type { Reader } from '../mailbox/reader.ts'
import type { MessageDetail } from '../mailbox/view.ts'
import type { DraftAttachment } from '../mime/compose.ts'
import { CONTENT_TYPE, NAME_CHARS_MAX } from '../mime/compose-check.ts'
import { clipFilename, headerLine } from '../mime/storable.ts'

/** What all attachments of a message may have. In memory they stand as bytes and in base64, of the 128 MB of a Worker. */
export const ATTACHED_BYTES_MAX = 20 * 1024 * 1024

/** Null: as it is there. */
export type AttachmentReference = {
  messageId: number
  /** The attachment's name in its message; null: the message itself. */
  part: string | null
  filename: string | null
  contentType: string | null
  contentId: string | null
}

export type Attaching = DraftAttachment | AttachmentReference

export async function resolveAttachments(
  deps: Deps,
  reader: Reader,
  wanted: readonly Attaching[],
): Promise<DraftAttachment[] | Failure> {
  const messages = new Map<number, MessageDetail | null>()
  const resolved: DraftAttachment[] = []
  let bytesLeft = ATTACHED_BYTES_MAX
  for (const [n, one] of wanted.entries()) {
    const attachment = 'bytes' in one ? one : await resolveOne(deps, reader, one, messages, bytesLeft)
    if (isFailure(attachment)) return { ...attachment, field: `attachments/${n}` }
    bytesLeft -= attachment.bytes.length
    if (bytesLeft < 0) return { ...tooMuch(), field: `attachments/${n}` }
    resolved.push(attachment)
  }
  return resolved
}

async function resolveOne(
  deps: Deps,
  reader: Reader,
  wanted: AttachmentReference,
  messages: Map<number, MessageDetail | null>,
  bytesLeft: number,
): Promise<DraftAttachment | Failure> {
  const { messageId, part } = wanted
  const message = messages.get(messageId) ?? (await readMessage(deps, reader, messageId))
  messages.set(messageId, message)
  if (!message) return fail('invalid', 'There is no such message.')
  if (part === null) return await wholeMessage(deps, message, wanted, bytesLeft)
  const source = findAttachment(message, part)
  if (!source) return fail('invalid', 'The message has no such attachment.')
  const { attachment } = source
  // What decodes to more than it takes up is no encoding that anybody uses.
  if (Math.min(attachment.size, attachment.encodedSize) > bytesLeft) return tooMuch()
  const bytes = await collect(await readAttachment(deps, message, source), attachment.encodedSize)
  if (/^message\//.test(attachment.contentType))
    return asMessage(bytes, wanted, attachment.filename ?? `message-${part}.eml`)
  return {
    filename: filenameOf(wanted.filename ?? attachment.filename ?? `attachment-${part}`),
    contentType: wanted.contentType ?? typeOf(attachment),
    bytes,
    contentId: wanted.contentId,
  }
}

async function wholeMessage(
  deps: Deps,
  message: MessageDetail,
  wanted: AttachmentReference,
  bytesLeft: number,
): Promise<DraftAttachment | Failure> {
  if (message.size > bytesLeft) return tooMuch()
  const bytes = await collect(await readRaw(deps, message), message.size)
  return asMessage(bytes, wanted, `${message.subject.slice(0, 100).trim() || 'message'}.eml`)
}

/** As message/rfc822 where its bytes can stand in a message as they are (RFC 2046 §5.2.1); else as a file that mail programs open. */
function asMessage(bytes: Uint8Array, wanted: AttachmentReference, filename: string): DraftAttachment {
  const isMessage = isPlain(bytes) && wanted.contentType === null && wanted.contentId === null
  return {
    filename: filenameOf(wanted.filename ?? filename),
    contentType: isMessage ? 'message/rfc822' : (wanted.contentType ?? 'application/octet-stream'),
    bytes,
    contentId: wanted.contentId,
    isMessage,
  }
}

/** ASCII in lines of at most 998 bytes that end in CRLF. */
function isPlain(bytes: Uint8Array): boolean {
  let lineBytes = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte > 126 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)) return false
    if (byte === 13 && bytes[at + 1] !== 10) return false
    if (byte === 10 && bytes[at - 1] !== 13) return false
    lineBytes = byte === 10 ? 0 : lineBytes + 1
    if (lineBytes > 999) return false
  }
  return bytes.length > 0
}

async function collect(stream: ReadableStream<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(bytesMax)
  let length = 0
  for await (const chunk of stream) {
    if (length + chunk.length > bytes.length) {
      // Only an encoding that grows what it holds comes here.
      const larger = new Uint8Array(2 * (length + chunk.length))
      larger.set(bytes.subarray(0, length))
      bytes = larger
    }
    bytes.set(chunk, length)
    length += chunk.length
  }
  return bytes.subarray(0, length)
}

// As the sender named it, where it can be written again.
function typeOf({ contentType, charset }: { contentType: string; charset: string | null }): string {
  const written = charset === null ? contentType : `${contentType}; charset=${charset}`
  const isKept = CONTENT_TYPE.test(written) && !/^(?:multipart|message)\//i.test(written)
  return isKept ? written : 'application/octet-stream'
}

function filenameOf(name: string): string {
  return clipFilename(headerLine(name).trim(), NAME_CHARS_MAX) || 'attachment'
}

function tooMuch(): Failure {
  return fail('too-large', `The attachments of a message have at most ${ATTACHED_BYTES_MAX} bytes together.`)
}
