/**
 * Content-Transfer-Encodings (RFC 2045 §6) and uuencode, decoded chunk by chunk.
 *
 * A decoder holds what one chunk cannot finish, so a split anywhere gives the same bytes. All are tolerant: what the
 * encoding does not know is skipped (base64) or kept as it is (quoted-printable). Memory is bounded by the chunk.
 */

import { concat } from './concat.ts'
import { base64Decoder } from './transfer-base64.ts'
import { quotedPrintableDecoder } from './transfer-quoted-printable.ts'
import { uuDecoder } from './transfer-uuencode.ts'

export type TransferDecoder = {
  push(chunk: Uint8Array): Uint8Array
  end(): Uint8Array
  /** Whether it met what the encoding does not allow. */
  readonly malformed: boolean
}

export function transferDecoder(encoding: string): TransferDecoder {
  switch (encoding) {
    case 'base64':
      return base64Decoder()
    case 'quoted-printable':
      return quotedPrintableDecoder()
    case 'x-uuencode':
    case 'uuencode':
    case 'x-uue':
      return uuDecoder()
    default:
      return { push: (chunk) => chunk, end: () => new Uint8Array(), malformed: false }
  }
}

/** For downloads: the bytes of an attachment as they are read. */
export function decodeTransfer(encoding: string): TransformStream<Uint8Array, Uint8Array> {
  const decoder = transferDecoder(encoding)
  return new TransformStream({
    transform(chunk, controller) {
      enqueue(controller, decoder.push(chunk))
    },
    flush(controller) {
      enqueue(controller, decoder.end())
    },
  })
}

function enqueue(controller: TransformStreamDefaultController<Uint8Array>, bytes: Uint8Array): void {
  if (bytes.length > 0) controller.enqueue(bytes)
}

/** For what is in memory whole. */
export function decodeTransferBytes(encoding: string, bytes: Uint8Array): { bytes: Uint8Array; malformed: boolean } {
  const decoder = transferDecoder(encoding)
  const head = decoder.push(bytes)
  const tail = decoder.end()
  return { bytes: tail.length === 0 ? head : concat(head, tail), malformed: decoder.malformed }
}
