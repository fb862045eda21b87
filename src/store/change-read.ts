/**
 * What a change of messages must know before it is planned: the messages, and the rows that count them. Both reads carry
 * the account's change number, and the commit holds only while it has not moved.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, int, integers, table } from './database.ts'
import { UIDS_PER_PAGE } from './message-write.ts'
import type { MailboxRow, MessageRow, ThreadPlacementRow, UidPageRow } from './schema.ts'

export type ChangeableRow = Pick<
  MessageRow,
  'id' | 'modseq' | 'thread_id' | 'flags' | 'keywords' | 'size' | 'placed' | 'raw_key' | 'address_id' | 'taught'
>

export type Snapshot = {
  modseq: number
  /** Of the account's model: `taught` of the messages is what was taught in it. */
  generation: number
  messages: ChangeableRow[]
}

/** The account's messages among these ids, in one statement; null where there is no such account. */
export async function readSnapshot(db: Database, accountId: number, ids: number[]): Promise<Snapshot | null> {
  const rows = await db.all<
    { account_modseq: number; generation: number } & { [K in keyof ChangeableRow]: ChangeableRow[K] | null }
  >(sql`
    select a.modseq account_modseq, a.model_generation generation, m.id, m.modseq, m.thread_id, m.flags, m.keywords, m.size, m.placed, m.raw_key,
      m.address_id, iif(m.taught_in = a.model_generation, m.taught, null) taught
    from accounts a left join ${table(ids.map((id) => [id]))} j left join messages m on m.id = j.c0 and m.account_id = a.id
    where a.id = ${accountId}`)
  const [first] = rows
  if (!first) return null
  const { account_modseq: modseq, generation } = first
  return { modseq, generation, messages: rows.filter((row) => row.id !== null) as unknown as ChangeableRow[] }
}

/** Counting rows, keyed for lookup. */
export type Counts = {
  mailboxes: Map<
    number,
    Pick<
      MailboxRow,
      'id' | 'uid_next' | 'total' | 'unread' | 'deleted' | 'bytes' | 'threads' | 'unread_threads' | 'emptying' | 'role'
    >
  >
  /** By `${mailbox}/${thread}`. */
  threads: Map<string, ThreadPlacementRow>
  /** By `${mailbox}/${page}`. */
  pages: Map<string, UidPageRow>
}

export type CountKeys = {
  mailboxIds: number[]
  /** Mailboxes that give new UIDs: the page of the next one is read too. A page after it cannot exist yet. */
  grown: number[]
  threads: [number, number][]
  pages: [number, number][]
}

/** The rows that count these mailboxes, conversations and UID pages, in one statement. Foreign mailboxes are left out. */
export async function readCounts(db: Database, accountId: number, keys: CountKeys): Promise<Counts> {
  const counts: Counts = { mailboxes: new Map(), threads: new Map(), pages: new Map() }
  if (keys.mailboxIds.length === 0) return counts
  const rows = await db.all<{ kind: 'mailbox' | 'thread' | 'page'; row: string }>(
    sql.join(countQueries(accountId, keys), sql` union all `),
  )
  for (const { kind, row } of rows) {
    const value = JSON.parse(row)
    if (kind === 'mailbox') counts.mailboxes.set(value.id, value)
    else if (kind === 'thread') counts.threads.set(`${value.mailbox_id}/${value.thread_id}`, value)
    else counts.pages.set(`${value.mailbox_id}/${value.page}`, value)
  }
  return counts
}

// A select for each kind that is asked for: an empty list would make no table.
function countQueries(accountId: number, keys: CountKeys): SQL[] {
  const page = sql`select 'page', json_object('mailbox_id', u.mailbox_id, 'page', u.page, 'n', u.n, 'live', u.live)`
  const queries: [unknown[], () => SQL][] = [
    [
      keys.threads,
      () => sql`select 'thread', json_object('mailbox_id', t.mailbox_id, 'thread_id', t.thread_id, 'n', t.n,
      'unread', t.unread, 'newest', t.newest) from ${table(keys.threads)} j
      cross join thread_placements t on t.mailbox_id = j.c0 and t.thread_id = j.c1`,
    ],
    [
      keys.pages,
      () => sql`${page} from ${table(keys.pages)} j
      cross join uid_pages u on u.mailbox_id = j.c0 and u.page = j.c1`,
    ],
    [
      keys.grown,
      () => sql`${page} from mailboxes b
      cross join uid_pages u on u.mailbox_id = b.id and u.page = b.uid_next / ${int(UIDS_PER_PAGE)}
      where b.id in (${integers(keys.grown)}) and b.account_id = ${accountId}`,
    ],
  ]
  const mailboxes = sql`select 'mailbox' kind, json_object('id', id, 'uid_next', uid_next, 'total', total, 'unread', unread,
    'deleted', deleted, 'bytes', bytes, 'threads', threads, 'unread_threads', unread_threads,
    'emptying', emptying, 'role', role) row
    from mailboxes where id in (${integers(keys.mailboxIds)}) and account_id = ${accountId}`
  return [mailboxes, ...queries.filter(([wanted]) => wanted.length > 0).map(([, query]) => query())]
}
