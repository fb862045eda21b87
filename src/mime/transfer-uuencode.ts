/** uuencode (POSIX): the lines between 'begin' and 'end', whatever stands around them. */
import { latin1 } from './latin1.ts'
import type { TransferDecoder } from './transfer.ts'

/** A line holds 45 bytes as 61 characters. What is longer is no line of it, and is not held in memory. */
export const UU_LINE_CHARS_MAX = 256

export function uuDecoder(): TransferDecoder {
  let line = ''
  let inside = false
  let malformed = false

  function takeLine(out: Uint8Array[]): void {
    const text = line.replace(/\r$/, '')
    line = ''
    if (!inside) inside = /^begin [0-7]{3,4} /.test(text)
    else if (text === 'end') inside = false
    else if (text.length > UU_LINE_CHARS_MAX) malformed = true
    else out.push(decodeLine(text))
  }

  return {
    push(chunk) {
      const out: Uint8Array[] = []
      for (let at = 0; at < chunk.length; ) {
        const found = chunk.indexOf(10, at)
        const end = found < 0 ? chunk.length : found
        line += latin1(chunk, at, Math.min(end, at + UU_LINE_CHARS_MAX + 2 - line.length))
        if (found >= 0) takeLine(out)
        at = end + 1
      }
      return concat(out)
    },
    end() {
      const out: Uint8Array[] = []
      takeLine(out)
      return concat(out)
    },
    get malformed() {
      return malformed
    },
  }
}

function decodeLine(text: string): Uint8Array {
  const length = value(text, 0)
  const bytes: number[] = []
  for (let at = 1; bytes.length < length && at < text.length; at += 4) {
    const group =
      (value(text, at) << 18) | (value(text, at + 1) << 12) | (value(text, at + 2) << 6) | value(text, at + 3)
    bytes.push(group >> 16, (group >> 8) & 255, group & 255)
  }
  return new Uint8Array(bytes.slice(0, length))
}

/** A line's trailing spaces may have been lost on the way: they stand for zero. */
function value(text: string, at: number): number {
  return at < text.length ? (text.charCodeAt(at) - 32) & 63 : 0
}

function concat(chunks: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}
