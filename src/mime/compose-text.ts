/**
 * Text as a message carries it: header text as encoded words (RFC 2047), bodies as quoted-printable or base64 (RFC 2045 §6).
 *
 * Invariant: what comes out is ASCII, and no line of it is longer than 76 characters, so that it survives every way.
 */
import { Buffer } from 'node:buffer'

/** RFC 2047 §2: a line with an encoded word has at most 76 characters; RFC 2045 §6.7 and §6.8 say the same of bodies. */
const LINE_CHARS_MAX = 76
/** '=?utf-8?B?' and '?='. */
const WORD_OVERHEAD_CHARS = 12
/** RFC 2047 §2: an encoded word has at most 75 characters. */
const WORD_CHARS_MAX = 75
/** Where more than this share of the bytes would be escaped, base64 is shorter, and no less readable. */
const ESCAPED_SHARE_MAX = 1 / 6

/** Text that may stand in a field as it is. What looks like an encoded word may not: a reader would decode it. */
export function isPlainText(text: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.includes('=?')
}

/** The value of an unstructured field, such as Subject. `used` is what stands before it in its line. */
export function encodeText(text: string, used: number): string {
  return isPlainText(text) && used + text.length <= LINE_CHARS_MAX ? text : encodeWords(text, used)
}

/** Encoded words, one a line, cut between characters. */
export function encodeWords(text: string, used: number): string {
  const words: string[] = []
  let budget = bytesOfWord(LINE_CHARS_MAX - used)
  // No room in the first line: the value begins in the second.
  if (budget < 4) {
    words.push('')
    budget = bytesOfWord(WORD_CHARS_MAX)
  }
  let bytes: number[] = []
  for (const character of text) {
    const next = [...new TextEncoder().encode(character)]
    if (bytes.length + next.length > budget) {
      words.push(wordOf(bytes))
      bytes = []
      budget = bytesOfWord(WORD_CHARS_MAX)
    }
    bytes.push(...next)
  }
  return [...words, wordOf(bytes)].join('\r\n ')
}

function bytesOfWord(chars: number): number {
  return Math.floor((Math.min(chars, WORD_CHARS_MAX) - WORD_OVERHEAD_CHARS) / 4) * 3
}

function wordOf(bytes: number[]): string {
  return `=?utf-8?B?${Buffer.from(bytes).toString('base64')}?=`
}

export type EncodedBody = { encoding: 'quoted-printable' | 'base64'; data: string }

/**
 * A text body. It is written so that the one line end which stands behind each part is the text's own last one, or
 * one that quoted-printable takes back.
 */
export function encodeBody(text: string): EncodedBody {
  const canonical = text.replaceAll(/\r\n|\r|\n/g, '\r\n')
  const bytes = new TextEncoder().encode(canonical)
  if (escapedShare(bytes) > ESCAPED_SHARE_MAX) return { encoding: 'base64', data: base64Lines(bytes) }
  const isEnded = canonical.endsWith('\r\n')
  const lines = (isEnded ? canonical.slice(0, -2) : canonical).split('\r\n').map(quotedLine)
  return { encoding: 'quoted-printable', data: lines.join('\r\n') + (isEnded ? '' : '=') }
}

const BASE64_LINE_BYTES = 57
/** Lines that are encoded at a time: what stands in memory as text. */
const BASE64_LINES = 4_096

/** Of so many bytes in base64, in lines of 76 characters, without a line end behind the last. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4 + 2 * Math.max(0, Math.ceil(bytes / BASE64_LINE_BYTES) - 1)
}

/** Writes the bytes so; `out` has room for `base64Length` of them. */
export function writeBase64(bytes: Uint8Array, out: Uint8Array): void {
  const target = Buffer.from(out.buffer, out.byteOffset, out.byteLength)
  let length = 0
  for (let start = 0; start < bytes.length; start += BASE64_LINE_BYTES * BASE64_LINES) {
    if (start > 0) length += target.write('\r\n', length, 'latin1')
    length += target.write(
      base64Lines(bytes.subarray(start, start + BASE64_LINE_BYTES * BASE64_LINES)),
      length,
      'latin1',
    )
  }
}

/** The bytes in base64, in lines of 76 characters, without a line end behind the last. For what is small. */
export function base64Lines(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  return (text.match(/.{1,76}/g) ?? []).join('\r\n')
}

/** RFC 5322 §3.3. */
export function dateText(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000')
}

function escapedShare(bytes: Uint8Array): number {
  let escaped = 0
  for (const byte of bytes) if (byte > 0x7e) escaped++
  return escaped / Math.max(bytes.length, 1)
}

/** One line, with soft breaks. The last column stays free, for the '=' that may follow. */
function quotedLine(line: string): string {
  const out: string[] = []
  let length = 0
  const units = quotedUnits(line)
  for (const unit of units) {
    if (length + unit.length > LINE_CHARS_MAX - 1) {
      out.push('=\r\n')
      length = 0
    }
    out.push(unit)
    length += unit.length
  }
  return out.join('')
}

// White space at a line's end is lost on the way, a dot at its beginning is SMTP's, and 'From ' an mbox's: all three are escaped.
function quotedUnits(line: string): string[] {
  const bytes = new TextEncoder().encode(line)
  return Array.from(bytes, (byte, at) => {
    const isLast = at === bytes.length - 1
    const isBlank = byte === 0x20 || byte === 0x09
    const isTrap = at === 0 && (byte === 0x2e || byte === 0x46)
    const isSafe = (byte > 0x20 && byte < 0x7f && byte !== 0x3d) || (isBlank && !isLast)
    return isSafe && !isTrap ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  })
}
