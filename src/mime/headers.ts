/**
 * The header block: from bytes to fields, in order, each with its place.
 *
 * Raw values are binary strings (one character a byte): no charset is chosen until somebody reads a field. A line
 * that is no field is left out of `fields` and named as a defect; its bytes stay where they are.
 */
import { latin1, trimWhite } from './latin1.ts'
import { type LineEnd, lineEndOf } from './lines.ts'
import type { Defect, HeaderField } from './message.ts'

export { decodeHeader } from './encoded-words.ts'
export { type HeaderText, headerBlockBytes, headerBlockText } from './header-text.ts'
export { isTraceField, TRACE_FIELDS } from './trace.ts'

/** Header bytes that are read, of one block. Honest blocks stay under 100 KB; the rest of a longer one is skipped. */
export const HEADER_BYTES_MAX = 1024 * 1024
/** Fields that are read, of one block: bounds the objects that a block of the shortest fields can make. */
export const HEADER_FIELDS_MAX = 5_000

/** RFC 5322 §2.2: printable ASCII but the colon. White space before the colon is obsolete (§4.5) and allowed. */
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+[ \t]*$/

export type HeaderBlock = { fields: HeaderField[]; end: number; defects: Defect[] }

export function parseHeaderBlock(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
  lineEnd: LineEnd = lineEndOf(bytes),
  bytesMax: number = HEADER_BYTES_MAX,
): HeaderBlock {
  const defects = new Set<Defect>()
  const bodyStart = endOfBlock(bytes, start, end, lineEnd, defects)
  const readEnd = Math.min(bodyStart, start + bytesMax)
  if (readEnd < bodyStart) defects.add('header-too-long')
  const block = latin1(bytes, start, readEnd)
  if (/[\x80-\xff]/.test(block)) defects.add('header-8bit')
  if (block.includes('\0')) defects.add('header-nul')
  if (lineEnd === 10 && /\r(?![\r\n])/.test(block)) defects.add('bare-cr')
  return { fields: readFields(block, start, lineEnd, defects), end: bodyStart, defects: [...defects] }
}

/** The field values of one name, raw, in order. */
export function fieldValues(fields: HeaderField[], key: string): string[] {
  return fields.filter((field) => field.key === key).map((field) => field.raw)
}

/** The first field of a name, raw. Where a field stands twice, every reader here takes the first. */
export function firstField(fields: HeaderField[], key: string): string | null {
  return fields.find((field) => field.key === key)?.raw ?? null
}

/** The offset after the empty line that ends the block, or `end` where there is none. */
function endOfBlock(bytes: Uint8Array, start: number, end: number, lineEnd: LineEnd, defects: Set<Defect>): number {
  for (let line = start; line < end; ) {
    const found = bytes.indexOf(lineEnd, line)
    const next = found < 0 || found >= end ? end : found + 1
    if (isEmptyLine(bytes, line, next)) return next
    line = next
  }
  defects.add('header-no-end')
  return end
}

/** A line of line-end bytes only. Several CR before the LF come from broken gateways and end the block too. */
export function isEmptyLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== 13 && bytes[at] !== 10) return false
  }
  return end > start
}

function readFields(block: string, offset: number, lineEnd: LineEnd, defects: Set<Defect>): HeaderField[] {
  const fields: HeaderField[] = []
  const eol = String.fromCharCode(lineEnd)
  let fieldStart = 0
  while (fieldStart < block.length) {
    const fieldEnd = endOfField(block, fieldStart, eol)
    const field = readField(block, fieldStart, fieldEnd, offset)
    if (field) fields.push(field)
    else if (!isNoLoss(block, fieldStart, fieldEnd)) defects.add('header-malformed')
    if (fields.length >= HEADER_FIELDS_MAX && fieldEnd < block.length) {
      defects.add('header-too-long')
      break
    }
    fieldStart = fieldEnd
  }
  return fields
}

/** A field runs on over every line that begins with white space (RFC 5322 §2.2.3). */
function endOfField(block: string, start: number, eol: string): number {
  for (let at = start; ; ) {
    const found = block.indexOf(eol, at)
    if (found < 0) return block.length
    at = found + 1
    const next = block.charCodeAt(at)
    if (next !== 0x20 && next !== 0x09) return at
  }
}

function readField(block: string, start: number, end: number, offset: number): HeaderField | null {
  // Searched within the field only: a block without colons would be searched to its end at every line.
  const colon = start + block.slice(start, end).indexOf(':')
  if (colon < start) return null
  const named = block.slice(start, colon)
  if (!FIELD_NAME.test(named)) return null
  const name = trimWhite(named)
  return { name, key: name.toLowerCase(), start: offset + start, end: offset + end, raw: unfold(block, colon + 1, end) }
}

/** Unfolding takes the line ends away and keeps the white space. A CR on its own becomes a space: it is no line end. */
function unfold(block: string, start: number, end: number): string {
  let last = end
  while (last > start && isLineEndCode(block.charCodeAt(last - 1))) last--
  const value = block.slice(start, last)
  if (!/[\r\n]/.test(value)) return trimWhite(value)
  return trimWhite(value.replace(/\r\n/g, '').replace(/\n/g, '').replace(/\r/g, ' '))
}

/** An empty line, or the envelope line that mbox files put first: no field, and no fault of the sender's. */
function isNoLoss(block: string, start: number, end: number): boolean {
  return isLineEnd(block, start, end) || (start === 0 && /^>?From /.test(block))
}

function isLineEnd(block: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isLineEndCode(block.charCodeAt(at))) return false
  return true
}

function isLineEndCode(code: number): boolean {
  return code === 13 || code === 10
}
