/** What was sent and what became of it, as the servers show it. */

import type { Deps } from '../deps.ts'
import type { Reader } from '../mailbox/reader.ts'
import { seconds } from '../seconds.ts'
import { SERVER_ACCOUNT } from '../store/ids.ts'
import { RECIPIENT_STATUSES } from '../store/recipient-status.ts'
import type { SubmissionEventRow, SubmissionRecipientRow, SubmissionRow } from '../store/schema.ts'
import {
  pageSubmissions,
  readRecipients,
  readSubmission,
  readTimelines,
  type SubmissionState,
} from '../store/submission-read.ts'

export { RECIPIENT_STATUSES }

/** Whose eyes see what the server sends for nobody: the admin's. */
export const SERVER_READER: Reader = { accountId: SERVER_ACCOUNT, addressId: null }

export type Recipient = {
  address: string
  status: SubmissionRecipientRow['status']
  /** The provider's code or the enhanced SMTP code (RFC 3463) of the last outcome. */
  code: string | null
  detail: string | null
  /** The SMTP reply code, where one is known. */
  smtp: number | null
  /** The provider that was asked last. */
  provider: string | null
  attempts: number
  /** When it is tried again. */
  nextAt: number | null
  /** True while nobody knows what became of it, and nobody has decided what is to be done. */
  isUndecided: boolean
  updatedAt: number
  /** What happened, in order; null in a list. */
  timeline: TimelineEntry[] | null
}

export type TimelineEntry = Pick<SubmissionEventRow, 'at' | 'status' | 'provider' | 'smtp' | 'code' | 'detail'>

export type Submission = {
  id: number
  /** The copy in Sent, which may be gone; null where there never was one. */
  message: number | null
  /** Without angle brackets. */
  messageId: string
  kind: SubmissionRow['kind']
  createdAt: number
  /** When it was, or is, to be sent first. */
  sendAt: number
  finishedAt: number | null
  recipients: Recipient[]
}

/** One that the reader may see, with its timeline, or null. */
export async function getSubmission(
  deps: Deps,
  { accountId, addressId }: Reader,
  id: number,
): Promise<Submission | null> {
  const db = deps.stores.of(accountId)
  const row = await readSubmission(db, accountId, addressId, id)
  if (!row) return null
  const [recipients, timeline] = await Promise.all([readRecipients(db, [id]), readTimelines(db, [id])])
  const of = (n: number) => timeline.filter((entry) => entry.n === n)
  return submissionOf(
    row,
    recipients.map((one) => recipientOf(one, of(one.n), row.created_at)),
  )
}

/** A state of the whole ('scheduled': waits for its time; 'pending': is being sent), or the status of a recipient. */
export const SUBMISSION_FILTERS = ['scheduled', 'pending', 'finished', ...RECIPIENT_STATUSES] as const
export type SubmissionFilter = (typeof SUBMISSION_FILTERS)[number]

/** Submissions that are looked at for one page, where the status of a recipient is asked for: a page may be short. */
const CANDIDATES_MAX = 500

/**
 * Those below the id `before` that the reader may see, newest first; `next` is where to go on, or null where nothing follows.
 */
export async function listSubmissions(
  deps: Deps,
  reader: Reader,
  filter: SubmissionFilter | null,
  before: number,
  limit: number,
): Promise<{ submissions: Submission[]; next: number | null }> {
  const db = deps.stores.of(reader.accountId)
  const state = isState(filter) ? filter : null
  const status = isState(filter) ? null : filter
  const most = status === null ? limit + 1 : CANDIDATES_MAX
  const now = seconds(deps)
  const rows = await pageSubmissions(db, reader, { state, status, now }, before, most)
  const matching = rows.filter(({ has }) => has === 1)
  const shown = matching.slice(0, limit)
  const last = matching.length > limit ? shown.at(-1) : rows.length === most ? rows.at(-1) : undefined
  return { submissions: await withRecipients(deps, reader.accountId, shown), next: last?.id ?? null }
}

function isState(filter: SubmissionFilter | null): filter is SubmissionState | null {
  return filter === null || filter === 'scheduled' || filter === 'pending' || filter === 'finished'
}

export async function withRecipients(deps: Deps, accountId: number, rows: SubmissionRow[]): Promise<Submission[]> {
  if (rows.length === 0) return []
  const recipients = await readRecipients(
    deps.stores.of(accountId),
    rows.map((row) => row.id),
  )
  return rows.map((row) =>
    submissionOf(
      row,
      recipients.filter((one) => one.submission_id === row.id).map((one) => recipientOf(one, null, row.created_at)),
    ),
  )
}

function submissionOf(row: SubmissionRow, recipients: Recipient[]): Submission {
  return {
    id: row.id,
    message: row.message,
    messageId: row.message_id,
    kind: row.kind,
    createdAt: row.created_at,
    sendAt: row.send_at,
    finishedAt: row.finished_at,
    recipients,
  }
}

function recipientOf(row: SubmissionRecipientRow, timeline: SubmissionEventRow[] | null, createdAt: number): Recipient {
  return {
    address: row.address,
    status: row.status,
    code: row.code,
    detail: row.detail,
    smtp: row.smtp,
    provider: row.provider,
    attempts: row.attempts,
    nextAt: row.status === 'sending' ? null : row.next_at,
    isUndecided: row.status === 'unknown' && row.call !== null,
    updatedAt: row.updated_at,
    timeline: timeline && [...beginning(timeline, createdAt), ...timeline.map(entryOf)],
  }
}

function entryOf({ at, status, provider, smtp, code, detail }: SubmissionEventRow): TimelineEntry {
  return { at, status, provider, smtp, code, detail }
}

// It has no row of its own: it is the submission's. One who was suppressed at the door never waited.
function beginning([first]: SubmissionEventRow[], at: number): TimelineEntry[] {
  if (first?.status === 'suppressed' && first.at === at) return []
  return [{ at, status: 'queued', provider: null, smtp: null, code: null, detail: null }]
}
