/** Base64 (RFC 2045 §6.8), tolerant: padding ends a unit and another may follow, as where mailers pad each line. */
import type { TransferDecoder } from './transfer.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const PADDING = 0x3d
const NOT_BASE64 = 255
const WHITE = 254

const VALUES = new Uint8Array(256).fill(NOT_BASE64)
for (let at = 0; at < ALPHABET.length; at++) VALUES[ALPHABET.charCodeAt(at)] = at
for (const code of [0x20, 0x09, 0x0d, 0x0a]) VALUES[code] = WHITE

export function base64Decoder(): TransferDecoder {
  let held = 0
  let heldChars = 0
  let malformed = false

  /** Writes what an unfinished unit of two or three characters is worth. */
  function finishUnit(out: Uint8Array, length: number): number {
    if (heldChars === 1) malformed = true
    if (heldChars === 2) out[length++] = held >> 4
    if (heldChars === 3) {
      out[length++] = held >> 10
      out[length++] = (held >> 2) & 255
    }
    held = 0
    heldChars = 0
    return length
  }

  function push(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(Math.ceil((chunk.length * 3) / 4) + 3)
    let length = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      const value = VALUES[byte] as number
      if (value < 64) {
        held = (held << 6) | value
        if (++heldChars < 4) continue
        out[length++] = held >> 16
        out[length++] = (held >> 8) & 255
        out[length++] = held & 255
        held = 0
        heldChars = 0
      } else if (byte === PADDING) length = finishUnit(out, length)
      else if (value === NOT_BASE64) malformed = true
    }
    return out.subarray(0, length)
  }

  return {
    push,
    end() {
      const out = new Uint8Array(2)
      return out.subarray(0, finishUnit(out, 0))
    },
    get malformed() {
      return malformed
    },
  }
}
