/**
 * As much of DER (X.690) as is needed to take the public key out of a certificate, which WebCrypto cannot, and to write an ECDSA
 * signature as WebCrypto wants it. Bounded by its input; null for what is not as it should be.
 */
const SEQUENCE = 0x30
const INTEGER = 0x02
const VERSION = 0xa0

type Element = { tag: number; start: number; contents: number; end: number }

/** SubjectPublicKeyInfo of an X.509 certificate (RFC 5280 §4.1), as DER. */
export function publicKeyOf(certificate: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const outer = element(certificate, 0, certificate.length)
  if (outer?.tag !== SEQUENCE) return null
  const signed = element(certificate, outer.contents, outer.end)
  if (signed?.tag !== SEQUENCE) return null
  const fields: Element[] = []
  for (let at = signed.contents; at < signed.end && fields.length < 7; ) {
    const field = element(certificate, at, signed.end)
    if (!field) return null
    // The version stands there where it is not the first.
    if (field.tag !== VERSION) fields.push(field)
    at = field.end
  }
  // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo.
  const key = fields[5]
  return key?.tag === SEQUENCE ? certificate.slice(key.start, key.end) : null
}

/** The first certificate of a PEM file (RFC 7468) that begins with it: text that only holds one somewhere is none. */
export function certificateOf(pem: string): Uint8Array | null {
  const [, base64] = /^\s{0,9}-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem) ?? []
  return base64 === undefined ? null : bytesOfBase64(base64.replace(/\s+/g, ''))
}

/** r and s of an ECDSA signature, each in so many bytes. */
export function rawSignature(der: Uint8Array, size: number): Uint8Array<ArrayBuffer> | null {
  const outer = element(der, 0, der.length)
  if (outer?.tag !== SEQUENCE || outer.end !== der.length) return null
  const r = element(der, outer.contents, outer.end)
  const s = r && element(der, r.end, outer.end)
  if (!s || r.tag !== INTEGER || s.tag !== INTEGER || s.end !== outer.end) return null
  const raw = new Uint8Array(2 * size)
  for (const [n, { contents, end }] of [r, s].entries()) {
    const first = der[contents] === 0 ? contents + 1 : contents
    if (end - first > size || end === contents) return null
    raw.set(der.subarray(first, end), (n + 1) * size - (end - first))
  }
  return raw
}

export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

function element(bytes: Uint8Array, start: number, end: number): Element | null {
  const tag = bytes[start]
  const first = bytes[start + 1]
  if (tag === undefined || first === undefined || start + 2 > end) return null
  // The short form, or up to three bytes of length: nothing here is longer.
  const lengthBytes = first < 0x80 ? 0 : first - 0x80
  if (lengthBytes > 3 || first === 0x80) return null
  let length = lengthBytes === 0 ? first : 0
  for (let n = 0; n < lengthBytes; n++) length = length * 256 + (bytes[start + 2 + n] ?? 0)
  const contents = start + 2 + lengthBytes
  return contents + length > end ? null : { tag, start, contents, end: contents + length }
}
