/**
 * What a person decides of a submission: to cancel it while it waits, to send again to those of whom nobody knows, or to
 * leave it at that.
 *
 * Invariants:
 *  - What is being handed over, or has been, is not cancelled: of a cancel and a worker that meet, one wins whole.
 *  - Only who is 'unknown' is sent to again, and only by a person's word.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import type { DeliveryChange, PosternEvent } from '../events.ts'
import { changeAll } from '../mailbox/change.ts'
import { DRAFT } from '../mailbox/flags.ts'
import type { Reader } from '../mailbox/reader.ts'
import { seconds } from '../seconds.ts'
import { readRoles } from '../store/account-read.ts'
import { shardOf } from '../store/ids.ts'
import { changeRecipients, isStaleRecipient, type RecipientState } from '../store/recipient-write.ts'
import type { SubmissionRecipientRow, SubmissionRow } from '../store/schema.ts'
import { readRecipients, readSubmission } from '../store/submission-read.ts'
import { getSubmission, type Submission } from './submission.ts'
import { wakeOutbound } from './wake.ts'

/** Plans made anew where another change came first. */
const ATTEMPTS_MAX = 5

type Decision = {
  /** What becomes of a recipient; null: it is not concerned. */
  of(row: SubmissionRecipientRow): Partial<RecipientState> | null
  entry: string
  tell: DeliveryChange | null
  events?: PosternEvent[]
}

/** Cancels whom nothing was handed over to. The copy in Sent becomes a draft where that is everybody. */
export async function cancelSubmission(deps: Deps, reader: Reader, id: number): Promise<Submission | Failure> {
  const cancelled = await decide(deps, reader, id, {
    of: ({ status }) => (status === 'queued' || status === 'deferred' ? { status: 'cancelled', next_at: null } : null),
    entry: 'cancelled',
    tell: 'cancelled',
    events: [{ type: 'submission.cancelled', submission: id }],
  })
  if (!cancelled) return fail('not-found', 'There is no such submission.')
  const { submission, recipients } = cancelled
  // Cancelled before, perhaps by a call whose answer was lost: it is as it was wanted.
  if (!recipients.some(({ status }) => status === 'cancelled'))
    return fail('conflict', 'No recipient waits any more: it is on its way, or was settled.')
  if (recipients.every(({ status }) => status === 'cancelled' || status === 'suppressed'))
    await backToDrafts(deps, reader, submission)
  return await shown(deps, reader, id)
}

/** Sends again to those of whom nobody knows, whom it may reach a second time. */
export async function resendUnknown(deps: Deps, reader: Reader, id: number): Promise<Submission | Failure> {
  const now = seconds(deps)
  const resent = await decide(deps, reader, id, {
    of: (row) =>
      isOpen(row) ? { status: 'queued', next_at: now, call: null, code: null, smtp: null, detail: null } : null,
    entry: 'resent',
    tell: null,
  })
  if (!resent) return fail('not-found', 'There is no such submission.')
  if (resent.changed === 0) return fail('conflict', 'Of no recipient is it unknown what became of the message.')
  deps.background(wakeOutbound(deps, shardOf(reader.accountId)))
  return await shown(deps, reader, id)
}

/** Leaves those of whom nobody knows at that: they are not asked about any more, and the bytes that waited for them go. */
export async function dismissUnknown(deps: Deps, reader: Reader, id: number): Promise<Submission | Failure> {
  const dismissed = await decide(deps, reader, id, {
    of: (row) => (isOpen(row) ? { call: null } : null),
    entry: 'dismissed',
    tell: null,
  })
  if (!dismissed) return fail('not-found', 'There is no such submission.')
  if (dismissed.changed === 0) return fail('conflict', 'Of no recipient is it unknown what became of the message.')
  return await shown(deps, reader, id)
}

/** Unknown, and nobody has decided yet. */
function isOpen({ status, call }: SubmissionRecipientRow): boolean {
  return status === 'unknown' && call !== null
}

type Decided = { submission: SubmissionRow; recipients: SubmissionRecipientRow[]; changed: number }

async function decide(deps: Deps, reader: Reader, id: number, decision: Decision): Promise<Decided | null> {
  const { accountId, addressId } = reader
  const db = deps.stores.of(accountId)
  const submission = await readSubmission(db, accountId, addressId, id)
  if (!submission) return null
  for (let attempt = 1; ; attempt++) {
    const recipients = await readRecipients(db, [id])
    const now = seconds(deps)
    const changes = recipients.flatMap((row) => {
      const to = decision.of(row)
      const entry = { at: now, status: decision.entry, provider: null, smtp: null, code: null, detail: null }
      return to ? [{ n: row.n, was: row, to: { ...row, ...to }, entry }] : []
    })
    if (changes.length === 0) return { submission, recipients, changed: 0 }
    const ns = changes.map(({ n }) => n)
    const told: PosternEvent[] = decision.tell
      ? [{ type: `delivery.${decision.tell}`, submission: id, recipients: ns }, ...(decision.events ?? [])]
      : []
    try {
      await db.batch(changeRecipients(accountId, id, changes, told, now))
      return { submission, recipients: await readRecipients(db, [id]), changed: changes.length }
    } catch (error) {
      if (!isStaleRecipient(error) || attempt === ATTEMPTS_MAX) throw error
    }
  }
}

// The submission is cancelled by now: what fails here must not make the client believe that it is not.
async function backToDrafts(deps: Deps, reader: Reader, { message }: SubmissionRow): Promise<void> {
  if (message === null) return
  try {
    const [drafts] = await readRoles(deps.stores.of(reader.accountId), reader.accountId, ['drafts'])
    if (drafts) await changeAll(deps, reader, [message], { add: [drafts.id], remove: 'all', set: DRAFT })
  } catch (error) {
    deps.log({ level: 'error', at: 'outbound.cancel', message, error: String(error) })
  }
}

async function shown(deps: Deps, reader: Reader, id: number): Promise<Submission> {
  const submission = await getSubmission(deps, reader, id)
  if (!submission) throw new Error('the submission is gone')
  return submission
}
