/** Deleting an account: cutting it off at once, and erasing its rows in chunks. */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, integers } from './database.ts'
import { firstId, lastId } from './ids.ts'

/** Messages erased in one batch. */
export const ERASE_CHUNK = 100
/** Submissions erased in one batch, each with up to 50 recipients. */
const SUBMISSIONS_MAX = 100
/** What is erased of the account's other rows in one batch. */
const REST_MAX = 2_000

/** In the account's shard: no mail comes in from now on. Returns its id where it was not deleted before. */
export function markAccountDeleted(accountId: number, now: number): SQL {
  return sql`update accounts set deleted_at = ${now}, name = '', settings = '{}' where id = ${accountId} and deleted_at is null returning id`
}

/** In the directory: nobody gets in any more, and no address leads to it. */
export function cutOffAccount(accountId: number): SQL[] {
  return ['addresses', 'api_keys', 'app_passwords', 'suspensions'].map(
    (name) => sql`delete from ${sql.identifier(name)} where account_id = ${accountId}`,
  )
}

/** A deleted account that still has a mailbox: its mailboxes are the last to go. */
export async function readErasable(db: Database): Promise<number | null> {
  const row = await db.first<{ id: number }>(sql`select id from accounts a where deleted_at is not null
    and exists (select 1 from mailboxes where account_id = a.id) limit 1`)
  return row?.id ?? null
}

/** Erases some messages with all that belongs to them. False where none is left. */
export async function eraseChunk(db: Database, accountId: number): Promise<boolean> {
  const rows = await db.all<{ id: number }>(sql`select id from messages
    where id between ${firstId(accountId)} and ${lastId(accountId)} order by id limit ${ERASE_CHUNK}`)
  if (rows.length === 0) return false
  const ids = integers(rows.map((row) => row.id))
  await db.batch([
    sql`insert or ignore into raw_deletes (raw_key) select raw_key from messages where id in (${ids})`,
    sql`delete from ft where rowid in (${ids})`,
    sql`delete from placements where mailbox_id in (select id from mailboxes where account_id = ${accountId})
      and message_id in (${ids})`,
    sql`delete from messages where id in (${ids})`,
  ])
  return true
}

/** Tables of which an account has few rows, or rows that others keep few. */
const OWN_TABLES = [
  ...['spam_models', 'lessons', 'digests', 'tombstones', 'vanished', 'lists', 'outbox', 'idempotency'],
  ...['events', 'webhooks', 'webhook_deliveries', 'mail_reports', 'sent_counts', 'drafts', 'templates'],
  ...['vacations', 'vacation_answers'],
]

/** Erases the rest, a part of what there may be much of at a time; the mailboxes go when that is gone. */
export function eraseRest(accountId: number): SQL[] {
  const boxes = sql`(select id from mailboxes where account_id = ${accountId})`
  const submissions = sql`(select id from submissions where account_id = ${accountId} order by id limit ${SUBMISSIONS_MAX})`
  const held = sql`(select id from withheld where account_id = ${accountId} order by id limit ${REST_MAX})`
  const gone = sql`not exists (select 1 from thread_refs where account_id = ${accountId})
    and not exists (select 1 from submissions where account_id = ${accountId})
    and not exists (select 1 from withheld where account_id = ${accountId})
    and not exists (select 1 from senders where account_id = ${accountId})
    and not exists (select 1 from suppressions where account_id = ${accountId})`
  const own = (name: string) => sql`delete from ${sql.identifier(name)} where account_id = ${accountId}`
  return [
    sql`insert or ignore into raw_deletes (raw_key) select raw_key from submissions where id in ${submissions}`,
    sql`delete from submission_events where submission_id in ${submissions}`,
    sql`delete from submission_recipients where submission_id in ${submissions}`,
    sql`delete from submissions where id in ${submissions}`,
    sql`delete from thread_refs where account_id = ${accountId} and ref in
      (select ref from thread_refs where account_id = ${accountId} limit ${REST_MAX})`,
    sql`insert or ignore into raw_deletes (raw_key) select raw_key from withheld where id in ${held}`,
    sql`delete from withheld where id in ${held}`,
    sql`delete from senders where account_id = ${accountId} and key in
      (select key from senders where account_id = ${accountId} limit ${REST_MAX})`,
    sql`delete from suppressions where id in
      (select id from suppressions where account_id = ${accountId} order by id limit ${REST_MAX})`,
    ...OWN_TABLES.map(own),
    sql`delete from uid_pages where mailbox_id in ${boxes}`,
    sql`delete from thread_placements where mailbox_id in ${boxes} and ${gone}`,
    sql`delete from mailboxes where account_id = ${accountId} and ${gone}`,
  ]
}
