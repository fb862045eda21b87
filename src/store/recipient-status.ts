/** What may become of a recipient of a submission; `submission_recipients.status` (schema-outbound.ts) says what each means. */
export const RECIPIENT_STATUSES = [
  'queued',
  'sending',
  'delivered',
  'deferred',
  'bounced',
  'failed',
  'suppressed',
  'cancelled',
  'unknown',
] as const
