/**
 * Statements that change recipients of one submission, from whichever side word of them comes: the queue, a provider's
 * event, the account itself.
 *
 * Invariants:
 *  - A change was planned from a row that was read. Where that row has another status or count of attempts by now, the whole
 *    batch rolls back (isStaleRecipient), and the change is planned anew.
 *  - A change, its line in the timeline and the events that tell of it are committed together.
 *  - A submission is finished where no recipient is left to be tried. Its bytes are marked for deletion when nothing needs
 *    them any more: neither a bounce message that is still to be written, nor a recipient of whom nobody knows.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { PosternEvent } from '../events.ts'
import { int, integers } from './database.ts'
import { tellEvents } from './outbox.ts'
import type { SubmissionEventRow, SubmissionRecipientRow } from './schema.ts'

export type RecipientState = Pick<
  SubmissionRecipientRow,
  'status' | 'attempts' | 'next_at' | 'provider' | 'call' | 'provider_id' | 'smtp' | 'code' | 'detail' | 'dsn'
>

export type TimelineEntry = Pick<SubmissionEventRow, 'at' | 'status' | 'provider' | 'smtp' | 'code' | 'detail'>

export type RecipientChange = {
  n: number
  /** As it was read. */
  was: Pick<SubmissionRecipientRow, 'status' | 'attempts'>
  to: RecipientState
  entry: TimelineEntry | null
  /** The entry's number, where it must be the next after those that were read: a second of the same kind rolls back. */
  seq?: number
}

/** `events` tell of the changes; that the submission is finished is told besides, where it is. */
export function changeRecipients(
  accountId: number,
  submissionId: number,
  changes: readonly RecipientChange[],
  events: readonly PosternEvent[],
  now: number,
): SQL[] {
  const left = sql`exists (select 1 from submission_recipients where submission_id = ${submissionId} and next_at is not null)`
  return [
    update(submissionId, changes, now),
    ...insertEntries(submissionId, changes),
    ...tellEvents(accountId, events),
    ...(events.length === 0 ? [] : [tellFinished(accountId, submissionId, events.length, left)]),
    sql`update submissions set finished_at = iif(${left}, null, ${int(now)})
      where id = ${submissionId} and (finished_at is null) <> ${left}`,
    releaseBytes(submissionId),
  ]
}

// By the recipient's own number: joined with a table, that one would be read once for each of the recipients.
function update(submissionId: number, changes: readonly RecipientChange[], now: number): SQL {
  const rows = changes.map(({ n, was, to }): [string, object] => {
    return [`n${n}`, { ...to, was_status: was.status, was_attempts: was.attempts }]
  })
  const all = JSON.stringify(Object.fromEntries(rows))
  const of = (name: string) => sql`json_extract(${all}, '$.n' || n || ${`.${name}`})`
  const columns = ['status', 'attempts', 'next_at', 'provider', 'call', 'provider_id', 'smtp', 'code', 'detail', 'dsn']
  const set = columns.map((name) => sql`${sql.raw(name)} = ${of(name)}`)
  return sql`update submission_recipients set ${sql.join(set, sql`, `)},
      updated_at = iif(status = ${of('was_status')} and attempts = ${of('was_attempts')}, ${int(now)}, null)
    where submission_id = ${submissionId} and n in (${integers(changes.map(({ n }) => n))})`
}

function insertEntries(submissionId: number, changes: readonly RecipientChange[]): SQL[] {
  const rows = changes.flatMap(({ n, entry, seq }) => (entry ? [{ n, seq, ...entry }] : []))
  if (rows.length === 0) return []
  return [
    sql`insert into submission_events (submission_id, n, seq, at, status, provider, smtp, code, detail)
      select ${int(submissionId)}, j.value ->> 'n', coalesce(j.value ->> 'seq',
        (select max(e.seq) + 1 from submission_events e where e.submission_id = ${submissionId} and e.n = j.value ->> 'n'), 0),
        j.value ->> 'at', j.value ->> 'status', j.value ->> 'provider', j.value ->> 'smtp', j.value ->> 'code',
        j.value ->> 'detail'
      from json_each(${JSON.stringify(rows)}) j`,
  ]
}

// In the change number that tellEvents has taken, after its events.
function tellFinished(accountId: number, submissionId: number, n: number, left: SQL): SQL {
  return sql`insert into outbox (account_id, modseq, n, event)
    select a.id, a.modseq, ${int(n)}, json_object('type', 'submission.finished', 'submission', ${int(submissionId)})
    from submissions s join accounts a on a.id = s.account_id
    where s.id = ${submissionId} and s.account_id = ${accountId} and s.finished_at is null and not ${left}`
}

/** Marks the bytes of a submission for deletion, where it is finished and nothing needs them. */
export function releaseBytes(submissionId: number): SQL {
  return sql`insert or ignore into raw_deletes (raw_key)
    select raw_key from submissions where id = ${submissionId} and finished_at is not null
      and not exists (select 1 from submission_recipients where submission_id = ${submissionId}
        and (dsn = 1 or (status = 'unknown' and call is not null)))`
}

/** Takes away the mark that a bounce message about these recipients is to be written. Rolls back where it is gone (isStaleRecipient). */
export function takeUntold(submissionId: number, ns: readonly number[]): SQL {
  return sql`update submission_recipients set dsn = 0, updated_at = iif(dsn = 1, updated_at, null)
    where submission_id = ${submissionId} and n in (${integers(ns)})`
}

/** True where a recipient had changed since it was read. The batch has rolled back. */
export function isStaleRecipient(error: unknown): boolean {
  const text =
    error instanceof Error ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}` : ''
  return /NOT NULL constraint failed: submission_recipients\.updated_at|UNIQUE constraint failed: submission_events/.test(
    text,
  )
}
