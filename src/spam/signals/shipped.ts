/** What the shipped model says: only against a message, and less the more the account has taught its own. */
import { type Finding, found } from '../finding.ts'
import type { SpamInput } from '../input.ts'
import { shippedOpinion } from '../shipped/shipped.ts'

/** Shares nearer to nothing than this are not worth a line. */
const SHARE_MIN = 0.05

export function shippedSignals({ message, learned, withShipped = true }: SpamInput): Finding[] {
  if (!withShipped) return []
  const share = shippedOpinion(message, learned ? learned.counts.hamN + learned.counts.spamN : 0)
  return share >= SHARE_MIN ? [found('SHIPPED_SPAM', '', share)] : []
}
