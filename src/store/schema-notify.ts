/** The tables of telling others: events as they happened, and webhooks with what was delivered to them. In the account's shard. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What was told, for 30 days. Moved here from the outbox by the batch that tells it. */
export const events = sqliteTable(
  'events',
  {
    account_id: integer().notNull(),
    modseq: integer().notNull(),
    n: integer().notNull(),
    at: integer().notNull(),
    /** JSON of a PosternEvent. */
    event: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.modseq, t.n] }), index('events_at').on(t.at)],
)

/** Where an account wants its events told. */
export const webhooks = sqliteTable(
  'webhooks',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    url: text().notNull(),
    description: text(),
    /** JSON list of event types, each exact or ending in `.*`; `*` is all. */
    events: text().notNull(),
    /** This server as its owner called it when he made or changed it: links in payloads begin with it. */
    origin: text().notNull(),
    /** JSON list of sealed signing secrets, the newest first, each with the second at which it ends or null. */
    secrets: text().notNull(),
    enabled: integer().notNull().default(1),
    /** Why the server switched it off; null where its owner did, or nobody. */
    disabled_reason: text(),
    /** Since when no delivery has succeeded; null while they do. */
    failing_since: integer(),
    /** When its deliveries are looked at again; null where none is left to do, and where it is switched off. */
    due_at: integer(),
    /** Until when one worker has its deliveries to itself. */
    claimed_until: integer().notNull().default(0),
    /** Rises with each change by its owner: its ETag. */
    version: integer().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (t) => [
    index('webhooks_account').on(t.account_id, t.id),
    index('webhooks_due').on(t.due_at).where(sql`due_at is not null`),
  ],
)

/** One event for one webhook, and what became of it. Its payload is made afresh at each attempt. */
export const webhook_deliveries = sqliteTable(
  'webhook_deliveries',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    webhook_id: integer().notNull(),
    /** 'event', a 'replay' of one, or a 'test'. */
    kind: text({ enum: ['event', 'replay', 'test'] }).notNull(),
    /** Of the event. */
    modseq: integer().notNull(),
    n: integer().notNull(),
    event: text().notNull(),
    event_at: integer().notNull(),
    status: text({ enum: ['pending', 'delivered', 'failed'] }).notNull(),
    attempts: integer().notNull().default(0),
    /** When it is tried again; null where nothing is left to do. */
    next_at: integer(),
    /** HTTP status of the last answer; null where there was none. */
    response_status: integer(),
    detail: text(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (t) => [
    index('webhook_deliveries_due').on(t.webhook_id, t.next_at).where(sql`next_at is not null`),
    index('webhook_deliveries_webhook').on(t.webhook_id, t.id),
    index('webhook_deliveries_created').on(t.created_at),
  ],
)

export type EventRow = typeof events.$inferSelect
export type WebhookRow = typeof webhooks.$inferSelect
export type WebhookDeliveryRow = typeof webhook_deliveries.$inferSelect
