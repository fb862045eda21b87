/**
 * UTF-7 (RFC 2152), which no runtime decodes and old mailers still send. Safe only as text for display: what comes
 * out is escaped or sanitised like any other text, never taken for markup again.
 *
 * One pass into one buffer: a message may shift every three bytes, so no shift may cost an object.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const NOT_BASE64 = 255
const SHIFT = 0x2b // '+'
const UNSHIFT = 0x2d // '-'

const VALUES = new Uint8Array(256).fill(NOT_BASE64)
for (let at = 0; at < ALPHABET.length; at++) VALUES[ALPHABET.charCodeAt(at)] = at

const utf16 = new TextDecoder('utf-16le')

export function decodeUtf7(bytes: Uint8Array): string {
  // No byte gives more than one UTF-16 unit, which is two bytes.
  const units = new Uint8Array(bytes.length * 2)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte !== SHIFT || VALUES[bytes[at + 1] ?? UNSHIFT] === NOT_BASE64) {
      // A shift without base64 is a plus sign, written '+-'.
      if (byte === SHIFT && bytes[at + 1] === UNSHIFT) at++
      units[length] = byte
      length += 2
      continue
    }
    let held = 0
    let heldBits = 0
    for (let value = valueAt(bytes, at + 1); value < 64; value = valueAt(bytes, at + 1)) {
      at++
      held = (held << 6) | value
      heldBits += 6
      if (heldBits < 16) continue
      heldBits -= 16
      units[length++] = held >> heldBits
      units[length++] = held >> (heldBits + 8)
      held &= (1 << heldBits) - 1
    }
    if (bytes[at + 1] === UNSHIFT) at++
  }
  return utf16.decode(units.subarray(0, length))
}

function valueAt(bytes: Uint8Array, at: number): number {
  return at < bytes.length ? (VALUES[bytes[at] as number] as number) : NOT_BASE64
}
