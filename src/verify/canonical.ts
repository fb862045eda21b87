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

const [TAB, LF, CR, SPACE] = [9, 10, 13, 32]

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

/** SHA-256 over the canonical form of bytes[start, end), or over its first `limitBytes` (RFC 6376 §3.4.5). */
export function hashBody(
  bytes: Uint8Array,
  start: number,
  how: Canonicalization,
  limitBytes = Number.POSITIVE_INFINITY,
): BodyHash {
  const hash = new LimitedHash(limitBytes)
  if (how === 'simple') writeSimple(bytes, start, hash)
  else writeRelaxed(bytes, start, hash)
  return { digest: hash.digest(), sizeBytes: hash.sizeBytes }
}

// Empty lines are counted and written only once another line follows: those at the end of the body do not count.
function writeSimple(bytes: Uint8Array, start: number, hash: LimitedHash): void {
  let emptyLines = 0
  for (let line = start; line < bytes.length; ) {
    const found = bytes.indexOf(LF, line)
    const next = found < 0 ? bytes.length : found + 1
    const end = endOfText(bytes, line, found < 0 ? bytes.length : found, found >= 0)
    if (end === line) emptyLines++
    else {
      hash.lineEnds(emptyLines)
      emptyLines = 0
      hash.range(bytes, line, end)
      hash.lineEnds(1)
    }
    line = next
  }
  // RFC 6376 §3.4.3: an empty body is one CRLF.
  if (hash.sizeBytes === 0) hash.lineEnds(1)
}

function writeRelaxed(bytes: Uint8Array, start: number, hash: LimitedHash): void {
  let emptyLines = 0
  for (let line = start; line < bytes.length; ) {
    const found = bytes.indexOf(LF, line)
    const next = found < 0 ? bytes.length : found + 1
    let end = endOfText(bytes, line, found < 0 ? bytes.length : found, found >= 0)
    while (end > line && isWhite(bytes[end - 1])) end--
    if (end === line) emptyLines++
    else {
      hash.lineEnds(emptyLines)
      emptyLines = 0
      writeWithSingleSpaces(bytes, line, end, hash)
      hash.lineEnds(1)
    }
    line = next
  }
}

function writeWithSingleSpaces(bytes: Uint8Array, start: number, end: number, hash: LimitedHash): void {
  let from = start
  for (let at = start; at < end; at++) {
    if (!isWhite(bytes[at]) || (bytes[at] === SPACE && !isWhite(bytes[at + 1]))) continue
    hash.range(bytes, from, at)
    hash.byte(SPACE)
    while (isWhite(bytes[at + 1])) at++
    from = at + 1
  }
  hash.range(bytes, from, end)
}

/** The line's text ends before its LF and the CR that goes with it. */
function endOfText(bytes: Uint8Array, line: number, end: number, hasLf: boolean): number {
  return hasLf && end > line && bytes[end - 1] === CR ? end - 1 : end
}

function isWhite(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB
}

/** A hash that takes what it is given up to a limit, and counts all of it. */
class LimitedHash {
  sizeBytes = 0
  readonly #hash: Hash = createHash('sha256')
  readonly #limitBytes: number
  readonly #slice = new Uint8Array(SLICE_BYTES)
  #length = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  byte(byte: number): void {
    if (this.sizeBytes++ < this.#limitBytes) this.#put(byte)
  }

  range(bytes: Uint8Array, start: number, end: number): void {
    const wanted = Math.min(end - start, Math.max(this.#limitBytes - this.sizeBytes, 0))
    this.sizeBytes += end - start
    if (wanted > SLICE_BYTES - this.#length) this.#flush()
    if (wanted > SLICE_BYTES) this.#hash.update(bytes.subarray(start, start + wanted))
    else {
      // Lines are short, and a loop is quicker than a call for so few bytes.
      for (let at = start; at < start + wanted; at++) this.#slice[this.#length++] = bytes[at] as number
    }
  }

  lineEnds(count: number): void {
    for (let i = 0; i < count; i++) {
      this.byte(CR)
      this.byte(LF)
    }
  }

  digest(): Uint8Array {
    this.#flush()
    return new Uint8Array(this.#hash.digest())
  }

  #put(byte: number): void {
    if (this.#length === SLICE_BYTES) this.#flush()
    this.#slice[this.#length++] = byte
  }

  #flush(): void {
    if (this.#length > 0) this.#hash.update(this.#slice.subarray(0, this.#length))
    this.#length = 0
  }
}
