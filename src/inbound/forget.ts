/**
 * Forgetting: tombstones older than 30 days. A few accounts a run, in turn, so that the cost of a run does not grow with
 * the server. A client that asks for changes since before then is told to list anew.
 */
import type { Deps } from '../deps.ts'
import { pageAccounts, readMailboxes } from '../store/account-read.ts'
import { forgetTombstonesOf, forgetVanishedOf } from '../store/change-write.ts'
import { readState } from '../store/directory-read.ts'
import { putState } from '../store/directory-write.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'

const TOMBSTONE_SECONDS = 30 * 86_400
const ACCOUNTS_A_RUN = 50

export async function forgetTombstones(deps: Deps, shard: number): Promise<void> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const place = Number((await readState(db, 'tombstones.place')) ?? 0)
  const accounts = await pageAccounts(db, place, ACCOUNTS_A_RUN)
  const before = Math.floor(deps.now() / 1000) - TOMBSTONE_SECONDS
  for (const { id } of accounts) {
    const mailboxes = await readMailboxes(db, id)
    await db.batch([
      ...forgetTombstonesOf(id, before),
      ...mailboxes.flatMap((mailbox) => forgetVanishedOf(id, mailbox.id, before)),
    ])
  }
  await db.batch([putState('tombstones.place', String(accounts.at(-1)?.id ?? 0))])
}
