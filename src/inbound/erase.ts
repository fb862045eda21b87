/**
 * Erasing deleted accounts, bit by bit: the mail of a million messages does not go in one invocation. The account was cut
 * off when it was deleted (no address, no key leads to it); here its rows go, and its raw objects are marked.
 */
import type { Deps } from '../deps.ts'
import { eraseChunk, eraseRest, readErasable } from '../store/account-erase.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'

/** Chunks in one run, of ERASE_CHUNK messages each. */
const CHUNKS_MAX = 20

/** Goes on with the deleted accounts of a shard. True where something is left for the next run. */
export async function eraseAccounts(deps: Deps, shard: number): Promise<boolean> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  for (let chunk = 0; chunk < CHUNKS_MAX; chunk++) {
    const accountId = await readErasable(db)
    if (accountId === null) return false
    if (!(await eraseChunk(db, accountId))) await db.batch(eraseRest(accountId))
  }
  return true
}
