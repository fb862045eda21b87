/** Statements over the deliveries of webhooks. */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import type { EventPlace } from './event-read.ts'
import { among, type OutboxKey } from './outbox.ts'
import type { WebhookDeliveryRow } from './schema.ts'

const INTO = sql`insert into webhook_deliveries
  (account_id, webhook_id, kind, modseq, n, event, event_at, status, next_at, created_at, updated_at)`

/** Which webhooks hear an event: notify/event-types.ts says the same. */
function hears(webhook: SQL, event: SQL): SQL {
  const type = sql`${event} ->> 'type'`
  return sql`exists (select 1 from json_each(${webhook}) f where f.value = '*' or f.value = ${type}
    or (substr(f.value, -2) = '.*' and substr(${type}, 1, length(f.value) - 1) = substr(f.value, 1, length(f.value) - 1)))`
}

/** One delivery for each event that still stands in the outbox and each webhook that hears it. */
export function deliverEvents(keys: readonly OutboxKey[], now: number): SQL {
  return sql`${INTO} select o.account_id, w.id, 'event', o.modseq, o.n, o.event, o.at, 'pending', ${int(now)}, ${int(now)}, ${int(now)}
    from outbox o cross join webhooks w on w.account_id = o.account_id and w.enabled = 1 and ${hears(sql`w.events`, sql`o.event`)}
    where ${among(keys, 'o')} order by o.account_id, o.modseq, o.n, w.id`
}

/**
 * Delivers kept events of an account once more: those after `since`, up to and with the place `upTo`. Returns their ids.
 */
export function replayEvents(
  webhook: { id: number; account_id: number },
  since: EventPlace,
  upTo: EventPlace,
  now: number,
): SQL {
  return sql`${INTO} select e.account_id, w.id, 'replay', e.modseq, e.n, e.event, e.at, 'pending', ${int(now)}, ${int(now)}, ${int(now)}
    from events e cross join webhooks w on w.id = ${webhook.id} and ${hears(sql`w.events`, sql`e.event`)}
    where e.account_id = ${webhook.account_id} and (e.modseq, e.n) > (${since.modseq}, ${since.n})
      and (e.modseq, e.n) <= (${upTo.modseq}, ${upTo.n}) order by e.modseq, e.n returning id`
}

/** Returns the new row. */
export function insertDelivery(
  row: Pick<WebhookDeliveryRow, 'account_id' | 'webhook_id' | 'kind' | 'modseq' | 'n' | 'event' | 'event_at'>,
  now: number,
): SQL {
  return sql`${INTO} values (${int(row.account_id)}, ${int(row.webhook_id)}, ${row.kind}, ${int(row.modseq)}, ${int(row.n)},
    ${row.event}, ${int(row.event_at)}, 'pending', ${int(now)}, ${int(now)}, ${int(now)}) returning *`
}

/** Takes a delivery into work: it is due again at `until`, whatever becomes of this attempt. No row: another has it. */
export function claimDelivery({ id, next_at }: Pick<WebhookDeliveryRow, 'id' | 'next_at'>, until: number): SQL {
  return sql`update webhook_deliveries set attempts = attempts + 1, next_at = ${until}
    where id = ${id} and next_at = ${next_at} returning attempts`
}

/** What became of an attempt. */
export function settleDelivery(
  id: number,
  result: Pick<WebhookDeliveryRow, 'status' | 'next_at' | 'response_status' | 'detail'>,
  now: number,
): SQL {
  const { status, next_at, response_status, detail } = result
  return sql`update webhook_deliveries set status = ${status}, next_at = ${next_at}, response_status = ${response_status},
    detail = ${detail}, updated_at = ${now} where id = ${id} and status = 'pending'`
}

/** Forgets deliveries, of whatever account, that were made before a second; at most `limit`. */
export function forgetDeliveries(before: number, limit: number): SQL {
  return sql`delete from webhook_deliveries where id in
    (select id from webhook_deliveries where created_at < ${before} order by created_at limit ${limit})`
}
