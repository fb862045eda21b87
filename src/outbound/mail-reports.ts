/**
 * Bounces and complaints that come by mail, from the message to the submission:
 *
 *   noteOf, while the message is filed: whose report is it, and how is it tied? -> noted in the batch that stores the message
 *   -> applyMailReports: each is applied (feedback.ts) and deleted, at least once; the sweep comes by
 *
 * Invariants: the message is stored as any other, whatever its report says. Mail of this server's own accounts is no report.
 */

import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { type MailReport, type ReportedRecipient, readReport } from '../mime/report.ts'
import { isForGood, speaksOfAddress } from '../mime/report-codes.ts'
import { seconds } from '../seconds.ts'
import type { Statement } from '../store/database.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import {
  claimReports,
  deleteMailReport,
  noteMailReport,
  readDueReports,
  readSubmissionByMessageId,
} from '../store/mail-report.ts'
import type { MailReportRow, SubmissionRecipientRow } from '../store/schema.ts'
import { readRecipients } from '../store/submission-read.ts'
import { isAlignedDkimPass, isAlignedSpfPass } from '../verify/alignment.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { applyFinding, type Finding, type Proof } from './feedback.ts'
import type { Reported } from './record.ts'

/** Reports in one run: each takes some ten queries a recipient. */
const REPORTS_A_RUN = 10
const RECIPIENTS_A_REPORT = 50
/** When one is tried again that failed. */
const RETRY_SECONDS = 900
/** A day of trouble. */
const ATTEMPTS_MAX = 96
/** Servers try for a week at most; what comes later with a Message-ID alone has another reason. */
const CLAIM_SECONDS = 14 * 86_400

/**
 * Addresses that a mailbox provider gives to none of its users. From another, a bounce "of the domain" could be written by
 * anybody who has a mailbox there.
 */
const OWN_ADDRESS = /^(?:mailer-daemon|postmaster|feedback(?:loop)?|fbl|arf|abuse|complaints?|staff)$/

export type VerpPath = { submissionId: number; n: number }

/** How it is tied, and what it says. */
export type NotedReport = {
  verp: VerpPath | null
  authority: string | null
  at: number
  /** The message stands in the Inbox: its owner sees it. */
  isTold: boolean
  report: MailReport
}

export type ReportMessage = {
  bytes: Uint8Array
  message: ParsedMessage
  verdict: SenderVerdict
  /** Where it came to an address of ours that names a recipient. */
  verp: VerpPath | null
  isJunk: boolean
  receivedAt: number
}

/** What a message reports, or null. Junk, and what is held, is believed where its address is the proof, and only there. */
export function noteOf({ bytes, message, verdict, verp, isJunk, receivedAt }: ReportMessage): NotedReport | null {
  if (isJunk && verp === null) return null
  const report = readReport(bytes, message)
  if (report === null || (verp === null && report.messageIds.length === 0)) return null
  return { verp, authority: authorityOf(message, verdict), at: receivedAt, isTold: !isJunk, report }
}

/** The statement that notes it with its message. */
export function noteStatement(accountId: number, message: Statement, noted: NotedReport): Statement {
  return noteMailReport(accountId, message, JSON.stringify(noted), noted.at)
}

/** The domain that a report is proven to be of, where it is from an address that is the domain's own. */
export function authorityOf({ envelope, defects }: ParsedMessage, verdict: SenderVerdict): string | null {
  const [from, ...others] = envelope.from
  const folded = foldAddress(from?.address ?? '')
  if (folded === null || others.length > 0 || defects.includes('from-multiple')) return null
  const { local, domain } = splitAddress(folded)
  if (!OWN_ADDRESS.test(local) || verdict.dmarc.result === 'fail') return null
  const isProven =
    verdict.dmarc.result === 'pass' || isAlignedDkimPass(verdict, domain) || isAlignedSpfPass(verdict, domain)
  return isProven ? domain : null
}

/** Applies what waits in a shard. True where more of it is due. */
export async function applyMailReports(deps: Deps, shard: number): Promise<boolean> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const now = seconds(deps)
  const due = await readDueReports(db, now, REPORTS_A_RUN)
  if (due.length === 0) return false
  await db.batch([
    claimReports(
      due.map((row) => row.message_id),
      now + RETRY_SECONDS,
    ),
  ])
  for (const row of due) {
    try {
      if (row.attempts < ATTEMPTS_MAX) await applyNoted(deps, row)
      else deps.log({ level: 'warn', at: 'outbound.mail-report', message: row.message_id, outcome: 'given up' })
      await db.batch([deleteMailReport(row.message_id)])
    } catch (error) {
      deps.log({ level: 'error', at: 'outbound.mail-report', message: row.message_id, error: String(error) })
    }
  }
  return due.length === REPORTS_A_RUN
}

async function applyNoted(deps: Deps, row: MailReportRow): Promise<void> {
  const noted = JSON.parse(row.report) as NotedReport
  const proof: Proof = noted.verp ? { kind: 'return-path' } : { kind: 'claim', authority: noted.authority }
  const found = findingsOf(noted, proof)
  if (noted.verp) {
    // The address names the recipient: to whom it was forwarded from there, and what the report calls him, is all one.
    const [finding] = found.sort((a, b) => gravity(b.finding) - gravity(a.finding))
    if (finding) await applyFinding(deps, { accountId: row.account_id, ...noted.verp }, finding.finding)
    return
  }
  const db = deps.stores.of(row.account_id)
  const since = noted.at - CLAIM_SECONDS
  const submission = await readSubmissionByMessageId(db, row.account_id, noted.report.messageIds, since)
  if (!submission) return
  const recipients = (await readRecipients(db, [submission.id])).filter(({ route }) => route === 'provider')
  for (const { finding, names } of found.slice(0, RECIPIENTS_A_REPORT)) {
    const recipient = whoOf(names, recipients, found.length === 1)
    const which = { accountId: row.account_id, submissionId: submission.id }
    if (recipient) await applyFinding(deps, { ...which, n: recipient.n }, finding)
  }
}

/** One whom the report names; or the only one there is, where it names one alone, whom we may know by another address. */
function whoOf(
  names: readonly string[],
  recipients: readonly SubmissionRecipientRow[],
  isSole: boolean,
): SubmissionRecipientRow | null {
  const folded = names.map(foldAddress)
  const named = recipients.find(({ address }) => folded.includes(foldAddress(address)))
  return named ?? (isSole && recipients.length === 1 ? (recipients[0] ?? null) : null)
}

type Named = { finding: Finding; names: string[] }

/** What a report says of each that it names: pure. */
function findingsOf({ report, at, isTold }: NotedReport, proof: Proof): Named[] {
  if (report.kind === 'delivery')
    return (
      report.recipients
        .map((one) => ({ finding: findingOf(one, { at, isTold, proof }), names: namesOf(one) }))
        // That somebody claims a delivery is no use to anybody but who would hide a failure.
        .filter(({ finding }) => proof.kind !== 'claim' || finding.status !== 'delivered')
    )
  // RFC 5965 §7.3 and RFC 6591: that it is no spam, or that a check failed, is no complaint.
  if (/^(?:not-spam|auth-failure|dmarc)/.test(report.feedback)) return []
  const finding: Finding = {
    status: 'complained',
    at,
    provider: null,
    smtp: null,
    code: null,
    detail: `Reported by its reader: ${report.feedback}.`,
    isHard: false,
    isTold,
    proof,
  }
  const recipients = report.recipients.length === 0 ? [''] : report.recipients
  return recipients.map((address) => ({ finding, names: [address] }))
}

const STATUSES: Readonly<Record<ReportedRecipient['action'], Reported>> = {
  failed: 'bounced',
  delayed: 'deferred',
  delivered: 'delivered',
  relayed: 'delivered',
  expanded: 'delivered',
}

function findingOf(one: ReportedRecipient, known: Pick<Finding, 'at' | 'isTold' | 'proof'>): Finding {
  const { action, smtp, code, text } = one
  const status = STATUSES[action]
  const isHard = status === 'bounced' && isForGood(one) !== false && speaksOfAddress(one)
  return { ...known, status, provider: null, smtp, code, detail: text, isHard }
}

function namesOf({ address, originalAddress }: ReportedRecipient): string[] {
  return originalAddress === null ? [address] : [originalAddress, address]
}

function gravity({ status }: Finding): number {
  return ['delivered', 'deferred', 'bounced', 'complained'].indexOf(status)
}
