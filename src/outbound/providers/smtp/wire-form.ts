/**
 * A message in the form that goes over the wire, byte by byte: lines that end with CRLF and nothing else that could be taken
 * for a line end, so that no server on the way sees a line, and so an end of the message, that we do not see (SMTP smuggling;
 * RFC 5321 §2.3.8 and §4.1.1.4 forbid CR and LF alone). mime/lines.ts says what ends a line. A CR elsewhere becomes a space in
 * the body, and a question mark in the header: white space there could make a field of what we did not read as one.
 */
import { Buffer } from 'node:buffer'
import { lineEndOf } from '../../../mime/lines.ts'

const [LF, CR, SPACE, DOT, QUESTION_MARK] = [10, 13, 32, 46, 63]
const CRLF = Uint8Array.of(CR, LF)
/** Bytes written at a time. */
const SLICE_BYTES = 64 * 1024

/** The same array where it has that form already, as all that is composed here has. */
export function inWireForm(raw: Uint8Array): Uint8Array {
  const lineEnd = lineEndOf(raw)
  const { stray, endsLine } = countStray(raw, lineEnd)
  if (stray === 0 && endsLine) return raw
  // Every stray byte becomes two at the most, and the last line may lack its end.
  const out = new Uint8Array(raw.length + stray + CRLF.length)
  let length = 0
  let isHeader = true
  let lineStart = 0
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at] as number
    if (byte === lineEnd) {
      if (length === lineStart) isHeader = false
      out.set(CRLF, length)
      length += CRLF.length
      lineStart = length
    } else if (byte !== CR) out[length++] = byte
    else if (!isBeforeLineEnd(raw, at)) out[length++] = isHeader ? QUESTION_MARK : SPACE
  }
  if (!endsLine) {
    out.set(CRLF, length)
    length += CRLF.length
  }
  return out.subarray(0, length)
}

/** Line ends that are not CRLF, and CRs that are no part of one. */
function countStray(raw: Uint8Array, lineEnd: number): { stray: number; endsLine: boolean } {
  let stray = 0
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at]
    if (byte === LF) {
      if (raw[at - 1] !== CR) stray++
    } else if (byte === CR && raw[at + 1] !== LF) stray++
  }
  return { stray, endsLine: raw.length > 0 && raw[raw.length - 1] === lineEnd }
}

/** Several CRs before a LF come from broken gateways, and are one line end with it. */
function isBeforeLineEnd(raw: Uint8Array, at: number): boolean {
  let next = at + 1
  while (raw[next] === CR) next++
  return raw[next] === LF
}

/** Whether it holds more than ASCII: then BODY=8BITMIME is to be said (RFC 6152). */
export function isEightBit(raw: Uint8Array): boolean {
  for (let at = 0; at < raw.length; at++) if ((raw[at] as number) > 0x7f) return true
  return false
}

/** The bytes in slices. */
export function* slicesOf(raw: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < raw.length; at += SLICE_BYTES) yield raw.subarray(at, at + SLICE_BYTES)
}

/** The same with a dot before each line that begins with one (RFC 5321 §4.5.2). */
export function* dotStuffed(raw: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < raw.length; start += SLICE_BYTES) {
    const end = Math.min(start + SLICE_BYTES, raw.length)
    yield stuffed(raw.subarray(start, end), dotsIn(raw, start, end))
  }
}

/** Where in the slice a line begins with a dot, from the slice's start. */
function dotsIn(raw: Uint8Array, start: number, end: number): number[] {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, end)
  const dots = raw[start] === DOT && (start === 0 || raw[start - 1] === LF) ? [0] : []
  for (let at = bytes.indexOf('\n.', start); at >= 0; at = bytes.indexOf('\n.', at + 1)) dots.push(at + 1 - start)
  return dots
}

function stuffed(slice: Uint8Array, dots: number[]): Uint8Array {
  if (dots.length === 0) return slice
  const out = new Uint8Array(slice.length + dots.length)
  let from = 0
  for (const [added, dot] of dots.entries()) {
    out.set(slice.subarray(from, dot), from + added)
    out[dot + added] = DOT
    from = dot
  }
  out.set(slice.subarray(from), from + dots.length)
  return out
}
