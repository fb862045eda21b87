/**
 * An RSA public key out of its DER (X.690): a SubjectPublicKeyInfo (RFC 5280 §4.1) around an RSAPublicKey (RFC 8017 A.1.1),
 * or that alone. Only as much of DER as these two shapes need; whatever else stands there is no key.
 */
export type RsaKey = {
  bits: number
  /** Modulus and exponent as a JSON Web Key has them (RFC 7518 §6.3.1). */
  n: string
  e: string
}

const [SEQUENCE, INTEGER, BIT_STRING] = [0x30, 0x02, 0x03]
/** An exponent of more bytes makes each check as dear as its owner likes. */
const EXPONENT_BYTES_MAX = 4

type Element = { tag: number; content: Uint8Array; rest: Uint8Array }

export function readRsaKey(der: Uint8Array): RsaKey | null {
  const outer = element(der, SEQUENCE)
  if (!outer) return null
  const modulus = element(outer.content, INTEGER)
  if (modulus) return readIntegers(modulus)
  // SubjectPublicKeyInfo: the algorithm, and a bit string with no bit unused that holds the key.
  const algorithm = element(outer.content, SEQUENCE)
  const bits = algorithm && element(algorithm.rest, BIT_STRING)
  const inner = bits?.content[0] === 0 ? element(bits.content.subarray(1), SEQUENCE) : null
  const first = inner && element(inner.content, INTEGER)
  return first ? readIntegers(first) : null
}

function readIntegers(modulus: Element): RsaKey | null {
  const exponent = element(modulus.rest, INTEGER)
  const n = withoutZeros(modulus.content)
  const e = withoutZeros(exponent?.content ?? new Uint8Array())
  if (n.length === 0 || e.length === 0 || e.length > EXPONENT_BYTES_MAX) return null
  // An even modulus or exponent, or an exponent of 1, is no key but a way to make anything verify.
  if (!isOdd(n) || !isOdd(e) || (e.length === 1 && e[0] === 1)) return null
  return { bits: n.length * 8 - Math.clz32(n[0] as number) + 24, n: base64Url(n), e: base64Url(e) }
}

/** The element at the start, where it has this tag; null otherwise. Lengths of more than three bytes are no key's. */
function element(bytes: Uint8Array, tag: number): Element | null {
  if (bytes.length < 2 || bytes[0] !== tag) return null
  const first = bytes[1] as number
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || lengthBytes > 3 || bytes.length < 2 + lengthBytes) return null
  let length = first < 0x80 ? first : 0
  for (let i = 0; i < lengthBytes; i++) length = length * 256 + (bytes[2 + i] as number)
  const start = 2 + lengthBytes
  if (start + length > bytes.length) return null
  return { tag, content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) }
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (bytes[start] === 0) start++
  return bytes.subarray(start)
}

function isOdd(bytes: Uint8Array): boolean {
  return ((bytes.at(-1) ?? 0) & 1) === 1
}

function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
