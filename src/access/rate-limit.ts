/**
 * Rate limits: requests of one key, and wrong keys from one address.
 *
 * Cloudflare's rate limiting bindings count over all isolates of a location, but tell no number. So each isolate counts
 * in windows of its own besides: that gives the number that clients see, which is a hint, and it refuses too. Neither is
 * exact, and nothing but load rests on them: keys are too long to be guessed at any rate.
 */
import type { Deps } from '../deps.ts'
import type { Principal } from './scopes.ts'

/** Ten a second, sustained: more than an agent or a mail client needs. `[[ratelimits]]` in wrangler.toml says the same. */
export const REQUESTS_PER_MINUTE = 600
/** A forgotten script with a revoked key stays below; a search through keys does not. */
export const FAILURES_PER_MINUTE = 60
export const WINDOW_SECONDS = 60
/** Keys and addresses that an isolate counts at once: some megabyte. Beyond it the oldest windows are forgotten. */
const WINDOWS_MAX = 10_000

export type Rate = { limit: number; remaining: number; resetSeconds: number; isExceeded: boolean }

/** What Cloudflare's binding does; null in Limiter where none is bound. */
export type RateBinding = { limit(options: { key: string }): Promise<{ success: boolean }> }

export type Limiter = {
  windows: RateWindows
  requestsPerMinute: number
  failuresPerMinute: number
  requests: RateBinding | null
  failures: RateBinding | null
}

type Window = { beganMs: number; count: number }

/** Fixed windows that begin with the first count. */
export class RateWindows {
  readonly #windows = new Map<string, Window>()

  count(key: string, limit: number, nowMs: number, by = 1): Rate {
    const window = this.#open(key, nowMs)
    window.count += by
    return rateOf(window, limit, nowMs)
  }

  /** What a count of one more would give, without counting it. */
  peek(key: string, limit: number, nowMs: number): Rate {
    const { beganMs, count } = this.#live(key, nowMs) ?? { beganMs: nowMs, count: 0 }
    return rateOf({ beganMs, count: count + 1 }, limit, nowMs)
  }

  #live(key: string, nowMs: number): Window | null {
    const window = this.#windows.get(key)
    const age = nowMs - (window?.beganMs ?? 0)
    return window && age >= 0 && age < WINDOW_SECONDS * 1000 ? window : null
  }

  // A map keeps the order of insertion, so the first is the oldest.
  #open(key: string, nowMs: number): Window {
    const live = this.#live(key, nowMs)
    if (live) return live
    this.#windows.delete(key)
    const [oldest] = this.#windows.keys()
    if (oldest !== undefined && this.#windows.size >= WINDOWS_MAX) this.#windows.delete(oldest)
    const window = { beganMs: nowMs, count: 0 }
    this.#windows.set(key, window)
    return window
  }
}

/** Counts a request of a key that is valid. */
export function countRequest(deps: Deps, principal: Principal): Promise<Rate> {
  const { requests, requestsPerMinute } = deps.limiter
  return count(deps, principal.kind === 'admin' ? 'admin' : `key:${principal.keyId}`, requestsPerMinute, requests)
}

/** Whether an address has sent too many wrong keys to be heard now. Counts nothing. */
export function rateOfFailures(deps: Deps, address: string | null): Rate {
  return deps.limiter.windows.peek(failureKey(address), deps.limiter.failuresPerMinute, deps.now())
}

/** Counts a key that is not valid. */
export function countFailure(deps: Deps, address: string | null): Promise<Rate> {
  const { failures, failuresPerMinute } = deps.limiter
  return count(deps, failureKey(address), failuresPerMinute, failures)
}

async function count(deps: Deps, key: string, limit: number, binding: RateBinding | null): Promise<Rate> {
  const rate = deps.limiter.windows.count(key, limit, deps.now())
  if (rate.isExceeded || binding === null || (await isWithin(deps, binding, key))) return rate
  // Other isolates have had the rest: this one need not ask again in this window.
  return deps.limiter.windows.count(key, limit, deps.now(), limit)
}

// A limiter that fails lets through: it is there for load, and mail is not to wait for it.
async function isWithin(deps: Deps, binding: RateBinding, key: string): Promise<boolean> {
  try {
    return (await binding.limit({ key })).success
  } catch (error) {
    deps.log({ level: 'error', at: 'rate-limit', error: String(error) })
    return true
  }
}

function rateOf({ beganMs, count }: Window, limit: number, nowMs: number): Rate {
  const resetSeconds = Math.max(1, Math.ceil((beganMs + WINDOW_SECONDS * 1000 - nowMs) / 1000))
  return { limit, remaining: Math.max(0, limit - count), resetSeconds, isExceeded: count > limit }
}

// Whoever has an IPv6 address has all of its /64. Without an address all are one client: that is a local server.
function failureKey(address: string | null): string {
  if (!address?.includes(':')) return `from:${address ?? ''}`
  const [head = '', tail] = address.toLowerCase().split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const after = tail === undefined ? [] : tail.split(':').filter((group) => group !== '')
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0')
  return `from:${[...groups, ...zeros, ...after].slice(0, 4).join(':')}`
}
