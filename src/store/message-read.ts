/**
 * Reading messages: lists by page, one message, changes. Every statement's cost is bounded by its page and never by
 * the mailbox (ARCHITECTURE.md, "Costs").
 *
 * A list has a driver (the index that gives ids in descending order) and filters over what the driver gives. Without
 * filters the driver gives one page; with filters it gives at most CANDIDATES_MAX ids, and the page may be short.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, int } from './database.ts'
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

const SUMMARY = sql.raw(
  `m.id, m.modseq, m.created_modseq, m.thread_id, m.received_at, m.sent_at, m.size, m.flags, m.keywords,
   m.has_attachment, m.recipient, m.message_id, m.from_addr, m.from_name, m.to_text, m.subject, m.preview, m.score,
   m.verdict, m.placed`,
)

export type MessageFilter = {
  accountId: number
  mailboxId?: number | undefined
  threadId?: number | undefined
  unread?: boolean | undefined
  flagged?: boolean | undefined
  /** An FTS5 expression (mailbox/search-query.ts). */
  match?: string | undefined
}

/** A page of ids below `before`, newest first. `scannedTo` is the last candidate's id where the page ended short of all. */
export type SummaryPage = { rows: SummaryRow[]; more: boolean; scannedTo: number | null }

/** Reads a page. Costs one row for each candidate, and two for each message shown. */
export async function readPage(db: Database, filter: MessageFilter, before: number | null, limit: number) {
  const plan = planOf(filter, before ?? lastId(filter.accountId) + 1)
  const candidates = plan.filters.length === 0 ? limit + 1 : CANDIDATES_MAX
  const where = plan.filters.length === 0 ? sql`` : sql`where ${sql.join(plan.filters, sql` and `)}`
  type Row = { low: number | null; candidates: number } & { [K in keyof SummaryRow]: SummaryRow[K] | null }
  const rows = await db.all<Row>(sql`
    with h as materialized (${plan.driver} limit ${candidates})
    select s.low, s.candidates, x.* from (select min(id) low, count(*) candidates from h) s
    left join (select ${SUMMARY} from h cross join messages m on m.id = h.id ${plan.join} ${where}
      order by h.id desc limit ${limit + 1}) x`)
  return pageOf(rows, limit, candidates)
}

function pageOf(rows: { id: number | null; low: number | null; candidates: number }[], limit: number, asked: number) {
  const found = rows.filter((row) => row.id !== null) as (SummaryRow & { low: number; candidates: number })[]
  const first = rows[0]
  if (found.length > limit) {
    return { rows: found.slice(0, limit), more: true, scannedTo: found[limit - 1]?.id ?? null }
  }
  const exhausted = !first || first.candidates < asked
  return { rows: found, more: !exhausted, scannedTo: exhausted ? null : first.low }
}

type Plan = { driver: SQL; join: SQL; filters: SQL[] }

// The narrowest index that the filter allows drives; the rest of the filter is checked on what it gives.
function planOf(filter: MessageFilter, before: number): Plan {
  const filters: SQL[] = []
  const { mailboxId } = filter
  const inMailbox = sql`cross join placements p on p.mailbox_id = ${mailboxId} and p.message_id = h.id`
  if (filter.threadId !== undefined && filter.match === undefined) {
    addFlagFilters(filters, filter, 'message')
    const driver = sql`select id from messages where thread_id = ${filter.threadId} and account_id = ${filter.accountId}
      and id < ${before} order by id desc`
    return { driver, join: mailboxId === undefined ? sql`` : inMailbox, filters }
  }
  if (filter.match !== undefined) {
    if (filter.threadId !== undefined) filters.push(sql`m.thread_id = ${filter.threadId}`)
    addFlagFilters(filters, filter, mailboxId === undefined ? 'message' : 'placement')
    if (mailboxId !== undefined) filters.push(sql`p.mailbox_id = ${mailboxId}`)
    const driver = sql`select rowid id from ft where ft match ${filter.match}
      and rowid between ${int(firstId(filter.accountId))} and ${int(before - 1)} order by rowid desc`
    return { driver, join: mailboxId === undefined ? sql`` : inMailbox, filters }
  }
  if (mailboxId === undefined) {
    addFlagFilters(filters, filter, 'message')
    const driver = sql`select id from messages where id >= ${firstId(filter.accountId)} and id < ${before}
      order by id desc`
    return { driver, join: sql``, filters }
  }
  return planMailbox(filter, mailboxId, before)
}

// The partial indexes on unread and flagged walk the mailbox by the flag; `unread = 1` must stand as a literal for the
// planner to choose them.
function planMailbox(filter: MessageFilter, mailboxId: number, before: number): Plan {
  const driverOf = (extra: string) =>
    sql`select message_id id from placements where mailbox_id = ${mailboxId} and message_id < ${before}
      ${sql.raw(extra)} order by message_id desc`
  const filters: SQL[] = []
  if (filter.unread === true) {
    addFlagFilters(filters, { ...filter, unread: undefined }, 'message')
    return { driver: driverOf('and unread = 1'), join: sql``, filters }
  }
  if (filter.flagged === true) {
    addFlagFilters(filters, { ...filter, flagged: undefined }, 'message')
    return { driver: driverOf('and flagged = 1'), join: sql``, filters }
  }
  addFlagFilters(filters, filter, 'message')
  return { driver: driverOf(''), join: sql``, filters }
}

function addFlagFilters(filters: SQL[], filter: MessageFilter, by: 'message' | 'placement'): void {
  if (filter.unread !== undefined) {
    const wanted = filter.unread ? 1 : 0
    filters.push(by === 'placement' ? sql`p.unread = ${wanted}` : sql`(m.flags & 1 = 0) = ${wanted}`)
  }
  if (filter.flagged !== undefined) {
    const wanted = filter.flagged ? 1 : 0
    filters.push(by === 'placement' ? sql`p.flagged = ${wanted}` : sql`(m.flags & 2 <> 0) = ${wanted}`)
  }
}

/** One message of this account, whole; null where it has no such message. */
export function readMessageRow(db: Database, accountId: number, id: number): Promise<MessageRow | null> {
  return db.first<MessageRow>(sql`select * from messages where id = ${id} and account_id = ${accountId}`)
}

/** Where this receipt is filed, or else a delivery with this identity that is as well authenticated or better. */
export async function readDuplicate(
  db: Database,
  accountId: number,
  dedupe: { key: Uint8Array; upTo: Uint8Array },
  rawKey: string,
): Promise<Pick<MessageRow, 'id' | 'raw_key'> | null> {
  const rows = await db.all<
    Pick<MessageRow, 'id' | 'raw_key'>
  >(sql`select id, raw_key from messages where raw_key = ${rawKey}
    union all select id, raw_key from (select id, raw_key from messages where account_id = ${accountId}
      and dedupe is not null and dedupe >= ${dedupe.key} and dedupe <= ${dedupe.upTo} limit 1)`)
  return rows[0] ?? null
}

/** Which of these raw objects have a message, or had one whose object is still to be deleted. */
export async function readFiledKeys(db: Database, keys: string[]): Promise<Set<string>> {
  const json = JSON.stringify(keys)
  const rows = await db.all<{ raw_key: string }>(sql`
    select m.raw_key from json_each(${json}) j cross join messages m on m.raw_key = j.value
    union all select d.raw_key from json_each(${json}) j cross join raw_deletes d on d.raw_key = j.value`)
  return new Set(rows.map((row) => row.raw_key))
}

export type ChangeRow = Pick<
  MessageRow,
  'id' | 'modseq' | 'created_modseq' | 'flags' | 'keywords' | 'thread_id' | 'placed'
>

/**
 * What changed and what was destroyed after (modseq, id), each in that order, with the account as it stood: read in one
 * transaction, so that the account's change number never runs ahead of the rows.
 */
export async function readChanges(db: Database, accountId: number, after: Cursor, limit: number) {
  const [accounts, changed, destroyed] = await db.batch([
    sql`select modseq, changes_floor from accounts where id = ${accountId}`,
    sql`select id, modseq, created_modseq, flags, keywords, thread_id, placed from messages
      where account_id = ${accountId} and (modseq, id) > (${after.modseq}, ${after.id}) order by modseq, id limit ${limit}`,
    sql`select modseq, object_id from tombstones where account_id = ${accountId} and kind = 'message'
      and (modseq, object_id) > (${after.modseq}, ${after.id}) order by modseq, object_id limit ${limit}`,
  ])
  return {
    account: (accounts as Pick<AccountRow, 'modseq' | 'changes_floor'>[])[0] ?? null,
    changed: changed as ChangeRow[],
    destroyed: destroyed as Pick<TombstoneRow, 'modseq' | 'object_id'>[],
  }
}

export type Cursor = { modseq: number; id: number }
