/** What becomes of a recipient after an attempt: pure. */
import { clip } from '../mime/storable.ts'
import type { Result } from '../store/submission-write.ts'
import type { SendOutcome } from './provider.ts'

export type Outcome = SendOutcome

/** Waits after each attempt that failed for now: soon at first, since much trouble is short. */
const BACKOFF_SECONDS = [60, 300, 1_800, 7_200, 21_600]
/** A daily limit is not over in minutes. */
const LATER_SECONDS = 21_600
/** Then the sender is told that it failed: people expect mail, or word of it, within two days. */
export const GIVE_UP_SECONDS = 2 * 86_400
/** Of a provider's own words. */
export const DETAIL_CHARS_MAX = 500
export const CODE_CHARS_MAX = 100

/** `attempts` counts the one that ended so; `createdAt` and `now` are epoch seconds. */
export function resultOf(outcome: Outcome, at: { attempts: number; createdAt: number; now: number }): Result {
  if (outcome.kind === 'delivered')
    return { status: 'delivered', code: null, detail: null, provider_id: outcome.providerId, next_at: null }
  const said = {
    code: outcome.code && clip(outcome.code, CODE_CHARS_MAX),
    detail: clip(outcome.detail, DETAIL_CHARS_MAX),
    provider_id: null,
  }
  if (outcome.kind === 'unknown') return { ...said, status: 'unknown', next_at: null }
  const next = at.now + waitSeconds(outcome.kind, at.attempts)
  if (outcome.kind === 'permanent' || next > at.createdAt + GIVE_UP_SECONDS)
    return { ...said, status: 'failed', next_at: null }
  return { ...said, status: 'deferred', next_at: next }
}

function waitSeconds(kind: 'temporary' | 'later' | 'permanent', attempts: number): number {
  if (kind === 'later') return LATER_SECONDS
  return BACKOFF_SECONDS[Math.min(attempts, BACKOFF_SECONDS.length) - 1] ?? LATER_SECONDS
}
