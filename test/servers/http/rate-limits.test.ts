/** Rate limits: what a client is told, when it is refused, and that one key or address takes nothing from another. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Limiter, RateWindows, WINDOW_SECONDS } from '../../../src/access/rate-limit.ts'
import { makeDeps } from '../../../src/deps.ts'
import { type Answer, accountClient, adminClient, makeClient } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let accountId: number

beforeAll(async () => {
  await migrate()
  accountId = await makeAccount(makeWorld(), 'demo@postern.test')
})

function limited(limiter: Partial<Limiter>): World {
  return makeWorld({ limiter })
}

function ratesOf({ headers }: Answer): (string | null)[] {
  return [headers.get('ratelimit-policy'), headers.get('ratelimit')]
}

function expectLimited(answer: Answer, seconds: number): void {
  expect([answer.status, answer.body.code]).toEqual([429, 'rate-limited'])
  expect(answer.headers.get('retry-after')).toBe(String(seconds))
  expect(answer.body.detail).toContain(`${seconds} seconds`)
}

describe('a key', () => {
  it('is told what it may do and what remains', async () => {
    const world = limited({ requestsPerMinute: 3 })
    const client = await accountClient(world, accountId)
    expect(ratesOf(await client.get('/v1/me'))).toEqual(['"default";q=3;w=60', '"default";r=2;t=60'])
    world.clock.ms += 17_500
    expect(ratesOf(await client.get('/v1/messages/msg_1'))).toEqual(['"default";q=3;w=60', '"default";r=1;t=43'])
  })

  it('is refused beyond its limit, until the window is over', async () => {
    const world = limited({ requestsPerMinute: 2 })
    const client = await accountClient(world, accountId)
    for (const status of [200, 200]) expect((await client.get('/v1/me')).status).toBe(status)
    const answer = await client.get('/v1/me')
    expectLimited(answer, WINDOW_SECONDS)
    expect(ratesOf(answer)).toEqual(['"default";q=2;w=60', '"default";r=0;t=60'])
    world.clock.ms += WINDOW_SECONDS * 1000 - 1
    expectLimited(await client.get('/v1/me'), 1)
    world.clock.ms += 1
    expect((await client.get('/v1/me')).status).toBe(200)
  })

  it('takes nothing from another of the same account, nor from the admin', async () => {
    const world = limited({ requestsPerMinute: 1 })
    const [one, other] = [await accountClient(world, accountId), await accountClient(world, accountId)]
    expect((await one.get('/v1/me')).status).toBe(200)
    expect((await one.get('/v1/me')).status).toBe(429)
    expect((await other.get('/v1/me')).status).toBe(200)
    expect((await adminClient(world.deps).get('/v1/admin/domains')).status).toBe(200)
    expect((await adminClient(world.deps).get('/v1/admin/domains')).status).toBe(429)
  })

  it('is counted where its scope does not reach, and where its input is wrong', async () => {
    const world = limited({ requestsPerMinute: 2 })
    const client = await accountClient(world, accountId, ['mail:send'])
    expect((await client.get('/v1/messages')).status).toBe(403)
    expect((await client.get('/v1/me?colour=red')).status).toBe(422)
    expect((await client.get('/v1/messages')).status).toBe(429)
  })

  it('that is refused has not claimed its Idempotency-Key', async () => {
    const world = limited({ requestsPerMinute: 1 })
    const client = await accountClient(world, accountId)
    const make = () =>
      client.call('POST', '/v1/mailboxes', { json: { name: 'limited' }, headers: { 'idempotency-key': 'limited' } })
    await client.get('/v1/me')
    expect((await make()).status).toBe(429)
    world.clock.ms += WINDOW_SECONDS * 1000
    const made = await make()
    expect([made.status, made.headers.get('idempotent-replayed')]).toEqual([201, null])
  })

  it("is refused by Cloudflare's limiter although this isolate counted little", async () => {
    const world = limited({ requestsPerMinute: 1_000_000, requests: env.RATE_REQUESTS })
    const client = await accountClient(world, accountId)
    expect((await client.get('/v1/me')).status).toBe(200)
    const key = `key:${world.logs.at(-1)?.key}`
    for (let n = 0; n < 600; n++) await env.RATE_REQUESTS.limit({ key })
    const answer = await client.get('/v1/me')
    expect([answer.status, answer.body.code]).toEqual([429, 'rate-limited'])
    expect(answer.headers.get('ratelimit')).toMatch(/^"default";r=0;/)
  })

  it('is let through where that limiter fails', async () => {
    const requests = { limit: () => Promise.reject(new Error('no limiter')) }
    const world = limited({ requests })
    expect((await (await accountClient(world, accountId)).get('/v1/me')).status).toBe(200)
    expect(world.logs).toContainEqual(expect.objectContaining({ level: 'error', at: 'rate-limit' }))
  })
})

describe('wrong keys', () => {
  const wrong = (world: World, from: Record<string, string>, key = 'pst_wrong') =>
    makeClient(world.deps, key).get('/v1/me', from)
  const at = (address: string) => ({ 'cf-connecting-ip': address })

  it('close the door to their address for the rest of a minute, to a right one too', async () => {
    const world = limited({ failuresPerMinute: 2 })
    for (const status of [401, 401]) expect((await wrong(world, at('192.0.2.1'))).status).toBe(status)
    expectLimited(await wrong(world, at('192.0.2.1')), WINDOW_SECONDS)
    const right = await accountClient(world, accountId)
    expect((await right.get('/v1/me', at('192.0.2.1'))).status).toBe(429)
    expect((await right.get('/v1/me', at('192.0.2.2'))).status).toBe(200)
    world.clock.ms += WINDOW_SECONDS * 1000
    expect((await right.get('/v1/me', at('192.0.2.1'))).status).toBe(200)
  })

  it('are not looked up once the door is closed', async () => {
    const world = limited({ failuresPerMinute: 1 })
    await wrong(world, at('192.0.2.1'))
    const blind = { ...world.deps, stores: { ...world.deps.stores, directory: null as never } }
    expect((await makeClient(blind, 'pst_wrong').get('/v1/me', at('192.0.2.1'))).status).toBe(429)
  })

  it.each([
    ['2001:db8::1', '2001:db8::2', 429],
    ['2001:db8:0:0:1::', '2001:DB8::ffff:0:0:1', 429],
    ['2001:db8:0:1::1', '2001:db8::1', 401],
    ['::ffff:192.0.2.1', '192.0.2.1', 401],
  ])('of %s and %s count as one network, or not', async (one, other, status) => {
    const world = limited({ failuresPerMinute: 1 })
    await wrong(world, at(one))
    expect((await wrong(world, at(other))).status).toBe(status)
  })

  it('do not count where none was sent', async () => {
    const world = limited({ failuresPerMinute: 1 })
    for (let n = 0; n < 3; n++) expect((await makeClient(world.deps, null).get('/v1/me')).status).toBe(401)
    expect((await makeClient(world.deps, null).get('/healthz')).headers.get('ratelimit')).toBeNull()
  })
})

describe('windows', () => {
  it('are bounded, and the oldest goes first', () => {
    const windows = new RateWindows()
    for (let n = 0; n < 10_001; n++) windows.count(`k${n}`, 5, 0)
    expect(windows.peek('k0', 5, 0).remaining).toBe(4)
    expect(windows.peek('k1', 5, 0).remaining).toBe(3)
  })

  it('do not stay closed where the clock goes back', () => {
    const windows = new RateWindows()
    windows.count('k', 1, 1_000_000)
    expect(windows.count('k', 1, 0).isExceeded).toBe(false)
  })
})

describe('the configuration', () => {
  it.each([
    [undefined, 600],
    ['1200', 1200],
    [50, 50],
    ['0', 600],
    ['many', 600],
    ['1.5', 600],
  ])('POSTERN_RATE_PER_MINUTE %s is %i', (given, limit) => {
    const { limiter } = makeDeps(
      { ...env, ...(given === undefined ? {} : { POSTERN_RATE_PER_MINUTE: given }) },
      {
        waitUntil: () => {},
      },
    )
    expect(limiter).toMatchObject({
      requestsPerMinute: limit,
      requests: env.RATE_REQUESTS,
      failures: env.RATE_FAILURES,
    })
    expect(limiter.windows).toBe(makeDeps(env, { waitUntil: () => {} }).limiter.windows)
  })
})
