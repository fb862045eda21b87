/** One attempt at one delivery: the payload made afresh, signed, handed over through the guard, and what became of it. */

import type { Deps } from '../deps.ts'
import { guardedFetch } from '../egress/guarded-fetch.ts'
import { isFailure } from '../errors.ts'
import type { PosternEvent } from '../events.ts'
import { seconds } from '../seconds.ts'
import type { WebhookDeliveryRow, WebhookRow } from '../store/schema.ts'
import type { Payload } from './payload.ts'
import { readRetryAfter } from './webhook-schedule.ts'
import type { Secrets } from './webhook-secret.ts'

export type Attempt = {
  /** 'gone': the receiver asks for nothing more, ever. 'unmade': nothing was sent, and it is not the receiver's fault. */
  result: 'delivered' | 'failed' | 'gone' | 'unmade'
  /** Null where there was no answer. */
  status: number | null
  detail: string | null
  /** Seconds that the receiver asks for. */
  retryAfter: number | null
}

/** Answers of a receiver that is not there or has too much to do: what else waits for it would fare no better. */
const OVERLOADED = [429, 502, 503, 504]

export async function attemptDelivery(
  deps: Deps,
  webhook: Pick<WebhookRow, 'account_id' | 'url' | 'origin' | 'secrets'>,
  delivery: WebhookDeliveryRow,
  secrets: Secrets,
): Promise<Attempt> {
  const made = await payloadFor(deps, webhook, delivery)
  if (!made) return { result: 'unmade', status: null, detail: 'The payload could not be made.', retryAfter: null }
  const { id, body } = made
  const timestamp = seconds(deps)
  const answer = await guardedFetch(deps, webhook.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Postern',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': await secrets.sign(webhook.secrets, id, timestamp, body),
    },
    body,
    wants: 'status',
    ownOrigin: webhook.origin,
  })
  if (isFailure(answer)) return { result: 'failed', status: null, detail: answer.detail, retryAfter: null }
  const { status, headers } = answer
  const retryAfter = readRetryAfter(headers.get('retry-after'), deps.now())
  if (status >= 200 && status < 300) return { result: 'delivered', status, detail: null, retryAfter: null }
  return { result: status === 410 ? 'gone' : 'failed', status, detail: `The receiver answered ${status}.`, retryAfter }
}

// Storage may fail for a while; a message that can never be read must not stand in the way of others.
async function payloadFor(
  deps: Deps,
  { account_id: accountId, origin }: Pick<WebhookRow, 'account_id' | 'origin'>,
  delivery: WebhookDeliveryRow,
): Promise<Payload | null> {
  const event = JSON.parse(delivery.event) as PosternEvent
  // A test has no place among the events: it is known by its own number.
  const n = delivery.kind === 'test' ? delivery.id : delivery.n
  try {
    return await deps.payloadOf({ accountId, modseq: delivery.modseq, n, at: delivery.event_at, event }, origin)
  } catch (error) {
    deps.log({ level: 'error', at: 'webhooks.payload', delivery: delivery.id, error: String(error) })
    return null
  }
}

/** Whether there is no use in sending the receiver more for now. */
export function isOverloaded({ status }: Attempt): boolean {
  return status === null || OVERLOADED.includes(status)
}
