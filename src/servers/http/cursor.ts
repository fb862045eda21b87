/**
 * Cursors: where the next page begins, sealed so that only the list that gave one takes it, and only we can read it. The
 * position may be a message that a key of one address must not learn of.
 *
 * Whose list, which list and which filter are bound into the seal (sealed.ts). A cursor that was changed, or that comes
 * with another query or another account's key, is refused instead of giving a page that skips.
 */

import { type Binding, openSealer, type Sealer } from '../../access/sealed.ts'
import type { Deps } from '../../deps.ts'
import { Problem } from './errors.ts'

/** Whose list, which, and its filter. The page size is no part of it and may change. */
export type { Binding }
export type Position = string | number

/** Longer than any cursor of ours: a list entry's position is at most a few hundred characters. */
export const CURSOR_CHARS_MAX = 1_500

export async function sealCursor(deps: Deps, binding: Binding, position: Position): Promise<string> {
  return (await cursorSealer(deps)).seal(binding, position)
}

/** The position of a cursor, or null for one that was not made for this list. */
export async function openSealed(deps: Deps, binding: Binding, cursor: string): Promise<Position | null> {
  return (await (await cursorSealer(deps)).open(binding, cursor)) as Position | null
}

/** The same for the parameter `cursor`. Throws 'malformed' for one that was not made for this list. */
export async function openCursor(deps: Deps, binding: Binding, cursor: string): Promise<Position> {
  const position = await openSealed(deps, binding, cursor)
  if (position !== null) return position
  const detail = 'This cursor is not one of this list: use next_cursor as it came, with the same filter.'
  throw new Problem('malformed', detail, { errors: [{ in: 'query', pointer: '/cursor', detail }] })
}

async function cursorSealer(deps: Deps): Promise<Sealer> {
  const sealer = await openSealer(deps, 'cursor')
  if (!sealer) throw new Problem('not-configured', 'POSTERN_SECRET is not set: pages cannot be continued.')
  return sealer
}
