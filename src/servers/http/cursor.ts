/**
 * Cursors: where the next page begins, sealed so that only the list that gave one takes it.
 *
 * The seal is an HMAC over the position and what it is bound to: whose list, which list, which filter. A cursor that was
 * changed, or that comes with another query or another account's key, is refused instead of giving a page that skips.
 */
import { deriveKey } from '../../access/secrets.ts'
import type { Deps } from '../../deps.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { Problem } from './errors.ts'

/** Whose list, which, and its filter. Written as JSON into the seal; the page size is no part of it and may change. */
export type Binding = readonly (string | number | boolean | null | undefined)[]
export type Position = string | number

/** Of the 32 bytes of the HMAC: 128 bits cannot be guessed, and URLs stay short. */
const SEAL_BYTES = 16
/** Longer than any cursor of ours: a list entry's position is at most a few hundred characters. */
export const CURSOR_CHARS_MAX = 1_500

export async function sealCursor(deps: Deps, binding: Binding, position: Position): Promise<string> {
  const payload = encodeBase64url(new TextEncoder().encode(JSON.stringify(position)))
  return `${payload}.${encodeBase64url(await sealOf(deps, binding, payload))}`
}

/** The position of a cursor. Throws 'malformed' for one that was not made for this list. */
export async function openCursor(deps: Deps, binding: Binding, cursor: string): Promise<Position> {
  const [payload = '', seal = '', ...rest] = cursor.split('.')
  const expected = await sealOf(deps, binding, payload)
  const given = decodeBase64url(seal)
  const fits = rest.length === 0 && given?.length === expected.length && crypto.subtle.timingSafeEqual(given, expected)
  const bytes = fits ? decodeBase64url(payload) : null
  if (!bytes) throw refused()
  return JSON.parse(new TextDecoder().decode(bytes)) as Position
}

async function sealOf(deps: Deps, binding: Binding, payload: string): Promise<Uint8Array> {
  const { root } = deps.secrets
  if (root === null) throw new Problem('not-configured', 'POSTERN_SECRET is not set: pages cannot be continued.')
  const text = JSON.stringify([...binding.map((value) => value ?? null), payload])
  const mac = await crypto.subtle.sign('HMAC', await deriveKey(root, 'cursor'), new TextEncoder().encode(text))
  return new Uint8Array(mac, 0, SEAL_BYTES)
}

function refused(): Problem {
  const detail = 'This cursor is not one of this list: use next_cursor as it came, with the same filter.'
  return new Problem('malformed', detail, { errors: [{ in: 'query', pointer: '/cursor', detail }] })
}
