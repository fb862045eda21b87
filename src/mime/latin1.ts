/**
 * Bytes as binary strings and back: one character a byte (ISO 8859-1), so that string search works on bytes of an
 * unknown charset and nothing is lost. TextDecoder cannot do this: its 'latin1' is windows-1252.
 */
import { Buffer } from 'node:buffer'

export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end)
}

export function latin1Bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

/** Trims spaces and tabs only: String.trim would also take 0xA0, the last byte of many UTF-8 characters. */
export function trimWhite(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isWhite(text.charCodeAt(start))) start++
  while (end > start && isWhite(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

export function isWhite(code: number): boolean {
  return code === 0x20 || code === 0x09
}
