/**
 * Cursors: where the next page begins, sealed so that only the list that gave one takes it, and only we can read it. The
 * position may be a message that a key of one address must not learn of.
 *
 * Sealed is encrypted (AES-GCM), with whose list, which list and which filter as additional data. A cursor that was
 * changed, or that comes with another query or another account's key, is refused instead of giving a page that skips.
 */
import { deriveKey } from '../../access/secrets.ts'
import type { Deps } from '../../deps.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { Problem } from './errors.ts'

/** Whose list, which, and its filter. Written as JSON into the seal; the page size is no part of it and may change. */
export type Binding = readonly (string | number | boolean | null | undefined)[]
export type Position = string | number

/** AES-GCM's own size. Drawn anew each time: 2^32 cursors of one key may be made before two are likely to share one. */
const NONCE_BYTES = 12
/** Longer than any cursor of ours: a list entry's position is at most a few hundred characters. */
export const CURSOR_CHARS_MAX = 1_500

export async function sealCursor(deps: Deps, binding: Binding, position: Position): Promise<string> {
  const nonce = deps.random(NONCE_BYTES)
  const plain = new TextEncoder().encode(JSON.stringify(position))
  const sealed = await crypto.subtle.encrypt(cipherOf(nonce, binding), await cursorKey(deps), plain)
  const bytes = new Uint8Array(NONCE_BYTES + sealed.byteLength)
  bytes.set(nonce)
  bytes.set(new Uint8Array(sealed), NONCE_BYTES)
  return encodeBase64url(bytes)
}

/** The position of a cursor, or null for one that was not made for this list. */
export async function openSealed(deps: Deps, binding: Binding, cursor: string): Promise<Position | null> {
  const bytes = decodeBase64url(cursor)
  const key = await cursorKey(deps)
  if (!bytes || bytes.length <= NONCE_BYTES) return null
  const cipher = cipherOf(bytes.subarray(0, NONCE_BYTES), binding)
  // Decryption rejects where the seal does not fit, and for nothing else.
  const plain = await crypto.subtle.decrypt(cipher, key, bytes.subarray(NONCE_BYTES)).catch(() => null)
  return plain && (JSON.parse(new TextDecoder().decode(plain)) as Position)
}

/** The same for the parameter `cursor`. Throws 'malformed' for one that was not made for this list. */
export async function openCursor(deps: Deps, binding: Binding, cursor: string): Promise<Position> {
  const position = await openSealed(deps, binding, cursor)
  if (position !== null) return position
  const detail = 'This cursor is not one of this list: use next_cursor as it came, with the same filter.'
  throw new Problem('malformed', detail, { errors: [{ in: 'query', pointer: '/cursor', detail }] })
}

function cursorKey(deps: Deps): Promise<CryptoKey> {
  const { root } = deps.secrets
  if (root === null) throw new Problem('not-configured', 'POSTERN_SECRET is not set: pages cannot be continued.')
  return deriveKey(root, 'cursor')
}

function cipherOf(iv: Uint8Array, binding: Binding) {
  const additionalData = new TextEncoder().encode(JSON.stringify(binding.map((value) => value ?? null)))
  return { name: 'AES-GCM', iv, additionalData }
}
