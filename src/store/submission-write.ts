/**
 * Statements of sending: a submission with its recipients, and what becomes of each.
 *
 * Invariants:
 *  - A recipient is claimed by its count of attempts: of two workers that read the same row, one claims it.
 *  - A submission is finished by the statement that finds no recipient left, and the object with its bytes is marked for
 *    deletion in the same batch.
 */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import type { SubmissionRecipientRow, SubmissionRow } from './schema.ts'

export type NewSubmission = Omit<SubmissionRow, 'id' | 'message' | 'finished_at' | 'request' | 'source'> & {
  request: Uint8Array | null
  source?: SubmissionRow['source']
}
export type NewRecipient = Pick<SubmissionRecipientRow, 'address' | 'route'>

/**
 * `message` is the id of the copy in Sent, stored in the same batch; null where there is none. All recipients are due at `send_at`.
 * Where `only` is given and does not hold, nothing is inserted.
 */
export function insertSubmission(
  row: NewSubmission,
  recipients: NewRecipient[],
  message: SQL | null,
  only: SQL = sql`true`,
): SQL[] {
  const listed = JSON.stringify(recipients.map(({ address, route }) => [address, route]))
  return [
    sql`insert into submissions (account_id, address_id, kind, message, message_id, source, sender, domain, raw_key, size, request,
        created_at, send_at)
      select ${row.account_id}, ${row.address_id}, ${row.kind}, ${message}, ${row.message_id}, ${row.source ?? null},
        ${row.sender}, ${row.domain}, ${row.raw_key}, ${row.size}, ${row.request}, ${row.created_at}, ${row.send_at}
      where ${only}`,
    sql`insert into submission_recipients (submission_id, n, address, route, status, next_at, updated_at)
      select s.id, j.key, j.value ->> 0, j.value ->> 1, 'queued', ${int(row.send_at)}, ${int(row.created_at)}
      from submissions s join json_each(${listed}) j where s.raw_key = ${row.raw_key}`,
  ]
}

/** Marks the bytes of a submission that was not committed for deletion. */
export function abandonOutgoing(rawKey: string): SQL {
  return sql`insert or ignore into raw_deletes (raw_key)
    select ${rawKey} where not exists (select 1 from submissions where raw_key = ${rawKey})`
}

type Claimed = Pick<SubmissionRecipientRow, 'submission_id' | 'n' | 'attempts'>

/** Takes a due recipient, unless somebody else has: then it returns no row. It is due again at `nextAt`, whatever happens. */
export function claimRecipient(
  row: Claimed,
  status: SubmissionRecipientRow['status'],
  nextAt: number,
  now: number,
): SQL {
  return sql`update submission_recipients set status = ${status}, attempts = attempts + 1, next_at = ${nextAt},
    updated_at = ${now} where submission_id = ${row.submission_id} and n = ${row.n} and attempts = ${row.attempts}
    and next_at is not null returning n`
}

/** Looks at a recipient later, without an attempt. */
export function postponeRecipient(row: Claimed, nextAt: number): SQL {
  return sql`update submission_recipients set next_at = ${nextAt}
    where submission_id = ${row.submission_id} and n = ${row.n} and attempts = ${row.attempts} and next_at is not null`
}

export type Result = Pick<SubmissionRecipientRow, 'status' | 'code' | 'detail' | 'provider_id' | 'next_at'>

/** What became of the attempt that the claim counted as number `row.attempts`; then the submission, where it was the last. */
export function settleRecipient(row: Claimed, result: Result, now: number): SQL[] {
  const id = row.submission_id
  return [
    sql`update submission_recipients set status = ${result.status}, code = ${result.code}, detail = ${result.detail},
      provider_id = ${result.provider_id}, next_at = ${result.next_at}, updated_at = ${now}
      where submission_id = ${id} and n = ${row.n} and attempts = ${row.attempts} and next_at is not null`,
    sql`update submissions set finished_at = ${now} where id = ${id} and finished_at is null
      and not exists (select 1 from submission_recipients where submission_id = ${id} and next_at is not null)`,
    sql`insert or ignore into raw_deletes (raw_key)
      select raw_key from submissions where id = ${id} and finished_at is not null`,
  ]
}
