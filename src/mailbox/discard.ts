/** Deleting as people mean it: first to the Trash, and from there, or where it is asked for, for good. */
import type { Deps } from '../deps.ts'
import type { Failure } from '../errors.ts'
import { isFailure } from '../errors.ts'
import { readRoles } from '../store/account-read.ts'
import { readStandingIn } from '../store/message-read.ts'
import { type Changed, changeAll } from './change.ts'
import type { Reader } from './reader.ts'

/**
 * Moves messages to the Trash, and destroys those that stand there already; with `permanently`, or where the account has
 * no Trash, destroys all of them.
 */
export async function discardAll(
  deps: Deps,
  reader: Reader,
  ids: number[],
  permanently: boolean,
): Promise<Changed | Failure> {
  const db = deps.stores.of(reader.accountId)
  const trash = (await readRoles(db, reader.accountId, ['trash']))[0]
  if (permanently || !trash) return changeAll(deps, reader, ids, { destroy: true })
  const inTrash = await readStandingIn(db, trash.id, ids)
  const destroyed = await changeAll(
    deps,
    reader,
    ids.filter((id) => inTrash.has(id)),
    { destroy: true },
  )
  if (isFailure(destroyed)) return destroyed
  const rest = ids.filter((id) => !inTrash.has(id))
  const moved = await changeAll(deps, reader, rest, { remove: 'all', add: [trash.id] })
  if (isFailure(moved)) return moved
  return {
    modseq: moved.modseq ?? destroyed.modseq,
    changed: moved.changed,
    destroyed: destroyed.destroyed,
    notFound: [...destroyed.notFound, ...moved.notFound],
  }
}
