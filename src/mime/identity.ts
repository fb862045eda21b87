/**
 * What makes two deliveries the same message: a SHA-256 over the envelope recipient, the header without the fields
 * that servers add on the way, and the body. Never the Message-ID alone, which anyone can copy.
 *
 * The recipient, the header and the body are hashed apart and their digests hashed together, so that no byte can be
 * moved from one to another. CRLF and LF count as the same line end, since one way into the server may change them;
 * nothing else is folded. A byte order, a space or a field's case that differs makes another message: to store one
 * mail twice costs a little, to take two for one loses mail.
 */
import { createHash, type Hash } from 'node:crypto'
import { parseHeaderBlock } from './headers.ts'
import { isTraceField } from './trace.ts'

/** Bytes copied at a time while line ends are folded: bounds memory. */
const SLICE_BYTES = 64 * 1024

const VERSION = 'postern message identity 1'

export async function messageIdentity(bytes: Uint8Array, recipient: string): Promise<Uint8Array> {
  const block = parseHeaderBlock(bytes)
  const header = createHash('sha256')
  let kept = 0
  for (const field of block.fields) {
    if (!isTraceField(field.key)) continue
    updateFolded(header, bytes, kept, field.start)
    kept = field.end
  }
  updateFolded(header, bytes, kept, block.end)
  const body = createHash('sha256')
  updateFolded(body, bytes, block.end, bytes.length)
  const recipientDigest = createHash('sha256').update(recipient.toWellFormed()).digest()
  const whole = createHash('sha256').update(VERSION).update(recipientDigest)
  return new Uint8Array(whole.update(header.digest()).update(body.digest()).digest())
}

/** Hashes bytes[start, end) with each CRLF as LF. */
function updateFolded(hash: Hash, bytes: Uint8Array, start: number, end: number): void {
  const slice = new Uint8Array(Math.min(SLICE_BYTES, Math.max(end - start, 0)))
  let length = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === 13 && bytes[at + 1] === 10 && at + 1 < end) continue
    slice[length++] = byte
    if (length < slice.length) continue
    hash.update(slice)
    length = 0
  }
  hash.update(slice.subarray(0, length))
}
