/**
 * Keys and tokens: how they are made, hashed and compared. Every key that signs or encrypts is derived from the one root
 * secret by HKDF (RFC 5869) for its purpose, so that no two uses share a key.
 */

/** Crockford's alphabet in lower case, without i, l, o, u: it survives being read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Random bytes as base 32, one character for each 5 bits: 20 bytes give 32 characters. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return text
}

/** The purposes that keys are derived for, and what the key of each can do. */
const PURPOSES = {
  cursor: { algorithm: { name: 'AES-GCM', length: 256 }, usages: ['encrypt', 'decrypt'] },
  link: { algorithm: { name: 'AES-GCM', length: 256 }, usages: ['encrypt', 'decrypt'] },
  'return-path': { algorithm: { name: 'HMAC', hash: 'SHA-256', length: 256 }, usages: ['sign'] },
  'webhook-secret': { algorithm: { name: 'AES-GCM', length: 256 }, usages: ['encrypt', 'decrypt'] },
  'dkim-key': { algorithm: { name: 'AES-GCM', length: 256 }, usages: ['encrypt', 'decrypt'] },
} as const

export type Purpose = keyof typeof PURPOSES

/** The key for one purpose. It cannot be exported. */
export async function deriveKey(root: string, purpose: Purpose): Promise<CryptoKey> {
  const { algorithm, usages } = PURPOSES[purpose]
  const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(root), 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode(`postern/${purpose}`)
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info }
  return crypto.subtle.deriveKey(hkdf, material, algorithm, false, [...usages])
}

/** SHA-256 of a token: what is stored in its place. */
export async function hashToken(token: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)))
}

/** Compares two secrets in time that does not depend on where they differ: by their digests. */
export async function sameSecret(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([hashToken(one), hashToken(other)])
  return crypto.subtle.timingSafeEqual(a, b)
}
