/**
 * What a list of messages asks of each, as a tree, and how SQLite is asked it: by the search index where that can decide,
 * by a look at the candidate's row otherwise.
 *
 * Invariant: whatever the tree, a candidate costs its own row, the message's, and one for each text that the index was
 * not asked for at the start (`looks`).
 */
import { type SQL, sql } from 'drizzle-orm'
import { integers } from './database.ts'
import { idAt } from './ids.ts'

export type Condition =
  | { kind: 'all' | 'any'; of: Condition[] }
  | { kind: 'not'; of: Condition }
  /** An FTS5 expression without operators at its top level: a phrase, with its column. */
  | { kind: 'text'; match: string }
  /** All bits set, or all clear (mailbox/flags.ts). */
  | { kind: 'flags'; bits: number; set: boolean }
  | { kind: 'keyword'; keyword: string }
  | { kind: 'attachment' }
  /** In one of these mailboxes; none of them: nothing fits. */
  | { kind: 'mailbox'; ids: number[] }
  | { kind: 'thread'; id: number }
  | { kind: 'address'; id: number }
  /** Received at this second or later; before it. */
  | { kind: 'since' | 'until'; second: number }
  /** Of this many bytes or more; of fewer. */
  | { kind: 'larger' | 'smaller'; bytes: number }

/** What the index can say of a condition: no message fits that `match` does not find; `isExact`: and none else is found. */
export type Indexed = { match: string; isExact: boolean }

/** The condition for the search index, or null where it must know other things. */
export function indexed(condition: Condition): Indexed | null {
  switch (condition.kind) {
    case 'text':
      return { match: condition.match, isExact: true }
    case 'all':
      return indexedAll(condition.of)
    case 'any':
      return indexedAny(condition.of)
    default:
      return null
  }
}

/** The same for several that must all hold. */
export function indexedAll(conditions: Condition[]): Indexed | null {
  const wanted = conditions.map(indexed).filter((one) => one !== null)
  if (wanted.length === 0) return null
  const unwanted = conditions.map(excluded).filter((match) => match !== null)
  const match = wanted.map((one) => `(${one.match})`).join(' AND ')
  return {
    match: unwanted.length === 0 ? match : `(${match})${unwanted.map((one) => ` NOT (${one})`).join('')}`,
    isExact: conditions.every(isIndexed),
  }
}

function indexedAny(conditions: Condition[]): Indexed | null {
  const each = conditions.map(indexed)
  if (each.length === 0 || !each.every((one) => one !== null)) return null
  return { match: each.map((one) => `(${one.match})`).join(' OR '), isExact: each.every((one) => one.isExact) }
}

/** Whether the index decides it, beside others that it finds something by. */
export function isIndexed(condition: Condition): boolean {
  return indexed(condition)?.isExact === true || excluded(condition) !== null
}

// The index can leave out only what it knows exactly.
function excluded(condition: Condition): string | null {
  if (condition.kind !== 'not') return null
  const inner = indexed(condition.of)
  return inner?.isExact ? inner.match : null
}

/**
 * The same condition with as few texts as can be: what the index can decide as a whole becomes one. A query of many words
 * is then one look at a candidate, and one parameter of the statement.
 */
export function merged(condition: Condition): Condition {
  const whole = indexed(condition)
  if (whole?.isExact) return { kind: 'text', match: whole.match }
  if (condition.kind === 'not') return { kind: 'not', of: merged(condition.of) }
  if (condition.kind === 'all' || condition.kind === 'any') return { ...condition, of: condition.of.map(merged) }
  return condition
}

/** How many texts a look at a candidate asks the index for. */
export function looks(condition: Condition): number {
  switch (condition.kind) {
    case 'text':
      return 1
    case 'all':
    case 'any':
      return condition.of.reduce((sum, one) => sum + looks(one), 0)
    case 'not':
      return looks(condition.of)
    default:
      return 0
  }
}

/** The condition over a candidate `h` and its message `m`, of an account. */
export function predicate(condition: Condition, accountId: number): SQL {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return joined(condition, accountId)
    case 'not':
      return sql`not ${predicate(condition.of, accountId)}`
    case 'text':
      return sql`exists (select 1 from ft where ft match ${condition.match} and rowid = h.id)`
    case 'flags':
      return condition.set
        ? sql`(m.flags & ${condition.bits}) = ${condition.bits}`
        : sql`(m.flags & ${condition.bits}) = 0`
    case 'keyword':
      // A JSON list of words that hold no quote.
      return sql`instr(m.keywords, ${JSON.stringify(condition.keyword)}) > 0`
    case 'attachment':
      return sql`m.has_attachment = 1`
    case 'mailbox':
      return standsIn(condition.ids)
    case 'thread':
      return sql`m.thread_id = ${condition.id}`
    case 'address':
      return sql`ifnull(m.address_id = ${condition.id}, 0)`
    case 'since':
      return sql`h.id >= ${idAt(accountId, condition.second)}`
    case 'until':
      return sql`h.id < ${idAt(accountId, condition.second)}`
    case 'larger':
      return sql`m.size >= ${condition.bytes}`
    case 'smaller':
      return sql`m.size < ${condition.bytes}`
  }
}

function joined({ kind, of }: { kind: 'all' | 'any'; of: Condition[] }, accountId: number): SQL {
  if (of.length === 0) return kind === 'all' ? sql`1` : sql`0`
  const each = of.map((one) => predicate(one, accountId))
  return sql`(${sql.join(each, kind === 'all' ? sql` and ` : sql` or `)})`
}

// `placed` is [[mailbox, uid], ...]: only a mailbox follows a bracket. The ids are integers, written into the statement, which
// takes 100 parameters.
function standsIn(mailboxIds: number[]): SQL {
  if (mailboxIds.length === 0) return sql`0`
  const each = mailboxIds.map((id) => sql`instr(m.placed, '[' || ${integers([id])} || ',') > 0`)
  return anyOf(each)
}

// In halves: SQLite bounds how deep an expression may be, and a chain is as deep as it is long.
function anyOf(each: SQL[]): SQL {
  if (each.length <= 2) return sql`(${sql.join(each, sql` or `)})`
  const half = Math.ceil(each.length / 2)
  return sql`(${anyOf(each.slice(0, half))} or ${anyOf(each.slice(half))})`
}
