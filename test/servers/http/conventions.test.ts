/** What holds for every route: problems, request ids, headers, methods, bodies, and the line in the log. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../../../src/deps.ts'
import { TemporaryError } from '../../../src/errors.ts'
import { type Answer, accountClient, adminClient, type Client, makeClient } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let client: Client
let admin: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  client = await accountClient(world, await makeAccount(world, 'demo@postern.test'))
  admin = adminClient(world.deps)
})

function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.body).toEqual({
    type: `urn:postern:problem:${code}`,
    title: expect.any(String),
    status,
    detail: expect.any(String),
    code,
    errors: expect.any(Array),
    request_id: answer.headers.get('x-request-id'),
  })
}

describe('without a key', () => {
  it('says what it is', async () => {
    const answer = await makeClient(world.deps, null).get('/')
    const paths = { documentation: '/docs', description: '/openapi.json', health: '/healthz' }
    expect(answer.body).toEqual({ name: 'Postern', ...paths })
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    const browser = await makeClient(world.deps, null).get('/', { accept })
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/docs'])
  })

  it('says that it is well, and in which mode only in development', async () => {
    expect((await makeClient(world.deps, null).get('/healthz')).body).toEqual({ status: 'ok' })
    const dev = makeClient({ ...world.deps, dev: true }, null)
    expect((await dev.get('/healthz')).body).toEqual({ status: 'ok', mode: 'development' })
  })
})

describe('keys', () => {
  it.each([
    ['none', undefined, 'Bearer realm="postern"'],
    ['a basic one', 'Basic cHN0Xzo=', 'Bearer realm="postern"'],
    ['an empty one', 'Bearer ', 'Bearer realm="postern"'],
    ['two', 'Bearer pst_a, Bearer pst_b', 'Bearer realm="postern"'],
    ['an unknown one', 'Bearer pst_unknown', 'Bearer realm="postern", error="invalid_token"'],
    ['one of another kind', 'Bearer something', 'Bearer realm="postern", error="invalid_token"'],
    ['a very long one', `Bearer ${'x'.repeat(600)}`, 'Bearer realm="postern"'],
  ])('refuses %s', async (_, authorization, challenge) => {
    const answer = await makeClient(world.deps, null).get('/v1/me', authorization ? { authorization } : {})
    expectProblem(answer, 401, 'unauthenticated')
    expect(answer.headers.get('www-authenticate')).toBe(challenge)
  })

  it('takes no key from the URL', async () => {
    const answer = await makeClient(world.deps, null).get(`/v1/me?key=${world.deps.secrets.adminKey}`)
    expectProblem(answer, 401, 'unauthenticated')
  })

  it('names the scope that a key lacks', async () => {
    const account = await makeAccount(world, 'weak@postern.test')
    const answer = await (await accountClient(world, account, ['mail:send'])).get('/v1/messages')
    expectProblem(answer, 403, 'forbidden')
    expect(answer.headers.get('www-authenticate')).toContain('scope="mail:read"')
  })

  it.each([
    ['POSTERN_SECRET', { root: null, adminKey: 'an admin key' }],
    ['POSTERN_ADMIN_KEY', { root: 'a secret', adminKey: null }],
  ])('has no admin API without %s', async (_, secrets) => {
    const answer = await makeClient({ ...world.deps, secrets }, 'an admin key').get('/v1/admin/domains')
    expectProblem(answer, 503, 'not-configured')
  })
})

describe('paths and methods', () => {
  it.each(['/v2/messages', '/v1', '/v1/messages/', '/v1/nothing', '/v1/messages/msg_1/nothing', '/%ff', '//v1/me'])(
    'has nothing at %s',
    async (path) => expectProblem(await client.get(path), 404, 'not-found'),
  )

  it.each([
    ['POST', '/v1/messages', 'GET, HEAD'],
    ['DELETE', '/v1/me', 'GET, HEAD'],
    ['PUT', '/v1/admin/domains', 'GET, HEAD, POST'],
    ['GET', '/v1/admin/keys/key_1', 'DELETE'],
    ['OPTIONS', '/healthz', 'GET, HEAD'],
  ])('refuses %s %s and says what it takes', async (method, path, allow) => {
    const answer = await client.call(method, path)
    expectProblem(answer, 405, 'method-not-allowed')
    expect(answer.headers.get('allow')).toBe(allow)
  })

  it('answers HEAD as GET, without the body', async () => {
    const answer = await client.call('HEAD', '/v1/me')
    expect(answer.status).toBe(200)
    expect(answer.bytes.length).toBe(0)
    expect((await client.call('HEAD', '/v1/admin/keys/key_1')).status).toBe(405)
    expect((await client.call('HEAD', '/v1/nothing')).status).toBe(404)
  })
})

describe('ids', () => {
  it.each([
    'msg_',
    'msg_0',
    'msg_01',
    'MSG_1',
    'msg_A',
    'msg_zzzzzzzzzzz',
    'msg_zzzzzzzzzzzz',
    'msg_il',
    'mbx_1',
    '1',
    '%00',
    "msg_1'",
  ])('finds nothing under %s', async (id) => expectProblem(await client.get(`/v1/messages/${id}`), 404, 'not-found'))
})

describe('query parameters', () => {
  it.each([
    ['limit=0', '/limit'],
    ['limit=201', '/limit'],
    ['limit=-1', '/limit'],
    ['limit=5e1', '/limit'],
    ['limit=', '/limit'],
    ['limit=50.0', '/limit'],
    ['limit=1&limit=2', '/limit'],
    ['unread=1', '/unread'],
    ['unread=True', '/unread'],
    ['flagged=', '/flagged'],
    ['unread=true&unread=false', '/unread'],
    ['colour=red', '/colour'],
    ['a/b~c=1', '/a~1b~0c'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await client.get(`/v1/messages?${query}`)
    expectProblem(answer, 422, 'invalid')
    expect(answer.body.errors).toContainEqual({ in: 'query', pointer, detail: expect.any(String) })
    expect(answer.body.detail).not.toBe('')
  })

  it('names every wrong one at once', async () => {
    const answer = await client.get('/v1/messages?limit=x&unread=y&z=1')
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
      '/limit',
      '/unread',
      '/z',
    ])
  })
})

describe('bodies', () => {
  it.each([
    ['text', 422, { json: 'text' }, ''],
    ['a list', 422, { json: [] }, ''],
    ['null', 422, { json: null }, ''],
    ['nothing in it', 422, { json: {} }, '/name'],
    ['a number for text', 422, { json: { name: 5 } }, '/name'],
    ['blanks', 422, { json: { name: '  ' } }, '/name'],
    ['two lines', 422, { json: { name: 'a\nb' } }, '/name'],
    ['half a character', 422, { json: { name: 'a\ud800' } }, '/name'],
    ['too long a name', 422, { json: { name: 'x'.repeat(201) } }, '/name'],
    ['an unknown field', 422, { json: { name: 'a', admin: true } }, '/admin'],
    [
      'a prototype',
      422,
      { text: '{"name":"a","__proto__":{"x":1}}', headers: { 'content-type': 'application/json' } },
      '/__proto__',
    ],
    ['a negative quota', 422, { json: { name: 'a', quota_bytes: -1 } }, '/quota_bytes'],
    ['half a byte', 422, { json: { name: 'a', quota_bytes: 1.5 } }, '/quota_bytes'],
  ])('refuses %s', async (_, status, call, pointer) => {
    const answer = await admin.call('POST', '/v1/admin/accounts', call)
    expectProblem(answer, status, 'invalid')
    expect(answer.body.errors).toContainEqual({ in: 'body', pointer, detail: expect.any(String) })
  })

  it('refuses what is not JSON', async () => {
    const headers = { 'content-type': 'application/json' }
    for (const text of ['{', '', '{"name":}', "{'name':'a'}"])
      expectProblem(await admin.call('POST', '/v1/admin/accounts', { text, headers }), 400, 'malformed')
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json5', 'application/jsonp', 'text/json'])(
    'refuses the media type %s',
    async (type) => {
      const answer = await admin.call('POST', '/v1/admin/accounts', {
        text: '{"name":"a"}',
        headers: { 'content-type': type },
      })
      expectProblem(answer, 415, 'unsupported-media-type')
    },
  )

  it('takes a charset beside the media type', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    expect((await admin.call('POST', '/v1/admin/accounts', { text: '{"name":"a"}', headers })).status).toBe(201)
  })

  it('refuses more than 64 KB', async () => {
    expectProblem(await admin.post('/v1/admin/accounts', { name: 'x'.repeat(70_000) }), 413, 'too-large')
  })

  it('refuses more than 64 KB of unsaid length', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(10_000).fill(32))
      },
    })
    const { handleHttp } = await import('../../../src/servers/http/app.ts')
    const headers = { authorization: `Bearer ${world.deps.secrets.adminKey}`, 'content-type': 'application/json' }
    const request = new Request('https://postern.test/v1/admin/accounts', { method: 'POST', headers, body })
    expect((await handleHttp(request, world.deps)).status).toBe(413)
  })
})

describe('faults', () => {
  const failing = (error: unknown): Deps => ({
    ...world.deps,
    stores: {
      ...world.deps.stores,
      of: () => {
        throw error
      },
    },
  })

  async function callWith(error: unknown): Promise<{ answer: Answer; logged: string }> {
    const from = world.logs.length
    const key = await accountClientKey()
    const answer = await makeClient(failing(error), key).get('/v1/mailboxes')
    return { answer, logged: JSON.stringify(world.logs.slice(from)) }
  }

  async function accountClientKey(): Promise<string> {
    const [account] = (await admin.get('/v1/admin/accounts')).body.data
    const made = await admin.post('/v1/admin/keys', { account_id: account.id, name: 'faults', scopes: ['mail:read'] })
    return made.body.key
  }

  it.each([
    ['an Error', new Error('secret detail of the database')],
    ['a thrown string', 'secret detail of the database'],
  ])('keeps the detail of %s in the log', async (_, error) => {
    const { answer, logged } = await callWith(error)
    expectProblem(answer, 500, 'internal')
    expect(JSON.stringify(answer.body)).not.toContain('secret detail')
    expect(logged).toContain('secret detail')
    expect(logged).toContain(answer.body.request_id)
  })

  it.each([
    ['a TemporaryError', new TemporaryError('later')],
    ['a lost connection', new Error('D1_ERROR: Network connection lost.')],
    ['a reset', new Error('failed', { cause: new Error('D1 DB storage caused object to be reset.') })],
    ['a deployment', new Error('Durable Object reset because its code was updated.')],
  ])('asks to try again after %s', async (_, error) => {
    const { answer } = await callWith(error)
    expectProblem(answer, 503, 'unavailable')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('every answer', () => {
  it.each(['/', '/healthz', '/openapi.json', '/v1/me', '/v1/nothing', '/v1/messages?x=1'])(
    'carries the headers: %s',
    async (path) => {
      const { headers } = await client.get(path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{16}$/)
    },
  )

  it('takes a request id that is short and clean, and no other', async () => {
    const idFor = async (given: string) =>
      (await client.get('/healthz', { 'x-request-id': given })).headers.get('x-request-id')
    expect(await idFor('trace-1.2_3')).toBe('trace-1.2_3')
    for (const given of ['x'.repeat(65), 'a b', '{"level":"error"}', 'ü']) expect(await idFor(given)).toMatch(/^req_/)
  })
})

describe('the log', () => {
  it('has one line a request, with the pattern of the route and nothing that a person wrote', async () => {
    await receiveRaw(world, 'demo@postern.test', plainMessage({ Subject: 'Confidential zebra' }, 'a private giraffe'))
    const [message] = (await client.get('/v1/messages?q=zebra')).body.data
    world.logs.length = 0
    await client.get(`/v1/messages/${message.id}`)
    await client.get('/v1/messages?q=giraffe&secret=parameter')
    await client.get('/v1/private-path?secret=parameter')
    await admin.post('/v1/admin/accounts', { name: 'Private Name', wrong_private: 1 })
    await makeClient(world.deps, 'pst_privatekey').get('/v1/me')
    const text = JSON.stringify(world.logs)
    for (const private_ of ['zebra', 'giraffe', 'secret', 'private', 'Private', message.id, 'pst_', 'demo@'])
      expect(text).not.toContain(private_)
    expect(world.logs).toHaveLength(5)
    expect(world.logs[0]).toEqual({
      level: 'info',
      at: 'http',
      time: '2026-03-01T12:00:00.000Z',
      request_id: expect.stringMatching(/^req_/),
      method: 'GET',
      route: '/v1/messages/{id}',
      status: 200,
      duration_ms: 0,
      account: expect.any(Number),
      key: expect.any(Number),
    })
    expect(world.logs.map((line) => [line.route, line.status])).toEqual([
      ['/v1/messages/{id}', 200],
      ['/v1/messages', 422],
      [null, 404],
      ['/v1/admin/accounts', 422],
      ['/v1/me', 401],
    ])
    expect(world.logs[3]).toMatchObject({ admin: true })
  })
})
