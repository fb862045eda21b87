/** Reading what an account's model has learned, what is still to be taught, and what is known of senders. */
import { sql } from 'drizzle-orm'
import { type Database, integers, list } from './database.ts'
import type { LessonRow, MessageRow, SenderRow, SpamModelRow } from './schema.ts'

/** A model whole, or null where the account has none. */
export function readModel(db: Database, accountId: number): Promise<SpamModelRow | null> {
  return db.first<SpamModelRow>(sql`select * from spam_models where account_id = ${accountId}`)
}

export type ScoringModelRow = Omit<SpamModelRow, 'buffer'>

/** A model as scoring needs it: without its examples, which are most of it. */
export function readScoringModel(db: Database, accountId: number): Promise<ScoringModelRow | null> {
  return db.first<ScoringModelRow>(sql`select account_id, version, ham, spam, looked_at, weights, counts, stats
    from spam_models where account_id = ${accountId}`)
}

/** How much the models of the accounts after one know, in the order of accounts. */
export function pageModels(db: Database, after: number, limit: number) {
  return db.all<Pick<SpamModelRow, 'account_id' | 'ham' | 'spam' | 'looked_at'>>(
    sql`select account_id, ham, spam, looked_at from spam_models where account_id > ${after} order by account_id limit ${limit}`,
  )
}

/** What is known of these senders, in no order. At most 90 keys. */
export async function readSenders(db: Database, accountId: number, keys: readonly string[]): Promise<SenderRow[]> {
  if (keys.length === 0) return []
  return await db.all<SenderRow>(sql`select * from senders where account_id = ${accountId} and key in (${list(keys)})`)
}

/** Whose senders there are, after one of them, in the order of accounts and keys. */
export function pageSenderKeys(db: Database, accountId: number, key: string, limit: number) {
  return db.all<Pick<SenderRow, 'account_id' | 'key'>>(sql`select account_id, key from senders
    where (account_id, key) > (${accountId}, ${key}) order by account_id, key limit ${limit}`)
}

/** Lessons whose time has come, the longest waiting first. */
export function readDueLessons(db: Database, now: number, limit: number): Promise<LessonRow[]> {
  return db.all<LessonRow>(sql`select * from lessons where due_at <= ${now} order by due_at limit ${limit}`)
}

/** Whether something may still have to be taught of a message: a lesson of it, or an event of its account that nobody was told. */
export async function isToBeTaught(db: Database, accountId: number, messageId: number): Promise<boolean> {
  const row = await db.first(sql`select 1 where exists (select 1 from lessons where account_id = ${accountId}
    and message_id = ${messageId}) or exists (select 1 from outbox where account_id = ${accountId})`)
  return row !== null
}

/** What teaching must know of a message. */
export type TeachableRow = Pick<
  MessageRow,
  'id' | 'raw_key' | 'size' | 'taught' | 'from_addr' | 'recipient' | 'envelope' | 'auth' | 'verdict' | 'placed'
>

export function readTeachable(db: Database, accountId: number, ids: readonly number[]): Promise<TeachableRow[]> {
  return db.all<TeachableRow>(
    sql`select m.id, m.raw_key, m.size, iif(m.taught_in = a.model_generation, m.taught, null) taught, m.from_addr, m.recipient,
      m.envelope, m.auth, m.verdict, m.placed
      from messages m join accounts a on a.id = m.account_id where m.id in (${integers(ids)}) and m.account_id = ${accountId}`,
  )
}

export type KeptRow = Pick<MessageRow, 'id' | 'from_addr' | 'recipient'>

/** Mail of a mailbox that was read and never spoken of, with an id between two, newest first, among `limit` messages looked at. */
export function readKeptAndRead(
  db: Database,
  accountId: number,
  mailboxId: number,
  low: number,
  high: number,
  limit: number,
) {
  return db.all<KeptRow>(
    sql`select m.id, m.from_addr, m.recipient from
      (select message_id, unread from placements where mailbox_id = ${mailboxId} and message_id > ${low}
        and message_id < ${high} order by message_id desc limit ${limit}) p
      cross join messages m on m.id = p.message_id
      where p.unread = 0 and m.recipient is not null and (m.taught is null or m.taught_in is not
        (select model_generation from accounts where id = ${accountId})) order by m.id desc`,
  )
}

/**
 * Whether one of these Message-IDs is of a message that the account has sent to this address, or (where it is given) to
 * somebody in this domain. Addresses are compared in lower case, as they are folded but for the rare name that is not ASCII.
 */
export async function hasWritten(
  db: Database,
  accountId: number,
  messageIds: readonly string[],
  address: string,
  domain: string | null,
): Promise<boolean> {
  if (messageIds.length === 0) return false
  const whom = domain === null ? sql`` : sql`or lower(substr(r.address, instr(r.address, '@') + 1)) = ${domain}`
  const row =
    await db.first(sql`select 1 from submissions s cross join submission_recipients r on r.submission_id = s.id
    where s.account_id = ${accountId} and s.message_id in (${list(messageIds)})
      and (lower(r.address) = ${address} ${whom}) limit 1`)
  return row !== null
}
