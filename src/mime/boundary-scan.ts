/**
 * Line by line through the bytes, stopping where a line is a boundary of an open multipart (RFC 2046 §5.1.1).
 *
 * A boundary line is '--', the boundary, '--' if it closes, and white space: '--b' does not open where '--bb' stands.
 * The innermost open multipart that matches wins, and a match at an outer one closes all that lies deeper.
 */
import { isEmptyLine } from './headers.ts'
import { isWhite, latin1Bytes } from './latin1.ts'
import { type LineEnd, lineEndOf } from './lines.ts'

/** RFC 5322 §2.1.1, without the line end. */
export const LINE_BYTES_MAX = 998

/** Where reading stopped. `level` is the place on the stack of open multiparts, -1 at the end of the bytes. */
export type Stop = { level: number; closing: boolean; lineStart: number; lineEnds: number }

const DASH = 0x2d

export class BoundaryScan {
  readonly bytes: Uint8Array
  readonly lineEnd: LineEnd
  /** The next byte to read: always the start of a line, or the end. */
  at = 0
  /** Line ends before `at`. */
  lineEnds = 0
  /** Parts opened so far, counted by the caller. */
  parts = 0
  /** Bytes of their headers, counted by the caller. */
  headerBytes = 0
  stop: Stop = { level: -1, closing: false, lineStart: 0, lineEnds: 0 }
  sawBareLineFeed = false
  sawLongLine = false
  private readonly open: Uint8Array[] = []
  /** Set while a header ran into a boundary line: its part has no body at all. */
  atStop = false

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.lineEnd = lineEndOf(bytes)
  }

  /** Returns its level. */
  openBoundary(boundary: string): number {
    return this.open.push(latin1Bytes(boundary)) - 1
  }

  closeBoundary(level: number): void {
    this.open.length = Math.min(this.open.length, level)
  }

  /** To after the empty line that ends a header, or to a boundary line or the end where one comes first. */
  readHeader(): number {
    while (this.at < this.bytes.length) {
      const start = this.at
      const end = this.nextLine()
      this.atStop = this.matchBoundary(start, end)
      if (this.atStop) return start
      this.step(start, end)
      if (isEmptyLine(this.bytes, start, end)) return end
    }
    this.stopAtEnd()
    return this.at
  }

  /** To after the next boundary line, or to the end. */
  readToStop(): void {
    while (this.at < this.bytes.length) {
      const start = this.at
      const end = this.nextLine()
      if (this.matchBoundary(start, end)) return
      this.step(start, end)
    }
    this.stopAtEnd()
  }

  readToEnd(): void {
    this.open.length = 0
    this.readToStop()
  }

  /** The offset before the line end that stands before `offset`. */
  beforeLineEnd(offset: number): number {
    if (offset === 0 || this.bytes[offset - 1] !== this.lineEnd) return offset
    const isCrLf = this.lineEnd === 10 && this.bytes[offset - 2] === 13
    return offset - (isCrLf ? 2 : 1)
  }

  private nextLine(): number {
    const found = this.bytes.indexOf(this.lineEnd, this.at)
    return found < 0 ? this.bytes.length : found + 1
  }

  private step(start: number, end: number): void {
    this.at = end
    if (end - start > LINE_BYTES_MAX + 2) this.sawLongLine = true
    if (this.bytes[end - 1] !== this.lineEnd) return
    this.lineEnds++
    if (this.lineEnd === 10 && this.bytes[end - 2] !== 13) this.sawBareLineFeed = true
  }

  private stopAtEnd(): void {
    this.stop = { level: -1, closing: false, lineStart: this.bytes.length, lineEnds: this.lineEnds }
  }

  private matchBoundary(start: number, end: number): boolean {
    if (this.open.length === 0 || this.bytes[start] !== DASH || this.bytes[start + 1] !== DASH) return false
    const textEnd = this.trimEnd(start, end)
    for (let level = this.open.length - 1; level >= 0; level--) {
      const closing = this.closes(level, start + 2, textEnd)
      if (closing === null) continue
      this.stop = { level, closing, lineStart: start, lineEnds: this.lineEnds }
      this.step(start, end)
      return true
    }
    return false
  }

  private trimEnd(start: number, end: number): number {
    while (end > start && isTrailing(this.bytes[end - 1] ?? 0)) end--
    return end
  }

  /** Whether the text from `start` to `end` opens (false) or closes (true) the multipart at `level`; null for neither. */
  private closes(level: number, start: number, end: number): boolean | null {
    const boundary = this.open[level]
    if (!boundary) return null
    const extra = end - start - boundary.length
    if (extra !== 0 && extra !== 2) return null
    for (let at = 0; at < boundary.length; at++) {
      if (this.bytes[start + at] !== boundary[at]) return null
    }
    if (extra === 0) return false
    return this.bytes[end - 1] === DASH && this.bytes[end - 2] === DASH ? true : null
  }
}

function isTrailing(byte: number): boolean {
  return byte === 13 || byte === 10 || isWhite(byte)
}
