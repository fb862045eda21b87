/**
 * Statements of sending: a submission with its recipients, and claiming them for an attempt.
 *
 * Invariants:
 *  - A recipient is claimed by its count of attempts: of two workers that read the same row, one claims it.
 *  - What becomes of it is written by recipient-write.ts.
 */
import { type SQL, sql } from 'drizzle-orm'
import { int, integers } from './database.ts'
import type { SubmissionRecipientRow, SubmissionRow } from './schema.ts'

export type NewSubmission = Omit<SubmissionRow, 'id' | 'message' | 'finished_at' | 'request' | 'source'> & {
  request: Uint8Array | null
  source?: SubmissionRow['source']
}
export type NewRecipient = Pick<SubmissionRecipientRow, 'address' | 'route'> & {
  /** The account does not write to it: it is shown, and never tried. */
  isSuppressed?: boolean
}

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
  const listed = JSON.stringify(
    recipients.map(({ address, route, isSuppressed = false }) => [
      address,
      route,
      isSuppressed ? 'suppressed' : 'queued',
    ]),
  )
  return [
    sql`insert into submissions (account_id, address_id, kind, message, message_id, source, sender, domain, raw_key, size, request,
        created_at, send_at)
      select ${row.account_id}, ${row.address_id}, ${row.kind}, ${message}, ${row.message_id}, ${row.source ?? null},
        ${row.sender}, ${row.domain}, ${row.raw_key}, ${row.size}, ${row.request}, ${row.created_at}, ${row.send_at}
      where ${only}`,
    sql`insert into submission_recipients (submission_id, n, address, route, status, next_at, updated_at)
      select s.id, j.key, j.value ->> 0, j.value ->> 1, j.value ->> 2,
        iif(j.value ->> 2 = 'queued', ${int(row.send_at)}, null), ${int(row.created_at)}
      from submissions s join json_each(${listed}) j where s.raw_key = ${row.raw_key}`,
  ]
}

/**
 * Tells of a submission that the batch before has inserted, under the change number that its copy in Sent has taken. Those to whom
 * the account does not write are settled at once; where that is everybody, so is the submission.
 */
export function announceSubmission(row: NewSubmission, recipients: readonly NewRecipient[]): SQL[] {
  const inserted = sql`submissions s join accounts a on a.id = s.account_id where s.raw_key = ${row.raw_key}`
  const tell = (n: number, type: string, more = sql``) => sql`insert into outbox (account_id, modseq, n, event)
    select a.id, a.modseq, ${int(n)}, json_object('type', ${type}, 'submission', s.id ${more}) from ${inserted}`
  const queued = tell(1, row.send_at > row.created_at ? 'submission.scheduled' : 'submission.queued')
  const ns = recipients.flatMap(({ isSuppressed = false }, n) => (isSuppressed ? [n] : []))
  if (ns.length === 0) return [queued]
  const settled = [
    queued,
    tell(2, 'delivery.suppressed', sql`, 'recipients', json(${JSON.stringify(ns)})`),
    sql`insert into submission_events (submission_id, n, seq, at, status) select r.submission_id, r.n, 0, r.updated_at, r.status
      from submissions s join submission_recipients r on r.submission_id = s.id
      where s.raw_key = ${row.raw_key} and r.status = 'suppressed'`,
  ]
  if (ns.length < recipients.length) return settled
  return [
    ...settled,
    tell(3, 'submission.finished'),
    sql`update submissions set finished_at = ${int(row.created_at)} where raw_key = ${row.raw_key}`,
    sql`insert or ignore into raw_deletes (raw_key) values (${row.raw_key})`,
  ]
}

/** Marks the bytes of a submission that was not committed for deletion. */
export function abandonOutgoing(rawKey: string): SQL {
  return sql`insert or ignore into raw_deletes (raw_key)
    select ${rawKey} where not exists (select 1 from submissions where raw_key = ${rawKey})`
}

type Claimed = Pick<SubmissionRecipientRow, 'submission_id' | 'n' | 'attempts'>

/**
 * Takes due recipients of one submission for an attempt, with the provider that is to be asked and the key of the call;
 * null where they are delivered here. Returns `n` of those whom nobody else has taken. They are due again at `nextAt`,
 * whatever happens.
 */
export function claimRecipients(
  submissionId: number,
  rows: readonly Claimed[],
  provider: string | null,
  call: string | null,
  nextAt: number,
  now: number,
): SQL {
  return sql`update submission_recipients set status = 'sending', attempts = attempts + 1, next_at = ${int(nextAt)},
      provider = coalesce(${provider}, provider), call = ${call}, updated_at = ${int(now)}
    where submission_id = ${submissionId} and ${asRead(rows)} and next_at is not null returning n`
}

/** Recipients that have as many attempts as when they were read. A table of both would be read once for each recipient. */
function asRead(rows: readonly Claimed[]): SQL {
  const byAttempts = Map.groupBy(rows, ({ attempts }) => attempts)
  const groups = [...byAttempts].map(
    ([attempts, some]) => sql`(attempts = ${int(attempts)} and n in (${integers(some.map(({ n }) => n))}))`,
  )
  return sql`(${sql.join(groups, sql` or `)})`
}

/** Gives back recipients that were claimed for a call which was never made. */
export function releaseCall(submissionId: number, call: string, nextAt: number): SQL {
  return sql`update submission_recipients set status = iif(attempts > 1, 'deferred', 'queued'), attempts = attempts - 1,
    call = null, next_at = ${int(nextAt)} where submission_id = ${submissionId} and call = ${call} and status = 'sending'`
}

/** Gives recipients of a call, whom its provider has not taken, to a call of another provider. Returns `n` of each. */
export function passOn(
  submissionId: number,
  ns: readonly number[],
  before: string,
  provider: string,
  call: string,
  nextAt: number,
): SQL {
  return sql`update submission_recipients set provider = ${provider}, call = ${call}, next_at = ${int(nextAt)}
    where submission_id = ${submissionId} and n in (${integers(ns)}) and call = ${before} and status = 'sending'
    returning n`
}

/** Looks at recipients of one submission later, without an attempt. */
export function postponeRecipients(rows: readonly Claimed[], nextAt: number): SQL {
  return sql`update submission_recipients set next_at = ${int(nextAt)}
    where submission_id = ${rows[0]?.submission_id ?? 0} and ${asRead(rows)} and next_at is not null`
}
