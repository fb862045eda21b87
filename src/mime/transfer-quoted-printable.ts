/**
 * Quoted-printable (RFC 2045 §6.7), tolerant: an '=' that begins no escape is text. White space at a line's end is
 * kept, though the RFC lets gateways have added it: dropping it would break format=flowed and signed text.
 */
import { concat } from './concat.ts'
import { hexValue, isWhite } from './latin1.ts'
import type { TransferDecoder } from './transfer.ts'

/** An '=' and the white space after it that may be a soft line break: a line has no more (RFC 2045 §6.7). */
export const SOFT_BREAK_BYTES_MAX = 76

const EQUALS = 0x3d
const CR = 13
const LF = 10

export function quotedPrintableDecoder(): TransferDecoder {
  /** An '=' and what followed it, where the chunk ended before it was seen what it begins. */
  let held = new Uint8Array()
  let malformed = false

  return {
    push(chunk) {
      const data = held.length === 0 ? chunk : concat(held, chunk)
      held = new Uint8Array()
      const out = new Uint8Array(data.length)
      let length = 0
      for (let at = 0; at < data.length; at++) {
        const byte = data[at] as number
        if (byte !== EQUALS) {
          out[length++] = byte
          continue
        }
        const value = escapedByte(data, at)
        if (value >= 0) {
          out[length++] = value
          at += 2
          continue
        }
        const end = softBreakEnd(data, at)
        if (end === UNDECIDED) {
          held = data.slice(at)
          break
        }
        if (end === NOTHING) {
          malformed = true
          out[length++] = byte
        } else at = end - 1
      }
      return out.subarray(0, length)
    },
    end() {
      // White space alone was a soft line break that the text ended with.
      return isHeldSoftBreak(held) ? new Uint8Array() : held
    },
    get malformed() {
      return malformed
    },
  }
}

/** The byte that '=' and two digits stand for; negative where they are not there. */
function escapedByte(data: Uint8Array, at: number): number {
  return (hexValue(data[at + 1]) << 4) | hexValue(data[at + 2])
}

const NOTHING = -1
const UNDECIDED = -2

/** The end of the soft line break that begins at the '=' (RFC 2045 §6.7, rule 5), if one does; UNDECIDED where data ends first. */
function softBreakEnd(data: Uint8Array, equals: number): number {
  const limit = equals + SOFT_BREAK_BYTES_MAX
  let at = equals + 1
  if (hexValue(data[at]) >= 0) return at + 1 === data.length ? UNDECIDED : NOTHING
  while (at < data.length && at < limit && isWhite(data[at] as number)) at++
  if (data[at] === CR && at < limit) at++
  if (data[at] === LF) return at + 1
  return at === data.length ? UNDECIDED : NOTHING
}

function isHeldSoftBreak(held: Uint8Array): boolean {
  return held.length > 0 && hexValue(held[1]) < 0
}
