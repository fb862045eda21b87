/** CORS: off unless it is configured; then exactly the origins that are named, and never the browser's credentials. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeDeps } from '../../../src/deps.ts'
import { type Answer, accountClient, type Client, makeClient } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

const APP = 'https://app.example'
const PREFLIGHT = { origin: APP, 'access-control-request-method': 'PATCH' }

let world: World
let accountId: number

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  accountId = await makeAccount(world, 'demo@postern.test')
})

function withOrigins(...corsOrigins: string[]): World {
  return { ...world, deps: { ...world.deps, corsOrigins } }
}

function nobody(...origins: string[]): Client {
  return makeClient(withOrigins(...origins).deps, null)
}

function corsOf({ headers }: Answer): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'))
}

describe('CORS that is off', () => {
  it('is in no answer, and a preflight is a method that there is not', async () => {
    const client = await accountClient(world, accountId)
    const answer = await client.get('/v1/me', { origin: APP })
    expect([answer.status, corsOf(answer), answer.headers.get('vary')]).toEqual([200, [], null])
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    const preflight = await nobody().call('OPTIONS', '/v1/me', { headers: PREFLIGHT })
    expect([preflight.status, corsOf(preflight)]).toEqual([405, []])
  })
})

describe('a preflight', () => {
  it('needs no key, and is told what may be sent', async () => {
    const answer = await nobody(APP).call('OPTIONS', '/v1/messages/msg_1', { headers: PREFLIGHT })
    expect([answer.status, answer.bytes.length]).toEqual([204, 0])
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
    expect(answer.headers.get('vary')).toBe('Origin')
    expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThan(0)
    const methods = answer.headers.get('access-control-allow-methods')?.split(', ')
    expect(methods).toEqual(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
    const headers = answer.headers.get('access-control-allow-headers')?.split(', ')
    for (const header of [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Range',
      'X-Request-Id',
    ])
      expect(headers).toContain(header)
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
  })

  it.each([
    ['another origin', { ...PREFLIGHT, origin: 'https://evil.example' }],
    ['another scheme', { ...PREFLIGHT, origin: 'http://app.example' }],
    ['another port', { ...PREFLIGHT, origin: 'https://app.example:8443' }],
    ['a longer name', { ...PREFLIGHT, origin: 'https://app.example.evil.example' }],
    ['an origin without one', { ...PREFLIGHT, origin: 'null' }],
  ])('of %s is refused', async (_, headers) => {
    const answer = await nobody(APP).call('OPTIONS', '/v1/me', { headers })
    expect([answer.status, corsOf(answer), answer.headers.get('vary')]).toEqual([405, [], 'Origin'])
  })

  it('is not what OPTIONS is without a method to ask for', async () => {
    const answer = await nobody(APP).call('OPTIONS', '/v1/me', { headers: { origin: APP } })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('an answer', () => {
  it('to an origin that may call shows our headers', async () => {
    const client = await accountClient(withOrigins('https://one.example', APP), accountId)
    for (const [path, status] of [
      ['/v1/me', 200],
      ['/v1/nothing', 404],
      ['/v1/me?colour=red', 422],
    ] as const) {
      const answer = await client.get(path, { origin: APP })
      expect(answer.status).toBe(status)
      expect(corsOf(answer).sort()).toEqual(['access-control-allow-origin', 'access-control-expose-headers'])
      expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
      expect(answer.headers.get('vary')).toBe('Origin')
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      for (const header of ['ETag', 'Location', 'RateLimit', 'Retry-After', 'Idempotent-Replayed', 'X-Request-Id'])
        expect(answer.headers.get('access-control-expose-headers')?.split(', ')).toContain(header)
    }
  })

  it('to an origin without a valid key says so, where the page can read it', async () => {
    const answer = await nobody(APP).get('/v1/me', { origin: APP })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, APP])
  })

  it('to another origin, or to none, shows nothing', async () => {
    const client = await accountClient(withOrigins(APP), accountId)
    for (const headers of [{ origin: 'https://evil.example' }, {}] as Record<string, string>[]) {
      const answer = await client.get('/v1/me', headers)
      expect([answer.status, corsOf(answer), answer.headers.get('vary')]).toEqual([200, [], 'Origin'])
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    }
  })

  it('to all where all may call names none', async () => {
    const answer = await nobody('*').get('/healthz', { origin: 'https://any.example' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  })

  it('that is replayed is shared anew with whoever asks', async () => {
    const client = await accountClient(withOrigins(APP, 'https://two.example'), accountId)
    const make = (origin: string) =>
      client.call('POST', '/v1/mailboxes', { json: { name: 'shared' }, headers: { origin, 'idempotency-key': 'cors' } })
    expect((await make(APP)).status).toBe(201)
    const again = await make('https://two.example')
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.headers.get('access-control-allow-origin')).toBe('https://two.example')
  })
})

it.each([
  [undefined, []],
  ['', []],
  [` ${APP} ,https://two.example,`, [APP, 'https://two.example']],
  ['*', ['*']],
])('POSTERN_CORS_ORIGINS %j names %j', (given, origins) => {
  const configured = given === undefined ? env : { ...env, POSTERN_CORS_ORIGINS: given }
  expect(makeDeps(configured, { waitUntil: () => {} }).corsOrigins).toEqual(origins)
})
