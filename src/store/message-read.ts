/** Reading messages: one, what stands in its way, what changed. Every statement's cost is bounded and never by the mailbox. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { AccountRow, MessageRow, TombstoneRow } from './schema.ts'

/** The columns that a list shows: no body, no header block, no structure. */
export type SummaryRow = Pick<
  MessageRow,
  | 'id'
  | 'modseq'
  | 'created_modseq'
  | 'thread_id'
  | 'received_at'
  | 'sent_at'
  | 'size'
  | 'flags'
  | 'keywords'
  | 'has_attachment'
  | 'recipient'
  | 'message_id'
  | 'from_addr'
  | 'from_name'
  | 'to_text'
  | 'subject'
  | 'preview'
  | 'score'
  | 'verdict'
  | 'placed'
>

export const SUMMARY = sql.raw(
  `m.id, m.modseq, m.created_modseq, m.thread_id, m.received_at, m.sent_at, m.size, m.flags, m.keywords,
   m.has_attachment, m.recipient, m.message_id, m.from_addr, m.from_name, m.to_text, m.subject, m.preview, m.score,
   m.verdict, m.placed`,
)

/** One message of this account, whole; null where it has no such message. What a forgotten model was taught is left out. */
export async function readMessageRow(db: Database, accountId: number, id: number): Promise<MessageRow | null> {
  const row = await db.first<MessageRow & { model_generation: number }>(sql`select m.*, a.model_generation
    from messages m join accounts a on a.id = m.account_id where m.id = ${id} and m.account_id = ${accountId}`)
  return row && (row.taught_in === row.model_generation ? row : { ...row, taught: null })
}

/** What stands in the way of filing a receipt: itself, its deletion, or an equal message. */
export type Standing =
  | { kind: 'filed'; id: number }
  /** Its message was destroyed, or it was a duplicate: it is never filed again. */
  | { kind: 'discarded' }
  | { kind: 'duplicate'; id: number }
  /** It, or an equal message, is held in quarantine: `id` is that of `withheld`. */
  | { kind: 'withheld'; id: number; rawKey: string }

/**
 * What stands in the way of filing this receipt, or null. A message equal to it is one as well authenticated or
 * better. What is being released from quarantine (`releasedId`) does not stand in its own way.
 */
export function readStanding(
  db: Database,
  accountId: number,
  dedupe: { key: Uint8Array; upTo: Uint8Array },
  rawKey: string,
  releasedId = 0,
): Promise<Standing | null> {
  // D1 takes five terms in such a union, and no more.
  return db.first<Standing>(sql`select 'filed' kind, id, '' rawKey from messages where raw_key = ${rawKey}
    union all select 'discarded', 0, '' where exists (select 1 from raw_deletes where raw_key = ${rawKey})
      or exists (select 1 from raw_deleted where raw_key = ${rawKey})
    union all select 'duplicate', id, '' from (select id from messages where account_id = ${accountId}
      and dedupe is not null and dedupe >= ${dedupe.key} and dedupe <= ${dedupe.upTo} limit 1)
    union all select 'withheld', id, raw_key from withheld where raw_key = ${rawKey} and kind = 'quarantine'
      and id <> ${releasedId}
    union all select 'withheld', id, raw_key from (select id, raw_key from withheld where account_id = ${accountId}
      and kind = 'quarantine' and dedupe >= ${dedupe.key} and dedupe <= ${dedupe.upTo} and id <> ${releasedId} limit 1)`)
}

/** The message that was stored from a raw object, or null. */
export function readStandingRaw(db: Database, rawKey: string) {
  return db.first<Pick<MessageRow, 'id' | 'modseq' | 'thread_id' | 'placed'>>(
    sql`select id, modseq, thread_id, placed from messages where raw_key = ${rawKey}`,
  )
}

/** Message ids from `low` to `high`, both included: whose they are, the ids say. */
export async function readIdsBetween(db: Database, low: number, high: number): Promise<number[]> {
  const rows = await db.all<{ id: number }>(sql`select id from messages where id between ${low} and ${high}`)
  return rows.map((row) => row.id)
}

/** Which of these raw objects have a message, or are held in quarantine, or had a message whose object is still to be deleted. */
export async function readFiledKeys(db: Database, keys: string[]): Promise<Set<string>> {
  const json = JSON.stringify(keys)
  const rows = await db.all<{ raw_key: string }>(sql`
    select m.raw_key from json_each(${json}) j cross join messages m on m.raw_key = j.value
    union all select d.raw_key from json_each(${json}) j cross join raw_deletes d on d.raw_key = j.value
    union all select w.raw_key from json_each(${json}) j cross join withheld w on w.raw_key = j.value and w.kind = 'quarantine'
    union all select g.raw_key from json_each(${json}) j cross join raw_deleted g on g.raw_key = j.value`)
  return new Set(rows.map((row) => row.raw_key))
}

export type ChangeRow = Pick<
  MessageRow,
  'id' | 'modseq' | 'created_modseq' | 'flags' | 'keywords' | 'thread_id' | 'placed' | 'address_id'
>

export type DestroyedRow = Pick<TombstoneRow, 'modseq' | 'object_id' | 'address_id'>

/**
 * What changed and what was destroyed after (modseq, id), each in that order, with the account as it stood: read in one
 * transaction, so that the account's change number never runs ahead of the rows.
 */
export async function readChanges(db: Database, accountId: number, after: Cursor, limit: number) {
  const [accounts, changed, destroyed] = await db.batch([
    sql`select modseq, changes_floor from accounts where id = ${accountId}`,
    sql`select id, modseq, created_modseq, flags, keywords, thread_id, placed, address_id from messages
      where account_id = ${accountId} and (modseq, id) > (${after.modseq}, ${after.id}) order by modseq, id limit ${limit}`,
    sql`select modseq, object_id, address_id from tombstones where account_id = ${accountId} and kind = 'message'
      and (modseq, object_id) > (${after.modseq}, ${after.id}) order by modseq, object_id limit ${limit}`,
  ])
  return {
    account: (accounts as Pick<AccountRow, 'modseq' | 'changes_floor'>[])[0] ?? null,
    changed: changed as ChangeRow[],
    destroyed: destroyed as DestroyedRow[],
  }
}

export type Cursor = { modseq: number; id: number }
