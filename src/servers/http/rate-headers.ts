/**
 * Rate limits on the wire: RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), Retry-After, and 429.
 * The numbers are those of one isolate: a client that keeps to them may be refused all the same, and then waits.
 */
import { type Rate, WINDOW_SECONDS } from '../../access/rate-limit.ts'
import { Problem } from './errors.ts'

/** Every answer to a valid key carries them. */
export function rateHeaders({ limit, remaining, resetSeconds }: Rate): Record<string, string> {
  return {
    'ratelimit-policy': `"default";q=${limit};w=${WINDOW_SECONDS}`,
    ratelimit: `"default";r=${remaining};t=${resetSeconds}`,
  }
}

export function refuseExceeded(rate: Rate, what: string): void {
  if (!rate.isExceeded) return
  throw new Problem('rate-limited', `${what} Try again in ${rate.resetSeconds} seconds.`, {
    headers: { 'retry-after': String(rate.resetSeconds) },
  })
}
