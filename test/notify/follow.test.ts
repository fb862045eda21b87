/** Following an account's events: no gap, no double, whatever becomes of hints, the object, the line and the storage. */
import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { listEvents, type StoredEvent } from '../../src/notify/events.ts'
import { type Followed, type Follower, type FollowOptions, follow } from '../../src/notify/follow.ts'
import { type Live, openLive, STREAMS_MAX } from '../../src/notify/live.ts'
import { faultsAt, faultyD1 } from '../helpers/faults.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

/** Short, so that what a hint did not tell is found soon. The test's clock is the real one here. */
const QUICK = { beatMs: 60, lifeMs: 60_000, pagesMax: 1_000 }
/** So long that only hints tell. */
const SLOW = { ...QUICK, beatMs: 60_000 }

const live = openLive(env.LIVE, () => Date.now())
let world: World
let accountId: number
let address: string

beforeAll(() => migrate())

beforeEach(async () => {
  world = worldWith({ live })
  address = `user${crypto.randomUUID()}@postern.test`
  accountId = await makeAccount(world, address)
  await world.settle()
})

function worldWith(over: Parameters<typeof makeWorld>[0]): World {
  const made = makeWorld(over)
  made.deps.now = () => Date.now()
  return made
}

async function begin(options: Partial<FollowOptions> = {}, on = world): Promise<Follower> {
  const follower = await follow(on.deps, accountId, {
    since: null,
    types: null,
    mayFollow: async () => true,
    pace: SLOW,
    ...options,
  })
  if (isFailure(follower)) throw new Error(follower.detail)
  return follower
}

/** Receives a message and has it told. */
async function receive(on = world): Promise<number> {
  const filed = await receiveRaw(on, address, plainMessage())
  if (filed.kind !== 'filed') throw new Error(filed.kind)
  await on.settle()
  return filed.id
}

/** Takes so many events, beats left out; throws at the end. */
async function take(follower: Follower, count: number): Promise<StoredEvent[]> {
  const taken: StoredEvent[] = []
  while (taken.length < count) {
    const followed = await follower.next()
    if (followed.kind === 'end') throw new Error(followed.reason)
    if (followed.kind === 'events') taken.push(...followed.events)
  }
  return taken
}

const messages = (events: StoredEvent[]) => events.map(({ event }) => ('message' in event ? event.message : event.type))

async function untilEnd(follower: Follower): Promise<Followed> {
  for (;;) {
    const followed = await follower.next()
    if (followed.kind === 'end') return followed
  }
}

describe('a follower', () => {
  it('hears what comes after it began, in order, as does another, and nobody of another account does', async () => {
    await receive()
    const followers = [await begin(), await begin()]
    const sent = [await receive(), await receive(), await receive()]
    for (const one of followers) expect(messages(await take(one, 3))).toEqual(sent)
    const mine = accountId
    accountId = await makeAccount(world, `other${address}`)
    await world.settle()
    const stranger = await begin({ pace: QUICK })
    accountId = mine
    await receive()
    expect((await stranger.next()).kind).toBe('beat')
  })

  it('begins after the event that it names, and misses none that is told while it begins', async () => {
    const first = await receive()
    const page = await listEvents(world.deps, accountId, {
      since: { modseq: 0, n: 0 },
      types: ['message.*'],
      limit: 10,
    })
    if (isFailure(page)) throw new Error(page.detail)
    expect(messages(page.events)).toEqual([first])
    const missed = [await receive(), await receive()]
    const [follower, during] = await Promise.all([begin({ since: page.events[0] ?? null }), receive()])
    const after = await receive()
    expect(messages(await take(follower, 4))).toEqual([...missed, during, after])
  })

  it('hears of some types alone, and moves past the others', async () => {
    const follower = await begin({ types: ['spam.*'], pace: QUICK })
    await receive()
    const newest = await env.DB.prepare('select max(modseq) n from events where account_id = ?')
      .bind(accountId)
      .first('n')
    await expect.poll(async () => await follower.next()).toMatchObject({ kind: 'beat', place: { modseq: newest } })
  })

  it('is not kept from anything by an object that slept or was lost', async () => {
    const follower = await begin()
    await evictDurableObject(env.LIVE.getByName(`account ${accountId}`))
    const sent = [await receive()]
    expect(messages(await take(follower, 1))).toEqual(sent)
    await evictDurableObject(env.LIVE.getByName(`account ${accountId}`), { webSockets: 'close' })
    expect(await untilEnd(follower)).toEqual({ kind: 'end', reason: 'lost' })
  })

  it('hears at the next beat what no hint told, and hears once what many hints told', async () => {
    const silent: Live = { ...live, publish: () => Promise.reject(new Error('injected')) }
    const deaf = worldWith({ live: silent })
    const follower = await begin({ pace: QUICK }, deaf)
    const sent = [await receive(deaf), await receive(deaf)]
    expect(messages(await take(follower, 2))).toEqual(sent)
    for (let n = 0; n < 5; n++) await live.publish(accountId)
    sent.push(await receive())
    expect(messages(await take(follower, 1))).toEqual(sent.slice(2))
    expect(deaf.logs.filter(({ at }) => at === 'live').length).toBeGreaterThan(0)
  })

  it('is told that all is well where nothing happens', async () => {
    const follower = await begin({ pace: QUICK })
    expect([(await follower.next()).kind, (await follower.next()).kind]).toEqual(['beat', 'beat'])
  })

  it('ends within a beat once it may follow no more, whatever comes', async () => {
    let may = true
    const follower = await begin({ pace: QUICK, mayFollow: async () => may })
    expect((await follower.next()).kind).toBe('beat')
    may = false
    await new Promise((resolve) => setTimeout(resolve, QUICK.beatMs))
    await receive()
    expect(await follower.next()).toEqual({ kind: 'end', reason: 'refused' })
    expect(await follower.next()).toEqual({ kind: 'end', reason: 'refused' })
  })

  it('ends when it has lasted long or read much, so that its reader begins anew', async () => {
    expect(await untilEnd(await begin({ pace: { ...QUICK, lifeMs: 150 } }))).toEqual({ kind: 'end', reason: 'over' })
    expect(await untilEnd(await begin({ pace: { ...QUICK, pagesMax: 3 } }))).toEqual({ kind: 'end', reason: 'over' })
  })

  it('ends where its line does not answer', async () => {
    const dead: Live = { ...live, connect: async () => mute() }
    const follower = await begin({ pace: QUICK }, worldWith({ live: dead }))
    expect(await untilEnd(follower)).toEqual({ kind: 'end', reason: 'lost' })
  })

  it('is refused where the event it names is not kept, and leaves its line', async () => {
    for (let n = 0; n <= STREAMS_MAX; n++) {
      const refused = await follow(world.deps, accountId, {
        since: { modseq: 1, n: 7 },
        types: null,
        mayFollow: async () => true,
      })
      expect(refused).toMatchObject({ failure: 'gone' })
    }
    await begin()
  })

  it('is refused beyond what an account may have open, and where the server has no live push', async () => {
    const open = await Promise.all(Array.from({ length: STREAMS_MAX }, () => begin()))
    const options = { since: null, types: null, mayFollow: async () => true }
    expect(await follow(world.deps, accountId, options)).toMatchObject({ failure: 'rate-limited' })
    open[0]?.close()
    await expect.poll(async () => isFailure(await follow(world.deps, accountId, options))).toBe(false)
    expect(await follow(makeWorld().deps, accountId, options)).toMatchObject({ failure: 'not-configured' })
  })

  it('ends, or never begins, where storage fails, and who goes on where it stood has heard all: each call', async () => {
    let points = 0
    for (let at = 1; ; at++) {
      const faults = faultsAt(at, 'before')
      const since = await newest()
      const sent = [await receive(), await receive()]
      const heard: StoredEvent[] = []
      const faulty = worldWith({ live, databases: [faultyD1(env.DB, faults)] })
      const follower = await begin({ since, pace: QUICK }, faulty).catch(() => null)
      if (follower) {
        for (let n = 0; n < 4; n++) {
          const followed = await follower.next()
          if (followed.kind === 'events') heard.push(...followed.events)
          if (followed.kind === 'end') expect(followed.reason).toBe('lost')
        }
        follower.close()
      }
      const again = await begin({ since: heard.at(-1) ?? since })
      if (heard.length < 2) heard.push(...(await take(again, 2 - heard.length)))
      again.close()
      expect(messages(heard)).toEqual(sent)
      if (faults.calls.length < at) break
      points++
    }
    console.log(`following: ${points} fault points`)
    expect(points).toBeGreaterThan(4)
  })
})

async function newest() {
  const row = await env.DB.prepare(
    'select modseq, n from events where account_id = ? order by modseq desc, n desc limit 1',
  )
    .bind(accountId)
    .first<{ modseq: number; n: number }>()
  return row
}

/** A socket whose other end says nothing. */
function mute(): WebSocket {
  const { 0: line, 1: other } = new WebSocketPair()
  other.accept()
  line.accept()
  return line
}
