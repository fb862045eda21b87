/**
 * Reading messages: lists by page, one message, changes. Every statement's cost is bounded by its page and never by
 * the mailbox (ARCHITECTURE.md, "Costs").
 *
 * A list has a driver (the index that gives ids in descending order) and filters over what the driver gives. Without
 * filters the driver gives one page; with filters it gives at most CANDIDATES_MAX ids, and the page may be short.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, int, integers } from './database.ts'
import { firstId, lastId } from './ids.ts'
import type { AccountRow, MessageRow, TombstoneRow } from './schema.ts'

/** Ids that one page of a filtered list examines: 3 rows read for each at the worst. */
export const CANDIDATES_MAX = 500

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

export type MessageFilter = {
  accountId: number
  /** Only what was delivered to this address; null: all. */
  addressId: number | null
  mailboxId?: number | undefined
  threadId?: number | undefined
  unread?: boolean | undefined
  flagged?: boolean | undefined
  /** An FTS5 expression (mailbox/search-query.ts). */
  match?: string | undefined
}

/** A page below `before`, newest first. `next` is the `before` of the page after it; null where there is none. */
export type SummaryPage = { rows: SummaryRow[]; next: number | null }

/**
 * Reads a page. Without filters: one row for each id of the driver and one for each message. With filters: at most
 * CANDIDATES_MAX ids, one or two rows to judge each, and one for each message shown; the page may be short.
 */
export async function readPage(
  db: Database,
  filter: MessageFilter,
  before: number | null,
  limit: number,
): Promise<SummaryPage> {
  const plan = planOf(filter, before ?? lastId(filter.accountId) + 1)
  return plan.filters.length === 0 ? readPlainPage(db, plan, limit) : readFilteredPage(db, plan, limit)
}

// The driver stays a subquery that SQLite runs as a co-routine: materialized, each of its rows would be read twice.
async function readPlainPage(db: Database, plan: Plan, limit: number): Promise<SummaryPage> {
  const rows = await db.all<SummaryRow>(sql`select ${SUMMARY} from (${plan.driver} limit ${limit + 1}) h
    cross join messages m on m.id = h.id order by h.id desc`)
  const more = rows.length > limit
  return { rows: rows.slice(0, limit), next: more ? (rows[limit - 1]?.id ?? null) : null }
}

async function readFilteredPage(db: Database, plan: Plan, limit: number): Promise<SummaryPage> {
  type Judged = { low: number | null; candidates: number; ids: string }
  const judged = await db.first<Judged>(sql`select min(h.id) low, count(*) candidates,
      json_group_array(h.id) filter (where ${sql.join(plan.filters, sql` and `)}) ids
    from (${plan.driver} limit ${CANDIDATES_MAX}) h ${sql.join(plan.joins, sql` `)}`)
  if (!judged) return { rows: [], next: null }
  const ids = (JSON.parse(judged.ids) as number[]).sort((a, b) => b - a)
  const shown = ids.slice(0, limit)
  const rows = await readSummaries(db, shown)
  if (ids.length > limit) return { rows, next: shown.at(-1) ?? null }
  return { rows, next: judged.candidates < CANDIDATES_MAX ? null : judged.low }
}

// Ids that this account's own index gave.
async function readSummaries(db: Database, ids: number[]): Promise<SummaryRow[]> {
  if (ids.length === 0) return []
  return db.all<SummaryRow>(sql`select ${SUMMARY} from messages m where m.id in (${integers(ids)}) order by m.id desc`)
}

type Plan = { driver: SQL; joins: SQL[]; filters: SQL[] }

const JOIN_MESSAGE = sql`left join messages m on m.id = h.id`

// The narrowest index that the filter allows drives; the rest of the filter is judged on what it gives.
function planOf(filter: MessageFilter, before: number): Plan {
  if (filter.match !== undefined) return planSearch(filter, filter.match, before)
  if (filter.threadId !== undefined) return planThread(filter, filter.threadId, before)
  if (filter.mailboxId !== undefined) return planMailbox(filter, filter.mailboxId, before)
  const driver = sql`select id from messages where id >= ${firstId(filter.accountId)} and id < ${before} order by id desc`
  return planOver(filter, driver, { flags: filter })
}

function planSearch(filter: MessageFilter, match: string, before: number): Plan {
  const driver = sql`select rowid id from ft where ft match ${match}
    and rowid between ${int(firstId(filter.accountId))} and ${int(before - 1)} order by rowid desc`
  return planOver(filter, driver, { flags: filter, mailboxId: filter.mailboxId, threadId: filter.threadId })
}

function planThread(filter: MessageFilter, threadId: number, before: number): Plan {
  const driver = sql`select id from messages where thread_id = ${threadId} and account_id = ${filter.accountId}
    and id < ${before} order by id desc`
  return planOver(filter, driver, { flags: filter, mailboxId: filter.mailboxId })
}

// The partial indexes on unread and flagged walk the mailbox by the flag; `unread = 1` must stand as a literal for the
// planner to choose them.
function planMailbox(filter: MessageFilter, mailboxId: number, before: number): Plan {
  const { unread, flagged } = filter
  const driverOf = (extra: string) =>
    sql`select message_id id from placements where mailbox_id = ${mailboxId} and message_id < ${before}
      ${sql.raw(extra)} order by message_id desc`
  if (unread === true) return planOver(filter, driverOf('and unread = 1'), { flags: { flagged } })
  if (flagged === true) return planOver(filter, driverOf('and flagged = 1'), { flags: { unread } })
  return planOver(filter, driverOf(''), { flags: { unread, flagged } })
}

type Rest = {
  flags: Pick<MessageFilter, 'unread' | 'flagged'>
  mailboxId?: number | undefined
  threadId?: number | undefined
}

// What the driver does not decide. A placement answers for the flags where one is joined anyway.
function planOver({ addressId }: MessageFilter, driver: SQL, rest: Rest): Plan {
  const filters: SQL[] = []
  const joins: SQL[] = []
  const { unread, flagged } = rest.flags
  const byPlacement = rest.mailboxId !== undefined
  if (byPlacement) {
    joins.push(sql`left join placements p on p.mailbox_id = ${rest.mailboxId} and p.message_id = h.id`)
    filters.push(sql`p.uid is not null`)
  }
  const flagOf = (column: string, expression: string) => sql.raw(byPlacement ? `p.${column}` : expression)
  if (unread !== undefined) filters.push(sql`${flagOf('unread', '(m.flags & 1 = 0)')} = ${unread ? 1 : 0}`)
  if (flagged !== undefined) filters.push(sql`${flagOf('flagged', '(m.flags & 2 <> 0)')} = ${flagged ? 1 : 0}`)
  if (rest.threadId !== undefined) filters.push(sql`m.thread_id = ${rest.threadId}`)
  if (addressId !== null) filters.push(sql`m.address_id = ${addressId}`)
  const ofMessage = rest.threadId !== undefined || addressId !== null
  const needsMessage = ofMessage || (!byPlacement && (unread !== undefined || flagged !== undefined))
  if (needsMessage) joins.push(JOIN_MESSAGE)
  return { driver, joins, filters }
}

/** One message of this account, whole; null where it has no such message. */
export function readMessageRow(db: Database, accountId: number, id: number): Promise<MessageRow | null> {
  return db.first<MessageRow>(sql`select * from messages where id = ${id} and account_id = ${accountId}`)
}

/** What stands in the way of filing a receipt: itself, its deletion, or an equal message. */
export type Standing =
  | { kind: 'filed'; id: number }
  /** Its message was destroyed, or it was a duplicate: it is never filed again. */
  | { kind: 'discarded' }
  | { kind: 'duplicate'; id: number }

/** What stands in the way of filing this receipt, or null. A message equal to it is one as well authenticated or better. */
export function readStanding(
  db: Database,
  accountId: number,
  dedupe: { key: Uint8Array; upTo: Uint8Array },
  rawKey: string,
): Promise<Standing | null> {
  return db.first<Standing>(sql`select 'filed' kind, id from messages where raw_key = ${rawKey}
    union all select 'discarded', 0 from raw_deletes where raw_key = ${rawKey}
    union all select 'discarded', 0 from raw_deleted where raw_key = ${rawKey}
    union all select 'duplicate', id from (select id from messages where account_id = ${accountId}
      and dedupe is not null and dedupe >= ${dedupe.key} and dedupe <= ${dedupe.upTo} limit 1)`)
}

/** The message that was stored from a raw object, or null. */
export function readStandingRaw(db: Database, rawKey: string) {
  return db.first<Pick<MessageRow, 'id' | 'modseq' | 'thread_id' | 'placed'>>(
    sql`select id, modseq, thread_id, placed from messages where raw_key = ${rawKey}`,
  )
}

/** The account's message ids from `low` to `high`, both included. */
export async function readIdsBetween(db: Database, accountId: number, low: number, high: number): Promise<number[]> {
  const rows = await db.all<{ id: number }>(
    sql`select id from messages where id between ${low} and ${high} and account_id = ${accountId}`,
  )
  return rows.map((row) => row.id)
}

/** Which of these raw objects have a message, or had one whose object is still to be deleted. */
export async function readFiledKeys(db: Database, keys: string[]): Promise<Set<string>> {
  const json = JSON.stringify(keys)
  const rows = await db.all<{ raw_key: string }>(sql`
    select m.raw_key from json_each(${json}) j cross join messages m on m.raw_key = j.value
    union all select d.raw_key from json_each(${json}) j cross join raw_deletes d on d.raw_key = j.value
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
