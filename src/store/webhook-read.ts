/** Reading webhooks, and what was and is to be delivered to them. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { WebhookDeliveryRow, WebhookRow } from './schema.ts'

/** Webhooks of an account above `after`, in id order. */
export function pageWebhooks(db: Database, accountId: number, after: number, limit: number): Promise<WebhookRow[]> {
  return db.all<WebhookRow>(
    sql`select * from webhooks where account_id = ${accountId} and id > ${after} order by id limit ${limit}`,
  )
}

export function readWebhook(db: Database, accountId: number, id: number): Promise<WebhookRow | null> {
  return db.first<WebhookRow>(sql`select * from webhooks where id = ${id} and account_id = ${accountId}`)
}

/** Deliveries of a webhook below the id `before`, newest first. */
export function pageDeliveries(
  db: Database,
  webhookId: number,
  before: number,
  limit: number,
): Promise<WebhookDeliveryRow[]> {
  return db.all<WebhookDeliveryRow>(
    sql`select * from webhook_deliveries where webhook_id = ${webhookId} and id < ${before} order by id desc limit ${limit}`,
  )
}

export function readDelivery(db: Database, webhookId: number, id: number): Promise<WebhookDeliveryRow | null> {
  return db.first<WebhookDeliveryRow>(
    sql`select * from webhook_deliveries where id = ${id} and webhook_id = ${webhookId}`,
  )
}

/** Webhooks among which the next is looked for: more than workers have at a time. */
const NEXT_AMONG = 100

/** When the first of a shard's webhooks can be taken: when it is due, and no worker has it. Null: none waits. */
export async function readNextDue(db: Database): Promise<number | null> {
  const row = await db.first<{ at: number | null }>(sql`select min(at) at from (select max(due_at, claimed_until) at
    from webhooks where due_at is not null order by due_at limit ${NEXT_AMONG})`)
  return row?.at ?? null
}

/** What is due of a webhook, the longest due first. */
export function readDueDeliveries(
  db: Database,
  webhookId: number,
  now: number,
  limit: number,
): Promise<WebhookDeliveryRow[]> {
  return db.all<WebhookDeliveryRow>(sql`select * from webhook_deliveries
    where webhook_id = ${webhookId} and next_at is not null and next_at <= ${now} order by next_at, id limit ${limit}`)
}

/** Whether the account takes part in nothing: suspended, or deleted. */
export async function isAccountShut(db: Database, accountId: number): Promise<boolean> {
  const row = await db.first(
    sql`select 1 from accounts where id = ${accountId} and suspended_at is null and deleted_at is null`,
  )
  return row === null
}
