/**
 * Pages of messages, newest first. Every page's cost is bounded by itself and never by the mailbox (ARCHITECTURE.md,
 * "Costs").
 *
 * A list has a driver (the index that gives ids in descending order) and conditions that are judged on what it gives.
 * Without conditions the driver gives one page; with them it gives a bounded number of candidates, and the page may be
 * short.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type Condition, indexedAll, isIndexed, looks, merged, predicate } from './condition.ts'
import { type Database, int, integers } from './database.ts'
import { firstId, idAt, lastId } from './ids.ts'
import { SUMMARY, type SummaryRow } from './message-read.ts'

/** Ids that one page of a filtered list examines, at most. */
export const CANDIDATES_MAX = 500
/** Rows that the judging of one page may read: a candidate's own, its message's, and one for each text looked up. */
const JUDGED_ROWS_MAX = 1_380

export type MessageFilter = {
  accountId: number
  /** All of them must hold. */
  conditions: Condition[]
  /** Rows that were read to understand the query: the candidates make room for them. */
  rowsSpent: number
}

/** A page below `before`, newest first. `next` is the `before` of the page after it; null where there is none. */
export type SummaryPage = { rows: SummaryRow[]; next: number | null }

/**
 * Reads a page. Without conditions but those that an index answers: one row for each id of the driver and one for each
 * message. With others: a bounded number of candidates, and one row for each message shown; the page may be short.
 */
export async function readPage(
  db: Database,
  { accountId, conditions, rowsSpent }: MessageFilter,
  before: number | null,
  limit: number,
): Promise<SummaryPage> {
  const range = rangeOf(accountId, conditions, before ?? lastId(accountId) + 1)
  const timeless = conditions.filter(({ kind }) => kind !== 'since' && kind !== 'until')
  const plan = planOf(accountId, timeless, range)
  return plan.rest.length === 0
    ? readPlainPage(db, plan, limit)
    : readFilteredPage(db, plan, { accountId, rowsMax: JUDGED_ROWS_MAX - rowsSpent, limit })
}

// The driver stays a subquery that SQLite runs as a co-routine: materialized, each of its rows would be read twice.
async function readPlainPage(db: Database, plan: Plan, limit: number): Promise<SummaryPage> {
  const rows = await db.all<SummaryRow>(sql`select ${SUMMARY} from (${plan.driver} limit ${limit + 1}) h
    cross join messages m on m.id = h.id order by h.id desc`)
  const more = rows.length > limit
  return { rows: rows.slice(0, limit), next: more ? (rows[limit - 1]?.id ?? null) : null }
}

async function readFilteredPage(
  db: Database,
  plan: Plan,
  { accountId, rowsMax, limit }: { accountId: number; rowsMax: number; limit: number },
): Promise<SummaryPage> {
  type Judged = { low: number | null; candidates: number; ids: string }
  const wanted = merged({ kind: 'all', of: plan.rest })
  const candidatesMax = Math.min(CANDIDATES_MAX, Math.floor(rowsMax / (2 + looks(wanted))))
  const judged = await db.first<Judged>(sql`select min(h.id) low, count(*) candidates,
      json_group_array(h.id) filter (where ${predicate(wanted, accountId)}) ids
    from (${plan.driver} limit ${candidatesMax}) h left join messages m on m.id = h.id`)
  if (!judged) return { rows: [], next: null }
  const ids = (JSON.parse(judged.ids) as number[]).sort((a, b) => b - a)
  const shown = ids.slice(0, limit)
  const rows = await readSummaries(db, shown)
  if (ids.length > limit) return { rows, next: shown.at(-1) ?? null }
  return { rows, next: judged.candidates < candidatesMax ? null : judged.low }
}

// Ids that this account's own index gave.
async function readSummaries(db: Database, ids: number[]): Promise<SummaryRow[]> {
  if (ids.length === 0) return []
  return db.all<SummaryRow>(sql`select ${SUMMARY} from messages m where m.id in (${integers(ids)}) order by m.id desc`)
}

/** Ids from `low` up to but not `before`. */
type Range = { low: number; before: number }

// An id begins with the second of receipt, so times bound the walk itself.
function rangeOf(accountId: number, conditions: Condition[], before: number): Range {
  const range = { low: firstId(accountId), before }
  for (const condition of conditions) {
    if (condition.kind === 'since') range.low = Math.max(range.low, idAt(accountId, condition.second))
    if (condition.kind === 'until') range.before = Math.min(range.before, idAt(accountId, condition.second))
  }
  return range
}

/** `rest` is what the driver does not decide. */
type Plan = { driver: SQL; rest: Condition[] }

// The narrowest index that the conditions allow drives.
function planOf(accountId: number, conditions: Condition[], range: Range): Plan {
  const found = indexedAll(conditions)
  if (found) return { driver: searchDriver(found.match, range), rest: conditions.filter((one) => !isIndexed(one)) }
  const thread = conditions.find((one) => one.kind === 'thread')
  if (thread) return { driver: threadDriver(accountId, thread.id, range), rest: without(conditions, thread) }
  const mailbox = conditions.find((one) => one.kind === 'mailbox' && one.ids.length === 1)
  if (mailbox?.kind === 'mailbox') return planMailbox(mailbox.ids[0] as number, without(conditions, mailbox), range)
  const driver = sql`select id from messages where id >= ${range.low} and id < ${range.before} order by id desc`
  return { driver, rest: conditions }
}

function searchDriver(match: string, { low, before }: Range): SQL {
  return sql`select rowid id from ft where ft match ${match}
    and rowid between ${int(low)} and ${int(before - 1)} order by rowid desc`
}

function threadDriver(accountId: number, threadId: number, { low, before }: Range): SQL {
  return sql`select id from messages where thread_id = ${threadId} and account_id = ${accountId}
    and id >= ${low} and id < ${before} order by id desc`
}

/** Bits of messages.flags for which placements have an index (mailbox/flags.ts). */
const SEEN = 1
const FLAGGED = 2

// The partial indexes on unread and flagged walk the mailbox by the flag; `unread = 1` must stand as a literal for the
// planner to choose them.
function planMailbox(mailboxId: number, rest: Condition[], range: Range): Plan {
  const driverOf = (extra: string) =>
    sql`select message_id id from placements where mailbox_id = ${mailboxId} and message_id >= ${range.low}
      and message_id < ${range.before} ${sql.raw(extra)} order by message_id desc`
  const unread = rest.find((one) => one.kind === 'flags' && one.bits === SEEN && !one.set)
  if (unread) return { driver: driverOf('and unread = 1'), rest: without(rest, unread) }
  const flagged = rest.find((one) => one.kind === 'flags' && one.bits === FLAGGED && one.set)
  if (flagged) return { driver: driverOf('and flagged = 1'), rest: without(rest, flagged) }
  return { driver: driverOf(''), rest }
}

function without(conditions: Condition[], one: Condition): Condition[] {
  return conditions.filter((other) => other !== one)
}
