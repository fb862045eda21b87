/** Statements over the record of what changed. */
import { type SQL, sql } from 'drizzle-orm'
import { int, table } from './database.ts'

/** Rows of one account that are forgotten in one run. */
const FORGET_MAX = 500

/**
 * Deletes an account's oldest tombstones and vanished UIDs that were buried before a second, and remembers up to which
 * change number they are gone. Tombstones are buried in the order of their modseq, so the oldest stand first in the key.
 */
export function forgetTombstonesOf(accountId: number, before: number): SQL[] {
  const tombstones = (['message', 'mailbox'] as const).flatMap((kind) => {
    const oldest = sql`select modseq, buried_at from tombstones where account_id = ${accountId} and kind = ${kind}
      order by modseq limit ${FORGET_MAX}`
    const upTo = sql`select max(modseq) from (${oldest}) where buried_at < ${before}`
    return [
      raiseFloor(accountId, upTo),
      sql`delete from tombstones where account_id = ${accountId} and kind = ${kind} and modseq <= (${upTo})`,
    ]
  })
  const old = sql`from vanished where account_id = ${accountId} and buried_at < ${before}`
  return [...tombstones, raiseFloor(accountId, sql`select max(modseq) ${old}`), sql`delete ${old}`]
}

function raiseFloor(accountId: number, upTo: SQL): SQL {
  return sql`update accounts set changes_floor = max(changes_floor, (${upTo})) where id = ${accountId} and (${upTo}) is not null`
}

/** Everything one change writes, as rows. mailbox/change.ts plans it; all of it holds for change number `expected` only. */
export type ChangeRows = {
  accountId: number
  /** The change number that the plan was made for. */
  expected: number
  /** Of the account's model, in which the messages' `taught` holds. */
  generation: number
  usedBytes: number
  /** [id, flags, keywords, placed, taught or ''] */
  messages: [number, number, string, string, string][]
  /** [id, raw key, id of the address it was delivered to or 0] */
  destroyed: [number, string, number][]
  /** [from mailbox, message, to mailbox, uid] */
  relocated: [number, number, number, number][]
  /** [mailbox, message] */
  removed: [number, number][]
  /** [mailbox, message, uid, unread, flagged, deleted, thread]: new placements, and flags of those that stay */
  placed: [number, number, number, number, number, number, number][]
  /** [id, uid_next, total, unread, deleted, bytes, threads, unread_threads]: the new values */
  mailboxes: [number, number, number, number, number, number, number, number][]
  /** [mailbox, thread, n, unread, newest]: the new values; a newest of -1 is to be looked for */
  threads: [number, number, number, number, number][]
  /** [mailbox, page, n, live]: the new values */
  pages: [number, number, number, string][]
  /** [mailbox, uid]: placements that are gone, by relocation, removal or destruction */
  vanished: [number, number][]
  buriedAt: number
  event: string
}

/** The statements of a change, the guard first. Many rows of a kind are one statement. */
export function changeMessages(rows: ChangeRows): SQL[] {
  return [
    sql`update accounts set modseq = iif(modseq = ${rows.expected} and deleted_at is null, modseq + 1, null), used_bytes = used_bytes + ${rows.usedBytes}
      where id = ${rows.accountId}`,
    ...placementStatements(rows),
    ...messageStatements(rows),
    ...countStatements(rows),
    ...vanishedStatements(rows),
    ...destroyStatements(rows),
    sql`insert into outbox (account_id, modseq, event) values (${rows.accountId}, ${rows.expected + 1}, ${rows.event})`,
  ]
}

/** Up to this many rows are updated one by one: UPDATE FROM reads each of its rows three times. */
const SINGLE_ROWS_MAX = 2

function placementStatements({ relocated, removed, placed }: ChangeRows): SQL[] {
  const relocate = updates(
    relocated,
    ([from, message, to, uid]) => sql`update placements set mailbox_id = ${to}, uid = ${uid}
      where mailbox_id = ${from} and message_id = ${message}`,
    (all) => sql`update placements set mailbox_id = j.c2, uid = j.c3
      from ${all} j where placements.mailbox_id = j.c0 and placements.message_id = j.c1`,
  )
  const remove = updates(
    removed,
    ([mailbox, message]) => sql`delete from placements where mailbox_id = ${mailbox} and message_id = ${message}`,
    (all) => sql`delete from placements where (mailbox_id, message_id) in ${all}`,
  )
  if (placed.length === 0) return [...relocate, ...remove]
  const place = sql`insert into placements (mailbox_id, message_id, uid, unread, flagged, deleted, thread_id)
    select * from ${table(placed)} where true on conflict (mailbox_id, message_id)
    do update set unread = excluded.unread, flagged = excluded.flagged, deleted = excluded.deleted`
  return [...relocate, ...remove, place]
}

function messageStatements({ messages, expected, generation }: ChangeRows): SQL[] {
  return updates(
    messages,
    ([
      id,
      flags,
      keywords,
      placed,
      taught,
    ]) => sql`update messages set flags = ${flags}, keywords = ${keywords}, placed = ${placed},
      taught = ${taught || null}, taught_in = ${generation}, modseq = ${expected + 1} where id = ${id}`,
    (all) => sql`update messages set flags = j.c1, keywords = j.c2, placed = j.c3, taught = nullif(j.c4, ''),
      taught_in = ${generation}, modseq = ${expected + 1}
      from ${all} j where messages.id = j.c0`,
  )
}

// Where a conversation's newest message has left, the next one is looked for after the placements have changed.
function countStatements({ messages, destroyed, mailboxes, threads, pages, expected }: ChangeRows): SQL[] {
  const isMany = messages.length + destroyed.length > SINGLE_ROWS_MAX
  const statements = updates(
    mailboxes,
    ([id, uidNext, total, unread, deleted, bytes, n, unreadThreads]) => sql`update mailboxes set uid_next = ${uidNext},
      total = ${total}, unread = ${unread}, deleted = ${deleted}, bytes = ${bytes}, threads = ${n},
      unread_threads = ${unreadThreads}, modseq = ${expected + 1} where id = ${id}`,
    (all) => sql`update mailboxes set uid_next = j.c1, total = j.c2, unread = j.c3, deleted = j.c4, bytes = j.c5,
      threads = j.c6, unread_threads = j.c7, modseq = ${expected + 1} from ${all} j where mailboxes.id = j.c0`,
    isMany,
  )
  if (threads.length > 0) {
    statements.push(sql`insert into thread_placements (mailbox_id, thread_id, n, unread, newest)
      select c0, c1, c2, c3, iif(c4 >= 0, c4, (select message_id from placements
        where mailbox_id = j.c0 and thread_id = j.c1 order by message_id desc limit 1))
      from ${table(threads)} j where true
      on conflict do update set n = excluded.n, unread = excluded.unread, newest = excluded.newest`)
  }
  if (pages.length > 0) {
    statements.push(sql`insert into uid_pages (mailbox_id, page, n, live) select * from ${table(pages)} where true
      on conflict do update set n = excluded.n, live = excluded.live`)
  }
  return statements
}

function vanishedStatements({ accountId, expected, buriedAt, vanished }: ChangeRows): SQL[] {
  if (vanished.length === 0) return []
  const byMailbox = Map.groupBy(vanished, ([mailbox]) => mailbox)
  const rows = [...byMailbox].map(([mailbox, gone]) => [
    mailbox,
    JSON.stringify(gone.map(([, uid]) => uid).sort((a, b) => a - b)),
  ])
  return [
    sql`insert into vanished (account_id, mailbox_id, modseq, uids, buried_at)
      select ${int(accountId)}, c0, ${int(expected + 1)}, c1, ${int(buriedAt)} from ${table(rows)}`,
  ]
}

// The message leaves the search index and the table, and its raw object is marked, in the same batch.
function destroyStatements({ accountId, expected, buriedAt, destroyed }: ChangeRows): SQL[] {
  if (destroyed.length === 0) return []
  const ids = table(destroyed.map(([id]) => [id]))
  return [
    sql`delete from ft where rowid in ${ids}`,
    sql`delete from messages where id in ${ids}`,
    sql`delete from drafts where account_id = ${accountId} and message_id in ${ids}`,
    sql`insert into tombstones (account_id, kind, modseq, object_id, address_id, buried_at)
      select ${int(accountId)}, 'message', ${int(expected + 1)}, c0, nullif(c1, 0), ${int(buriedAt)}
      from ${table(destroyed.map(([id, , address]) => [id, address]))}`,
    sql`insert or ignore into raw_deletes (raw_key) select c0 from ${table(destroyed.map(([, key]) => [key]))}`,
  ]
}

// One statement a row where they are few and the change is small; otherwise one for all, as a change of many messages has
// few statements to spend.
function updates<Row extends readonly (string | number)[]>(
  rows: Row[],
  one: (row: Row) => SQL,
  many: (all: SQL) => SQL,
  isMany = rows.length > SINGLE_ROWS_MAX,
): SQL[] {
  if (rows.length === 0) return []
  return isMany ? [many(table(rows))] : rows.map(one)
}
