/** message/feedback-report (RFC 5965): a reader called a message spam, or something else of it. */
import type { MailReport, Original } from './report.ts'
import { groupsOf, REPORTED_MAX } from './report-status.ts'
import { clip, headerLine } from './storable.ts'

const TYPE_CHARS_MAX = 40

/**
 * Who complained stands in Original-Rcpt-To or Removal-Recipient, in many forms redacted. Without them it is the returned
 * message's recipient, where it has one alone.
 */
export function readComplaint(
  bytes: Uint8Array,
  { to }: Original,
): Pick<Extract<MailReport, { kind: 'complaint' }>, 'feedback' | 'recipients'> {
  const fields = groupsOf(bytes).flat()
  const values = (key: string) => fields.filter((field) => field.key === key).map(({ raw }) => headerLine(raw).trim())
  const named = [...values('original-rcpt-to'), ...values('removal-recipient')]
  const addresses = named.flatMap((value) => /[^\s<>;,]{1,64}@[^\s<>;,]{1,255}/.exec(value)?.[0] ?? [])
  const found = addresses.length > 0 ? addresses : to.length === 1 ? to : []
  return {
    feedback: clip(values('feedback-type')[0]?.toLowerCase() ?? 'abuse', TYPE_CHARS_MAX),
    recipients: [...new Set(found)].slice(0, REPORTED_MAX),
  }
}
