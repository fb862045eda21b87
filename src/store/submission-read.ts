/** Reading submissions: one, a page, by the client's request, and the recipients that are due. */
import { sql } from 'drizzle-orm'
import { type Database, integers } from './database.ts'
import type { SubmissionEventRow, SubmissionRecipientRow, SubmissionRow } from './schema.ts'

/** One that the account, or the one address where it is given, has sent. */
export function readSubmission(db: Database, accountId: number, addressId: number | null, id: number) {
  const whose = addressId === null ? sql`` : sql`and address_id = ${addressId}`
  return db.first<SubmissionRow>(sql`select * from submissions where id = ${id} and account_id = ${accountId} ${whose}`)
}

export type SubmissionState = 'scheduled' | 'pending' | 'finished'

/**
 * Submissions below the id `before`, newest first, each with whether a recipient of it has a status. What waits comes from an
 * index of what is not finished.
 */
export function pageSubmissions(
  db: Database,
  { accountId, addressId }: { accountId: number; addressId: number | null },
  filter: { state: SubmissionState | null; status: string | null; now: number },
  before: number,
  limit: number,
): Promise<(SubmissionRow & { has: number })[]> {
  const whose = addressId === null ? sql`` : sql`and address_id = ${addressId}`
  const has =
    filter.status === null
      ? sql`1`
      : sql`exists (select 1 from submission_recipients r where r.submission_id = s.id and r.status = ${filter.status})`
  return db.all(sql`select s.*, ${has} has from submissions s where account_id = ${accountId} and id < ${before}
    ${whose} ${stateOf(filter)} order by id desc limit ${limit}`)
}

function stateOf({ state, now }: { state: SubmissionState | null; now: number }) {
  switch (state) {
    case 'scheduled':
      return sql`and finished_at is null and send_at > ${now}`
    case 'pending':
      return sql`and finished_at is null and send_at <= ${now}`
    case 'finished':
      return sql`and finished_at is not null`
    case null:
      return sql``
  }
}

/** The submission that a request made, or null. */
export function readSubmissionByRequest(db: Database, accountId: number, request: Uint8Array) {
  return db.first<SubmissionRow>(
    sql`select * from submissions where account_id = ${accountId} and request = ${request}`,
  )
}

export function readSubmissionByKey(db: Database, rawKey: string): Promise<SubmissionRow | null> {
  return db.first<SubmissionRow>(sql`select * from submissions where raw_key = ${rawKey}`)
}

/** The recipients of these submissions, in the order of each call. */
export function readRecipients(db: Database, ids: number[]): Promise<SubmissionRecipientRow[]> {
  return db.all<SubmissionRecipientRow>(
    sql`select * from submission_recipients where submission_id in (${integers(ids)}) order by submission_id, n`,
  )
}

/** What happened to one recipient, in order. */
export function readTimeline(db: Database, submissionId: number, n: number): Promise<SubmissionEventRow[]> {
  return db.all<SubmissionEventRow>(
    sql`select * from submission_events where submission_id = ${submissionId} and n = ${n} order by seq`,
  )
}

/** What happened to the recipients of these submissions, in order. */
export function readTimelines(db: Database, ids: number[]): Promise<SubmissionEventRow[]> {
  return db.all<SubmissionEventRow>(
    sql`select * from submission_events where submission_id in (${integers(ids)}) order by submission_id, n, seq`,
  )
}

/** The recipients of one call, in its order. */
export function readCall(db: Database, submissionId: number, call: string): Promise<SubmissionRecipientRow[]> {
  return db.all<SubmissionRecipientRow>(
    sql`select * from submission_recipients where submission_id = ${submissionId} and call = ${call} order by n`,
  )
}

export type DueRow = SubmissionRecipientRow &
  Pick<
    SubmissionRow,
    | 'account_id'
    | 'address_id'
    | 'kind'
    | 'message'
    | 'message_id'
    | 'source'
    | 'sender'
    | 'domain'
    | 'raw_key'
    | 'size'
    | 'created_at'
    | 'send_at'
  > & {
    /** 1: nothing is sent for now, since the account is suspended or its sending is paused. */
    suspended: number
    /** 1: nothing is sent any more. */
    gone: number
  }

const WITH_SUBMISSION = sql`select r.*, s.account_id, s.address_id, s.kind, s.message, s.message_id, s.source, s.sender, s.domain,
    s.raw_key, s.size, s.created_at, s.send_at,
    (a.suspended_at is not null or coalesce(a.sending ->> '$.paused', 0) = 1) suspended, a.deleted_at is not null gone
  from submission_recipients r join submissions s on s.id = r.submission_id left join accounts a on a.id = s.account_id`

/** Recipients whose time has come, the longest waiting first. What no account sends has no account's row. */
export function readDue(db: Database, now: number, limit: number): Promise<DueRow[]> {
  return db.all<DueRow>(sql`${WITH_SUBMISSION} where r.next_at is not null and r.next_at <= ${now}
    order by r.next_at limit ${limit}`)
}

/** The first second of each minute after `now`, and not after `until`, in which a recipient becomes due. At most `limit`. */
export async function readDueMinutes(db: Database, now: number, until: number, limit: number): Promise<number[]> {
  const rows = await db.all<{ at: number }>(sql`select min(next_at) at from (select next_at from submission_recipients
      where next_at > ${now} and next_at <= ${until} order by next_at limit 1000)
    group by next_at / 60 order by at limit ${limit}`)
  return rows.map(({ at }) => at)
}

/** Recipients of whom a bounce message is still to be written, those of one submission together. */
export function readUntold(db: Database, limit: number): Promise<DueRow[]> {
  return db.all<DueRow>(sql`${WITH_SUBMISSION} where r.dsn = 1 order by r.submission_id, r.n limit ${limit}`)
}

/** Recipients of whom nobody has known since before this second, and nobody has decided: the longest first. At most `limit`. */
export function readUndecided(db: Database, before: number, limit: number): Promise<DueRow[]> {
  return db.all<DueRow>(sql`${WITH_SUBMISSION} where r.status = 'unknown' and r.call is not null and r.updated_at < ${before}
    order by r.updated_at limit ${limit}`)
}
