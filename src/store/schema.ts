/**
 * The tables, and what each column promises. migrations/ makes them; test/store/schema.test.ts holds the two together.
 *
 * Columns keep their SQL names in code, so that a row read is a row typed. Times are epoch seconds unless a name ends in
 * `_ms`. Numbers that are ids or change numbers fit 53 bits.
 *
 * Invariants:
 *  - `accounts.modseq` is the account's one change number. Every committed change takes the next one and stamps every
 *    row that it touches; what is deleted leaves a tombstone under that number.
 *  - A message id is account * 2^37 + second * 2^5 + slot (ids.ts), so one account's messages lie together in the
 *    table and in the search index, and id order is received order.
 *  - Totals, unread and thread counts are stored and change with the rows they count, in one batch. They are never counted.
 */

import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, real, sqliteTable, text, unique, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const accounts = sqliteTable(
  'accounts',
  {
    /** shard * 2^16 + number: an account's id names the database it lives in. Numbers are never reused. */
    id: integer().primaryKey(),
    name: text().notNull(),
    /** The account's change number. NULL is what a stale guard writes, and NOT NULL is what rolls its batch back. */
    modseq: integer().notNull().default(0),
    /** The newest id given to a live delivery. Only grows. */
    last_id: integer().notNull(),
    /** Sum of `size` over the account's messages. */
    used_bytes: integer().notNull().default(0),
    quota_bytes: integer(),
    /** JSON of what it may send, and whether its sending is paused; null: the server's own limits. */
    sending: text(),
    /** JSON; see access/accounts.ts. */
    settings: text().notNull().default('{}'),
    /** Tombstones up to this change number are gone: changes since an older one cannot be told. */
    changes_floor: integer().notNull().default(0),
    /** Rises when the account's model is forgotten or replaced: what was taught before is not in it (`messages.taught_in`). */
    model_generation: integer().notNull().default(0),
    created_at: integer().notNull(),
    /** When it was suspended: nobody gets in and nothing is sent, but its mail is received and kept. */
    suspended_at: integer(),
    /** When it was deleted. Its mail goes bit by bit; the row stays, so that its number and what it means are never taken again. */
    deleted_at: integer(),
  },
  (t) => [index('accounts_deleted').on(t.id).where(sql`deleted_at is not null`)],
)

export const mailboxes = sqliteTable(
  'mailboxes',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    /** The mailbox that it stands in; 0 at the top. */
    parent_id: integer().notNull().default(0),
    /** Unique among its siblings. */
    name: text().notNull(),
    /** RFC 8621 §2: at most one mailbox of an account has a given role. */
    role: text({ enum: ['inbox', 'sent', 'drafts', 'trash', 'junk', 'archive'] }),
    uid_validity: integer().notNull(),
    /** The next UID. Only grows, so that a UID is never reused (RFC 9051 §2.3.1.1). */
    uid_next: integer().notNull().default(1),
    total: integer().notNull().default(0),
    unread: integer().notNull().default(0),
    /** Placements marked \Deleted (IMAP), not yet expunged. */
    deleted: integer().notNull().default(0),
    bytes: integer().notNull().default(0),
    threads: integer().notNull().default(0),
    unread_threads: integer().notNull().default(0),
    /** Of the last change to the row: a name or a count. */
    modseq: integer().notNull(),
    created_modseq: integer().notNull(),
    /** What becomes of its messages while it is being deleted, a part at a time; otherwise null. */
    emptying: text({ enum: ['trash', 'permanent'] }),
  },
  (t) => [
    unique().on(t.account_id, t.parent_id, t.name),
    uniqueIndex('mailboxes_role').on(t.account_id, t.role).where(sql`role is not null`),
    index('mailboxes_emptying').on(t.id).where(sql`emptying is not null`),
  ],
)

export const messages = sqliteTable(
  'messages',
  {
    id: integer().primaryKey(),
    account_id: integer().notNull(),
    /** Of the last change to flags, keywords or placements. */
    modseq: integer().notNull(),
    created_modseq: integer().notNull(),
    /** Immutable (RFC 8621 §3); the id of the thread's first stored message. */
    thread_id: integer().notNull(),
    /** Deliveries only: the message's identity (mime/identity.ts) and a byte for how well it is authenticated. */
    dedupe: blob({ mode: 'buffer' }),
    /** The R2 object, this message's alone. Unique: the last guard against filing one receipt twice. */
    raw_key: text().notNull().unique(),
    received_at: integer().notNull(),
    /** Of the raw message, in bytes. */
    size: integer().notNull(),
    /** Bits: 1 seen, 2 flagged, 4 answered, 8 draft (mailbox/flags.ts). They belong to the message (RFC 8621 §4.1.1). */
    flags: integer().notNull().default(0),
    /** JSON list of IMAP keywords, in lower case, sorted. */
    keywords: text().notNull().default('[]'),
    has_attachment: integer().notNull(),
    /** The directory's id of the address that it was delivered to. Null for what was not delivered. */
    address_id: integer(),
    /** The envelope recipient as it was given, plus-tag and all. */
    recipient: text(),
    /** The envelope sender; '' for the null sender. */
    return_path: text(),
    message_id: text(),
    from_addr: text().notNull(),
    from_name: text().notNull(),
    to_text: text().notNull(),
    subject: text().notNull(),
    preview: text().notNull(),
    /** The Date field. Null where unreadable. */
    sent_at: integer(),
    score: real(),
    verdict: text(),
    /** What the account's model was taught of it (junk/lesson.ts). Written with the model, so that nothing is taught twice and all can be taken back. */
    taught: text({ enum: ['spam', 'ham', 'implicit-ham'] }),
    /** The generation of the model that was taught. Where the account has another by now, nothing is taught of the message. */
    taught_in: integer(),
    /** [[mailbox, uid], ...]: the message's placements, kept beside it to save a lookup and an index. A third element, 1, marks \Deleted. */
    placed: text().notNull(),
    /** The header block without trace fields, at most 8 KB; `headers_complete` says whether that is all of it. */
    headers: text().notNull(),
    headers_complete: integer().notNull(),
    envelope: text().notNull(),
    structure: text().notNull(),
    /** JSON list of mime's Attachment: what the API lists, without reading the raw message. */
    attachments: text().notNull(),
    spam_report: text(),
    auth: text().notNull(),
    defects: text().notNull(),
  },
  (t) => [
    index('messages_modseq').on(t.account_id, t.modseq),
    uniqueIndex('messages_dedupe').on(t.account_id, t.dedupe).where(sql`dedupe is not null`),
    index('messages_thread').on(t.thread_id),
  ],
)

/** A message in a mailbox. `unread` and `flagged` repeat the message's flags, so that a list can be walked by them. */
export const placements = sqliteTable(
  'placements',
  {
    mailbox_id: integer().notNull(),
    message_id: integer().notNull(),
    uid: integer().notNull(),
    unread: integer().notNull(),
    flagged: integer().notNull(),
    /** \Deleted belongs to the placement: it is an intention about one mailbox. */
    deleted: integer().notNull().default(0),
    /** The message's, repeated: finds a conversation's newest message in a mailbox without walking the thread. */
    thread_id: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.mailbox_id, t.message_id] }),
    uniqueIndex('placements_uid').on(t.mailbox_id, t.uid),
    index('placements_thread').on(t.mailbox_id, t.thread_id, t.message_id),
    index('placements_unread').on(t.mailbox_id, t.message_id).where(sql`unread = 1`),
    index('placements_flagged').on(t.mailbox_id, t.message_id).where(sql`flagged = 1`),
  ],
)

/** Which UIDs live, 2,048 to a row, so that IMAP's sequence numbers never read the mailbox. At n = 0 a trigger deletes the row. */
export const uid_pages = sqliteTable(
  'uid_pages',
  {
    mailbox_id: integer().notNull(),
    /** uid / 2048 */
    page: integer().notNull(),
    n: integer().notNull(),
    /** Character uid % 2048 is '1' where the UID lives. Ends at the newest UID ever given in the page. */
    live: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.mailbox_id, t.page] })],
)

/** 53 bits of a hash over (Message-ID, base subject) -> thread (mime/threading.ts). First writer wins. */
export const thread_refs = sqliteTable(
  'thread_refs',
  {
    account_id: integer().notNull(),
    ref: integer().notNull(),
    thread_id: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.ref] })],
)

/** A conversation in a mailbox: how many of its messages stand there, and the newest of them. At n = 0 a trigger deletes the row. */
export const thread_placements = sqliteTable(
  'thread_placements',
  {
    mailbox_id: integer().notNull(),
    thread_id: integer().notNull(),
    n: integer().notNull(),
    unread: integer().notNull(),
    newest: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.mailbox_id, t.thread_id] }),
    index('thread_placements_newest').on(t.mailbox_id, t.newest),
  ],
)

/** What is gone from the account: messages, and mailboxes. Kept 30 days. */
export const tombstones = sqliteTable(
  'tombstones',
  {
    account_id: integer().notNull(),
    kind: text({ enum: ['message', 'mailbox'] }).notNull(),
    modseq: integer().notNull(),
    object_id: integer().notNull(),
    /** Of a message: what it was delivered to, so that a key bound to another address does not hear of it. */
    address_id: integer(),
    buried_at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.kind, t.modseq, t.object_id] })],
)

/** Which UIDs a change took out of a mailbox (RFC 7162 VANISHED): one row a change, however many they were. Kept 30 days. */
export const vanished = sqliteTable(
  'vanished',
  {
    account_id: integer().notNull(),
    mailbox_id: integer().notNull(),
    modseq: integer().notNull(),
    /** JSON list, ascending. */
    uids: text().notNull(),
    buried_at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.mailbox_id, t.modseq] })],
)

/**
 * Business events (events.ts) committed with the change that they tell of, until notify/ has told them. A change has one
 * change number and mostly one event, so the key needs no counter, is never used twice, and keeps an account's events in order.
 */
export const outbox = sqliteTable(
  'outbox',
  {
    account_id: integer().notNull(),
    modseq: integer().notNull(),
    /** Tells events of one commit apart. */
    n: integer().notNull().default(0),
    /** When it was committed. */
    at: integer().notNull().default(sql`(unixepoch())`),
    event: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.modseq, t.n] })],
)

/** R2 objects whose message is gone, until they are deleted. What stands here is never filed again. */
export const raw_deletes = sqliteTable('raw_deletes', { raw_key: text().primaryKey() })

/** The keys of deleted objects, for some days: a queue may still hand such a receipt over, and it must not be filed again. */
export const raw_deleted = sqliteTable('raw_deleted', { raw_key: text().primaryKey() })

export * from './schema-directory.ts'
export * from './schema-junk.ts'
export * from './schema-notify.ts'
export * from './schema-outbound.ts'

export type AccountRow = typeof accounts.$inferSelect
export type MailboxRow = typeof mailboxes.$inferSelect
export type MessageRow = typeof messages.$inferSelect
export type UidPageRow = typeof uid_pages.$inferSelect
export type ThreadPlacementRow = typeof thread_placements.$inferSelect
export type TombstoneRow = typeof tombstones.$inferSelect
export type VanishedRow = typeof vanished.$inferSelect
export type OutboxRow = typeof outbox.$inferSelect
