/**
 * Reports that come by mail: what became of a message (RFC 3464 in RFC 3462's envelope, and the many forms that are older or
 * stranger, report-text.ts), and what its reader thought of it (RFC 5965, report-feedback.ts).
 *
 * Invariants:
 *  - A report says what somebody claims, and anybody can write one. Whether it is believed is for outbound/apply-reports.ts.
 *  - A message is a report by its own structure or its own text: one that was attached or forwarded by a person is none.
 *  - Linear and bounded; it never throws for content.
 */
import { latin1 } from './latin1.ts'
import type { ParsedMessage, Part } from './message.ts'
import { readComplaint } from './report-feedback.ts'
import { originalOf } from './report-original.ts'
import { readStatus } from './report-status.ts'
import { readText } from './report-text.ts'
import { decodeTransferBytes } from './transfer.ts'

/** Of a report's own parts: a status of a hundred recipients has some 50 KB. */
const PART_BYTES_MAX = 256 * 1024
/** Parts of a message that are looked at. */
const PARTS_MAX = 50

/** RFC 3464 §2.3.3. 'failed': nothing will be tried any more. */
export type ReportedAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'

export type ReportedRecipient = {
  /** As written. */
  address: string
  /** Whom the sender wrote to, where the report knows it (ORCPT): not the one that it was forwarded to. */
  originalAddress: string | null
  action: ReportedAction
  /** The SMTP reply code, where one is given. */
  smtp: number | null
  /** The enhanced code (RFC 3463), where one is given. */
  code: string | null
  /** The remote server's words. */
  text: string | null
}

/** What names the message that a report is about. */
export type Original = {
  /** Without angle brackets: of the returned message first, then what the report refers to. */
  messageIds: string[]
  /** To and Cc of the returned message, as far as it was returned. */
  to: string[]
}

export type MailReport = Original &
  (
    | { kind: 'delivery'; form: 'status' | 'text'; recipients: ReportedRecipient[] }
    /** `feedback` is RFC 5965's Feedback-Type in lower case. */
    | { kind: 'complaint'; feedback: string; recipients: string[] }
  )

/** The report that a message is, or null where it is none. */
export function readReport(bytes: Uint8Array, message: ParsedMessage): MailReport | null {
  const parts = ownParts(message.structure)
  const read = (part: Part) => bytesOf(bytes, part)
  const original = originalOf(parts, read, message)
  const feedback = parts.find(({ type, subtype }) => type === 'message' && subtype === 'feedback-report')
  if (feedback) return { kind: 'complaint', ...original, ...readComplaint(read(feedback), original) }
  const status = parts.find(isStatus)
  const recipients = status ? readStatus(read(status)) : []
  if (recipients.length > 0) return { kind: 'delivery', form: 'status', ...original, recipients }
  // RFC 8098: that a message was read, or thrown away unread, is no report about its delivery.
  if (parts.some(({ subtype }) => subtype === 'disposition-notification')) return null
  const text = readText(message, original, status !== undefined || isDeliveryReport(message.structure))
  // Words that name nobody report nothing.
  return text && text.recipients.length > 0 ? { kind: 'delivery', form: 'text', ...text } : null
}

// Reports of other types (DMARC's, TLS's) come in the same envelope.
function isDeliveryReport({ subtype, params }: Part): boolean {
  return subtype === 'report' && /^(?:delivery-status|$)/i.test(params['report-type'] ?? '')
}

function isStatus({ type, subtype }: Part): boolean {
  return type === 'message' && (subtype === 'delivery-status' || subtype === 'global-delivery-status')
}

/** The leaves of the message itself, and embedded messages as leaves: what is inside one is not of this message. */
function ownParts(root: Part): Part[] {
  const found: Part[] = []
  const waiting = [root]
  for (let part = waiting.pop(); part && found.length < PARTS_MAX; part = waiting.pop()) {
    if (part.type === 'multipart') waiting.push(...[...part.parts].reverse())
    else found.push(part)
  }
  return found
}

function bytesOf(bytes: Uint8Array, part: Part): Uint8Array {
  const end = Math.min(part.bodyEnd, part.bodyStart + PART_BYTES_MAX)
  return decodeTransferBytes(part.encoding, bytes.subarray(part.bodyStart, end)).bytes
}

/** The part as text: UTF-8 where it is that, as RFC 6533 has it, else a character a byte. */
export function reportText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    return latin1(bytes, 0, bytes.length)
  }
}
