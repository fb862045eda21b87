/**
 * Idempotency-Key: the first request under a key is carried out, and every later one with the same body gets its answer.
 *
 * Invariants:
 *  - A key means something only to whoever sent it: account, API key, method and path with query are part of it. A key that
 *    is bound to one address never sees the answer of another key.
 *  - The claim is written before anything is done. Where it cannot be written, nothing is done.
 *  - A claim is settled only by the request that made it (its mark): one that was taken over can no longer answer for it.
 *
 * A Worker that dies between its work and its answer leaves a claim that is taken over after CLAIM_SECONDS; what it did
 * is then done again. Operations that must not be, such as import and sending, derive their names from the key besides.
 */

import type { Deps } from '../deps.ts'
import { TemporaryError } from '../errors.ts'
import { seconds } from '../seconds.ts'
import { type ClaimRow, deleteClaim, insertClaim, readKept, settleClaim } from '../store/idempotency.ts'
import type { Principal } from './scopes.ts'
import { base32, hashToken } from './secrets.ts'

/** For how long a key gives the first answer. */
export const KEPT_SECONDS = 86_400
/** A request that has not ended by now died: the longest, an import of 25 MB over a slow line, is shorter. */
export const CLAIM_SECONDS = 5 * 60
/** No answer to what makes a thing is larger, so what is larger is not worth its rows: the key is free again. */
export const KEPT_BYTES_MAX = 64 * 1024
/** Between a claim that fails and the look at what stands there, the other may give up: then it is tried again. */
const CLAIM_ATTEMPTS = 3
const MARK_BYTES = 10

export type KeyedRequest = {
  principal: Principal
  method: string
  /** Path and query, as they were sent. */
  target: string
  key: string
  body: ArrayBuffer
}

export type KeptAnswer = { status: number; headers: Record<string, string>; body: string | null }

export type Claim = ClaimRow

export type Claimed =
  | { kind: 'claimed'; claim: Claim }
  | { kind: 'answered'; answer: KeptAnswer }
  | { kind: 'in-flight' }
  | { kind: 'other-body' }

/** Claims the key for this request, or says what stands under it. Throws TemporaryError where that cannot be known. */
export async function claimKey(deps: Deps, request: KeyedRequest): Promise<Claimed> {
  const [key, digest] = await Promise.all([hashToken(scopeOf(request)), crypto.subtle.digest('SHA-256', request.body)])
  const claim = { accountId: accountOf(request.principal), key, mark: base32(deps.random(MARK_BYTES)) }
  const db = deps.stores.of(claim.accountId)
  const body = new Uint8Array(digest)
  const now = seconds(deps)
  const times = { now, oldest: now - KEPT_SECONDS, dead: now - CLAIM_SECONDS }
  try {
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
      if (await db.first(insertClaim(claim, body, times))) return { kind: 'claimed', claim }
      const kept = await readKept(db, claim, body)
      if (!kept) continue
      if (!kept.same) return { kind: 'other-body' }
      if (kept.status === null) return { kind: 'in-flight' }
      const headers = JSON.parse(kept.headers ?? '{}') as Record<string, string>
      return { kind: 'answered', answer: { status: kept.status, headers, body: kept.body } }
    }
  } catch (error) {
    deps.log({ level: 'error', at: 'idempotency.claim', error: String(error) })
    // The claim may stand although its answer was lost; nobody would ever settle it.
    deps.background(releaseKey(deps, claim))
    throw new TemporaryError('the key could not be claimed', { cause: error })
  }
  return { kind: 'in-flight' }
}

/**
 * Keeps the answer for later requests. What was done is done: a failure is logged, and the claim stays until it is taken
 * over.
 */
export async function keepAnswer(deps: Deps, claim: Claim, answer: KeptAnswer): Promise<void> {
  const row = { ...answer, headers: JSON.stringify(answer.headers) }
  await attempt(deps, 'idempotency.keep', () => deps.stores.of(claim.accountId).all(settleClaim(claim, row)))
}

/** Frees the key: nothing was done, or the answer is none to keep. */
export async function releaseKey(deps: Deps, claim: Claim): Promise<void> {
  await attempt(deps, 'idempotency.release', () => deps.stores.of(claim.accountId).all(deleteClaim(claim)))
}

// A second try follows at once: most faults of D1 are over by then.
async function attempt(deps: Deps, at: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write().catch(write)
  } catch (error) {
    deps.log({ level: 'error', at, error: String(error) })
  }
}

function accountOf(principal: Principal): number {
  return principal.kind === 'admin' ? 0 : principal.accountId
}

function scopeOf({ principal, method, target, key }: KeyedRequest): string {
  return JSON.stringify([principal.kind === 'admin' ? 'admin' : principal.keyId, method, target, key])
}
