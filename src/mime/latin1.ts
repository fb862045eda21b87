/**
 * Bytes as binary strings and back: one character a byte (ISO 8859-1), so that string search works on bytes of an
 * unknown charset and nothing is lost. TextDecoder cannot do this: its 'latin1' is windows-1252.
 */
import { Buffer } from 'node:buffer'

export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end)
}

export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

/** A binary string with its escapes ('=41' or '%41', by their mark) as the bytes they stand for; what is none is kept. */
export function unescapeHex(text: string, mark: '=' | '%'): string {
  let from = text.indexOf(mark)
  if (from < 0) return text
  let out = text.slice(0, from)
  for (; from >= 0; ) {
    const byte = (hexValue(text.charCodeAt(from + 1)) << 4) | hexValue(text.charCodeAt(from + 2))
    out += byte < 0 ? mark : String.fromCharCode(byte)
    const after = from + (byte < 0 ? 1 : 3)
    from = text.indexOf(mark, after)
    if (from !== after) out += text.slice(after, from < 0 ? text.length : from)
  }
  return out
}

/** -1 for what is no hexadecimal digit, so that two joined by | stay negative where either is. */
export function hexValue(code: number | undefined): number {
  if (code === undefined || Number.isNaN(code)) return -1
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
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
