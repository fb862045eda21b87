/** Statements over the record of what changed. */
import { type SQL, sql } from 'drizzle-orm'

/** Rows of one account that are forgotten in one run. */
const FORGET_MAX = 500

/**
 * Deletes an account's oldest tombstones that were buried before a second, and remembers up to which change number they
 * are gone. Tombstones of a kind are buried in the order of their modseq, so the oldest stand first in the key.
 */
export function forgetTombstonesOf(accountId: number, before: number): SQL[] {
  const kinds = ['mailbox', 'message', 'placement'] as const
  return kinds.flatMap((kind) => {
    const oldest = sql`select modseq, buried_at from tombstones where account_id = ${accountId} and kind = ${kind}
      order by modseq limit ${FORGET_MAX}`
    const upTo = sql`select max(modseq) m from (${oldest}) where buried_at < ${before}`
    return [
      sql`update accounts set changes_floor = max(changes_floor, (${upTo})) where id = ${accountId} and (${upTo}) is not null`,
      sql`delete from tombstones where account_id = ${accountId} and kind = ${kind} and modseq <= (${upTo})`,
    ]
  })
}
