/** What no route takes: parameters that it does not have, bodies that are not JSON in UTF-8; and how it says so. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, accountClient, adminClient, type Client, makeClient } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let client: Client
let admin: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  client = await accountClient(world, await makeAccount(world, 'demo@postern.test'))
  admin = adminClient(world.deps)
})

describe('a parameter that a route does not have', () => {
  it('is refused by every operation', async () => {
    const { paths } = (await client.get('/openapi.json')).body
    for (const [path, methods] of Object.entries(paths as Answer['body'])) {
      const concrete = path.replace(/\{\w+\}/g, 'x')
      const caller = path.startsWith('/v1/admin') ? admin : client
      for (const method of Object.keys(methods as object)) {
        const json = ['post', 'patch'].includes(method) ? { json: {} } : {}
        const answer = await caller.call(method.toUpperCase(), `${concrete}?x=1`, json)
        const wrong = answer.body?.errors?.map((error: { pointer: string }) => error.pointer)
        expect([method, path, answer.status, wrong]).toEqual([method, path, 422, ['/x']])
      }
    }
  })

  it.each([
    ['=1', '/'],
    ['=', '/'],
    ['&=&limit=5', '/'],
    ['__proto__=1', '/__proto__'],
    ['__proto__[x]=1', '/__proto__[x]'],
    ['constructor=1', '/constructor'],
    ['Limit=1', '/Limit'],
    ['limit[]=1', '/limit[]'],
    ['%6Cimit=1&l%69mit=2', '/limit'],
  ])('is refused however it is named: ?%s', async (query, pointer) => {
    const { status, body } = await client.get(`/v1/messages?${query}`)
    expect([status, body.errors[0]?.pointer]).toEqual([422, pointer])
  })

  it('is none where the query is empty', async () => {
    for (const query of ['?', '?&', '?&&&']) expect((await client.get(`/v1/me${query}`)).status).toBe(200)
  })

  it('is spoken of only to who has a key', async () => {
    expect((await makeClient(world.deps, null).get('/v1/me?x=1')).status).toBe(401)
    expect((await client.get('/v1/admin/domains?x=1')).status).toBe(403)
  })
})

describe('a body', () => {
  const post = (bytes: BodyInit, headers: Record<string, string> = {}) =>
    postBytes(bytes, { 'content-type': 'application/json', ...headers })

  async function postBytes(body: BodyInit, headers: Record<string, string>): Promise<Answer> {
    const { handleHttp } = await import('../../../src/servers/http/app.ts')
    const request = new Request('https://postern.test/v1/admin/accounts', {
      method: 'POST',
      headers: { authorization: `Bearer ${world.deps.secrets.adminKey}`, ...headers },
      body,
    })
    const response = await handleHttp(request, world.deps)
    return { status: response.status, headers: response.headers, body: await response.json(), bytes: new Uint8Array() }
  }

  function around(...middle: number[]): Uint8Array<ArrayBuffer> {
    const [before, after] = ['{"name":"a', '"}'].map((text) => new TextEncoder().encode(text))
    return new Uint8Array([...(before ?? []), ...middle, ...(after ?? [])])
  }

  it.each([
    ['a byte alone', [0xff]],
    ['Latin-1', [0xe9]],
    ['half a character', [0xe2, 0x82]],
    ['an overlong one', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('that is not UTF-8 is malformed: %s', async (_, bytes) => {
    const answer = await post(around(...bytes))
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed'])
  })

  it('may hold any character', async () => {
    expect((await post(around(...new TextEncoder().encode('é中😀\ufffd')))).body.name).toBe('aé中😀\ufffd')
  })

  it.each([
    'application/json;charset=utf-8',
    'Application/JSON; Charset="UTF-8"',
    'application/json; version=1; charset=utf-8',
  ])('may be %s', async (type) => {
    expect((await post(around(), { 'content-type': type })).status).toBe(201)
  })

  it.each([
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-16',
    'application/json; charset="utf-7"',
    'application/json; charset=',
    'application/json; charset=utf-8; charset=latin1',
    'application/problem+json',
    'application/merge-patch+json',
    'text/plain',
  ])('may not be %s', async (type) => {
    const answer = await post(around(), { 'content-type': type })
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported-media-type'])
  })

  it('may not be compressed', async () => {
    for (const encoding of ['gzip', 'br', 'identity', 'x']) {
      const answer = await post(around(), { 'content-encoding': encoding })
      expect([answer.status, answer.headers.get('accept-encoding')]).toEqual([415, 'identity'])
    }
  })

  it('is looked at only for who has a key', async () => {
    const answer = await post(around(0xff), { authorization: 'Bearer pst_x', 'content-encoding': 'gzip' })
    expect(answer.status).toBe(401)
  })
})

describe('what is wrong is said in words', () => {
  it.each([
    ['/v1/admin/accounts', { name: 5 }, 'must be text'],
    ['/v1/admin/accounts', { name: null }, 'must be text'],
    ['/v1/admin/accounts', {}, 'is required'],
    ['/v1/admin/accounts', [], 'must be an object'],
    ['/v1/admin/accounts', { name: 'a', quota_bytes: 'x' }, 'must be a number'],
    ['/v1/admin/accounts', { name: 'a', quota_bytes: 1.5 }, 'must be an integer'],
    ['/v1/admin/accounts', { name: 'a', quota_bytes: -1 }, 'must be at least 0'],
    ['/v1/admin/accounts', { name: 'a', quota_bytes: 2 ** 60 }, `must be at most ${Number.MAX_SAFE_INTEGER}`],
    ['/v1/keys', { name: 'a', scopes: 'mail:read' }, 'must be a list'],
    ['/v1/keys', { name: 'a', scopes: [] }, 'must name at least one scope'],
    ['/v1/keys', { name: 'a', scopes: Array.from({ length: 9 }, () => 'mail:read') }, 'must have at most 5 entries'],
    ['/v1/messages/batch', { ids: ['msg_1'], unread: 1 }, 'must be true or false'],
  ])('%s %j', async (path, json, detail) => {
    const caller = path.startsWith('/v1/admin') ? admin : client
    const answer = await caller.post(path, json)
    expect([answer.status, answer.body.errors[0]?.detail]).toEqual([422, detail])
  })

  it('of a parameter, that it is given once', async () => {
    const { body } = await client.get('/v1/messages?q=a&q=b')
    expect(body.errors).toEqual([{ in: 'query', pointer: '/q', detail: 'must be given once, as text' }])
    const long = await client.get(`/v1/messages?cursor=${'x'.repeat(2_000)}`)
    expect(long.body.errors[0].detail).toBe('must have at most 1500 characters')
  })

  it.each([
    [{ send_at: 'tomorrow' }, '/send_at', 'must be a time with its zone, such as 2026-03-01T12:00:00Z'],
    [{ send_at: '2026-03-01T12:00:00' }, '/send_at', 'must be a time with its zone, such as 2026-03-01T12:00:00Z'],
    [{ headers: [{ name: 'X-A', value: 'a' }] }, '/headers', 'must be an object'],
    [{ to: 'ann@a.example' }, '/to', 'must be a list'],
    [{ undo_seconds: 9_999 }, '/undo_seconds', 'must be at most 120'],
  ])('of a field, what %j should be', async (over, pointer, detail) => {
    const { status, body } = await client.post('/v1/messages/send', { to: ['a@b.example'], text: 'a', ...over })
    expect([status, body.errors]).toEqual([422, [{ in: 'body', pointer, detail }]])
  })

  it('of a list, how many it needs', async () => {
    const { body } = await client.post('/v1/messages/send-batch', { messages: [] })
    expect(body.errors).toEqual([{ in: 'body', pointer: '/messages', detail: 'must have at least 1 entry' }])
  })
})
