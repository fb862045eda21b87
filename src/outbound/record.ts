/**
 * What others say later of a recipient: a provider's event, or a bounce that came by mail. Whoever calls has made sure who
 * says it.
 *
 * Invariants:
 *  - A report never makes a recipient due, and never undoes what is certain: what bounced stays so whatever comes late, and
 *    that it waits somewhere does not undo that it was taken.
 *  - The same report is noted once, in whichever order and however often reports come.
 */

import type { Deps } from '../deps.ts'
import type { DeliveryChange, PosternEvent } from '../events.ts'
import { foldAddress } from '../mime/addresses.ts'
import { clip, storable } from '../mime/storable.ts'
import { seconds } from '../seconds.ts'
import { shardOf } from '../store/ids.ts'
import { changeRecipients, isStaleRecipient, type RecipientChange } from '../store/recipient-write.ts'
import type { SubmissionEventRow, SubmissionRecipientRow, SubmissionRow } from '../store/schema.ts'
import { readRecipients, readSubmission, readTimeline } from '../store/submission-read.ts'
import { CODE_CHARS_MAX, DETAIL_CHARS_MAX } from './outcome.ts'
import { wakeOutbound } from './wake.ts'

/** Plans made anew where another change came first. */
const ATTEMPTS_MAX = 5
/** Lines of one recipient's timeline; what reports beyond it say changes a status, and is not kept. */
export const ENTRIES_MAX = 200

export type Reported = 'delivered' | 'deferred' | 'bounced' | 'failed' | 'suppressed' | 'complained'

export type Report = {
  /** 'suppressed': the provider did not even try. */
  status: Reported
  /** When it happened, in epoch seconds, as the other side says. */
  at: number
  provider: string | null
  smtp: number | null
  code: string | null
  detail: string | null
  /** The sender has it before him already, as with a bounce that stands in his mailbox: no other message is written about it. */
  isTold?: boolean
}

/** `n` is exact; an address is looked for among the recipients. */
export type Which = { accountId: number; submissionId: number } & ({ n: number } | { address: string })

export type Recorded =
  | { kind: 'no-such-recipient' }
  /** It was known, or says nothing about what is. */
  | { kind: 'repeated'; submission: SubmissionRow; recipient: SubmissionRecipientRow }
  /** Noted now; `recipient` is as it was before, `status` what it is since. */
  | {
      kind: 'recorded'
      submission: SubmissionRow
      recipient: SubmissionRecipientRow
      status: SubmissionRecipientRow['status']
    }

/** Throws where the database fails: trying again is safe. */
export async function recordOutcome(deps: Deps, which: Which, report: Report): Promise<Recorded> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryRecord(deps, which, report)
    } catch (error) {
      if (!isStaleRecipient(error) || attempt === ATTEMPTS_MAX) throw error
    }
  }
}

async function tryRecord(deps: Deps, which: Which, report: Report): Promise<Recorded> {
  const { accountId, submissionId } = which
  const db = deps.stores.find(accountId)
  const submission = db && (await readSubmission(db, accountId, null, submissionId))
  if (!submission) return { kind: 'no-such-recipient' }
  const recipient = await find(deps, which)
  if (!recipient) return { kind: 'no-such-recipient' }
  const timeline = await readTimeline(db, submissionId, recipient.n)
  const now = seconds(deps)
  const said = readable(report, submission, now)
  const change = planReport(submission, recipient, timeline, said)
  if (!change) return { kind: 'repeated', submission, recipient }
  const told: PosternEvent[] =
    change.entry === null
      ? []
      : [
          {
            type: `delivery.${report.status satisfies DeliveryChange}`,
            submission: submissionId,
            recipients: [recipient.n],
          },
        ]
  await db.batch(changeRecipients(accountId, submissionId, [change], told, now))
  if (change.to.dsn === 1 && recipient.dsn === 0) deps.background(wakeOutbound(deps, shardOf(accountId)))
  return { kind: 'recorded', submission, recipient, status: change.to.status }
}

async function find(deps: Deps, which: Which): Promise<SubmissionRecipientRow | null> {
  const rows = await readRecipients(deps.stores.of(which.accountId), [which.submissionId])
  if ('n' in which) return rows.find(({ n }) => n === which.n) ?? null
  const folded = foldAddress(which.address)
  return folded === null ? null : (rows.find(({ address }) => foldAddress(address) === folded) ?? null)
}

// What a stranger's server wrote, cut to what is kept; a time that cannot be true is now.
function readable(report: Report, submission: SubmissionRow, now: number): Report {
  const isTime = Number.isFinite(report.at) && report.at >= submission.created_at && report.at <= now
  const isSmtp = report.smtp !== null && Number.isInteger(report.smtp) && report.smtp >= 100 && report.smtp <= 999
  return {
    ...report,
    at: isTime ? Math.floor(report.at) : now,
    smtp: isSmtp ? report.smtp : null,
    code: report.code === null ? null : clip(storable(report.code), CODE_CHARS_MAX),
    detail: report.detail === null ? null : clip(storable(report.detail), DETAIL_CHARS_MAX),
  }
}

/** Statuses that a report finds a recipient in, of whom something was handed over or may have been. */
const OPEN = ['queued', 'sending', 'deferred', 'unknown', 'delivered']

/** What a report changes, or null: pure. */
function planReport(
  submission: Pick<SubmissionRow, 'kind'>,
  recipient: SubmissionRecipientRow,
  timeline: readonly SubmissionEventRow[],
  report: Report,
): RecipientChange | null {
  // Nothing was ever handed over that it could be about.
  if (recipient.attempts === 0) return null
  const status = statusAfter(recipient.status, report.status)
  const isChanged = status !== recipient.status
  if (!isChanged && isKnown(timeline, report)) return null
  const isKept = timeline.length < ENTRIES_MAX
  if (!isChanged && !isKept) return null
  const { smtp, code, detail } = report
  const isLost = isChanged && status !== 'delivered'
  const dsn = isLost && !report.isTold && isTellable(submission.kind) ? 1 : recipient.dsn
  return {
    n: recipient.n,
    was: recipient,
    to: isChanged
      ? {
          ...recipient,
          status,
          next_at: null,
          smtp,
          code,
          detail,
          dsn,
          provider: recipient.provider ?? report.provider,
        }
      : recipient,
    entry: isKept ? { at: report.at, status: report.status, provider: report.provider, smtp, code, detail } : null,
    seq: (timeline.at(-1)?.seq ?? -1) + 1,
  }
}

/** Nobody is told of what became of an answer or a bounce that the server sent by itself (RFC 5321 §6.1, RFC 3834 §2). */
export function isTellable(kind: SubmissionRow['kind']): boolean {
  return kind === 'mail' || kind === 'forward'
}

function statusAfter(status: SubmissionRecipientRow['status'], reported: Reported): SubmissionRecipientRow['status'] {
  if (reported === 'complained' || !OPEN.includes(status)) return status
  if (reported === 'bounced' || reported === 'failed' || reported === 'suppressed') return reported
  // 'deferred': the provider has it, and tries again by itself. A recipient that waits for a try of ours goes on waiting.
  if (reported === 'deferred' && (status === 'queued' || status === 'deferred')) return status
  return 'delivered'
}

// Providers repeat an event until they are answered, and several events say the same. A complaint counts once.
function isKnown(timeline: readonly SubmissionEventRow[], { status, at, provider, code, detail }: Report): boolean {
  const alike = timeline.filter((entry) => entry.status === status)
  if (status !== 'delivered' && status !== 'deferred') return alike.length > 0
  return alike.some((one) => one.at === at || (one.provider === provider && one.code === code && one.detail === detail))
}
