/**
 * JSON with files in it. A message of 40 MB would stand in memory as text several times over, of the 128 MB that a Worker has:
 * here the bytes of a file become base64 in the body itself.
 */
import { Buffer } from 'node:buffer'

/** A multiple of three, so that no piece but the last is padded. */
const PIECE_BYTES = 48 * 1024

/** Stands in a value where the base64 of these bytes is to stand. */
export class Base64 {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const files: Uint8Array[] = []
  // NUL is in no text that a message is rebuilt from (mime/storable.ts), so that nothing else can look like this mark.
  const mark = (_name: string, one: unknown) => (one instanceof Base64 ? `\0${files.push(one.bytes) - 1}` : one)
  const pieces = JSON.stringify(value, mark).split(/"\\u0000(\d+)"/)
  const encoder = new TextEncoder()
  const texts = pieces.map((piece, n) => (n % 2 === 0 ? encoder.encode(piece) : null))
  const file = (n: number) => files[Number(pieces[n])] ?? new Uint8Array()
  const sizes = texts.map((text, n) => text?.length ?? base64Size(file(n)) + 2)
  const whole = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0))
  let at = 0
  for (const [n, text] of texts.entries()) {
    if (text) whole.set(text, at)
    else writeQuoted(whole, at, file(n))
    at += sizes[n] ?? 0
  }
  return whole
}

function base64Size(bytes: Uint8Array): number {
  return Math.ceil(bytes.length / 3) * 4
}

function writeQuoted(target: Uint8Array, start: number, bytes: Uint8Array): void {
  const out = Buffer.from(target.buffer, target.byteOffset, target.byteLength)
  let at = start + out.write('"', start, 'latin1')
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const piece = bytes.subarray(from, from + PIECE_BYTES)
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('base64')
    at += out.write(text, at, 'latin1')
  }
  out.write('"', at, 'latin1')
}
