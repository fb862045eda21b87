/**
 * Values sealed for clients to carry: encrypted (AES-GCM) under the key of one purpose, so that nobody else
 * reads them and nobody makes or changes one. What a value is bound to is additional data: it opens only with the same.
 */

import type { Deps } from '../deps.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { deriveKey, type Purpose } from './secrets.ts'

/** What a sealed value belongs to. Written into the seal as JSON. */
export type Binding = readonly (string | number | boolean | null | undefined)[]

export type Sealer = {
  /** The JSON of a value, sealed. */
  seal(binding: Binding, value: unknown): Promise<string>
  /** What was sealed with this binding under this key; null for anything else. */
  open(binding: Binding, sealed: string): Promise<unknown>
}

/** AES-GCM's own size. Drawn anew each time: 2^32 values of one key may be sealed before two are likely to share one. */
const NONCE_BYTES = 12

/** The seal of one purpose, or null where POSTERN_SECRET is not set. Its key is derived once for all that it seals. */
export async function openSealer(deps: Deps, purpose: Purpose): Promise<Sealer | null> {
  const { root } = deps.secrets
  if (root === null) return null
  const key = await deriveKey(root, purpose)
  return {
    seal: (binding, value) => seal(key, deps.random(NONCE_BYTES), binding, value),
    open: (binding, sealed) => open(key, binding, sealed),
  }
}

async function seal(key: CryptoKey, nonce: Uint8Array, binding: Binding, value: unknown): Promise<string> {
  const plain = new TextEncoder().encode(JSON.stringify(value))
  const sealed = await crypto.subtle.encrypt(cipherOf(nonce, binding), key, plain)
  const bytes = new Uint8Array(NONCE_BYTES + sealed.byteLength)
  bytes.set(nonce)
  bytes.set(new Uint8Array(sealed), NONCE_BYTES)
  return encodeBase64url(bytes)
}

async function open(key: CryptoKey, binding: Binding, text: string): Promise<unknown> {
  const bytes = decodeBase64url(text)
  if (!bytes || bytes.length <= NONCE_BYTES) return null
  const cipher = cipherOf(bytes.subarray(0, NONCE_BYTES), binding)
  // Decryption rejects where the seal does not fit, and for nothing else.
  const plain = await crypto.subtle.decrypt(cipher, key, bytes.subarray(NONCE_BYTES)).catch(() => null)
  return plain && (JSON.parse(new TextDecoder().decode(plain)) as unknown)
}

function cipherOf(iv: Uint8Array, binding: Binding) {
  const additionalData = new TextEncoder().encode(JSON.stringify(binding.map((value) => value ?? null)))
  return { name: 'AES-GCM', iv, additionalData }
}
