/**
 * Delivering to webhooks: what is due, at least once.
 *
 *   claim the webhooks that are due -> for each: claim a delivery -> attempt it -> write what became of it -> give the webhook back
 *
 * Invariants:
 *  - A delivery is claimed before it is sent, for two minutes: a worker that dies has it sent again. Its webhook-id is the
 *    event's and the same each time, so that a receiver can tell.
 *  - A webhook is one worker's at a time, and a slow one holds one of a few lanes for a bounded time, and no other webhook.
 *  - What waits for a webhook that fails is not used up: it is asked less and less often, one delivery at a time.
 *  - Nothing is sent for an account that is suspended or deleted.
 */

import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import type { WebhookDeliveryRow, WebhookRow } from '../store/schema.ts'
import { claimDelivery, settleDelivery } from '../store/webhook-delivery-write.ts'
import { isAccountShut, readDueDeliveries, readNextDue } from '../store/webhook-read.ts'
import { claimDueWebhooks, noteFailing, noteSucceeding, releaseWebhook } from '../store/webhook-write.ts'
import { type Attempt, attemptDelivery, isOverloaded } from './attempt-delivery.ts'
import { disable } from './disable-webhook.ts'
import { wakeWebhooks } from './wake-webhooks.ts'
import { ATTEMPTS_MAX, FAILING_SECONDS_MAX, pauseOf, waitAfter } from './webhook-schedule.ts'
import { openSecrets, type Secrets } from './webhook-secret.ts'

/** Webhooks in one run, and deliveries of each: some 10 queries a delivery, of the 1,000 that an invocation may make. */
const WEBHOOKS_A_RUN = 8
const DELIVERIES_A_TURN = 10
/** At once. A Worker has six connections, and the DNS is asked over them too. */
const LANES = 3
/** A webhook's turn: no new attempt begins after it. */
const TURN_MS = 20_000
/** Longer than a turn with its last attempt. */
const CLAIM_SECONDS = 120
/** How often webhooks of a suspended account are looked at. */
const SHUT_SECONDS = 3_600
/** Deliveries in a turn that may fail, each for itself. */
const FAILURES_A_TURN = 3

/** Delivers what is due in a shard. Throws where storage fails at the beginning; one webhook's failure does not stop the others. */
export async function deliverDue(deps: Deps, shard: number, webhooksMax = WEBHOOKS_A_RUN): Promise<void> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const now = seconds(deps)
  const webhooks = await db.all<WebhookRow>(claimDueWebhooks(now, now + CLAIM_SECONDS, webhooksMax))
  const waiting = [...webhooks]
  const lane = async () => {
    for (let webhook = waiting.shift(); webhook; webhook = waiting.shift()) await takeTurn(deps, webhook)
  }
  await Promise.all(Array.from({ length: Math.min(LANES, webhooks.length) }, lane))
  // A run that found nothing asks for no other: else each wake-up would live as long as anything waits, and each event adds one.
  const next = webhooks.length === 0 ? null : await readNextDue(db)
  if (next !== null) await wakeWebhooks(deps, shard, delayUntil(deps, next))
}

async function takeTurn(deps: Deps, webhook: WebhookRow): Promise<void> {
  try {
    const notBefore = await deliverTo(deps, webhook)
    await deps.stores.of(webhook.account_id).batch([releaseWebhook(webhook.id, notBefore)])
  } catch (error) {
    // Its claim ends by itself.
    deps.log({ level: 'error', at: 'webhooks', webhook: webhook.id, error: String(error) })
  }
}

/** Gives the second before which nothing more is to be sent to it. */
async function deliverTo(deps: Deps, webhook: WebhookRow): Promise<number> {
  const db = deps.stores.of(webhook.account_id)
  if (await isAccountShut(db, webhook.account_id)) return seconds(deps) + SHUT_SECONDS
  const secrets = await openSecrets(deps, webhook.account_id)
  if (!secrets) throw new Error('POSTERN_SECRET is not set')
  const endMs = deps.now() + TURN_MS
  let failures = 0
  for (const delivery of await readDueDeliveries(db, webhook.id, seconds(deps), DELIVERIES_A_TURN)) {
    if (deps.now() >= endMs) break
    const attempt = await deliverOne(deps, webhook, delivery, secrets)
    if (attempt === null || attempt.result === 'delivered') continue
    const now = seconds(deps)
    const since = await settleFailure(deps, webhook, delivery, attempt)
    if (since === null) return now
    if (attempt.result === 'unmade') continue
    if (isOverloaded(attempt) || ++failures >= FAILURES_A_TURN) return now + pauseOf(now - since, attempt.retryAfter)
  }
  return seconds(deps)
}

/** A worker that dies at every attempt writes nothing that could end it. */
const LOST: Attempt = { result: 'unmade', status: null, detail: 'No attempt came to an end.', retryAfter: null }

/** Null where another worker has it. What was delivered is written down. */
async function deliverOne(
  deps: Deps,
  webhook: WebhookRow,
  delivery: WebhookDeliveryRow,
  secrets: Secrets,
): Promise<Attempt | null> {
  const db = deps.stores.of(webhook.account_id)
  const claimed = await db.first<{ attempts: number }>(claimDelivery(delivery, seconds(deps) + CLAIM_SECONDS))
  if (!claimed) return null
  delivery.attempts = claimed.attempts
  if (claimed.attempts > ATTEMPTS_MAX) return LOST
  const attempt = await attemptDelivery(deps, webhook, delivery, secrets)
  if (attempt.result !== 'delivered') return attempt
  webhook.failing_since = null
  const result = { status: 'delivered' as const, next_at: null, response_status: attempt.status, detail: null }
  await db.batch([settleDelivery(delivery.id, result, seconds(deps)), noteSucceeding(webhook.id)])
  return attempt
}

/** Writes a failed attempt down. Gives since when the webhook fails; null where it was switched off for it. */
async function settleFailure(
  deps: Deps,
  webhook: WebhookRow,
  delivery: WebhookDeliveryRow,
  { result, status, detail, retryAfter }: Attempt,
): Promise<number | null> {
  const now = seconds(deps)
  const isReceivers = result !== 'unmade'
  const since = webhook.failing_since ?? now
  if (isReceivers) webhook.failing_since = since
  const wait = result === 'gone' ? null : waitAfter(delivery.attempts, retryAfter)
  const outcome = {
    status: wait === null ? ('failed' as const) : ('pending' as const),
    next_at: wait === null ? null : now + wait,
    response_status: status,
    detail,
  }
  const settled = [settleDelivery(delivery.id, outcome, now), ...(isReceivers ? [noteFailing(webhook.id, now)] : [])]
  if (result === 'gone' || (isReceivers && now - since >= FAILING_SECONDS_MAX)) {
    await disable(deps, webhook, result === 'gone' ? 'gone' : 'failing', settled)
    return null
  }
  await deps.stores.of(webhook.account_id).batch(settled)
  return since
}

// A second more where it is later: one that came a moment too early would find nothing, and be the last.
function delayUntil(deps: Deps, at: number): number {
  const delay = at - seconds(deps)
  return delay <= 0 ? 0 : delay + 1
}
