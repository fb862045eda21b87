/** Deleting as people mean it: first to the Trash, and from there, or where it is asked for, for good. */
import type { Deps } from '../deps.ts'
import type { Failure } from '../errors.ts'
import { readRoles } from '../store/account-read.ts'
import { type Changed, changeAll, unchangedSince } from './change.ts'
import type { Reader } from './reader.ts'

/**
 * Moves messages to the Trash, and destroys those that stand there already; with `permanently`, or where the account has
 * no Trash, destroys all of them. Which is which is decided under the change's own guard, so that a message which its
 * owner takes out of the Trash in that instant is not destroyed. With `ifModseq`
 * only where each message's change number is still that.
 */
export async function discardAll(
  deps: Deps,
  reader: Reader,
  ids: number[],
  permanently: boolean,
  ifModseq: number | null = null,
): Promise<Changed | Failure> {
  const companion = ifModseq === null ? null : unchangedSince(ifModseq)
  const trash = (await readRoles(deps.stores.of(reader.accountId), reader.accountId, ['trash']))[0]
  if (permanently || !trash) return changeAll(deps, reader, ids, { destroy: true }, companion)
  return changeAll(deps, reader, ids, { remove: 'all', add: [trash.id], destroyInTarget: true }, companion)
}
