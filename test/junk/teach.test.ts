/** What is taught without anybody's word, how much of it, and what a run of teaching may take on. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Said } from '../../src/events.ts'
import { noteKeptAndRead } from '../../src/junk/kept-and-read.ts'
import { describeModel, exportModel, importModel, resetModel } from '../../src/junk/model.ts'
import { report, reportAll } from '../../src/junk/report.ts'
import { lessonsOf, teachDue } from '../../src/junk/teach.ts'
import { train } from '../../src/junk/train.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import { SEEN } from '../../src/mailbox/flags.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { readMessage } from '../../src/mailbox/read.ts'
import { type Reader, whole } from '../../src/mailbox/reader.ts'
import { drainOutbox } from '../../src/notify/outbox.ts'
import { latin1, makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

const HOUR = 3_600_000
const DAY = 86_400_000

let world: World
let reader: Reader
let address: string
let boxes: Record<string, number>
let serial = 0

beforeAll(() => migrate())

beforeEach(async () => {
  world = makeWorld()
  address = `owner${++serial}@postern.test`
  reader = whole(await makeAccount(world, address))
  boxes = Object.fromEntries((await listMailboxes(world.deps, reader)).map(({ role, id }) => [role, id]))
  await env.DB.batch([
    env.DB.prepare('delete from lessons'),
    env.DB.prepare("delete from state where key like 'kept-and-read%'"),
  ])
})

async function receive(from: string, to = address): Promise<number> {
  const received = await receiveRaw(world, to, plainMessage({ From: from }))
  if (received.kind !== 'filed') throw new Error(received.kind)
  return received.id
}

async function model() {
  const { ham, spam } = await describeModel(world.deps, reader.accountId)
  return { ham, spam }
}

async function spam(n: number): Promise<void> {
  for (let i = 0; i < n; i++)
    await report(world.deps, reader, await receive('eve@pest.example'), { as: 'spam', listSender: false })
}

/** The sweep's looking through what was kept, and the teaching that follows. */
async function lookThrough(): Promise<void> {
  await noteKeptAndRead(world.deps, 0)
  await teachDue(world.deps, 0)
}

async function read(id: number, mailbox?: string): Promise<void> {
  const move = mailbox === undefined ? {} : { remove: 'all' as const, add: [boxes[mailbox] ?? 0] }
  await changeAll(world.deps, reader, [id], { set: SEEN, ...move })
}

describe('mail that was kept and read', () => {
  it('is ham where a model knows little of it: some of each day, one of a sender', async () => {
    await spam(8)
    for (const from of ['ann@a.example', 'ann@a.example', 'bob@b.example', 'cid@c.example'])
      await read(await receive(from))
    for (let n = 0; n < 9; n++) await read(await receive(`n${n}@many.example`), 'archive')
    await lookThrough()
    expect(await model()).toEqual({ ham: 0, spam: 8 })
    world.clock.ms += 4 * DAY
    await lookThrough()
    const first = await model()
    expect(first).toEqual({ ham: expect.any(Number), spam: 8 })
    expect(first.ham).toBeGreaterThan(1)
    expect(first.ham).toBeLessThanOrEqual(5)
    await lookThrough()
    expect(await model()).toEqual(first)
    for (let day = 0; day < 5; day++) {
      world.clock.ms += 1.1 * DAY
      await lookThrough()
    }
    const last = await model()
    expect(last.ham).toBeGreaterThan(first.ham)
  })

  it.each<[string, () => Promise<void>]>([
    ['unread', async () => void (await receive('ann@a.example'))],
    ['thrown away', async () => read(await receive('ann@a.example'), 'trash')],
    ['to a plus-address', async () => read(await receive('ann@a.example', address.replace('@', '+x@')))],
    [
      'spoken of',
      async () => {
        const id = await receive('ann@a.example')
        await report(world.deps, reader, id, { as: 'spam', listSender: false })
        await changeAll(world.deps, reader, [id], { set: SEEN, remove: 'all', add: [boxes.inbox ?? 0], taught: 'spam' })
      },
    ],
  ])('is no ham where it is %s', async (_, prepare) => {
    await spam(6)
    await prepare()
    const before = await model()
    world.clock.ms += 4 * DAY
    await lookThrough()
    expect(await model()).toEqual(before)
  })

  it('is left alone where nobody has taught the model spam', async () => {
    await read(await receive('ann@a.example'))
    world.clock.ms += 4 * DAY
    await lookThrough()
    expect(await model()).toEqual({ ham: 0, spam: 0 })
  })
})

describe('mail that was read before a report of spam, and left in the Inbox', () => {
  const taught = async () => {
    await world.settle()
    await teachDue(world.deps, 0)
    return await model()
  }

  it('is ham where the model knows less ham than spam: two messages a report, of others', async () => {
    for (const from of ['ann@a.example', 'bob@b.example', 'eve@pest.example', 'cid@c.example'])
      await read(await receive(from))
    world.clock.ms += 2 * HOUR
    await spam(1)
    expect(await taught()).toEqual({ ham: 2, spam: 1 })
    await spam(1)
    expect(await taught()).toEqual({ ham: 3, spam: 2 })
  })

  it.each<[string, () => Promise<unknown>]>([
    ['came within the hour', async () => read(await receive('ann@a.example'))],
    [
      'was not read',
      async () => {
        await receive('ann@a.example')
        world.clock.ms += 2 * HOUR
      },
    ],
    [
      'is of the reported sender',
      async () => {
        await read(await receive('eve@pest.example'))
        world.clock.ms += 2 * HOUR
      },
    ],
    [
      'came to a plus-address',
      async () => {
        await read(await receive('ann@a.example', address.replace('@', '+x@')))
        world.clock.ms += 2 * HOUR
      },
    ],
  ])('is none where it %s', async (_, prepare) => {
    await prepare()
    await spam(1)
    expect(await taught()).toEqual({ ham: 0, spam: 1 })
  })
})

/** A server whose runs end wherever they read one message. */
async function deadlyRaw(over: World, id: number): Promise<World> {
  const row = await env.DB.prepare('select raw_key from messages where id = ?').bind(id).first<{ raw_key: string }>()
  const bucket = {
    get: async (key: string, options?: R2GetOptions) => {
      if (key === row?.raw_key) throw new Error('the run is over')
      return env.RAW.get(key, options)
    },
  }
  const deadly = makeWorld({ bucket: bucket as unknown as R2Bucket })
  Object.defineProperty(deadly.clock, 'ms', { get: () => over.clock.ms })
  return deadly
}

describe('what events say', () => {
  const said = (accountId: number, words: Said) => ({
    accountId,
    event: { type: 'messages.changed', count: 1, modseq: 1, said: words } as const,
  })
  const lessons = async () =>
    (await env.DB.prepare('select account_id a, message_id m, opinion o from lessons order by a, m').all()).results

  it.each<[string, ReturnType<typeof said>[], [number, number, string][]]>([
    ['the newest word stands', [said(1, { spam: [5] }), said(1, { ham: [5] })], [[1, 5, 'ham']]],
    [
      'an act takes no word away',
      [said(1, { spam: [5] }), said(1, { 'implicit-ham': [5, 6] })],
      [
        [1, 5, 'spam'],
        [1, 6, 'implicit-ham'],
      ],
    ],
    ['a word takes an act away', [said(1, { 'implicit-ham': [5] }), said(1, { spam: [5] })], [[1, 5, 'spam']]],
    ['nothing takes all away', [said(1, { spam: [5, 6] }), said(1, { nothing: [5] })], [[1, 6, 'spam']]],
    [
      'what is said after nothing stands',
      [said(1, { spam: [5] }), said(1, { nothing: [5] }), said(1, { 'implicit-ham': [5] })],
      [[1, 5, 'implicit-ham']],
    ],
    [
      'of one account is nothing to another',
      [said(1, { spam: [5] }), said(2, { nothing: [5] }), said(2, { ham: [6] })],
      [
        [1, 5, 'spam'],
        [2, 6, 'ham'],
      ],
    ],
  ])('is noted in their order: %s', async (_, events, want) => {
    await world.deps.stores.of(0).batch(lessonsOf(events, 1))
    expect(await lessons()).toEqual(want.map(([a, m, o]) => ({ a, m, o })))
    await env.DB.prepare('delete from lessons').run()
    for (const event of events) await world.deps.stores.of(0).batch(lessonsOf([event], 1))
    expect(await lessons()).toEqual(want.map(([a, m, o]) => ({ a, m, o })))
  })

  it('is noted by few statements, however many events there are', async () => {
    const ids = Array.from({ length: 1_500 }, (_, n) => 137_438_953_472 + n)
    const statements = lessonsOf(
      ids.map((id) => said(id % 40, { spam: [id], nothing: [id + 5_000] })),
      1,
    )
    expect(statements.length).toBeLessThanOrEqual(3)
    await world.deps.stores.of(0).batch(statements)
    expect(await lessons()).toHaveLength(1_500)
  })
})

describe('a run of teaching', () => {
  it('leaves to the next what is too much for it, and passes by what fails', async () => {
    const ids = [await receive('ann@a.example'), await receive('bob@b.example'), await receive('cid@c.example')]
    await changeAll(world.deps, reader, ids, { remove: 'all', add: [boxes.junk ?? 0] })
    // One of them has lost its object, and one says that it is larger than what a run reads.
    const row = await env.DB.prepare('select raw_key from messages where id = ?')
      .bind(ids[0])
      .first<{ raw_key: string }>()
    await env.RAW.delete(row?.raw_key ?? '')
    await env.DB.prepare('update messages set size = ? where id = ?')
      .bind(40 * 1024 * 1024, ids[1])
      .run()
    await drainOutbox(world.deps, 0, lessonsOf)
    expect(await teachDue(world.deps, 0)).toBe(true)
    expect(await model()).toEqual({ ham: 0, spam: 1 })
    expect(await teachDue(world.deps, 0)).toBe(false)
    expect(await model()).toEqual({ ham: 0, spam: 2 })
    expect(await env.DB.prepare('select count(*) n from lessons').first('n')).toBe(0)
  })

  it('gives up what has ended a dozen runs before it was taught, without looking at it', async () => {
    const [poison, good] = [await receive('ann@a.example'), await receive('bob@b.example')]
    await changeAll(world.deps, reader, [poison, good], { remove: 'all', add: [boxes.junk ?? 0] })
    await drainOutbox(world.deps, 0, lessonsOf)
    const take = deadlyRaw(world, poison)
    for (let run = 0; run < 20; run++) {
      world.clock.ms += DAY
      await teachDue((await take).deps, 0).catch(() => undefined)
    }
    expect(await model()).toEqual({ ham: 0, spam: 1 })
    expect(await env.DB.prepare('select count(*) n from lessons').first('n')).toBe(0)
  })
})

describe('a model', () => {
  const old = Array.from({ length: 6 }, (_, n) => latin1(plainMessage({ Subject: `Old ${n}` })))

  it('is trained in bulk, taken along, forgotten and put back', async () => {
    expect(await train(world.deps, reader.accountId, 'ham', old)).toMatchObject({ ham: 6, spam: 0, isActive: false })
    expect(await train(world.deps, reader.accountId, 'spam', old)).toMatchObject({ ham: 6, spam: 6, isActive: true })
    const exported = await exportModel(world.deps, reader.accountId)
    await resetModel(world.deps, reader.accountId)
    expect(await describeModel(world.deps, reader.accountId)).toMatchObject({ ham: 0, spam: 0, isActive: false })
    expect(await importModel(world.deps, reader.accountId, exported)).toMatchObject({ ham: 6, spam: 6, isActive: true })
    expect(await exportModel(world.deps, reader.accountId)).toEqual(exported)
  })

  it.each([
    ['weights', (text: string) => text.slice(4)],
    ['weights', (text: string) => `${text} `],
    ['counts', () => ''],
    ['stats', () => '{"salt": 1}'],
    ['stats', () => 'no'],
    ['buffer', (text: string) => `${text}x`],
  ] as const)('is not taken where its %s were changed', async (name, change) => {
    await train(world.deps, reader.accountId, 'ham', old)
    const exported = await exportModel(world.deps, reader.accountId)
    const before = await describeModel(world.deps, reader.accountId)
    const changed = { ...exported, [name]: change(exported[name]) }
    expect(await importModel(world.deps, reader.accountId, changed)).toMatchObject({ failure: 'invalid' })
    expect(await describeModel(world.deps, reader.accountId)).toEqual(before)
  })

  it('that was forgotten is taught the same messages anew, and has nothing of them to take back', async () => {
    const [one, other] = [await receive('eve@pest.example'), await receive('eve@pest.example')]
    for (const id of [one, other]) await report(world.deps, reader, id, { as: 'spam', listSender: false })
    await resetModel(world.deps, reader.accountId)
    const shown = await readMessage(world.deps, reader, one)
    expect([shown?.taught, await model()]).toEqual([null, { ham: 0, spam: 0 }])
    await report(world.deps, reader, await receive('mal@pest.example'), { as: 'spam', listSender: false })
    await report(world.deps, reader, one, { as: 'ham', listSender: false })
    expect(await model()).toEqual({ ham: 1, spam: 1 })
    await changeAll(world.deps, reader, [other], { set: SEEN })
    await reportAll(world.deps, reader, [one, other], 'spam')
    await drainOutbox(world.deps, 0, lessonsOf)
    await teachDue(world.deps, 0)
    expect(await model()).toEqual({ ham: 0, spam: 3 })
  })

  it('that was forgotten while somebody reports keeps the report, or both are told apart', async () => {
    const ids = [
      await receive('eve@pest.example'),
      await receive('eve@pest.example'),
      await receive('eve@pest.example'),
    ]
    await Promise.all([
      ...ids.map((id) => report(world.deps, reader, id, { as: 'spam', listSender: false })),
      resetModel(world.deps, reader.accountId),
    ])
    const { spam } = await model()
    expect(spam).toBeGreaterThanOrEqual(0)
    expect(spam).toBeLessThanOrEqual(3)
    await report(world.deps, reader, await receive('eve@pest.example'), { as: 'spam', listSender: false })
    expect(await model()).toEqual({ ham: 0, spam: spam + 1 })
  })
})
