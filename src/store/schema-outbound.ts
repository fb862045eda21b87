/** The tables of sending: what was submitted, to whom, and what became of each recipient. In the account's shard. */
import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, sqliteTable, text, unique, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { RECIPIENT_STATUSES } from './recipient-status.ts'

/** What an account has sent: one row a call, whatever became of it. Its recipients say that. */
export const submissions = sqliteTable(
  'submissions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    /** The directory's id of the address that it was sent from. */
    address_id: integer(),
    /** What it is: written by somebody; or made by the server, and then without a copy in Sent. */
    kind: text({ enum: ['mail', 'forward', 'vacation', 'bounce'] })
      .notNull()
      .default('mail'),
    /** The id of the copy in Sent, which its owner may have destroyed since. Null where there never was one. */
    message: integer(),
    /** The Message-ID field, without angle brackets. */
    message_id: text().notNull(),
    /** Which way the bytes came in, where somebody else wrote them: it decides what a recipient here may believe of them. Null: they were written here. */
    source: text({ enum: ['email-routing', 'import', 'local'] }),
    /** The envelope sender. '' is the null sender (RFC 5321 §4.5.5), which only SMTP keeps to. */
    sender: text().notNull(),
    /** The domain of this server in whose name it is sent: its providers and its DKIM key. */
    domain: text().notNull(),
    /** The R2 object with the bytes to send: its own, so that destroying the copy in Sent stops nothing. Deleted when all is done. */
    raw_key: text().notNull().unique(),
    size: integer().notNull(),
    /** SHA-256 of the client's Idempotency-Key with its route: the same request makes one submission, whatever fails between. */
    request: blob({ mode: 'buffer' }),
    created_at: integer().notNull(),
    /** When it was to be sent first: later than created_at where it was scheduled, or may still be undone. */
    send_at: integer().notNull(),
    /** When no recipient was left to be tried. */
    finished_at: integer(),
  },
  (t) => [
    uniqueIndex('submissions_request').on(t.account_id, t.request).where(sql`request is not null`),
    index('submissions_account').on(t.account_id, t.id),
    /** What waits, or is scheduled, among all that was ever sent. */
    index('submissions_open').on(t.account_id, t.id).where(sql`finished_at is null`),
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
    /** 'local': an address of this server, delivered directly. 'provider': handed to a sending provider. */
    route: text({ enum: ['local', 'provider'] }).notNull(),
    /**
     * 'delivered': accepted by the mailbox here or by the provider. 'failed': refused on the way, or given up. 'bounced': it
     * was accepted and came back. 'sending' stands while a provider is being asked; found so later, nobody knows: it becomes
     * 'unknown', and is never repeated blindly.
     */
    status: text({ enum: RECIPIENT_STATUSES }).notNull(),
    attempts: integer().notNull().default(0),
    /** When it is to be looked at again; null where nothing is left to do. */
    next_at: integer(),
    /** The provider that was asked last. */
    provider: text(),
    /**
     * Names the call that took it with others: the provider's idempotency key, which begins with its second. Recipients of one
     * call share it. Null before the first call, and where a person has left an unknown one at that.
     */
    call: text(),
    /** The provider's own id of the message. */
    provider_id: text(),
    /** The SMTP reply code of the last outcome, where one is known. */
    smtp: integer(),
    /** The enhanced SMTP code (RFC 3463) of the last outcome, or the provider's own. */
    code: text(),
    detail: text(),
    /** 1: a bounce message about it is still to be written. */
    dsn: integer().notNull().default(0),
    updated_at: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.submission_id, t.n] }),
    index('submission_recipients_due').on(t.next_at).where(sql`next_at is not null`),
    index('submission_recipients_provider').on(t.provider_id).where(sql`provider_id is not null`),
    index('submission_recipients_dsn').on(t.submission_id).where(sql`dsn = 1`),
    index('submission_recipients_undecided').on(t.updated_at).where(sql`status = 'unknown' and call is not null`),
  ],
)

/** The timeline of each recipient: every change of its status, in order. That it was queued is the submission's own row. */
export const submission_events = sqliteTable(
  'submission_events',
  {
    submission_id: integer().notNull(),
    n: integer().notNull(),
    seq: integer().notNull(),
    at: integer().notNull(),
    /** A status; or what is no status: 'complained', 'resent', 'dismissed'. */
    status: text().notNull(),
    provider: text(),
    smtp: integer(),
    code: text(),
    detail: text(),
  },
  (t) => [primaryKey({ columns: [t.submission_id, t.n, t.seq] })],
)

/** Whom an account does not write to. */
export const suppressions = sqliteTable(
  'suppressions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    /** Folded. */
    address: text().notNull(),
    reason: text({ enum: ['bounce', 'complaint', 'manual'] }).notNull(),
    detail: text(),
    /** The submission that it comes from. */
    submission_id: integer(),
    created_at: integer().notNull(),
    /** From then on it holds no more, and the sweep deletes it. Null: it stays until its owner deletes it. */
    expires_at: integer(),
  },
  (t) => [
    unique().on(t.account_id, t.address),
    index('suppressions_account').on(t.account_id, t.id),
    index('suppressions_reason').on(t.account_id, t.reason, t.id),
    index('suppressions_expires').on(t.expires_at).where(sql`expires_at is not null`),
  ],
)

/** Bounces and complaints that came by mail and are still to be applied: noted in the batch that stores the message, deleted when it is done. */
export const mail_reports = sqliteTable(
  'mail_reports',
  {
    /** Negative: the id of one in quarantine, whose report is applied as that of junk and not again when it is released. */
    message_id: integer().primaryKey(),
    account_id: integer().notNull(),
    /** JSON of a NotedReport (outbound/mail-reports.ts). */
    report: text().notNull(),
    due_at: integer().notNull(),
    attempts: integer().notNull().default(0),
  },
  (t) => [index('mail_reports_due').on(t.due_at)],
)

/** What an account (key_id 0) and each of its keys has sent in the running minute and day. */
export const sent_counts = sqliteTable(
  'sent_counts',
  {
    account_id: integer().notNull(),
    key_id: integer().notNull(),
    /** Epoch minutes and days (UTC) that the counts are of: those of an earlier one count as nothing. */
    minute: integer().notNull(),
    minute_messages: integer().notNull(),
    day: integer().notNull(),
    day_messages: integer().notNull(),
    day_recipients: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.key_id] })],
)

/** A draft that keeps its id while its message, which is immutable, is replaced by each change. */
export const drafts = sqliteTable(
  'drafts',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    address_id: integer(),
    /** The message in Drafts that holds it now. */
    message_id: integer().notNull(),
    /** Rises with each change: its ETag. */
    version: integer().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (t) => [unique().on(t.account_id, t.message_id), index('drafts_account').on(t.account_id, t.id)],
)

export const templates = sqliteTable(
  'templates',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    account_id: integer().notNull(),
    name: text().notNull(),
    subject: text().notNull(),
    text: text(),
    html: text(),
    version: integer().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (t) => [unique().on(t.account_id, t.name)],
)

/** What an account answers while its owner is away (RFC 5230, RFC 8621 §8). */
export const vacations = sqliteTable('vacations', {
  account_id: integer().primaryKey(),
  enabled: integer().notNull(),
  starts_at: integer(),
  ends_at: integer(),
  /** A sender is answered once in so many days. */
  days: integer().notNull(),
  subject: text(),
  text: text(),
  html: text(),
  version: integer().notNull(),
  updated_at: integer().notNull(),
})

/** Who was answered so, and when. */
export const vacation_answers = sqliteTable(
  'vacation_answers',
  { account_id: integer().notNull(), sender: text().notNull(), answered_at: integer().notNull() },
  (t) => [primaryKey({ columns: [t.account_id, t.sender] }), index('vacation_answers_at').on(t.answered_at)],
)

/** Directory: the keys that a domain's mail is signed with (RFC 6376). */
export const dkim_keys = sqliteTable(
  'dkim_keys',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    domain_id: integer().notNull(),
    selector: text().notNull(),
    algorithm: text({ enum: ['rsa-sha256', 'ed25519-sha256'] }).notNull(),
    /** PKCS #8, sealed with a key of POSTERN_SECRET. */
    private_key: text().notNull(),
    /** As the DNS record has it: base64. */
    public_key: text().notNull(),
    /** 'pending' until its record stands in the DNS, then 'active'; 'retired': signs no more, its record may go after a while. */
    state: text({ enum: ['pending', 'active', 'retired'] }).notNull(),
    created_at: integer().notNull(),
    activated_at: integer(),
    retired_at: integer(),
  },
  (t) => [unique().on(t.domain_id, t.selector)],
)

/** Directory: what a provider's events may be shown only once with (Mailgun's tokens, event ids), for some days. */
export const provider_tokens = sqliteTable(
  'provider_tokens',
  { provider: text().notNull(), token: text().notNull(), seen_at: integer().notNull() },
  (t) => [primaryKey({ columns: [t.provider, t.token] }), index('provider_tokens_seen').on(t.seen_at)],
)

export type SubmissionRow = typeof submissions.$inferSelect
export type SubmissionRecipientRow = typeof submission_recipients.$inferSelect
export type SubmissionEventRow = typeof submission_events.$inferSelect
export type SuppressionRow = typeof suppressions.$inferSelect
export type MailReportRow = typeof mail_reports.$inferSelect
export type SentCountRow = typeof sent_counts.$inferSelect
export type DraftRow = typeof drafts.$inferSelect
export type TemplateRow = typeof templates.$inferSelect
export type VacationRow = typeof vacations.$inferSelect
export type DkimKeyRow = typeof dkim_keys.$inferSelect
