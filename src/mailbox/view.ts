/** What a message and a mailbox look like to the servers: rows with their JSON read and their numbers named. */
import type { SaidOf } from '../events.ts'
import type { Attachment, Defect, Envelope, Part } from '../mime/message.ts'
import type { SpamReport } from '../spam/report.ts'
import type { SummaryRow } from '../store/message-read.ts'
import type { MailboxRow } from '../store/schema.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { ANSWERED, DRAFT, FLAGGED, SEEN } from './flags.ts'

/** Times are epoch seconds. */
export type MessageSummary = {
  id: number
  threadId: number
  /** Of the last change to it. */
  modseq: number
  placements: { mailboxId: number; uid: number }[]
  messageId: string | null
  recipient: string | null
  from: { name: string; address: string }
  /** Display text of To and Cc. */
  to: string
  subject: string
  preview: string
  receivedAt: number
  sentAt: number | null
  size: number
  unread: boolean
  flagged: boolean
  answered: boolean
  draft: boolean
  keywords: string[]
  hasAttachment: boolean
  spam: { score: number; verdict: string } | null
}

export type MessageDetail = MessageSummary & {
  returnPath: string | null
  envelope: Envelope
  structure: Part
  attachments: Attachment[]
  authentication: SenderVerdict
  report: SpamReport | null
  /** What the account's model was taught of it. */
  taught: SaidOf | null
  defects: Defect[]
  rawKey: string
}

export type MailboxCounts = { total: number; unread: number; threads: number; unreadThreads: number; bytes: number }

export type Mailbox = {
  id: number
  /** Unique among its siblings. */
  name: string
  /** The mailbox that it stands in; null at the top. */
  parentId: number | null
  role: MailboxRow['role']
  /** It is being deleted, and its messages leave it. */
  isEmptying: boolean
  /** Null for a reader who may not see all that is counted. */
  counts: MailboxCounts | null
  uidValidity: number
  uidNext: number
  modseq: number
}

export function summaryOf(row: SummaryRow): MessageSummary {
  return {
    id: row.id,
    threadId: row.thread_id,
    modseq: row.modseq,
    placements: placementsOf(row.placed),
    messageId: row.message_id,
    recipient: row.recipient,
    from: { name: row.from_name, address: row.from_addr },
    to: row.to_text,
    subject: row.subject,
    preview: row.preview,
    receivedAt: row.received_at,
    sentAt: row.sent_at,
    size: row.size,
    unread: (row.flags & SEEN) === 0,
    flagged: (row.flags & FLAGGED) !== 0,
    answered: (row.flags & ANSWERED) !== 0,
    draft: (row.flags & DRAFT) !== 0,
    keywords: JSON.parse(row.keywords) as string[],
    hasAttachment: row.has_attachment === 1,
    spam: row.score === null || row.verdict === null ? null : { score: row.score, verdict: row.verdict },
  }
}

export function placementsOf(placed: string): { mailboxId: number; uid: number }[] {
  return (JSON.parse(placed) as [number, number][]).map(([mailboxId, uid]) => ({ mailboxId, uid }))
}

export function mailboxOf(row: MailboxRow): Mailbox {
  return {
    id: row.id,
    name: row.name,
    parentId: row.parent_id || null,
    role: row.role,
    isEmptying: row.emptying !== null,
    counts: {
      total: row.total,
      unread: row.unread,
      threads: row.threads,
      unreadThreads: row.unread_threads,
      bytes: row.bytes,
    },
    uidValidity: row.uid_validity,
    uidNext: row.uid_next,
    modseq: row.modseq,
  }
}
