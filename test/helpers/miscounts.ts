/** What is stored as a count, held against the rows that it counts. */
import { env } from 'cloudflare:workers'
import { openMailbox } from '../../src/mailbox/uids.ts'
import type { World } from './world.ts'

/** Stored counts, placements and UID maps that differ from the same ones counted anew; none is what every test expects. */
export async function findMiscounts(world: World, account: number): Promise<unknown[]> {
  const { results } = await env.DB.prepare(`
    select b.id, b.name, b.total, b.unread, b.deleted, b.bytes, b.threads, b.unread_threads,
      (select json_array(count(*), coalesce(sum(p.unread), 0), coalesce(sum(p.deleted), 0), coalesce(sum(m.size), 0),
          count(distinct m.thread_id)) from placements p join messages m on m.id = p.message_id where p.mailbox_id = b.id) counted,
      (select count(*) from (select m.thread_id from placements p join messages m on m.id = p.message_id
        where p.mailbox_id = b.id group by m.thread_id having sum(p.unread) > 0)) counted_unread_threads,
      (select group_concat(uid) from (select uid from placements where mailbox_id = b.id order by uid)) uids,
      (select coalesce(sum(n), 0) from uid_pages where mailbox_id = b.id) page_n
    from mailboxes b where b.account_id = ?`)
    .bind(account)
    .all<Record<string, number | string | null>>()
  const wrong: unknown[] = []
  for (const row of results) {
    const stored = [row.total, row.unread, row.deleted, row.bytes, row.threads]
    if (JSON.stringify(stored) !== row.counted || row.unread_threads !== row.counted_unread_threads) wrong.push(row)
    const open = await openMailbox(world.deps, account, Number(row.id))
    const uids = row.uids === null ? [] : String(row.uids).split(',').map(Number)
    const mapped = uids.map((_, i) => open?.uids.uidAt(i + 1))
    const back = uids.map((uid) => open?.uids.sequenceOf(uid))
    if (JSON.stringify(mapped) !== JSON.stringify(uids) || row.page_n !== uids.length)
      wrong.push({ uids, mapped, pages: row.page_n })
    if (back.some((sequence, i) => sequence !== i + 1)) wrong.push({ uids, back })
  }
  const threads = await env.DB.prepare(`
    select t.* , c.n cn, c.unread cu, c.newest cnewest from thread_placements t left join (
      select p.mailbox_id, m.thread_id, count(*) n, sum(p.unread) unread, max(m.id) newest from placements p
      join messages m on m.id = p.message_id group by p.mailbox_id, m.thread_id) c
    on c.mailbox_id = t.mailbox_id and c.thread_id = t.thread_id
    where c.n is not t.n or c.unread is not t.unread or c.newest is not t.newest`).all()
  wrong.push(...threads.results)
  const rows = await env.DB.prepare(`select m.id, m.placed, (select json_group_array(json_array(mailbox_id, uid)) from
      (select mailbox_id, uid from placements where message_id = m.id order by uid)) p from messages m`).all<{
    placed: string
    p: string
  }>()
  for (const row of rows.results) {
    const sort = (json: string) =>
      (JSON.parse(json) as number[][])
        .map(([mailbox, uid]) => `${mailbox}/${uid}`)
        .sort()
        .join()
    if (sort(row.placed) !== sort(row.p)) wrong.push(row)
  }
  const used =
    await env.DB.prepare(`select used_bytes, (select coalesce(sum(size), 0) from messages where account_id = accounts.id)
      + (select coalesce(sum(size), 0) from withheld where account_id = accounts.id and kind = 'quarantine') s
    from accounts where id = ?`)
      .bind(account)
      .first<{ used_bytes: number; s: number }>()
  if (used?.used_bytes !== used?.s) wrong.push(used)
  return wrong
}
