/**
 * What comes back: a report is tied to its submission, noted there (record.ts), and where it is proven and speaks of the address
 * itself, the account does not write to that address any more.
 *
 * What is believed, and how far:
 *  - A provider's event was signed by it, or came with its password (servers/http/routes/provider-events.ts): it is proof. So is a
 *    bounce to an envelope sender of ours (VERP): nobody but that very recipient's servers has it.
 *  - A bounce that only names a Message-ID is a claim: whoever got the message can write one, about any of its recipients. It may
 *    mark a recipient of that very submission, no more. It suppresses him only where the report is proven to be of his own
 *    domain, and from an address that no user of it can have.
 *  - Of whom a report speaks is never taken from the report, but from the submission.
 *
 * Invariants: what is only for now suppresses nobody. Mail that the server sends by itself (forwards, answers) suppresses nobody:
 * who reads a forwarded message as spam complains about its author. Everything may be done twice.
 */

import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { wakeOutbox } from '../notify/outbox.ts'
import { seconds } from '../seconds.ts'
import { shardOf } from '../store/ids.ts'
import type { SubmissionRecipientRow, SubmissionRow } from '../store/schema.ts'
import { putSuppressions } from '../store/suppression-write.ts'
import { isAligned } from '../verify/alignment.ts'
import { bounceOf } from './hard-failure.ts'
import { type Report, recordOutcome, type Which } from './record.ts'

export type Proof =
  | { kind: 'provider' }
  | { kind: 'return-path' }
  /** `authority` is the domain that the report is proven to come from, from an address that is the domain's own; null: of nobody. */
  | { kind: 'claim'; authority: string | null }

export type Finding = Report & {
  /** It speaks of the address: nothing written to it will ever arrive. */
  isHard: boolean
  proof: Proof
}

export type Applied = 'recorded' | 'repeated' | 'not-found'

/** Notes what a report says of one recipient, and suppresses him where that is due. Throws where storage fails. */
export async function applyFinding(deps: Deps, which: Which, finding: Finding): Promise<Applied> {
  const { isHard: _, proof, ...report } = finding
  const recorded = await recordOutcome(deps, which, report)
  if (recorded.kind === 'no-such-recipient') return 'not-found'
  const { submission, recipient } = recorded
  if (recorded.kind === 'recorded') deps.background(wakeOutbox(deps, shardOf(submission.account_id)))
  // Also where it was known: whoever noted it may have died before this.
  if (isToSuppress(finding, submission, recipient)) await suppress(deps, submission, recipient, finding)
  deps.log({
    level: 'info',
    at: 'outbound.feedback',
    submission: submission.id,
    n: recipient.n,
    status: finding.status,
    proof: proof.kind,
    outcome: recorded.kind,
  })
  return recorded.kind
}

/** Pure. */
function isToSuppress(
  { status, isHard, proof }: Pick<Finding, 'status' | 'isHard' | 'proof'>,
  submission: Pick<SubmissionRow, 'kind'>,
  recipient: Pick<SubmissionRecipientRow, 'address' | 'attempts'>,
): boolean {
  if (submission.kind !== 'mail' || recipient.attempts === 0) return false
  const isGrave = status === 'complained' || (isHard && (status === 'bounced' || status === 'failed'))
  if (!isGrave) return false
  if (proof.kind !== 'claim') return true
  return isAligned(proof.authority, domainOf(recipient.address))
}

function domainOf(address: string): string | null {
  const folded = foldAddress(address)
  return folded === null ? null : splitAddress(folded).domain
}

async function suppress(
  deps: Deps,
  { account_id: accountId, id }: SubmissionRow,
  { address: written }: SubmissionRecipientRow,
  { status, detail }: Finding,
): Promise<void> {
  const now = seconds(deps)
  const bounce = bounceOf(id, written, detail, now)
  if (!bounce) return
  const row = status === 'complained' ? { ...bounce, reason: 'complaint' as const, expires_at: null } : bounce
  await deps.stores.of(accountId).batch([putSuppressions(accountId, [row], now)])
}
