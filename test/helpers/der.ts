/** Writing as much DER as a test needs: a certificate around a public key. */
export function derOf(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, one) => sum + one.length, 0)
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  const out = new Uint8Array(1 + size.length + length)
  out.set([tag, ...size])
  let at = 1 + size.length
  for (const one of contents) {
    out.set(one, at)
    at += one.length
  }
  return out
}

const sequence = (...contents: Uint8Array[]) => derOf(0x30, ...contents)
const integer = (...bytes: number[]) => derOf(0x02, Uint8Array.from(bytes))

/** A certificate (PEM) for a key, signed by nobody. */
export function certificateFor(spki: Uint8Array): string {
  const time = derOf(0x17, new TextEncoder().encode('260301120000Z'))
  const names = sequence()
  const signed = sequence(derOf(0xa0, integer(2)), integer(7), sequence(), names, sequence(time, time), names, spki)
  const whole = sequence(signed, sequence(), derOf(0x03, Uint8Array.of(0)))
  const base64 = btoa(String.fromCharCode(...whole)).replace(/.{1,64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${base64}-----END CERTIFICATE-----\n`
}
