/**
 * Canonicalisation (RFC 6376 §3.4): the form in which signer and verifier see the same header fields and the same body,
 * whatever servers between them did to folding and white space.
 *
 * Signatures are over lines that end with CRLF. A message that was stored with LF alone is read as though it had CRLF: that
 * is what was signed. A CR elsewhere is content.
 *
 * The body is gone through once, a byte at a time, and hashed by slices: no second copy of 25 MB is ever made.
 */
import { createHash, type Hash } from 'node:crypto'

export type Canonicalization = 'simple' | 'relaxed'

/** Bytes hashed at a time: bounds memory. */
const SLICE_BYTES = 64 * 1024
/** One for all messages: a body is hashed without a pause, and only what was just written is read. */
const slice = new Uint8Array(SLICE_BYTES)

/** What one byte of the body may add to a slice: a line end, or a blank and itself. */
const ROOM_BYTES = 2

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const LINE_END = Uint8Array.from([CR, LF])

/** A header field, as it stands in the message, in the form that is hashed; with its line end. */
export function canonicalField(field: string, how: Canonicalization): string {
  const lines = field.replace(/\r?\n$/, '').replace(/\r?\n/g, '\r\n')
  return how === 'simple' ? `${lines}\r\n` : relaxedField(lines)
}

function relaxedField(field: string): string {
  const colon = field.indexOf(':')
  const name = field
    .slice(0, colon)
    .toLowerCase()
    .replace(/[ \t]+$/, '')
  // Unfolded first: a fold is white space and joins what stands on either side of it.
  const value = field
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
  return `${name}:${value.replace(/^ | $/g, '')}\r\n`
}

export type BodyHash = {
  digest: Uint8Array
  /** Bytes of the canonical body, all of it, hashed or not. */
  sizeBytes: number
}

/** SHA-256 over the canonical form of the bytes from `start` on, or over its first `limitBytes` (RFC 6376 §3.4.5). */
export function hashBody(
  bytes: Uint8Array,
  start: number,
  how: Canonicalization,
  limitBytes = Number.POSITIVE_INFINITY,
): BodyHash {
  const foldsBlanks = how === 'relaxed'
  const hash = new LimitedHash(limitBytes)
  let length = 0
  // Line ends, and in the relaxed form blanks, wait until something follows them: at the end of a line blanks do not count, and
  // at the end of the body neither do empty lines.
  let lineEnds = 0
  let blank = false
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] as number
    // Most bytes are neither blank nor line end, and this is the one loop over all of a body.
    if (byte <= SPACE) {
      if (byte === LF) {
        lineEnds++
        blank = false
        continue
      }
      if (byte === CR && bytes[at + 1] === LF) continue
      if (foldsBlanks && (byte === SPACE || byte === TAB)) {
        blank = true
        continue
      }
    }
    for (; lineEnds > 0; lineEnds--) {
      if (length + ROOM_BYTES > SLICE_BYTES) length = hash.take(slice, length)
      slice[length++] = CR
      slice[length++] = LF
    }
    if (length + ROOM_BYTES > SLICE_BYTES) length = hash.take(slice, length)
    if (blank) {
      slice[length++] = SPACE
      blank = false
    }
    slice[length++] = byte
  }
  hash.take(slice, length)
  // RFC 6376 §3.4.3: in the simple form an empty body is one line end, in the relaxed form it is nothing.
  if (hash.sizeBytes > 0 || !foldsBlanks) hash.take(LINE_END, LINE_END.length)
  return { digest: hash.digest(), sizeBytes: hash.sizeBytes }
}

/** A hash that takes what it is given up to a limit, and counts all of it. */
class LimitedHash {
  sizeBytes = 0
  readonly #hash: Hash = createHash('sha256')
  readonly #limitBytes: number

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Takes the first bytes of the slice, and gives the length of what is left in it: none. */
  take(slice: Uint8Array, length: number): 0 {
    const wanted = Math.min(length, Math.max(this.#limitBytes - this.sizeBytes, 0))
    if (wanted > 0) this.#hash.update(slice.subarray(0, wanted))
    this.sizeBytes += length
    return 0
  }

  digest(): Uint8Array {
    return new Uint8Array(this.#hash.digest())
  }
}
