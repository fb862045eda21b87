/** Statements about recipients to whom Email Routing is asked to hand a message on while its sender waits. */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import type { SubmissionRecipientRow } from './schema.ts'

/** Claims those of a submission that has just been inserted, in the same batch: it is looked at again at `until`. */
export function claimForHandingOn(rawKey: string, until: number): SQL {
  return sql`update submission_recipients set status = 'sending', attempts = 1, next_at = ${int(until)}
    where submission_id = (select id from submissions where raw_key = ${rawKey}) and route = 'provider'`
}

/** Gives one that was not taken to the queue. */
export function requeueRecipient(row: Pick<SubmissionRecipientRow, 'submission_id' | 'n'>, now: number): SQL {
  return sql`update submission_recipients set status = 'queued', next_at = ${int(now)}, updated_at = ${int(now)}
    where submission_id = ${row.submission_id} and n = ${row.n} and status = 'sending'`
}
