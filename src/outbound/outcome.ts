/** What becomes of a recipient after an attempt: pure. */
import type { DeliveryChange } from '../events.ts'
import { clip, storable } from '../mime/storable.ts'
import type { RecipientChange } from '../store/recipient-write.ts'
import type { SubmissionRecipientRow } from '../store/schema.ts'
import type { SendOutcome } from './provider.ts'

export type Outcome = SendOutcome | { kind: 'suppressed'; detail: string }

/** A change, and what is told of it; null where nothing is that anybody waits for. */
export type Settlement = RecipientChange & { tell: DeliveryChange | null }

/** The first wait; each is four times the one before, since much trouble is short and the rest is long. */
const WAIT_SECONDS = 60
const WAIT_FACTOR = 4
const WAIT_SECONDS_MAX = 21_600
/** A daily limit, or an account that its operator has to mend, is not over in minutes. */
const LATER_SECONDS = 21_600
/** By so much a wait is longer or shorter, so that what failed together does not come back together. */
const JITTER = 0.2
/** After the time that it was to be sent at. RFC 5321 §4.5.4.1 asks for four to five days. */
export const GIVE_UP_SECONDS = 5 * 86_400
/** Of a provider's own words. */
export const DETAIL_CHARS_MAX = 500
export const CODE_CHARS_MAX = 100

export type Attempt = {
  /** Epoch seconds. */
  now: number
  /** From 0 to 1, drawn for this one. */
  chance: number
  provider: string | null
  /** The provider may be asked the same once more, or what became of it. */
  isAnswerable: boolean
  /** Whether a bounce message is to be written where it fails. */
  isTellable: boolean
}

/** `row` is as it stands while it is attempted: its count includes this attempt. */
export function settlementOf(
  row: SubmissionRecipientRow & { send_at: number },
  outcome: Outcome,
  attempt: Attempt,
): Settlement {
  const { now, provider, isTellable } = attempt
  const said = {
    provider: provider ?? row.provider,
    smtp: 'smtp' in outcome ? (outcome.smtp ?? null) : null,
    code: 'code' in outcome && outcome.code !== null ? clip(storable(outcome.code), CODE_CHARS_MAX) : null,
    detail: 'detail' in outcome ? clip(storable(outcome.detail), DETAIL_CHARS_MAX) : null,
  }
  const { status, next_at, tell } = verdictOf(row, outcome, attempt)
  const isLost = status === 'failed' || status === 'suppressed'
  const provider_id = outcome.kind === 'delivered' ? (outcome.providerId ?? null) : row.provider_id
  const to = { ...row, ...said, status, next_at, provider_id, dsn: isLost && isTellable ? 1 : row.dsn }
  return { n: row.n, was: row, to, entry: { at: now, status, ...said }, tell }
}

type Verdict = { status: SubmissionRecipientRow['status']; next_at: number | null; tell: DeliveryChange | null }

function verdictOf(
  row: Pick<SubmissionRecipientRow, 'attempts'> & { send_at: number },
  outcome: Outcome,
  { now, chance, isAnswerable }: Attempt,
): Verdict {
  const final = <Status extends SubmissionRecipientRow['status'] & DeliveryChange>(status: Status): Verdict => {
    return { status, next_at: null, tell: status }
  }
  switch (outcome.kind) {
    case 'delivered':
      return final('delivered')
    case 'suppressed':
      return final('suppressed')
    case 'unknown':
      if (!isAnswerable) return final('unknown')
      return { status: 'sending', next_at: now + jittered(waitSeconds(row.attempts), chance), tell: null }
    case 'permanent':
      // Also where the provider is to blame: what its operator can mend, such as a key, is 'later'. No other one has taken it.
      return final('failed')
    case 'later':
      return deferred(row, now + jittered(LATER_SECONDS, chance))
    case 'temporary':
      return deferred(row, now + jittered(waitSeconds(row.attempts), chance))
  }
}

function deferred({ send_at }: { send_at: number }, nextAt: number): Verdict {
  if (nextAt > send_at + GIVE_UP_SECONDS) return { status: 'failed', next_at: null, tell: 'failed' }
  return { status: 'deferred', next_at: nextAt, tell: 'deferred' }
}

function waitSeconds(attempts: number): number {
  return Math.min(WAIT_SECONDS * WAIT_FACTOR ** Math.max(attempts - 1, 0), WAIT_SECONDS_MAX)
}

function jittered(seconds: number, chance: number): number {
  return Math.round(seconds * (1 - JITTER + 2 * JITTER * chance))
}
