/** Deliveries in time: when each is tried again, when a webhook is left alone, and when it is switched off. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sweep } from '../../src/inbound/sweep.ts'
import { ATTEMPTS_MAX, pauseOf, readRetryAfter, waitAfter } from '../../src/notify/webhook-schedule.ts'
import { metered } from '../helpers/counting.ts'
import { accountClient, type Client } from '../helpers/http.ts'
import { makeReceiver, type Receiver, resolvePublic } from '../helpers/receiver.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]

let world: World
let receiver: Receiver
let accountId: number
let address: string
let client: Client

beforeAll(() => migrate())

beforeEach(async () => {
  await env.DB.batch(['webhooks', 'webhook_deliveries'].map((name) => env.DB.prepare(`delete from ${name}`)))
  receiver = makeReceiver(() => world.deps.now())
  world = makeWorld({ fetch: (...args) => receiver.fetch(...args), resolve: resolvePublic })
  world.clock.ms = Math.floor(Date.now() / 1000) * 1000
  address = `user${crypto.randomUUID()}@postern.test`
  accountId = await makeAccount(world, address)
  client = await accountClient(world, accountId)
  await settle()
})

async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await world.settle()
}

async function hook(url = 'https://hooks.test/', events = ['message.received']): Promise<string> {
  return (await client.post('/v1/webhooks', { url, events })).body.id
}

async function mail(count = 1): Promise<void> {
  for (let n = 0; n < count; n++) await receiveRaw(world, address, plainMessage())
  await settle()
}

/** Runs in one stretch of time. More of them are a loop. */
const RUNS_MAX = 400

/** Time passes, and at each second at which something is due the queue is woken, as it was asked to be. */
async function pass(ms: number): Promise<void> {
  const { clock } = world
  const end = clock.ms + ms
  for (let run = 0; run < RUNS_MAX; run++) {
    const next = await env.DB.prepare(
      'select min(max(due_at, claimed_until)) at from webhooks where due_at is not null',
    ).first<number | null>('at')
    if (next === null || next * 1000 > end) {
      clock.ms = end
      return
    }
    clock.ms = Math.max(clock.ms, next * 1000)
    world.webhooks.push({ shard: 0 })
    await world.settle()
  }
  throw new Error('there is no end to what is due')
}

const deliveries = async (id: string) => (await client.get(`/v1/webhooks/${id}/deliveries?limit=200`)).body.data
const inbox = async () =>
  (await client.get('/v1/messages')).body.data.filter((one: { subject: string }) => /switched off/.test(one.subject))
const failing = (status: number, headers?: HeadersInit) => () =>
  new Response(null, { status, ...(headers && { headers }) })

describe('the schedule', () => {
  it('waits 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, a day and a day, and ends', () => {
    const waits = Array.from({ length: ATTEMPTS_MAX }, (_, i) => waitAfter(i + 1, null))
    expect(waits).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 86_400, 86_400, null])
  })

  it.each([
    [1, 60, 60],
    [3, 60, 1_800],
    [9, 60, null],
  ])('after attempt %i of a receiver that asks for %i s: %s', (attempts, asked, want) => {
    expect(waitAfter(attempts, asked)).toBe(want)
  })

  it.each([
    [null, null],
    ['120', 120],
    [' 5 ', 5],
    ['0', 0],
    ['-1', null],
    ['999999999', 86_400],
    ['soon', null],
    ['', null],
    ['Sun, 01 Mar 2026 12:02:00 GMT', 120],
    ['Sun, 01 Mar 2020 12:00:00 GMT', 0],
    ['Sun, 01 Mar 2099 12:00:00 GMT', 86_400],
  ])('reads Retry-After: %j as %s', (value, want) => {
    expect(readRetryAfter(value, Date.UTC(2026, 2, 1, 12))).toBe(want)
  })

  it('leaves one alone for longer the longer it fails', () => {
    expect([0, 60, 600, 86_400].map((seconds) => pauseOf(seconds, null))).toEqual([5, 6, 60, 1_800])
    expect(pauseOf(0, 90)).toBe(90)
  })
})

describe('a delivery', () => {
  it('is tried nine times under one id, and then given up', async () => {
    receiver.answer = failing(500)
    const id = await hook()
    const start = world.clock.ms
    await mail()
    await pass(80 * HOUR)
    const after = receiver.heard.map(({ atMs }) => Math.round((atMs - start) / 1000))
    const want = [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 149_705, 236_105]
    expect(after).toHaveLength(want.length)
    for (const [i, seconds] of want.entries()) expect(Math.abs((after[i] ?? 0) - seconds)).toBeLessThan(60)
    expect(new Set(receiver.heard.map((one) => one.id)).size).toBe(1)
    expect(new Set(receiver.heard.map((one) => one.headers['webhook-signature'])).size).toBe(want.length)
    expect(await deliveries(id)).toMatchObject([
      {
        status: 'failed',
        attempts: 9,
        response_status: 500,
        next_attempt_at: null,
        detail: 'The receiver answered 500.',
      },
    ])
  })

  it.each([
    ['a failure', 500],
    ['a redirect', 302],
    ['a wrong request', 400],
    ['nothing', null],
  ])('that is answered with %s is tried again, and taken at last', async (_, status) => {
    receiver.answer = () => {
      if (receiver.heard.length > 1) return new Response('thanks')
      return status === null ? Promise.reject(new Error('refused')) : new Response(null, { status })
    }
    const id = await hook()
    await mail()
    expect(await deliveries(id)).toMatchObject([{ status: 'pending', attempts: 1 }])
    expect((await client.get(`/v1/webhooks/${id}`)).body.failing_since).not.toBeNull()
    await pass(6_000)
    expect(await deliveries(id)).toMatchObject([
      { status: 'delivered', attempts: 2, response_status: 200, detail: null },
    ])
    expect((await client.get(`/v1/webhooks/${id}`)).body.failing_since).toBeNull()
  })

  it('waits as long as the receiver asks, and so does what comes after it', async () => {
    receiver.answer = failing(429, { 'retry-after': '600' })
    await hook()
    await mail(2)
    await pass(9 * MINUTE)
    expect(receiver.heard).toHaveLength(1)
    receiver.answer = failing(204)
    await pass(2 * MINUTE)
    await settle()
    expect(receiver.heard).toHaveLength(3)
  })

  it('is not made to a name that has become private', async () => {
    const id = await hook()
    world.deps.resolve = async () => ({ kind: 'found', records: ['10.0.0.1'] })
    await mail()
    expect(receiver.heard).toEqual([])
    expect(await deliveries(id)).toMatchObject([
      { status: 'pending', response_status: null, detail: expect.stringContaining('not public') },
    ])
  })

  it('that the receiver never takes holds no other up', async () => {
    const poison = { id: '' }
    receiver.answer = ({ id }) => {
      poison.id ||= id
      return new Response(null, { status: id === poison.id ? 400 : 204 })
    }
    const id = await hook()
    await mail(4)
    const states = (await deliveries(id)).map(({ status }: { status: string }) => status)
    expect(states).toEqual(['delivered', 'delivered', 'delivered', 'pending'])
  })

  it('whose message cannot be read is tried again, and is no fault of the receiver', async () => {
    const id = await hook()
    await receiveRaw(world, address, plainMessage())
    const { objects } = await env.RAW.list()
    await env.RAW.delete(objects.map(({ key }) => key))
    await settle()
    expect(await deliveries(id)).toMatchObject([
      { status: 'pending', attempts: 1, detail: 'The payload could not be made.' },
    ])
    expect((await client.get(`/v1/webhooks/${id}`)).body.failing_since).toBeNull()
  })
})

describe('a webhook', () => {
  it('that is slow holds no other up', async () => {
    const hung: (() => void)[] = []
    receiver.answer = ({ url }) =>
      url.includes('slow') ? new Promise((resolve) => hung.push(() => resolve(new Response('')))) : new Response('')
    await hook('https://slow.test/')
    for (let n = 0; n < 5; n++) await hook(`https://quick${n}.test/`)
    await receiveRaw(world, address, plainMessage())
    const settled = settle()
    while (receiver.heard.length < 6) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(hung).toHaveLength(1)
    for (const answer of hung) answer()
    await settled
  })

  it('whose worker has died is taken up again when its claim ends', async () => {
    const id = await hook()
    await mail()
    const now = Math.floor(world.clock.ms / 1000)
    await env.DB.batch([
      env.DB.prepare(`update webhook_deliveries set status = 'pending', next_at = ?`).bind(now + 120),
      env.DB.prepare('update webhooks set due_at = ?, claimed_until = ?').bind(now, now + 120),
    ])
    receiver.heard.length = 0
    await pass(MINUTE)
    expect(receiver.heard).toHaveLength(0)
    await pass(2 * MINUTE)
    expect(receiver.heard).toHaveLength(1)
    expect(await deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 2 }])
  })

  it('that fails is asked seldom, and gets all that has waited when it is back', async () => {
    receiver.answer = failing(503)
    const id = await hook()
    await mail(10)
    await pass(6 * HOUR)
    const asked = receiver.heard.length
    expect(asked).toBeLessThan(60)
    receiver.answer = failing(204)
    await pass(DAY + HOUR)
    const states = (await deliveries(id)).map(({ status }: { status: string }) => status)
    expect(states).toEqual(Array(10).fill('delivered'))
  })

  it('that answers 410 is switched off at once, and its owner is told', async () => {
    receiver.answer = failing(410)
    const id = await hook()
    await hook('https://other.test/', ['webhook.*'])
    await mail(2)
    expect(receiver.heard.filter(({ url }) => url === 'https://hooks.test/')).toHaveLength(1)
    expect((await client.get(`/v1/webhooks/${id}`)).body).toMatchObject({ enabled: false, disabled_reason: 'gone' })
    expect(receiver.heard.at(-1)?.payload).toMatchObject({ type: 'webhook.disabled', data: { webhook: id } })
    expect((await client.get('/v1/events?types=webhook.*')).body.data[0]).toMatchObject({ data: { webhook: id } })
    const [told, ...more] = await inbox()
    expect(more).toHaveLength(1)
    const { text, from } = (await client.get(`/v1/messages/${more[0].id}`)).body
    expect(text).toContain('https://hooks.test/')
    expect([from.name, told.subject]).toEqual(['Postern', 'A webhook was switched off'])
  })

  it('that fails for five days is switched off, and its owner is told once', async () => {
    receiver.answer = failing(500)
    const id = await hook()
    await mail()
    for (let day = 0; day < 4; day++) {
      await pass(DAY)
      await mail()
    }
    expect((await client.get(`/v1/webhooks/${id}`)).body.enabled).toBe(true)
    await pass(2 * DAY)
    expect((await client.get(`/v1/webhooks/${id}`)).body).toMatchObject({ enabled: false, disabled_reason: 'failing' })
    expect(await inbox()).toHaveLength(1)
    const asked = receiver.heard.length
    await mail()
    await pass(DAY)
    expect(receiver.heard).toHaveLength(asked)
    receiver.answer = failing(204)
    const on = await client.patch(`/v1/webhooks/${id}`, { enabled: true })
    expect(on.body).toMatchObject({ enabled: true, disabled_reason: null, failing_since: null })
    await pass(2 * DAY)
    expect(receiver.heard.length).toBeGreaterThan(asked)
    expect(await inbox()).toHaveLength(1)
  })

  it('of an account without room is switched off without a message', async () => {
    receiver.answer = failing(410)
    const id = await hook()
    await receiveRaw(world, address, plainMessage())
    await env.DB.prepare('update accounts set quota_bytes = used_bytes where id = ?').bind(accountId).run()
    await settle()
    expect((await client.get(`/v1/webhooks/${id}`)).body).toMatchObject({ enabled: false, disabled_reason: 'gone' })
    expect(await inbox()).toHaveLength(0)
  })

  it('that waits is looked at by one wake-up, however many have come', async () => {
    receiver.answer = failing(503)
    await hook()
    await mail(5)
    for (let n = 0; n < 20; n++) {
      world.clock.ms += MINUTE
      world.webhooks.push({ shard: 0 }, { shard: 0 })
      await world.settle()
      expect(world.webhooks.length).toBeLessThanOrEqual(1)
    }
  })

  it('that is deleted gets nothing more, and leaves nothing that is due', async () => {
    receiver.answer = failing(500)
    const id = await hook()
    await mail()
    await client.delete(`/v1/webhooks/${id}`)
    await pass(HOUR)
    expect(receiver.heard).toHaveLength(1)
    expect(await env.DB.prepare('select count(*) n from webhook_deliveries').first('n')).toBe(0)
  })

  it('is reached by the sweep where every wake-up is lost', async () => {
    await hook()
    await receiveRaw(world, address, plainMessage())
    for (const queue of [world.events, world.webhooks]) queue.length = 0
    await sweep(world.deps)
    world.webhooks.length = 0
    await sweep(world.deps)
    expect(receiver.heard).toHaveLength(1)
  })
})

describe('rows', () => {
  it('of telling an event do not grow with what was told before, and are few without webhooks', async () => {
    const meter = metered(env.DB)
    const measured = makeWorld({
      databases: [meter.d1],
      fetch: (...args) => receiver.fetch(...args),
      resolve: resolvePublic,
    })
    measured.clock.ms = world.clock.ms
    const tell = async () => {
      await receiveRaw(measured, address, plainMessage())
      meter.reset()
      await measured.settle()
      return { read: meter.read, written: meter.written }
    }
    const without = await tell()
    expect(without.written).toBeLessThanOrEqual(4)
    expect(without.read).toBeLessThanOrEqual(30)
    await hook()
    const first = await tell()
    for (let n = 0; n < 20; n++) await tell()
    const last = await tell()
    expect(last.read).toBeLessThanOrEqual(first.read + 2)
    console.log(`rows to tell one event: ${JSON.stringify(without)}; with a webhook: ${JSON.stringify(last)}`)
    expect(last.read).toBeLessThanOrEqual(60)
    expect(last.written).toBeLessThanOrEqual(24)
  })
})
