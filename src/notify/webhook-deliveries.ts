/** What was delivered to a webhook, and having some of it delivered once more, or a test. */

import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import type { PosternEvent } from '../events.ts'
import { seconds } from '../seconds.ts'
import type { Statement } from '../store/database.ts'
import { isKeptEvent, readEvents } from '../store/event-read.ts'
import { shardOf } from '../store/ids.ts'
import type { WebhookDeliveryRow } from '../store/schema.ts'
import { insertDelivery, replayEvents } from '../store/webhook-delivery-write.ts'
import { pageDeliveries, readDelivery } from '../store/webhook-read.ts'
import { makeDueNow } from '../store/webhook-write.ts'
import type { EventPlace } from './events.ts'
import { wakeWebhooks } from './wake-webhooks.ts'
import { getWebhook, type Webhook } from './webhooks.ts'

/** The log is kept as long as the events. */
export const DELIVERY_SECONDS = 30 * 86_400
/** Events that one call of replaySince looks at. */
const REPLAYED_MAX = 500

/** Times are epoch seconds. */
export type WebhookDelivery = {
  id: number
  accountId: number
  kind: WebhookDeliveryRow['kind']
  /** The place of its event; a test has none of its own. */
  place: EventPlace
  type: PosternEvent['type']
  status: WebhookDeliveryRow['status']
  attempts: number
  nextAt: number | null
  responseStatus: number | null
  detail: string | null
  createdAt: number
  updatedAt: number
}

/** Deliveries of a webhook below the id `before`, newest first. */
export async function listDeliveries(
  deps: Deps,
  accountId: number,
  webhookId: number,
  before: number,
  limit: number,
): Promise<WebhookDelivery[]> {
  return (await pageDeliveries(deps.stores.of(accountId), webhookId, before, limit)).map(deliveryOf)
}

/** Sends an event that means nothing. */
export async function testWebhook(deps: Deps, accountId: number, id: number): Promise<WebhookDelivery | Failure> {
  const webhook = await open(deps, accountId, id)
  if (isFailure(webhook)) return webhook
  const now = seconds(deps)
  const event: PosternEvent = { type: 'webhook.test', webhook: id }
  const row = { kind: 'test' as const, modseq: 0, n: 0, event: JSON.stringify(event), event_at: now }
  return await deliverSoon(
    deps,
    webhook,
    accountId,
    insertDelivery({ ...row, account_id: accountId, webhook_id: id }, now),
  )
}

/** Sends once more what was sent before, whatever became of it. */
export async function replayDelivery(
  deps: Deps,
  accountId: number,
  id: number,
  deliveryId: number,
): Promise<WebhookDelivery | Failure> {
  const webhook = await open(deps, accountId, id)
  if (isFailure(webhook)) return webhook
  const row = await readDelivery(deps.stores.of(accountId), id, deliveryId)
  if (!row) return fail('not-found', 'There is no such delivery.')
  const kind = row.kind === 'test' ? 'test' : 'replay'
  return await deliverSoon(deps, webhook, accountId, insertDelivery({ ...row, kind }, seconds(deps)))
}

export type Replayed = { count: number; next: EventPlace; more: boolean }

/** Sends events once more that are kept: those after `since` which the webhook hears, some hundred in a call. */
export async function replaySince(
  deps: Deps,
  accountId: number,
  id: number,
  since: EventPlace,
): Promise<Replayed | Failure> {
  const webhook = await open(deps, accountId, id)
  if (isFailure(webhook)) return webhook
  const db = deps.stores.of(accountId)
  const [isKept, rows] = await Promise.all([
    since.modseq === 0 || isKeptEvent(db, accountId, since),
    readEvents(db, accountId, since, REPLAYED_MAX + 1),
  ])
  if (!isKept) return fail('gone', 'That event is not kept any more.')
  const last = rows.slice(0, REPLAYED_MAX).at(-1)
  if (!last) return { count: 0, next: since, more: false }
  const now = seconds(deps)
  const [made] = await db.batch([replayEvents({ id, account_id: accountId }, since, last, now), makeDueNow(id, now)])
  deps.background(wakeWebhooks(deps, shardOf(accountId)))
  return { count: made?.length ?? 0, next: { modseq: last.modseq, n: last.n }, more: rows.length > REPLAYED_MAX }
}

async function open(deps: Deps, accountId: number, id: number): Promise<Webhook | Failure> {
  const webhook = await getWebhook(deps, accountId, id)
  if (!webhook) return fail('not-found', 'There is no such webhook.')
  return webhook.enabled ? webhook : fail('conflict', 'The webhook is switched off: switch it on first.')
}

async function deliverSoon(
  deps: Deps,
  { id }: Webhook,
  accountId: number,
  insertion: Statement,
): Promise<WebhookDelivery> {
  const [made] = await deps.stores.of(accountId).batch([insertion, makeDueNow(id, seconds(deps))])
  const row = made?.[0] as WebhookDeliveryRow | undefined
  if (!row) throw new Error('the delivery was not returned')
  deps.background(wakeWebhooks(deps, shardOf(accountId)))
  return deliveryOf(row)
}

function deliveryOf(row: WebhookDeliveryRow): WebhookDelivery {
  const { type } = JSON.parse(row.event) as PosternEvent
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    place: { modseq: row.modseq, n: row.kind === 'test' ? row.id : row.n },
    type,
    status: row.status,
    attempts: row.attempts,
    nextAt: row.next_at,
    responseStatus: row.response_status,
    detail: row.detail,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
