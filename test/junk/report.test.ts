/** What somebody says of a message: where it goes, what is taught, what it says of the sender, and how it is taken back. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../../src/deps.ts'
import { isFailure } from '../../src/errors.ts'
import { ENTRIES_MAX, listEntries, type NewListEntry, putEntry } from '../../src/junk/lists.ts'
import { describeModel } from '../../src/junk/model.ts'
import { report, reportAll } from '../../src/junk/report.ts'
import { lessonsOf } from '../../src/junk/teach.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import type { Edit } from '../../src/mailbox/change-plan.ts'
import { discardAll } from '../../src/mailbox/discard.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { readMessage } from '../../src/mailbox/read.ts'
import { type Reader, whole } from '../../src/mailbox/reader.ts'
import { drainOutbox } from '../../src/notify/outbox.ts'
import { metered } from '../helpers/counting.ts'
import { findMiscounts } from '../helpers/miscounts.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

const say = (deps: Deps, reader: Reader, id: number, as: 'spam' | 'ham' | null) =>
  report(deps, reader, id, { as, listSender: false })

let world: World
let serial = 0

beforeAll(async () => {
  await migrate()
  world = makeWorld()
})

type Owner = { reader: Reader; address: string; boxes: Record<string, number> }

async function owner(): Promise<Owner> {
  const address = `owner${++serial}@postern.test`
  const reader = whole(await makeAccount(world, address))
  const boxes = Object.fromEntries((await listMailboxes(world.deps, reader)).map(({ role, id }) => [role, id]))
  return { reader, address, boxes }
}

async function mail({ address }: Owner, from = 'ann@shop.example', body = 'Some words.\r\n'): Promise<number> {
  const received = await receiveRaw(world, address, plainMessage({ From: from }, body))
  if (received.kind !== 'filed') throw new Error(received.kind)
  return received.id
}

/** Lets the outbox be told, and what it says be taught. */
async function later(): Promise<void> {
  world.events.push({ shard: 0 })
  await world.settle()
  await world.settle()
}

async function standing({ reader, boxes }: Owner, id: number) {
  const row = await env.DB.prepare('select taught, placed from messages where id = ?')
    .bind(id)
    .first<{ taught: string | null; placed: string }>()
  const placed = JSON.parse(row?.placed ?? '[]') as [number][]
  const { ham, spam } = await describeModel(world.deps, reader.accountId)
  const roles = placed.map(([box]) => Object.entries(boxes).find(([, boxId]) => boxId === box)?.[0])
  return { taught: row?.taught ?? null, in: roles, ham, spam }
}

async function senderCounts({ reader }: Owner, key: string) {
  return env.DB.prepare('select seen, ham, spam, implicit, written from senders where account_id = ? and key = ?')
    .bind(reader.accountId, key)
    .first()
}

describe('a report', () => {
  it('does not block an address of the account, whatever is sent in its name', async () => {
    const me = await owner()
    const forged = await mail(me, me.address)
    const refused = await report(world.deps, me.reader, forged, { as: 'spam', listSender: true })
    expect(refused).toMatchObject({ failure: 'invalid', field: 'list_sender' })
    expect((await standing(me, forged)).taught).toBe(null)
    expect(await listEntries(world.deps, me.reader.accountId, '', 10)).toEqual([])
    expect(await say(world.deps, me.reader, forged, 'spam')).toBe(true)
  })

  it('moves, teaches, counts for the sender, and can be turned round and taken back', async () => {
    const me = await owner()
    const id = await mail(me)
    expect(await standing(me, id)).toEqual({ taught: null, in: ['inbox'], ham: 0, spam: 0 })
    for (const [as, want] of [
      ['spam', { taught: 'spam', in: ['junk'], ham: 0, spam: 1 }],
      ['ham', { taught: 'ham', in: ['inbox'], ham: 1, spam: 0 }],
      ['spam', { taught: 'spam', in: ['junk'], ham: 0, spam: 1 }],
      [null, { taught: null, in: ['junk'], ham: 0, spam: 0 }],
      ['ham', { taught: 'ham', in: ['inbox'], ham: 1, spam: 0 }],
    ] as const) {
      expect(await say(world.deps, me.reader, id, as)).toBe(true)
      expect(await standing(me, id)).toEqual(want)
      const counts = { ham: want.ham, spam: want.spam }
      expect(await senderCounts(me, 'claimed:ann@shop.example')).toMatchObject(counts)
    }
    expect(await findMiscounts(world, me.reader.accountId)).toEqual([])
  })

  it('that is repeated changes nothing', async () => {
    const me = await owner()
    const id = await mail(me)
    await later()
    expect(await say(world.deps, me.reader, id, null)).toBe(false)
    await say(world.deps, me.reader, id, 'spam')
    const before = await readMessage(world.deps, me.reader, id)
    for (let n = 0; n < 5; n++) expect(await say(world.deps, me.reader, id, 'spam')).toBe(false)
    expect((await readMessage(world.deps, me.reader, id))?.modseq).toBe(before?.modseq)
    await later()
    expect(await standing(me, id)).toEqual({ taught: 'spam', in: ['junk'], ham: 0, spam: 1 })
  })

  it('and its withdrawal in a loop leave nothing behind: no example, no count, no word on how the filter judges', async () => {
    const me = await owner()
    const id = await mail(me)
    for (let n = 0; n < 20; n++)
      for (const as of ['spam', 'ham', null] as const) await say(world.deps, me.reader, id, as)
    const { ham, spam, corrections } = await describeModel(world.deps, me.reader.accountId)
    const none = { ham: 0, spam: 0 }
    expect([{ ham, spam }, corrections]).toEqual([none, { ...none, hamLost: 0, spamMissed: 0 }])
    expect(await senderCounts(me, 'claimed:ann@shop.example')).toMatchObject(none)
  })

  it('loses no example to another one at the same time', async () => {
    const me = await owner()
    const ids = [await mail(me), await mail(me), await mail(me), await mail(me)]
    await Promise.all(ids.map((id, n) => say(world.deps, me.reader, id, n % 2 ? 'spam' : 'ham')))
    expect(await describeModel(world.deps, me.reader.accountId)).toMatchObject({ ham: 2, spam: 2, isActive: false })
    const [one = 0] = ids
    await Promise.all([say(world.deps, me.reader, one, 'spam'), say(world.deps, me.reader, one, 'spam')])
    expect(await standing(me, one)).toMatchObject({ taught: 'spam', ham: 1, spam: 3 })
  })

  it('leaves ham where its owner has put it, and takes it out of Junk alone', async () => {
    const me = await owner()
    const id = await mail(me)
    await change(me, id, { remove: 'all', add: [me.boxes.archive ?? 0] })
    await say(world.deps, me.reader, id, 'ham')
    expect(await standing(me, id)).toMatchObject({ in: ['archive'], ham: 1 })
    await change(me, id, { add: [me.boxes.junk ?? 0], taught: 'ham' })
    await say(world.deps, me.reader, id, 'ham')
    expect((await standing(me, id)).in.sort()).toEqual(['archive', 'inbox'])
  })

  it.each(['spam', 'ham', null] as const)('of %s about what the reader may not see finds nothing', async (as) => {
    const me = await owner()
    const other = await owner()
    const id = await mail(other)
    expect(await say(world.deps, me.reader, id, as)).toMatchObject({ failure: 'not-found' })
    expect(await say(world.deps, { ...other.reader, addressId: 9_999 }, id, as)).toMatchObject({
      failure: 'not-found',
    })
    expect(await standing(other, id)).toEqual({ taught: null, in: ['inbox'], ham: 0, spam: 0 })
  })
})

async function change(me: Owner, id: number, edit: Edit): Promise<void> {
  const changed = await changeAll(world.deps, me.reader, [id], edit)
  if (isFailure(changed)) throw new Error(changed.detail)
}

describe('a report that lists the sender', () => {
  const block = { as: 'spam', listSender: true } as const
  const listed = async ({ reader }: Owner) =>
    (await listEntries(world.deps, reader.accountId, '', 9)).map(({ list, note }) => [list, note])

  it.each<[string, NewListEntry['list'], [string, string | null][]]>([
    ['leaves an entry of its owner in the same list, when it is taken back', 'block', [['block', 'Mine']]],
    ['takes away the other one that it has made of it, when it is taken back', 'allow', []],
  ])('%s', async (_, list, want) => {
    const me = await owner()
    await putEntry(world.deps, me.reader.accountId, { entry: 'ann@shop.example', list, note: 'Mine' })
    const id = await mail(me)
    await report(world.deps, me.reader, id, block)
    expect(await listed(me)).toMatchObject([['block', list === 'block' ? 'Mine' : expect.any(String)]])
    await say(world.deps, me.reader, id, null)
    expect(await listed(me)).toEqual(want)
  })

  it('reads the same of a list of thousands, and lists him also where it is full', async () => {
    const me = await owner()
    const meter = metered(env.DB)
    const { deps } = makeWorld({ databases: [meter.d1] })
    await say(world.deps, me.reader, await mail(me, 'first@shop.example'), 'spam')
    const rowsRead = async (from: string) => {
      const id = await mail(me, from)
      meter.reset()
      await report(deps, me.reader, id, block)
      return meter.read
    }
    const few = await rowsRead('ann@shop.example')
    await env.DB.prepare(
      `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ?2)
        insert into lists (account_id, key, list, created_at)
          select ?1, 'address:n' || n || '@pest.example', 'block', 0 from numbers`,
    )
      .bind(me.reader.accountId, ENTRIES_MAX)
      .run()
    expect(await rowsRead('bob@shop.example')).toBe(few)
    expect((await listEntries(world.deps, me.reader.accountId, 'address:b', 1))[0]?.entry).toBe('bob@shop.example')
  })
})

describe('many reports at once', () => {
  it('move at once and are taught soon, in turns of a bounded size', async () => {
    const me = await owner()
    const ids: number[] = []
    for (let n = 0; n < 30; n++) ids.push(await mail(me))
    await say(world.deps, me.reader, ids[0] ?? 0, 'spam')
    await later()
    expect(await reportAll(world.deps, me.reader, [...ids, 7], 'spam')).toMatchObject({ notFound: [7] })
    expect(await standing(me, ids[29] ?? 0)).toEqual({ taught: null, in: ['junk'], ham: 0, spam: 1 })
    await world.settle()
    expect((await describeModel(world.deps, me.reader.accountId)).spam).toBe(26)
    await world.settle()
    expect((await describeModel(world.deps, me.reader.accountId)).spam).toBe(30)
    expect(await env.DB.prepare('select count(*) n from lessons').first('n')).toBe(0)
    await reportAll(world.deps, me.reader, ids, 'ham')
    await later()
    expect(await describeModel(world.deps, me.reader.accountId)).toMatchObject({ ham: 30, spam: 0 })
    expect(await standing(me, ids[3] ?? 0)).toMatchObject({ in: ['inbox'], taught: 'ham' })
    expect(await findMiscounts(world, me.reader.accountId)).toEqual([])
  })

  it.each<[string, (me: Owner, id: number) => Promise<unknown>]>([
    ['before anybody was told', async () => undefined],
    ['when it waits to be taught', () => drainOutbox(world.deps, 0, lessonsOf)],
    ['when it was taught', () => later()],
    ['after it was reported alone, too', (me, id) => say(world.deps, me.reader, id, 'spam')],
  ])('are taken back one by one: %s', async (_, meanwhile) => {
    const me = await owner()
    const [id, other] = [await mail(me), await mail(me)]
    await reportAll(world.deps, me.reader, [id, other], 'spam')
    await meanwhile(me, id)
    await say(world.deps, me.reader, id, null)
    await later()
    expect(await standing(me, id)).toEqual({ taught: null, in: ['junk'], ham: 0, spam: 1 })
    expect(await standing(me, other)).toMatchObject({ taught: 'spam' })
    await reportAll(world.deps, me.reader, [id], 'spam')
    await later()
    expect(await standing(me, id)).toMatchObject({ taught: 'spam', spam: 2 })
    expect(await env.DB.prepare('select count(*) n from lessons').first('n')).toBe(0)
  })

  it('teach also what stands where it belongs already', async () => {
    const me = await owner()
    const id = await mail(me)
    await reportAll(world.deps, me.reader, [id], 'ham')
    await later()
    expect(await standing(me, id)).toEqual({ taught: 'ham', in: ['inbox'], ham: 1, spam: 0 })
  })
})

type Move = { name: string; edits: ((me: Owner) => Edit)[]; want: { taught: string | null; ham: number; spam: number } }

const to =
  (role: string) =>
  (me: Owner): Edit => ({ remove: 'all', add: [me.boxes[role] ?? 0] })
const NOTHING = { taught: null, ham: 0, spam: 0 }
const SPAM = { taught: 'spam', ham: 0, spam: 1 }
const HAM = { taught: 'ham', ham: 1, spam: 0 }

const MOVES: Move[] = [
  { name: 'into Junk: spam', edits: [to('junk')], want: SPAM },
  { name: 'into Junk and out again: what it is now', edits: [to('junk'), to('inbox')], want: HAM },
  { name: 'into Junk, and from there to the Trash: spam', edits: [to('junk'), to('trash')], want: SPAM },
  { name: 'to the Archive: nothing', edits: [to('archive')], want: NOTHING },
  { name: 'to the Trash: nothing', edits: [to('trash')], want: NOTHING },
  {
    name: 'placed in Junk besides: spam, while it stands elsewhere nothing',
    edits: [(me) => ({ add: [me.boxes.junk ?? 0] })],
    want: NOTHING,
  },
]

describe('a move', () => {
  it.each(MOVES)('$name', async ({ edits, want }) => {
    const me = await owner()
    const id = await mail(me)
    for (const edit of edits) await change(me, id, edit(me))
    await later()
    expect(await standing(me, id)).toMatchObject(want)
  })

  it.each([
    ['back to the Inbox', to('inbox'), HAM],
    ['to the Archive', to('archive'), HAM],
    ['to the Trash', to('trash'), SPAM],
  ])('of taught spam %s teaches accordingly', async (_, edit, want) => {
    const me = await owner()
    const id = await mail(me)
    await say(world.deps, me.reader, id, 'spam')
    await change(me, id, edit(me))
    await later()
    expect(await standing(me, id)).toMatchObject(want)
  })

  it('wakes who teaches it', async () => {
    const me = await owner()
    const id = await mail(me)
    await world.settle()
    await world.settle()
    await change(me, id, to('junk')(me))
    await world.settle()
    expect((await standing(me, id)).taught).toBe('spam')
  })

  it('that a report contradicts before it is taught, is not taught', async () => {
    const me = await owner()
    const id = await mail(me)
    await change(me, id, to('junk')(me))
    await say(world.deps, me.reader, id, 'ham')
    await later()
    expect(await standing(me, id)).toEqual({ taught: 'ham', in: ['inbox'], ham: 1, spam: 0 })
  })

  it('of a message that is destroyed meanwhile teaches nothing', async () => {
    const me = await owner()
    const id = await mail(me)
    await change(me, id, to('junk')(me))
    await discardAll(world.deps, me.reader, [id], true)
    await later()
    expect(await describeModel(world.deps, me.reader.accountId)).toMatchObject({ ham: 0, spam: 0 })
    expect(await env.DB.prepare('select count(*) n from lessons').first('n')).toBe(0)
  })

  it('told twice is taught once', async () => {
    const me = await owner()
    const id = await mail(me)
    await change(me, id, to('junk')(me))
    const outbox = await env.DB.prepare('select * from outbox').all<Record<string, unknown>>()
    await later()
    for (const row of outbox.results)
      await env.DB.prepare('insert into outbox (account_id, modseq, event) values (?, ?, ?)')
        .bind(row.account_id, row.modseq, row.event)
        .run()
    await later()
    expect(await standing(me, id)).toMatchObject(SPAM)
  })
})
