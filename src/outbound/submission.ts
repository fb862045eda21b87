/** What was sent and what became of it, as the servers show it. */
import type { Deps } from '../deps.ts'
import type { Reader } from '../mailbox/reader.ts'
import { RECIPIENT_STATUSES } from '../store/recipient-status.ts'
import type { SubmissionRecipientRow, SubmissionRow } from '../store/schema.ts'
import { pageSubmissions, readRecipients, readSubmission } from '../store/submission-read.ts'

export { RECIPIENT_STATUSES }

export type Recipient = {
  address: string
  status: SubmissionRecipientRow['status']
  /** The provider's code or the enhanced SMTP code (RFC 3463) of the last outcome. */
  code: string | null
  detail: string | null
  updatedAt: number
}

export type Submission = {
  id: number
  /** The copy in Sent, which may be gone; null where there never was one. */
  message: number | null
  /** Without angle brackets. */
  messageId: string
  createdAt: number
  finishedAt: number | null
  recipients: Recipient[]
}

/** One that the reader may see, or null. */
export async function getSubmission(
  deps: Deps,
  { accountId, addressId }: Reader,
  id: number,
): Promise<Submission | null> {
  const db = deps.stores.of(accountId)
  const row = await readSubmission(db, accountId, addressId, id)
  return row && ((await withRecipients(deps, accountId, [row]))[0] ?? null)
}

/** Those below the id `before` that the reader may see, newest first. */
export async function listSubmissions(
  deps: Deps,
  { accountId, addressId }: Reader,
  before: number,
  limit: number,
): Promise<Submission[]> {
  const rows = await pageSubmissions(deps.stores.of(accountId), accountId, addressId, before, limit)
  return await withRecipients(deps, accountId, rows)
}

export async function withRecipients(deps: Deps, accountId: number, rows: SubmissionRow[]): Promise<Submission[]> {
  if (rows.length === 0) return []
  const recipients = await readRecipients(
    deps.stores.of(accountId),
    rows.map((row) => row.id),
  )
  return rows.map((row) => ({
    id: row.id,
    message: row.message,
    messageId: row.message_id,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    recipients: recipients.filter((one) => one.submission_id === row.id).map(recipientOf),
  }))
}

function recipientOf(row: SubmissionRecipientRow): Recipient {
  return {
    address: row.address,
    status: row.status,
    code: row.code,
    detail: row.detail,
    updatedAt: row.updated_at,
  }
}
