/** The tables of sending: what was submitted, to whom, and what became of each recipient. In the account's shard. */
import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** What an account has sent: one row a call, whatever became of it. Its recipients say that. */
export const submissions = sqliteTable(
  'submissions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    /** The directory's id of the address that it was sent from. */
    address_id: integer(),
    /** The id of the copy in Sent, which its owner may have destroyed since. */
    message: integer().notNull(),
    /** The Message-ID field, without angle brackets. */
    message_id: text().notNull(),
    /** The envelope sender. */
    sender: text().notNull(),
    /** The R2 object with the bytes to send: its own, so that destroying the copy in Sent stops nothing. Deleted when all is done. */
    raw_key: text().notNull().unique(),
    size: integer().notNull(),
    /** SHA-256 of the client's Idempotency-Key with its route: the same request makes one submission, whatever fails between. */
    request: blob({ mode: 'buffer' }),
    created_at: integer().notNull(),
    /** When no recipient was left to be tried. */
    finished_at: integer(),
  },
  (t) => [
    uniqueIndex('submissions_request').on(t.account_id, t.request).where(sql`request is not null`),
    index('submissions_account').on(t.account_id, t.id),
    /** Answers the question whether a message answers one that was sent. */
    index('submissions_message_id').on(t.account_id, t.message_id),
  ],
)

/** One recipient of a submission and what became of it. */
export const submission_recipients = sqliteTable(
  'submission_recipients',
  {
    submission_id: integer().notNull(),
    /** Its place in the call: 0, 1, ... */
    n: integer().notNull(),
    address: text().notNull(),
    /** 'local': an address of this server, delivered directly. 'provider': handed to the sending provider. */
    route: text({ enum: ['local', 'provider'] }).notNull(),
    /** 'sending' stands while a provider is being asked; found so later, nobody knows: it becomes 'unknown', and is never repeated blindly. */
    status: text({ enum: ['queued', 'sending', 'delivered', 'deferred', 'failed', 'unknown'] }).notNull(),
    attempts: integer().notNull().default(0),
    /** When it is to be looked at again; null where nothing is left to do. */
    next_at: integer(),
    /** The provider's or the enhanced SMTP code of the last outcome. */
    code: text(),
    detail: text(),
    provider_id: text(),
    updated_at: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.submission_id, t.n] }),
    index('submission_recipients_due').on(t.next_at).where(sql`next_at is not null`),
  ],
)

export type SubmissionRow = typeof submissions.$inferSelect
export type SubmissionRecipientRow = typeof submission_recipients.$inferSelect
