/** The audit log: what is written down, when, and who reads it. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { DETAIL_BYTES_MAX } from '../../../src/access/audit.ts'
import { AUDIT_SECONDS, forgetOld } from '../../../src/inbound/forget.ts'
import { formatId } from '../../../src/servers/http/ids.ts'
import { accountClient, adminClient, type Client, makeClient, readAll } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let admin: Client
let account: number
let own: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  admin = adminClient(world.deps)
  account = await makeAccount(world, 'ann@audit.test')
  own = await accountClient(world, account)
})

async function newest(client = admin, path = '/v1/admin/audit') {
  return (await client.get(`${path}?limit=1`)).body.data[0]
}

async function rows(): Promise<number> {
  return (await env.DB.prepare('select count(*) n from audit').first<number>('n')) ?? 0
}

/** A world whose directory refuses what touches the audit log. */
function withoutAudit(pattern: RegExp): World {
  const prepare = (sql: string) => {
    if (pattern.test(sql)) throw new Error('the audit log cannot be written')
    return env.DB.prepare(sql)
  }
  const broken = { prepare, batch: env.DB.batch.bind(env.DB) } as unknown as D1Database
  return makeWorld({ databases: [broken] })
}

describe('a change', () => {
  it('of the admin is written down with what was asked and what was made', async () => {
    const made = await admin.call('POST', '/v1/admin/domains', {
      json: { name: 'noted.example' },
      headers: { 'x-request-id': 'the-request' },
    })
    expect(await newest()).toEqual({
      id: expect.stringMatching(/^aud_/),
      at: '2026-03-01T12:00:00Z',
      actor: 'admin',
      account_id: null,
      action: 'createDomain',
      target: made.body.id,
      detail: { name: 'noted.example' },
      status: 201,
      request_id: 'the-request',
    })
    await admin.delete(`/v1/admin/domains/${made.body.id}`)
    expect(await newest()).toMatchObject({ action: 'deleteDomain', target: made.body.id, detail: null, status: 204 })
  })

  it('of an account is written down with its key, and shown to it and to the admin', async () => {
    await own.patch('/v1/spam/settings', { threshold: 4 })
    const entry = await newest(own, '/v1/audit')
    const key = (await own.get('/v1/me')).body.key.id
    expect(entry).toMatchObject({
      actor: key,
      action: 'updateSpamSettings',
      account_id: formatId('acc', account),
      status: 200,
    })
    expect(await newest()).toEqual(entry)
    const other = await accountClient(world, await makeAccount(world, 'bob@audit.test'))
    expect((await other.get('/v1/audit')).body.data).toEqual([])
  })

  it('of the whole model, when it is forgotten or another is put in its place, is written down', async () => {
    const { body: exported } = await own.get('/v1/spam/model/export')
    await own.delete('/v1/spam/model')
    expect(await newest(own, '/v1/audit')).toMatchObject({ action: 'resetSpamModel', status: 204 })
    await own.call('PUT', '/v1/spam/model', { json: exported })
    const entry = await newest(own, '/v1/audit')
    expect(entry).toMatchObject({ action: 'importSpamModel', status: 200 })
    expect(entry.detail.cut).toMatch(/^\{"ham":0/)
  })

  it('never shows the secret that was made', async () => {
    const made = await own.post('/v1/keys', { name: 'new', scopes: ['settings'] })
    const entry = await newest()
    expect(entry).toMatchObject({ action: 'createKey', target: made.body.id, status: 201 })
    const text = (await env.DB.prepare('select group_concat(detail) text from audit').first<string>('text')) ?? ''
    expect(text).not.toContain(made.body.key)
    await own.post('/v1/keys', { name: 'new', scopes: ['settings'], password: 'hunter2' })
    expect(await newest()).toMatchObject({ detail: { password: null }, status: 422 })
  })

  it('that names an account stands in the log of that account', async () => {
    const id = formatId('acc', account)
    await admin.patch(`/v1/admin/accounts/${id}`, { quota_bytes: 1_000_000 })
    expect(await newest(own, '/v1/audit')).toMatchObject({ actor: 'admin', action: 'updateAccount', target: id })
    await admin.post('/v1/admin/app-passwords', { account_id: id, name: 'phone' })
    expect(await newest(own, '/v1/audit')).toMatchObject({ action: 'createAppPassword', detail: { name: 'phone' } })
  })

  it('that is refused is written down as refused', async () => {
    await admin.post('/v1/admin/domains', { name: 'localhost' })
    expect(await newest()).toMatchObject({ action: 'createDomain', target: null, status: 422 })
    await admin.call('POST', '/v1/admin/domains', { text: '{"', headers: { 'content-type': 'application/json' } })
    expect(await newest()).toMatchObject({ action: 'createDomain', detail: null, status: 400 })
    await admin.delete('/v1/admin/keys/key_zzzz')
    expect(await newest()).toMatchObject({ action: 'deleteAnyKey', target: 'key_zzzz', status: 404 })
  })

  it('of much text is kept by its beginning', async () => {
    for (const letter of ['x', '"', '\u4e00', '\ud800']) {
      await admin.post('/v1/admin/domains', { name: letter.repeat(9_000) })
      const { detail } = await newest()
      expect(detail.cut).toMatch(/^\{"name":"/)
    }
    const longest = await env.DB.prepare('select max(length(cast(detail as blob))) n from audit').first<number>('n')
    expect(longest).toBeLessThanOrEqual(DETAIL_BYTES_MAX)
  })

  it('does not happen where it cannot be written down', async () => {
    const broken = adminClient(withoutAudit(/insert into audit/).deps)
    const answer = await broken.post('/v1/admin/domains', { name: 'unwritten.example' })
    expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
    const names = (await readAll(admin, '/v1/admin/domains')).map((one) => one.name)
    expect(names).not.toContain('unwritten.example')
    expect((await broken.get('/v1/admin/domains')).status).toBe(200)
  })

  it('whose end cannot be written down has happened, and says that it is not known', async () => {
    const unsure = adminClient(withoutAudit(/update audit/).deps)
    expect((await unsure.post('/v1/admin/domains', { name: 'unsure.example' })).status).toBe(201)
    expect(await newest()).toMatchObject({ action: 'createDomain', status: null })
  })
})

describe('nothing is written down', () => {
  it('of who may not, and of who only reads', async () => {
    const before = await rows()
    for (const client of [makeClient(world.deps, null), makeClient(world.deps, 'pst_0'), own]) {
      await client.post('/v1/admin/domains', { name: 'stranger.example' })
      await client.delete('/v1/admin/keys/key_1')
    }
    const reader = await accountClient(world, account, ['mail:read', 'mail:write'])
    await reader.patch('/v1/spam/settings', { threshold: 1 })
    await reader.post('/v1/messages/batch', { ids: ['msg_1'], unread: false })
    for (const path of ['/v1/admin/audit', '/v1/admin/domains', '/v1/admin/accounts']) await admin.get(path)
    await own.get('/v1/spam/settings')
    expect(await rows()).toBe(before)
  })
})

describe('the log', () => {
  it('comes in pages, newest first, of all or of one account', async () => {
    const all = await readAll(admin, '/v1/admin/audit?limit=3')
    expect(all.length).toBe(await rows())
    expect(new Set(all.map((one) => one.id)).size).toBe(all.length)
    expect((await admin.get('/v1/admin/audit?limit=200')).body.data).toEqual(all)
    const id = formatId('acc', account)
    expect(await readAll(admin, `/v1/admin/audit?limit=2&account_id=${id}`)).toEqual(
      all.filter((one) => one.account_id === id),
    )
    expect(await readAll(own, '/v1/audit?limit=2')).toEqual(all.filter((one) => one.account_id === id))
    expect((await admin.get('/v1/admin/audit?account_id=zzz')).status).toBe(404)
    const { next_cursor: cursor } = (await own.get('/v1/audit?limit=1')).body
    const other = await accountClient(world, await makeAccount(world, 'eve@audit.test'))
    expect((await other.get(`/v1/audit?cursor=${cursor}`)).status).toBe(400)
  })

  it('is forgotten after 400 days, the oldest first', async () => {
    const before = await rows()
    await forgetOld(world.deps, 0)
    expect(await rows()).toBe(before)
    world.clock.ms += (AUDIT_SECONDS + 1) * 1000
    await admin.post('/v1/admin/domains', { name: 'later.example' })
    await forgetOld(world.deps, 0)
    expect(await readAll(admin, '/v1/admin/audit')).toMatchObject([{ detail: { name: 'later.example' } }])
  })
})
