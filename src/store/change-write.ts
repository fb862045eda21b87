/** Statements over the record of what changed. */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'

/** Rows of one account that are forgotten in one run. */
const FORGET_MAX = 500

/**
 * Deletes an account's oldest tombstones that were buried before a second, and remembers up to which change number they
 * are gone. Tombstones of a kind are buried in the order of their modseq, so the oldest stand first in the key.
 */
export function forgetTombstonesOf(accountId: number, before: number): SQL[] {
  const kinds = ['mailbox', 'message', 'placement'] as const
  return kinds.flatMap((kind) => {
    const oldest = sql`select modseq, buried_at from tombstones where account_id = ${accountId} and kind = ${kind}
      order by modseq limit ${FORGET_MAX}`
    const upTo = sql`select max(modseq) m from (${oldest}) where buried_at < ${before}`
    return [
      sql`update accounts set changes_floor = max(changes_floor, (${upTo})) where id = ${accountId} and (${upTo}) is not null`,
      sql`delete from tombstones where account_id = ${accountId} and kind = ${kind} and modseq <= (${upTo})`,
    ]
  })
}

/** Everything one change writes, as rows. mailbox/change.ts plans it; all of it holds for change number `expected` only. */
export type ChangeRows = {
  accountId: number
  /** The change number that the plan was made for. */
  expected: number
  usedBytes: number
  /** [id, flags, keywords, placed] */
  messages: [number, number, string, string][]
  /** [id, raw key] */
  destroyed: [number, string][]
  /** [from mailbox, message, to mailbox, uid] */
  relocated: [number, number, number, number][]
  /** [mailbox, message] */
  removed: [number, number][]
  /** [mailbox, message, uid, unread, flagged, deleted]: new placements, and flags of those that stay */
  placed: [number, number, number, number, number, number][]
  /** [id, uid_next, total, unread, deleted, bytes, threads, unread_threads]: the new values */
  mailboxes: [number, number, number, number, number, number, number, number][]
  /** [mailbox, thread, n, unread]: the new values */
  threads: [number, number, number, number][]
  /** [mailbox, page, n, live]: the new values */
  pages: [number, number, number, string][]
  /** [kind, object, mailbox, uid] */
  tombstones: ['message' | 'placement', number, number, number][]
  buriedAt: number
  event: string
}

/** The statements of a change, at most one for each kind of row, the guard first. */
export function changeMessages(rows: ChangeRows): SQL[] {
  const modseq = rows.expected + 1
  const statements: [unknown[], SQL][] = [
    [
      rows.relocated,
      sql`update placements set mailbox_id = j.value ->> 2, uid = j.value ->> 3
      from json_each(${JSON.stringify(rows.relocated)}) j
      where placements.mailbox_id = j.value ->> 0 and placements.message_id = j.value ->> 1`,
    ],
    [
      rows.removed,
      sql`delete from placements where (mailbox_id, message_id) in
      (select value ->> 0, value ->> 1 from json_each(${JSON.stringify(rows.removed)}))`,
    ],
    [
      rows.placed,
      sql`insert into placements (mailbox_id, message_id, uid, unread, flagged, deleted)
      select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
      from json_each(${JSON.stringify(rows.placed)}) where true
      on conflict (mailbox_id, message_id) do update set unread = excluded.unread, flagged = excluded.flagged,
        deleted = excluded.deleted`,
    ],
    [
      rows.messages,
      sql`update messages set flags = j.value ->> 1, keywords = j.value ->> 2, placed = j.value ->> 3,
      modseq = ${modseq} from json_each(${JSON.stringify(rows.messages)}) j where messages.id = j.value ->> 0`,
    ],
    [
      rows.mailboxes,
      sql`update mailboxes set uid_next = j.value ->> 1, total = j.value ->> 2, unread = j.value ->> 3,
      deleted = j.value ->> 4, bytes = j.value ->> 5, threads = j.value ->> 6, unread_threads = j.value ->> 7,
      modseq = ${modseq} from json_each(${JSON.stringify(rows.mailboxes)}) j where mailboxes.id = j.value ->> 0`,
    ],
    [
      rows.threads,
      sql`insert into thread_placements (mailbox_id, thread_id, n, unread, newest)
      select value ->> 0, value ->> 1, value ->> 2, value ->> 3, coalesce((select m.id from messages m
        cross join placements p on p.mailbox_id = j.value ->> 0 and p.message_id = m.id
        where m.thread_id = j.value ->> 1 order by m.id desc limit 1), 0)
      from json_each(${JSON.stringify(rows.threads)}) j where true
      on conflict do update set n = excluded.n, unread = excluded.unread, newest = excluded.newest`,
    ],
    [
      rows.pages,
      sql`insert into uid_pages (mailbox_id, page, n, live)
      select value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each(${JSON.stringify(rows.pages)}) where true
      on conflict do update set n = excluded.n, live = excluded.live`,
    ],
    [
      rows.tombstones,
      sql`insert into tombstones (account_id, modseq, kind, object_id, mailbox_id, uid, buried_at)
      select ${int(rows.accountId)}, ${int(modseq)}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, ${int(rows.buriedAt)}
      from json_each(${JSON.stringify(rows.tombstones)})`,
    ],
    ...destroyStatements(rows.destroyed),
  ]
  return [
    sql`update accounts set modseq = iif(modseq = ${rows.expected}, modseq + 1, null), used_bytes = ${rows.usedBytes} + used_bytes
      where id = ${rows.accountId}`,
    ...statements.filter(([list]) => list.length > 0).map(([, statement]) => statement),
    sql`insert into outbox (account_id, event) values (${rows.accountId}, ${rows.event})`,
  ]
}

// The message leaves the search index and the table, and its raw object is marked, in the same batch.
function destroyStatements(destroyed: ChangeRows['destroyed']): [unknown[], SQL][] {
  const json = JSON.stringify(destroyed)
  return [
    [destroyed, sql`delete from ft where rowid in (select value ->> 0 from json_each(${json}))`],
    [destroyed, sql`delete from messages where id in (select value ->> 0 from json_each(${json}))`],
    [destroyed, sql`insert or ignore into raw_deletes (raw_key) select value ->> 1 from json_each(${json})`],
  ]
}
