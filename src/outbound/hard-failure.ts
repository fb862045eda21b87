/** Recipients to whom nothing will ever arrive: what was said at once, by whom the message was handed to. */
import { foldAddress } from '../mime/addresses.ts'
import { speaksOfAddress } from '../mime/report-codes.ts'
import { clip } from '../mime/storable.ts'
import type { DueRow } from '../store/submission-read.ts'
import type { NewSuppression } from '../store/suppression-write.ts'
import type { Outcome } from './outcome.ts'

/** Mailboxes are made anew, and large servers have said of all of theirs that there is none: then one more bounce is a small price. */
const BOUNCE_SECONDS = 90 * 86_400
const DETAIL_CHARS_MAX = 500

/** Those of an attempt whose refusal speaks of the address itself. What the server sends by itself suppresses nobody. */
export function refusedForGood(settled: readonly { row: DueRow; outcome: Outcome }[], now: number): NewSuppression[] {
  return settled.flatMap(({ row, outcome }) => {
    if (row.kind !== 'mail' || row.route !== 'provider' || outcome.kind !== 'permanent' || outcome.isProviders)
      return []
    const { smtp = null, code, detail } = outcome
    if (!speaksOfAddress({ smtp, code, text: detail })) return []
    return bounceOf(row.submission_id, row.address, detail, now) ?? []
  })
}

/** Null for what is no address. */
export function bounceOf(
  submissionId: number,
  written: string,
  detail: string | null,
  now: number,
): NewSuppression | null {
  const address = foldAddress(written)
  if (address === null) return null
  return {
    address,
    reason: 'bounce',
    detail: detail && clip(detail, DETAIL_CHARS_MAX),
    submission_id: submissionId,
    created_at: now,
    expires_at: now + BOUNCE_SECONDS,
  }
}
