/**
 * Leaves those of whom nobody has known for thirty days at that, as a person may (submission-decide.ts): who has not decided
 * by then does not send it again, and the bytes that waited for it go.
 *
 * Invariants:
 *  - A person's word, or a provider's, that comes meanwhile wins: the row is dismissed as it was read, or not at all.
 *  - It shows: the timeline says that it was dismissed, and why.
 */
import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import { changeRecipients, isStaleRecipient } from '../store/recipient-write.ts'
import { readUndecided } from '../store/submission-read.ts'

export const UNDECIDED_SECONDS = 30 * 86_400
/** Each submission of them is a batch of its own; what is left over is met by the next run. */
const RECIPIENTS_A_RUN = 50

export async function dismissOld(deps: Deps, shard: number): Promise<void> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const now = seconds(deps)
  const old = await readUndecided(db, now - UNDECIDED_SECONDS, RECIPIENTS_A_RUN)
  for (const [id, rows] of Map.groupBy(old, (row) => row.submission_id)) {
    const detail = 'Nobody has decided for thirty days.'
    const entry = { at: now, status: 'dismissed', provider: null, smtp: null, code: null, detail }
    const changes = rows.map((row) => ({ n: row.n, was: row, to: { ...row, call: null }, entry }))
    const [first] = rows
    try {
      if (first) await db.batch(changeRecipients(first.account_id, id, changes, [], now))
    } catch (error) {
      if (!isStaleRecipient(error)) throw error
    }
  }
}
