/**
 * The directory's tables: who lives where, who may come in, what was given up on, and who changed what. They are used in the
 * first database only, but for `lists` and `idempotency`, which an account has in its own shard too.
 */
import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'

/** Directory: the mail domains that this server is responsible for, as A-labels in lower case. */
export const domains = sqliteTable('domains', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull().unique(),
  /** JSON list of the names of providers, in the order in which they are asked for mail from it. Null: the server's own order. */
  providers: text(),
  created_at: integer().notNull(),
})

/** Directory: what the envelope recipient is looked up in. Read by inbound/resolve on every message. */
export const addresses = sqliteTable(
  'addresses',
  {
    /** Never reused: messages remember which address they were delivered to. */
    id: integer().primaryKey({ autoIncrement: true }),
    /** Folded: local part in lower case, domain as A-label. A catch-all is '*@domain'. */
    address: text().notNull().unique(),
    /** 0 for what delivers to no account: a forward. */
    account_id: integer().notNull(),
    /** An alias is a further name of the address in `target`; both deliver to the same account. A forward keeps nothing here. */
    kind: text({ enum: ['address', 'alias', 'catch_all', 'forward'] }).notNull(),
    domain: text().notNull(),
    /** As it was given, for people to read. */
    written: text().notNull(),
    /** For an alias: the folded address that it stands for. Otherwise null. */
    target: text(),
    /** For a forward: JSON list of the addresses that its mail goes on to. Otherwise null. */
    targets: text(),
    /** 0: known, but refused with 5.2.1 until it is enabled again. */
    enabled: integer().notNull().default(1),
    created_at: integer().notNull(),
  },
  (t) => [index('addresses_domain').on(t.domain), index('addresses_account').on(t.account_id)],
)

/** Directory: API keys. The key itself is shown once and never stored. */
export const api_keys = sqliteTable(
  'api_keys',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** SHA-256 of the key: enough, since a key is 160 random bits and cannot be guessed offline. */
    hash: blob({ mode: 'buffer' }).notNull().unique(),
    account_id: integer().notNull(),
    /** The one address that the key is bound to; null: the whole account. */
    address_id: integer(),
    name: text().notNull(),
    /** The first characters, by which a person tells keys apart. */
    hint: text().notNull(),
    /** JSON list of scopes. */
    scopes: text().notNull(),
    /** JSON, as `accounts.sending`: what this key may send. Null: what its account may. */
    limits: text(),
    created_at: integer().notNull(),
    /** To the hour, so that reading mail does not write a row each time. */
    last_used_at: integer(),
  },
  (t) => [index('api_keys_account').on(t.account_id)],
)

/** Directory: app passwords for mail clients. Made here, 80 random bits; hashed as keys are. */
export const app_passwords = sqliteTable(
  'app_passwords',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    hash: blob({ mode: 'buffer' }).notNull().unique(),
    account_id: integer().notNull(),
    name: text().notNull(),
    created_at: integer().notNull(),
    last_used_at: integer(),
  },
  (t) => [index('app_passwords_account').on(t.account_id)],
)

/**
 * Directory: accounts that nobody gets into. Every lookup of a key or a password asks here, so that one row shuts all doors at
 * once, also those made later; `accounts.suspended_at` in the account's shard says the same to who reads the account.
 */
export const suspensions = sqliteTable('suspensions', {
  account_id: integer().primaryKey(),
  created_at: integer().notNull(),
})

/** Directory: what a queue gave up on. Nothing leaves this table but by an admin's hand. */
export const dead_letters = sqliteTable(
  'dead_letters',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    queue: text().notNull(),
    /** What it is about: the raw key of a message, else a digest of the body. One row for each. */
    subject: text().notNull(),
    /** The queue message, JSON. */
    body: text().notNull(),
    reason: text().notNull(),
    attempts: integer().notNull(),
    created_at: integer().notNull(),
  },
  (t) => [unique().on(t.queue, t.subject)],
)

/** Allow and block entries. account_id 0 is the whole server, kept in the directory's database. */
export const lists = sqliteTable(
  'lists',
  {
    account_id: integer().notNull(),
    /** Canonical: 'address:a@b.example', 'domain:b.example', 'ip:192.0.2.0/24', 'helo:mail.b.example' (junk/list-keys.ts). */
    key: text().notNull(),
    list: text({ enum: ['allow', 'block'] }).notNull(),
    /** Why, in its owner's words. */
    note: text(),
    /** From then on it is no entry any more, whether or not the sweep has deleted it. Null: it stays. */
    expires_at: integer(),
    created_at: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.account_id, t.key] }),
    index('lists_expires').on(t.expires_at).where(sql`expires_at is not null`),
  ],
)

/** Directory: who changed what of the server or of an account's settings. Written before the change, so that none goes unrecorded. */
export const audit = sqliteTable(
  'audit',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    at: integer().notNull(),
    /** 'admin', or 'key:' and the id of an account's API key. */
    actor: text().notNull(),
    /** Whose settings; null for the server's own. */
    account_id: integer(),
    /** The operation's name in the API's description. */
    action: text().notNull(),
    /** The wire id of what was changed or made; null where the change is of no one thing. */
    target: text(),
    /** JSON: what was asked, without secrets. */
    detail: text().notNull(),
    /** The HTTP status of the answer; null where it is not known whether the change happened. */
    status: integer(),
    request_id: text().notNull(),
  },
  (t) => [index('audit_account').on(t.account_id, t.id)],
)

/** First answers to requests that carried an Idempotency-Key, for a day. account_id 0 is the admin, in the directory's database. */
export const idempotency = sqliteTable(
  'idempotency',
  {
    account_id: integer().notNull(),
    /** SHA-256 over the API key's id, method, path with query and the client's key. */
    key: blob({ mode: 'buffer' }).notNull(),
    /** SHA-256 over the body: another body under the same key is refused. */
    request: blob({ mode: 'buffer' }).notNull(),
    /** Null while the first request is in flight. */
    status: integer(),
    /** JSON. While the first request is in flight: the mark by which it knows its claim. */
    headers: text(),
    /** Secrets that were shown once stand here as null. */
    body: text(),
    created_at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.key] }), index('idempotency_created').on(t.created_at)],
)

/** Small facts of the server itself: where the sweep stands. */
export const state = sqliteTable('state', { key: text().primaryKey(), value: text().notNull() })

export type DomainRow = typeof domains.$inferSelect
export type AddressRow = typeof addresses.$inferSelect
export type ApiKeyRow = typeof api_keys.$inferSelect
export type AppPasswordRow = typeof app_passwords.$inferSelect
export type DeadLetterRow = typeof dead_letters.$inferSelect
export type AuditRow = typeof audit.$inferSelect
export type IdempotencyRow = typeof idempotency.$inferSelect
export type ListRow = typeof lists.$inferSelect
