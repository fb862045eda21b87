/** When a delivery is tried again, and when a webhook is looked at again. Pure. */

/** Waits after each attempt, in seconds: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, then a day for two more. */
const WAITS_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 86_400, 86_400]
export const ATTEMPTS_MAX = WAITS_SECONDS.length + 1
/** Without any success for so long, a webhook is switched off. */
export const FAILING_SECONDS_MAX = 5 * 86_400
/** A receiver that asks for more than this is asked at the next day all the same. */
const RETRY_AFTER_SECONDS_MAX = 86_400
/** How long one that fails is left alone before the next of its deliveries: a tenth of the time that it has failed, in these bounds. */
const PAUSE_SECONDS_MIN = 5
const PAUSE_SECONDS_MAX = 1_800

/** Seconds until the next attempt after so many; null: there is none. `retryAfter` is what the receiver asks for. */
export function waitAfter(attempts: number, retryAfter: number | null): number | null {
  const wait = WAITS_SECONDS[attempts - 1]
  return wait === undefined ? null : Math.max(wait, retryAfter ?? 0)
}

/** Seconds in which nothing more is sent to a webhook that has failed for so long, and may have asked for a time itself. */
export function pauseOf(failingSeconds: number, retryAfter: number | null): number {
  const pause = Math.min(Math.max(Math.floor(failingSeconds / 10), PAUSE_SECONDS_MIN), PAUSE_SECONDS_MAX)
  return Math.max(pause, retryAfter ?? 0)
}

/** Retry-After (RFC 9110 §10.2.3) in seconds from now, bounded; null for what cannot be read. */
export function readRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), RETRY_AFTER_SECONDS_MAX)
  // A date begins with its day; the runtime would read years out of other things.
  const wanted = /^[A-Za-z]{3}/.test(text) ? Math.ceil((Date.parse(text) - nowMs) / 1000) : Number.NaN
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), RETRY_AFTER_SECONDS_MAX) : null
}
