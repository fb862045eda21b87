/** uuencode (POSIX): the lines between 'begin' and 'end', whatever stands around them. */
import { concat } from './concat.ts'
import { latin1 } from './latin1.ts'
import type { TransferDecoder } from './transfer.ts'

/** A line holds 45 bytes as 61 characters. What is longer is no line of it, and is not held in memory. */
export const UU_LINE_BYTES_MAX = 256

const BEGIN = /^begin [0-7]{3,4} /

export function uuDecoder(): TransferDecoder {
  /** The start of a line whose end has not come yet, one byte over the limit at most. */
  let held = new Uint8Array()
  let inside = false
  let malformed = false

  /** Decodes one line into `out`, and returns the new length of what is in it. */
  function takeLine(data: Uint8Array, start: number, lineEnd: number, out: Uint8Array, length: number): number {
    const end = data[lineEnd - 1] === 13 && lineEnd > start ? lineEnd - 1 : lineEnd
    const isLong = end - start > UU_LINE_BYTES_MAX
    if (!inside) {
      inside = !isLong && data[start] === 0x62 && BEGIN.test(latin1(data, start, end))
      return length
    }
    if (isLong) malformed = true
    else if (isEnd(data, start, end)) inside = false
    else return decodeLine(data, start, end, out, length)
    return length
  }

  return {
    push(chunk) {
      const data = held.length === 0 ? chunk : concat(held, chunk)
      const out = new Uint8Array(data.length)
      let length = 0
      let start = 0
      for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, start)) {
        length = takeLine(data, start, end, out, length)
        start = end + 1
      }
      held = data.slice(start, start + UU_LINE_BYTES_MAX + 2)
      return out.subarray(0, length)
    },
    end() {
      const out = new Uint8Array(held.length + 3)
      return out.subarray(0, takeLine(held, 0, held.length, out, 0))
    },
    get malformed() {
      return malformed
    },
  }
}

/** A line's first character says how many bytes it holds: more than its characters can give are not made up. */
function decodeLine(data: Uint8Array, start: number, end: number, out: Uint8Array, length: number): number {
  const value = (at: number) => (at < end ? ((data[at] as number) - 32) & 63 : 0)
  const last = start < end ? length + value(start) : length
  for (let at = start + 1; at < end && length < last; at += 4) {
    const group = (value(at) << 18) | (value(at + 1) << 12) | (value(at + 2) << 6) | value(at + 3)
    for (let shift = 16; shift >= 0 && length < last; shift -= 8) out[length++] = (group >> shift) & 255
  }
  return length
}

function isEnd(data: Uint8Array, start: number, end: number): boolean {
  return end - start === 3 && data[start] === 0x65 && data[start + 1] === 0x6e && data[start + 2] === 0x64
}
