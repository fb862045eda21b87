/** The admin API from nothing to a received message, and what an account manages by itself. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { authenticatePassword } from '../../../src/access/keys.ts'
import { keepDead } from '../../../src/inbound/dead-letters.ts'
import { accountClient, adminClient, type Client, makeClient, readAll } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let admin: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  admin = adminClient(world.deps)
})

/** What a route of the admin answers to each wrong body: [body, status, pointer of the first error]. */
type Refusal = [body: unknown, status: number, pointer?: string | undefined]

async function expectRefusals(client: Client, path: string, refusals: Refusal[]): Promise<void> {
  for (const [body, status, pointer] of refusals) {
    const answer = await client.post(path, body)
    expect([body, answer.status, answer.body.errors[0]?.pointer]).toEqual([body, status, pointer])
  }
}

it('sets a server up: domain, account, address, key, app password, and mail is read', async () => {
  const domain = (await admin.post('/v1/admin/domains', { name: 'New.Example' })).body
  expect(domain).toEqual({
    id: expect.stringMatching(/^dom_/),
    name: 'new.example',
    providers: null,
    created_at: '2026-03-01T12:00:00Z',
  })
  const made = await admin.post('/v1/admin/accounts', { name: ' Ann ' })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ id: expect.stringMatching(/^acc_/), name: 'Ann', used_bytes: 0, quota_bytes: null })
  const account = made.body
  expect(made.headers.get('location')).toBe(`/v1/admin/accounts/${account.id}`)
  expect((await admin.get(made.headers.get('location') ?? '')).body).toEqual(account)
  const address = await admin.post('/v1/admin/addresses', { address: 'Ann@new.example', account_id: account.id })
  expect(address.status).toBe(201)
  expect(address.body).toEqual({
    id: expect.stringMatching(/^adr_/),
    address: 'Ann@new.example',
    account_id: account.id,
    kind: 'address',
    target: null,
    targets: null,
    enabled: true,
    created_at: '2026-03-01T12:00:00Z',
  })
  const key = await admin.post('/v1/admin/keys', { account_id: account.id, name: 'laptop', scopes: ['mail:read'] })
  expect(key.status).toBe(201)
  expect(key.body).toEqual({
    id: expect.stringMatching(/^key_/),
    account_id: account.id,
    address_id: null,
    name: 'laptop',
    hint: key.body.key.slice(0, 8),
    scopes: ['mail:read'],
    created_at: '2026-03-01T12:00:00Z',
    last_used_at: null,
    key: expect.stringMatching(/^pst_[0-9a-z]{32}$/),
  })
  const app = await admin.post('/v1/admin/app-passwords', { account_id: account.id, name: 'phone' })
  expect(app.status).toBe(201)
  expect(app.body).toMatchObject({ id: expect.stringMatching(/^app_/), name: 'phone', last_used_at: null })
  expect(await authenticatePassword(world.deps, 'ann@new.example', app.body.password)).not.toBeNull()

  await receiveRaw(world, 'ann@NEW.example', plainMessage({ Subject: 'first' }))
  const own = makeClient(world.deps, key.body.key)
  expect((await own.get('/v1/messages')).body.data).toMatchObject([{ subject: 'first' }])
  const { used_bytes } = (await admin.get(`/v1/admin/accounts/${account.id}`)).body
  expect(used_bytes).toBeGreaterThan(0)
  expect(await readAll(admin, `/v1/admin/keys?account_id=${account.id}`)).toMatchObject([
    { id: key.body.id, last_used_at: '2026-03-01T12:00:00Z' },
  ])
  expect(JSON.stringify(await readAll(admin, '/v1/admin/keys'))).not.toContain(key.body.key)

  expect((await admin.delete(`/v1/admin/keys/${key.body.id}`)).status).toBe(204)
  expect((await own.get('/v1/me')).status).toBe(401)
  expect((await admin.delete(`/v1/admin/keys/${key.body.id}`)).status).toBe(404)
  expect((await admin.delete(`/v1/admin/app-passwords/${app.body.id}`)).status).toBe(204)
  expect(await authenticatePassword(world.deps, 'ann@new.example', app.body.password)).toBeNull()
})

describe('domains', () => {
  it('are refused twice, and where they are none', async () => {
    await admin.post('/v1/admin/domains', { name: 'twice.example' })
    await expectRefusals(admin, '/v1/admin/domains', [
      [{ name: 'TWICE.example.' }, 409],
      [{ name: 'localhost' }, 422, '/name'],
      [{ name: 'a@b.example' }, 422, '/name'],
      [{ name: 'a b.example' }, 422, '/name'],
      [{ name: '192.0.2.1' }, 422, '/name'],
      [{}, 422, '/name'],
    ])
  })

  it('stay while an address uses them', async () => {
    const { body } = await admin.post('/v1/admin/domains', { name: 'used.example' })
    const id = await makeAccount(world, 'a@used.example')
    const refused = await admin.delete(`/v1/admin/domains/${body.id}`)
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict'])
    const [address] = (await readAll(admin, '/v1/admin/addresses')).filter((one) => one.address === 'a@used.example')
    expect((await admin.delete(`/v1/admin/addresses/${address.id}`)).status).toBe(204)
    expect((await admin.delete(`/v1/admin/domains/${body.id}`)).status).toBe(204)
    expect((await admin.delete(`/v1/admin/domains/${body.id}`)).status).toBe(404)
    expect(id).toBeGreaterThan(0)
  })

  it('come in pages', async () => {
    const names = Array.from({ length: 5 }, (_, n) => `page${n}.example`)
    for (const name of names) await admin.post('/v1/admin/domains', { name })
    const all = await readAll(admin, '/v1/admin/domains?limit=2')
    expect(all.slice(-5).map((domain) => domain.name)).toEqual(names)
    expect(new Set(all.map((domain) => domain.id)).size).toBe(all.length)
    expect(all).toEqual((await admin.get('/v1/admin/domains?limit=200')).body.data)
  })
})

describe('addresses', () => {
  it('may be aliases and catch-alls, and be switched off and on', async () => {
    await admin.post('/v1/admin/domains', { name: 'kinds.example' })
    const account = (await admin.post('/v1/admin/accounts', { name: 'Kinds', quota_bytes: 1_000_000 })).body
    expect(account.quota_bytes).toBe(1_000_000)
    const post = async (json: object) => (await admin.post('/v1/admin/addresses', json)).body
    const real = await post({ address: 'real@kinds.example', account_id: account.id })
    const alias = await post({ address: 'also@kinds.example', kind: 'alias', target: 'real@kinds.example' })
    expect(alias).toMatchObject({ kind: 'alias', account_id: account.id, target: 'real@kinds.example' })
    const rest = await post({ address: '*@kinds.example', kind: 'catch_all', account_id: account.id })
    expect(rest).toMatchObject({ kind: 'catch_all', address: '*@kinds.example' })
    const listed = await readAll(admin, `/v1/admin/addresses?account_id=${account.id}`)
    expect(listed).toEqual([real, alias, rest])

    const path = `/v1/admin/addresses/${real.id}`
    expect((await admin.call('PATCH', path, { json: { enabled: false } })).body).toEqual({ ...real, enabled: false })
    expect(await receiveRaw(world, 'real@kinds.example', plainMessage())).toMatchObject({ kind: 'refused' })
    expect((await admin.call('PATCH', path, { json: { enabled: true } })).body).toEqual(real)
    expect((await admin.call('PATCH', path, { json: { enabled: 'no' } })).body.errors[0].pointer).toBe('/enabled')
    expect((await admin.call('PATCH', path, { json: {} })).status).toBe(422)
    expect((await admin.call('PATCH', '/v1/admin/addresses/adr_zzzz', { json: { enabled: true } })).status).toBe(404)
    expect((await admin.delete(path)).status).toBe(204)
    expect(await readAll(admin, `/v1/admin/addresses?account_id=${account.id}`)).toEqual([rest])
  })

  it('are refused with what to change', async () => {
    await makeAccount(world, 'taken@refused.example')
    const { id } = (await admin.get('/v1/admin/accounts?limit=1')).body.data[0]
    await expectRefusals(admin, '/v1/admin/addresses', [
      [{ address: 'Taken@refused.example', account_id: id }, 409],
      [{ address: 'a@refused.example' }, 422, '/account_id'],
      [{ address: 'a@refused.example', account_id: 'acc_' }, 422, '/account_id'],
      [{ address: 'a@refused.example', account_id: 7 }, 422, '/account_id'],
      [{ address: 'a@refused.example', account_id: 'acc_zzzz' }, 422, '/account_id'],
      [{ address: 'a@refused.example', kind: 'alias' }, 422, '/target'],
      [
        { address: 'a@refused.example', kind: 'alias', target: 'taken@refused.example', account_id: id },
        422,
        '/account_id',
      ],
      [{ address: 'a@refused.example', kind: 'alias', target: 'nobody@refused.example' }, 422, '/target'],
      [{ address: 'a@refused.example', kind: 'group', account_id: id }, 422, '/kind'],
      [{ address: 'a@elsewhere.example', account_id: id }, 422, '/address'],
      [{ address: 'nobody', account_id: id }, 422, '/address'],
    ])
  })
})

describe('keys', () => {
  it('are refused with what to change', async () => {
    const { id } = (await admin.get('/v1/admin/accounts?limit=1')).body.data[0]
    await expectRefusals(admin, '/v1/admin/keys', [
      [{ account_id: 'acc_zzzz', name: 'x', scopes: ['mail:read'] }, 422, '/account_id'],
      [{ account_id: id, name: 'x', scopes: [] }, 422, '/scopes'],
      [{ account_id: id, name: 'x', scopes: ['admin'] }, 422, '/scopes/0'],
      [{ account_id: id, name: 'x' }, 422, '/scopes'],
      [{ account_id: id, scopes: ['mail:read'] }, 422, '/name'],
    ])
    await expectRefusals(admin, '/v1/admin/app-passwords', [
      [{ account_id: 'acc_zzzz', name: 'x' }, 422, '/account_id'],
      [{ name: 'x' }, 422, '/account_id'],
    ])
    expect((await admin.get('/v1/admin/keys?account_id=zzzz')).status).toBe(404)
  })

  it('of an account give no more than they have', async () => {
    const account = await makeAccount(world, 'giver@keys.example')
    const weak = await accountClient(world, account, ['settings', 'mail:read'])
    const beyond = await weak.post('/v1/keys', { name: 'x', scopes: ['mail:read', 'mail:send'] })
    expect([beyond.status, beyond.body.detail]).toEqual([403, 'This key lacks mail:send, and cannot give it on.'])
    const made = await weak.post('/v1/keys', { name: 'reader', scopes: ['mail:read', 'mail:read'] })
    expect([made.status, made.body.scopes]).toEqual([201, ['mail:read']])
    expect((await makeClient(world.deps, made.body.key).get('/v1/messages')).status).toBe(200)
    expect((await readAll(weak, '/v1/keys?limit=1')).map((key) => key.name)).toEqual(['test', 'reader'])
    expect((await weak.delete(`/v1/keys/${made.body.id}`)).status).toBe(204)
    expect((await makeClient(world.deps, made.body.key).get('/v1/messages')).status).toBe(401)
  })
})

describe('allow and block lists', () => {
  it.each(['/v1/spam/lists', '/v1/admin/lists'])('at %s keep entries, and decide about mail', async (path) => {
    const to = `lists${path.length}@lists.example`
    const account = await makeAccount(world, to)
    const own = await accountClient(world, account)
    const client = path === '/v1/spam/lists' ? own : admin
    const entries = [
      ['Pest@Spam.example', 'address', 'pest@spam.example'],
      ['*.bücher.example', 'domain', 'xn--bcher-kva.example'],
      ['192.0.2.77/24', 'ip', '192.0.2.0/24'],
      ['2001:DB8::1', 'ip', '2001:db8::1'],
      ['"a b/c"@quoted.example', 'address', '"a b/c"@quoted.example'],
      ['helo:Mail.Spam.example', 'helo', 'helo:mail.spam.example'],
    ]
    for (const [entry, kind, canonical] of entries) {
      const made = await client.post(path, { entry, list: 'block' })
      expect([made.status, made.body]).toEqual([
        201,
        {
          id: expect.stringMatching(/^lst_[\w-]+$/),
          entry: canonical,
          kind,
          list: 'block',
          note: null,
          expires_at: null,
          created_at: '2026-03-01T12:00:00Z',
        },
      ])
    }
    const listed = await readAll(client, `${path}?limit=2`)
    expect(listed.map((one) => one.entry).sort()).toEqual(entries.map(([, , canonical]) => canonical).sort())

    const from = { From: 'pest@spam.example' }
    expect(await receiveRaw(world, to, plainMessage(from))).toMatchObject({ mailbox: 'junk' })
    const moved = await client.post(path, { entry: 'pest@spam.example', list: 'allow' })
    expect(moved.body).toMatchObject({
      list: 'allow',
      id: listed.find((one) => one.kind === 'address' && one.entry.startsWith('pest')).id,
    })
    expect(await receiveRaw(world, to, plainMessage(from))).toMatchObject({ mailbox: 'inbox' })

    await expectRefusals(client, path, [
      [{ entry: 'nothing', list: 'block' }, 422, '/entry'],
      [{ entry: '10.0.0.0/1', list: 'block' }, 422, '/entry'],
      [{ entry: 'helo:mail.spam.example', list: 'allow' }, 422, '/list'],
      [{ entry: 'a@b.example', list: 'grey' }, 422, '/list'],
      [{ entry: 'a@b.example' }, 422, '/list'],
    ])
    for (const { id } of listed) expect((await client.delete(`${path}/${id}`)).status).toBe(204)
    for (const id of [listed[0].id, 'lst_', 'lst_!', 'lst_AA', 'xyz'])
      expect((await client.delete(`${path}/${id}`)).status).toBe(404)
    expect((await client.get(path)).body.data).toEqual([])
  })
})

describe('dead letters', () => {
  it('are listed without content, and discarded by hand', async () => {
    await makeAccount(world, 'dead@dead.example')
    await env.RAW.put('raw/2026-03-01/1/dead', 'Subject: a secret\r\n\r\n')
    for (const body of [{ raw_key: 'raw/2026-03-01/1/dead' }, { shard: 0 }]) await keepDead(world.deps, body, 24)
    const listed = (await admin.get('/v1/admin/dead-letters')).body.data
    expect(listed).toMatchObject([
      { id: expect.stringMatching(/^dlt_/), queue: 'pending', subject: 'raw/2026-03-01/1/dead', attempts: 24 },
      { queue: 'events' },
    ])
    expect(JSON.stringify(listed)).not.toContain('secret')
    expect((await admin.delete(`/v1/admin/dead-letters/${listed[0].id}`)).status).toBe(204)
    expect((await admin.delete(`/v1/admin/dead-letters/${listed[0].id}`)).status).toBe(404)
    await world.settle()
    expect(await env.RAW.head('raw/2026-03-01/1/dead')).toBeNull()
  })
})
