/** Statements about recipients to whom Email Routing is asked to hand a message on while its sender waits. */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import { SERVER_ACCOUNT } from './ids.ts'
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

/** Forgets what the server sent for nobody, and finished with before this second. At most `limit`. */
export function forgetServerSubmissions(before: number, limit: number): SQL[] {
  const old = sql`(select id from submissions where account_id = ${SERVER_ACCOUNT} and finished_at is not null
    and finished_at < ${before} order by id limit ${limit})`
  const of = (name: string) => sql`delete from ${sql.identifier(name)} where submission_id in ${old}`
  // Of whom nobody knows, nobody decides here: the bytes that were kept for it would have no row that names them.
  const bytes = sql`insert or ignore into raw_deletes (raw_key) select s.raw_key from submissions s where s.id in ${old}
    and exists (select 1 from submission_recipients r where r.submission_id = s.id and r.status = 'unknown' and r.call is not null)`
  return [bytes, of('submission_events'), of('submission_recipients'), sql`delete from submissions where id in ${old}`]
}
