/** Statements over webhooks. */
import { type SQL, sql } from 'drizzle-orm'
import { int, integers } from './database.ts'
import type { WebhookRow } from './schema.ts'

export type NewWebhook = Pick<
  WebhookRow,
  'account_id' | 'url' | 'description' | 'events' | 'origin' | 'secrets' | 'enabled'
>

/** Returns the new row, or none where the account has `max` already. */
export function insertWebhook(row: NewWebhook, now: number, max: number): SQL {
  return sql`insert into webhooks (account_id, url, description, events, origin, secrets, enabled, version, created_at, updated_at)
    select ${int(row.account_id)}, ${row.url}, ${row.description}, ${row.events}, ${row.origin}, ${row.secrets},
      ${int(row.enabled)}, 1, ${int(now)}, ${int(now)}
    where (select count(*) from webhooks where account_id = ${row.account_id}) < ${max} returning *`
}

/**
 * Writes what its owner has changed, over the version that he read; returns the row. One that is switched on goes on with what
 * waits; nothing that the server has found out about it counts any more.
 */
export function changeWebhook(
  row: Pick<WebhookRow, 'id' | 'version' | 'url' | 'description' | 'events' | 'origin' | 'enabled'>,
  isSwitchedOn: boolean,
  now: number,
): SQL {
  const fresh = isSwitchedOn ? sql`, disabled_reason = null, failing_since = null` : sql``
  const due = row.enabled === 1 ? firstDue(sql`webhooks.id`) : sql`null`
  return sql`update webhooks set url = ${row.url}, description = ${row.description}, events = ${row.events},
      origin = ${row.origin}, enabled = ${row.enabled}, due_at = ${due}, version = version + 1, updated_at = ${now} ${fresh}
    where id = ${row.id} and version = ${row.version} returning *`
}

/** Writes other secrets over the version that was read; returns the row. */
export function putSecrets({ id, version }: Pick<WebhookRow, 'id' | 'version'>, secrets: string, now: number): SQL {
  return sql`update webhooks set secrets = ${secrets}, version = version + 1, updated_at = ${now}
    where id = ${id} and version = ${version} returning *`
}

/** Deliveries that go with a webhook at once; what it has more of is forgotten by its age. */
const DELETED_MAX = 2_000

/** The first statement returns the id where there was one. */
export function deleteWebhook(accountId: number, id: number): SQL[] {
  return [
    sql`delete from webhooks where id = ${id} and account_id = ${accountId} returning id`,
    sql`delete from webhook_deliveries where id in
      (select id from webhook_deliveries where webhook_id = ${id} and account_id = ${accountId} limit ${DELETED_MAX})`,
  ]
}

/** Switches it off. Rolls its batch back where its owner has changed or deleted it meanwhile, or another worker was first: isStaleWebhook. */
export function disableWebhook(
  { id, version }: Pick<WebhookRow, 'id' | 'version'>,
  reason: string,
  now: number,
): SQL[] {
  return [
    // An update of what is gone would fail for nobody: a row that cannot be does.
    sql`insert into webhooks (id, account_id) select ${id}, null where not exists (select 1 from webhooks where id = ${id})`,
    sql`update webhooks set enabled = iif(enabled = 1 and version = ${version}, 0, null), disabled_reason = ${reason},
    due_at = null, version = version + 1, updated_at = ${now} where id = ${id}`,
  ]
}

/** Takes up to `limit` webhooks that are due, the longest due first, for one worker alone. Returns them. */
export function claimDueWebhooks(now: number, until: number, limit: number): SQL {
  return sql`update webhooks set claimed_until = ${until} where id in (select id from webhooks
    where due_at is not null and due_at <= ${now} and claimed_until <= ${now} and enabled = 1
    order by due_at limit ${limit}) returning *`
}

/** Gives a webhook back: it is due when its first delivery is, but not before `notBefore`. */
export function releaseWebhook(id: number, notBefore: number): SQL {
  return sql`update webhooks set claimed_until = 0, due_at = iif(enabled = 1, max(${int(notBefore)}, ${firstDue(sql`webhooks.id`)}), null)
    where id = ${id}`
}

/** Notes that a delivery has failed, or that one has succeeded. */
export function noteFailing(id: number, since: number): SQL {
  return sql`update webhooks set failing_since = ${since} where id = ${id} and failing_since is null`
}

export function noteSucceeding(id: number): SQL {
  return sql`update webhooks set failing_since = null where id = ${id} and failing_since is not null`
}

/**
 * Has those of these accounts' webhooks looked at that have something due. One that fails keeps its own time: what is new does not
 * hurry it. Returns them.
 */
export function makeDue(accountIds: readonly number[], now: number): SQL {
  return sql`update webhooks set due_at = ${now} where account_id in (${integers(accountIds)}) and enabled = 1
    and (due_at is null or (due_at > ${now} and failing_since is null))
    and exists (select 1 from webhook_deliveries where webhook_id = webhooks.id and next_at <= ${now}) returning id`
}

/** The same of one webhook, whatever its time is. */
export function makeDueNow(id: number, now: number): SQL {
  return sql`update webhooks set due_at = ${now} where id = ${id} and enabled = 1`
}

function firstDue(id: SQL): SQL {
  return sql`(select min(next_at) from webhook_deliveries where webhook_id = ${id} and next_at is not null)`
}
