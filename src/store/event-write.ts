/** Statements over the events that were told. */
import { type SQL, sql } from 'drizzle-orm'

/** Forgets events, of whatever account, that were committed before a second; at most `limit`. */
export function forgetEvents(before: number, limit: number): SQL {
  return sql`delete from events where (account_id, modseq, n) in
    (select account_id, modseq, n from events where at < ${before} order by at limit ${limit})`
}
