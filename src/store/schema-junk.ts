/**
 * The tables of people's say about mail: what the account's model has learned, what is still to be taught, what is known of
 * senders, and what was held back. All in the account's shard.
 */
import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/**
 * What an account has seen of a sender. The key says who, and how well that is known (junk/sender-keys.ts): what is proven to
 * be of a sender is counted apart from what only says so, so that nobody ruins another's name by sending under it.
 */
export const senders = sqliteTable(
  'senders',
  {
    account_id: integer().notNull(),
    /** 'address:a@b.example', 'domain:b.example', or 'claimed:a@b.example' for mail that is not proven to be his. */
    key: text().notNull(),
    /** Messages delivered. */
    seen: integer().notNull().default(0),
    /** Messages that people called ham, and spam. Taken back when their word is. */
    ham: integer().notNull().default(0),
    spam: integer().notNull().default(0),
    /** Messages taught as ham without anybody's word; bounded, so that no sender teaches the model by himself. */
    implicit: integer().notNull().default(0),
    /** Messages that the account has sent there. */
    written: integer().notNull().default(0),
    last_at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.key] })],
)

/** What an account's model has learned: one row, read at each delivery without its last column. The text columns are spam/learned's. */
export const spam_models = sqliteTable('spam_models', {
  account_id: integer().primaryKey(),
  /** Rises with each change, also when the model is forgotten. NULL is what a stale guard writes, and NOT NULL is what rolls its batch back. */
  version: integer().notNull(),
  /** Examples in it. */
  ham: integer().notNull(),
  spam: integer().notNull(),
  /** When mail that was kept and read was last looked through for ham. */
  looked_at: integer().notNull().default(0),
  weights: text().notNull(),
  counts: text().notNull(),
  stats: text().notNull(),
  /** The examples that are learned again and again. The last and the largest column: scoring does not read it. */
  buffer: text().notNull(),
})

/** What is still to be taught: the newest word about each message. Deleted in the batch that teaches it. */
export const lessons = sqliteTable(
  'lessons',
  {
    account_id: integer().notNull(),
    message_id: integer().notNull(),
    opinion: text({ enum: ['spam', 'ham', 'implicit-ham'] }).notNull(),
    /** Raised before each attempt, so that a message which kills its invocation keeps no other from its turn. */
    attempts: integer().notNull().default(0),
    due_at: integer().notNull(),
    created_at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.message_id] }), index('lessons_due').on(t.due_at)],
)

/**
 * Mail that was not delivered: in quarantine, where its owner can release it, or refused, of which only the record is left. It
 * has no row in `messages`, so that no list, search, thread, count or change can show it. Kept 30 days.
 */
export const withheld = sqliteTable(
  'withheld',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    kind: text({ enum: ['quarantine', 'rejected'] }).notNull(),
    /** The R2 object: this row's alone while it stands in quarantine, deleted soon where it was refused. */
    raw_key: text().notNull().unique(),
    /** As in `messages`. */
    dedupe: blob({ mode: 'buffer' }).notNull(),
    received_at: integer().notNull(),
    /** Of the raw message, in bytes. Counts in accounts.used_bytes while it stands in quarantine. */
    size: integer().notNull(),
    /** The columns that `messages` has too. */
    address_id: integer(),
    recipient: text(),
    return_path: text(),
    from_addr: text().notNull(),
    from_name: text().notNull(),
    to_text: text().notNull(),
    subject: text().notNull(),
    preview: text().notNull(),
    score: real().notNull(),
    /** The report's. */
    reason: text().notNull(),
    envelope: text().notNull(),
    structure: text().notNull(),
    attachments: text().notNull(),
    spam_report: text().notNull(),
    auth: text().notNull(),
    defects: text().notNull(),
    created_at: integer().notNull(),
  },
  (t) => [
    uniqueIndex('withheld_dedupe').on(t.account_id, t.kind, t.dedupe),
    index('withheld_account').on(t.account_id, t.id),
    // For the digest: of refusals there may be any number.
    index('withheld_quarantine').on(t.account_id, t.id).where(sql`kind = 'quarantine'`),
    index('withheld_address').on(t.account_id, t.address_id, t.id),
    index('withheld_created').on(t.created_at),
  ],
)

/** Up to where an account was told of its quarantine, and when it is to be told again. */
export const digests = sqliteTable(
  'digests',
  {
    account_id: integer().primaryKey(),
    /** The newest `withheld.id` that a digest has told of. NULL is what a stale guard writes. */
    told_id: integer().notNull(),
    told_at: integer().notNull(),
    /** Null while there is nothing to tell. */
    due_at: integer(),
  },
  (t) => [index('digests_due').on(t.due_at).where(sql`due_at is not null`)],
)

export type SenderRow = typeof senders.$inferSelect
export type SpamModelRow = typeof spam_models.$inferSelect
export type LessonRow = typeof lessons.$inferSelect
export type WithheldRow = typeof withheld.$inferSelect
export type DigestRow = typeof digests.$inferSelect
