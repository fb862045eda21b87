/**
 * Quoted-printable (RFC 2045 §6.7), tolerant: an '=' that begins no escape is text. White space at a line's end is
 * kept, though the RFC lets gateways have added it: dropping it would break format=flowed and signed text.
 */
import { latin1Bytes } from './latin1.ts'
import type { TransferDecoder } from './transfer.ts'

/** White space held after an '=' that may be a soft line break. A line has 76 characters at most (RFC 2045 §6.7). */
export const PADDING_CHARS_MAX = 76

const EQUALS = 0x3d
const ESCAPE = /^=[0-9A-Fa-f]{2}$/
const SOFT_BREAK = /^=[ \t]*\r?\n$/
const MAY_GROW = /^=(?:[0-9A-Fa-f]?|[ \t]*\r?)$/

export function quotedPrintableDecoder(): TransferDecoder {
  /** An '=' and what followed it while it may still become an escape or a soft line break. */
  let held = ''
  let malformed = false

  function push(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(held.length + chunk.length)
    let length = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (held === '') {
        if (byte !== EQUALS) {
          const found = chunk.indexOf(EQUALS, at)
          const end = found < 0 ? chunk.length : found
          out.set(chunk.subarray(at, end), length)
          length += end - at
          at = end - 1
          continue
        }
        const soft = softBreakBytes(chunk, at)
        if (soft > 0) {
          at += soft - 1
          continue
        }
        const escaped = (hexValue(chunk[at + 1]) << 4) | hexValue(chunk[at + 2])
        if (escaped >= 0) {
          out[length++] = escaped
          at += 2
        } else if (isPlain(chunk[at + 1], chunk[at + 2])) {
          malformed = true
          out[length++] = byte
        } else held = '='
        continue
      }
      const grown = held + String.fromCharCode(byte)
      held = ''
      if (ESCAPE.test(grown)) out[length++] = Number.parseInt(grown.slice(1), 16)
      else if (SOFT_BREAK.test(grown)) continue
      else if (MAY_GROW.test(grown) && grown.length <= PADDING_CHARS_MAX) held = grown
      else {
        malformed = true
        // The byte that did not fit may itself begin an escape.
        length = write(out, length, grown.slice(0, -1))
        if (byte === EQUALS) held = '='
        else out[length++] = byte
      }
    }
    return out.subarray(0, length)
  }

  return {
    push,
    end() {
      const isSoftBreak = /^=[ \t]*\r?$/.test(held)
      return isSoftBreak ? new Uint8Array() : latin1Bytes(held)
    },
    get malformed() {
      return malformed
    },
  }
}

/** The length of an unpadded soft line break that lies whole in the chunk, which nearly all do; else 0. */
function softBreakBytes(chunk: Uint8Array, at: number): number {
  if (chunk[at + 1] === 0x0a) return 2
  return chunk[at + 1] === 0x0d && chunk[at + 2] === 0x0a ? 3 : 0
}

/** Whether an '=' before these two can be seen at once to begin nothing, which is most of what is malformed. */
function isPlain(first: number | undefined, second: number | undefined): boolean {
  if (first === undefined || second === undefined) return false
  if (hexValue(first) >= 0) return hexValue(second) < 0
  if (first === 0x20 || first === 0x09) return second > 0x20
  return first !== 0x0d && first !== 0x0a
}

/** -1 for what is no hexadecimal digit, so that two joined by | stay negative where either is. */
function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function write(out: Uint8Array, length: number, text: string): number {
  out.set(latin1Bytes(text), length)
  return length + text.length
}
