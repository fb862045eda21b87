/** Changing an account: name, quota, settings, suspension; and what it holds, in numbers. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAddress } from '../../../src/access/addresses.ts'
import { authenticateKey, authenticatePassword, createApiKey, createAppPassword } from '../../../src/access/keys.ts'
import { SCOPES } from '../../../src/access/scopes.ts'
import { isFailure } from '../../../src/errors.ts'
import { formatId } from '../../../src/servers/http/ids.ts'
import { accountClient, adminClient, type Client, makeClient, readAll } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let admin: Client
let serial = 0

const NONE = { threshold: null, quarantine_threshold: null, reject: null, digest: null }

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  admin = adminClient(world.deps)
})

async function newAccount(): Promise<{ id: number; path: string; to: string; own: Client }> {
  const to = `a${++serial}@accounts.test`
  const id = await makeAccount(world, to)
  return { id, path: `/v1/admin/accounts/${formatId('acc', id)}`, to, own: await accountClient(world, id) }
}

describe('an account', () => {
  it('is renamed and limited, each field by itself', async () => {
    const { path, to } = await newAccount()
    const before = (await admin.get(path)).body
    expect(before).toMatchObject({ spam_settings: { threshold: null }, suspended: false, suspended_at: null })
    expect((await admin.patch(path, { name: ' Ada ' })).body).toEqual({ ...before, name: 'Ada' })
    expect((await admin.patch(path, { quota_bytes: 10 })).body).toEqual({ ...before, name: 'Ada', quota_bytes: 10 })
    await expect(receiveRaw(world, to, plainMessage())).rejects.toThrow('4.2.2')
    expect((await admin.patch(path, { quota_bytes: null })).body).toEqual({ ...before, name: 'Ada' })
    expect(await receiveRaw(world, to, plainMessage())).toMatchObject({ kind: 'filed' })
    expect((await admin.get(path)).body).toMatchObject({ name: 'Ada', quota_bytes: null })
  })

  it('may be limited to less than it holds: new mail waits with its senders', async () => {
    const { path, to } = await newAccount()
    await receiveRaw(world, to, plainMessage())
    const { used_bytes } = (await admin.get(path)).body
    expect((await admin.patch(path, { quota_bytes: used_bytes - 1 })).status).toBe(200)
    await expect(receiveRaw(world, to, plainMessage())).rejects.toThrow('4.2.2')
  })

  it('is not changed by what is wrong', async () => {
    const { path } = await newAccount()
    const before = (await admin.get(path)).body
    const wrong: [unknown, string][] = [
      [{}, ''],
      [{ name: '' }, '/name'],
      [{ name: 'a\u0000b' }, '/name'],
      [{ quota_bytes: -1 }, '/quota_bytes'],
      [{ quota_bytes: 1.5 }, '/quota_bytes'],
      [{ suspended: 'yes' }, '/suspended'],
      [{ spam_settings: {} }, '/spam_settings'],
      [{ spam_settings: { threshold: 0.5 } }, '/spam_settings/threshold'],
      [{ spam_settings: { threshold: 21 } }, '/spam_settings/threshold'],
      [{ spam_settings: { time_zone: 'UTC' } }, '/spam_settings/time_zone'],
      [{ used_bytes: 0 }, '/used_bytes'],
    ]
    for (const [body, pointer] of wrong) {
      const answer = await admin.patch(path, body)
      expect([body, answer.status, answer.body.errors[0]?.pointer]).toEqual([body, 422, pointer])
    }
    expect((await admin.get(path)).body).toEqual(before)
    for (const id of ['acc_zzzz', 'acc_', 'acc_zzzzzzzzzz', 'xyz'])
      expect((await admin.patch(`/v1/admin/accounts/${id}`, { suspended: true })).status).toBe(404)
  })

  it('that is deleted is not changed any more', async () => {
    const { path } = await newAccount()
    expect((await admin.delete(path)).status).toBe(204)
    expect((await admin.patch(path, { name: 'back' })).status).toBe(404)
    expect((await admin.get(`${path}/usage`)).status).toBe(404)
  })
})

describe('settings', () => {
  // Without a sender, a date and a Message-ID: odd, between the least and the greatest threshold.
  const odd = (n: number) => `Subject: odd ${n}\r\nTo: x@accounts.test\r\n\r\n<b>\r\n`

  it('say from how many points on mail is junk, for mail that comes from then on', async () => {
    const { to, own } = await newAccount()
    const scoreOf = async (raw: string) => {
      const received = await receiveRaw(world, to, raw)
      const { spam } = (await own.get('/v1/messages?limit=1')).body.data[0]
      return { received, spam }
    }
    const usual = await scoreOf(odd(1))
    const id = (usual.received as { id: number }).id
    const report = (await own.get(`/v1/messages/${formatId('msg', id)}`)).body.spam
    expect(report.threshold).toBe(5)
    expect(report.score).toBeGreaterThan(1)
    expect(report.score).toBeLessThan(20)
    for (const [threshold, mailbox] of [
      [1, 'junk'],
      [20, 'inbox'],
      [report.score, 'junk'],
    ] as const) {
      expect((await own.patch('/v1/spam/settings', { threshold: threshold })).body).toEqual({ ...NONE, threshold })
      const { received } = await scoreOf(odd(threshold + 100))
      expect([threshold, received]).toEqual([threshold, expect.objectContaining({ kind: 'filed', mailbox })])
    }
    expect((await own.patch('/v1/spam/settings', { threshold: null })).body).toEqual(NONE)
    expect((await own.get('/v1/spam/settings')).body).toEqual(NONE)
    expect((await scoreOf(odd(999))).received).toMatchObject({ mailbox: report.score >= 5 ? 'junk' : 'inbox' })
  })

  it('count also for mail that waited to be filed', async () => {
    const { to, own } = await newAccount()
    await own.patch('/v1/spam/settings', { threshold: 1 })
    const failing = makeWorld({ queues: { pending: { send: (body) => world.deps.queues.pending.send(body) } } })
    const db = failing.deps.stores.of(1)
    const batch = db.batch.bind(db)
    db.batch = async () => {
      throw new Error('D1 is away')
    }
    expect(await receiveRaw(failing, to, odd(5_000))).toMatchObject({ kind: 'pending' })
    db.batch = batch
    expect(await world.settle()).toEqual([])
    const junk = (await own.get('/v1/mailboxes')).body.data.find((box: { role: string }) => box.role === 'junk')
    expect(junk.total).toBe(1)
  })

  it('are changed by the account and by the admin, and are nobody else\u2019s', async () => {
    const one = await newAccount()
    const other = await newAccount()
    await one.own.patch('/v1/spam/settings', { threshold: 7 })
    expect((await admin.get(one.path)).body.spam_settings).toEqual({ ...NONE, threshold: 7 })
    await admin.patch(one.path, { spam_settings: { threshold: 8.5 } })
    expect((await one.own.get('/v1/spam/settings')).body).toEqual({ ...NONE, threshold: 8.5 })
    expect((await other.own.get('/v1/spam/settings')).body).toEqual(NONE)
    for (const body of [{}, { threshold: '5' }, { threshold: 0 }, { forwarding: true }, []])
      expect((await one.own.patch('/v1/spam/settings', body)).status).toBe(422)
    const reader = await accountClient(world, one.id, ['mail:read', 'mail:write'])
    expect((await reader.patch('/v1/spam/settings', { threshold: 1 })).status).toBe(403)
  })
})

describe('a suspended account', () => {
  it('lets nobody in by any kind of key, takes mail all the same, and opens again', async () => {
    const { id, path, to, own } = await newAccount()
    const address = (await admin.get(`/v1/admin/addresses?account_id=${formatId('acc', id)}`)).body.data[0]
    const bound = await admin.post('/v1/admin/keys', {
      account_id: formatId('acc', id),
      address_id: address.id,
      name: 'bound',
      scopes: ['mail:read'],
    })
    const password = await createAppPassword(world.deps, { accountId: id, name: 'phone' })
    if (isFailure(password)) throw new Error(password.detail)

    expect((await admin.patch(path, { suspended: true })).body).toMatchObject({
      suspended: true,
      suspended_at: '2026-03-01T12:00:00Z',
    })
    const late = await createApiKey(world.deps, { accountId: id, addressId: null, name: 'late', scopes: SCOPES })
    if (isFailure(late)) throw new Error(late.detail)
    const latePassword = await createAppPassword(world.deps, { accountId: id, name: 'late' })
    if (isFailure(latePassword)) throw new Error(latePassword.detail)

    const clients = [own, makeClient(world.deps, bound.body.key), makeClient(world.deps, late.key)]
    for (const client of clients)
      for (const [method, route] of [
        ['GET', '/v1/me'],
        ['GET', '/v1/messages'],
        ['POST', '/v1/keys'],
        ['PATCH', '/v1/spam/settings'],
      ] as const) {
        const answer = await client.call(method, route)
        expect([route, answer.status, answer.body.detail]).toEqual([route, 403, expect.stringContaining('suspended')])
      }
    for (const one of [password, latePassword])
      expect(await authenticatePassword(world.deps, to, one.password)).toBeNull()
    expect(await authenticateKey(world.deps, late.key)).toMatchObject({ failure: 'forbidden' })
    expect(await receiveRaw(world, to, plainMessage({ Subject: 'meanwhile' }))).toMatchObject({ kind: 'filed' })

    world.clock.ms += 60_000
    expect((await admin.patch(path, { suspended: true })).body.suspended_at).toBe('2026-03-01T12:00:00Z')
    expect((await admin.patch(path, { name: 'still' })).body.suspended).toBe(true)
    expect((await admin.patch(path, { suspended: false })).body).toMatchObject({ suspended: false, suspended_at: null })
    for (const client of clients) expect((await client.get('/v1/me')).status).toBe(200)
    expect((await own.get('/v1/messages')).body.data).toMatchObject([{ subject: 'meanwhile' }])
    expect(await authenticatePassword(world.deps, to, latePassword.password)).toBe(id)
  })

  it('shuts out nobody else', async () => {
    const one = await newAccount()
    const other = await newAccount()
    await admin.patch(one.path, { suspended: true })
    expect((await other.own.get('/v1/me')).status).toBe(200)
  })

  it('of another shard is shut out too', async () => {
    const second = (env as unknown as { DB_1: D1Database }).DB_1
    await migrate(second)
    const wide = makeWorld({ databases: [env.DB, second] })
    const id = await makeAccount(wide, 'far@accounts.test')
    expect(id).toBeGreaterThan(65_535)
    const far = await accountClient(wide, id)
    const path = `/v1/admin/accounts/${formatId('acc', id)}`
    expect((await adminClient(wide.deps).patch(path, { suspended: true })).status).toBe(200)
    expect((await far.get('/v1/me')).status).toBe(403)
    expect((await adminClient(wide.deps).patch(path, { suspended: false })).status).toBe(200)
    expect((await far.get('/v1/me')).status).toBe(200)
    expect((await far.patch('/v1/spam/settings', { threshold: 3 })).body).toEqual({ ...NONE, threshold: 3 })
  })
})

describe('usage', () => {
  it('tells the stored counts, to the account and to the admin', async () => {
    const { id, path, to, own } = await newAccount()
    const { sending, ...empty } = (await own.get('/v1/usage')).body
    expect(empty).toEqual({
      account_id: formatId('acc', id),
      mailboxes: 6,
      messages: 0,
      unread: 0,
      used_bytes: 0,
      quota_bytes: null,
      last_received_at: null,
    })
    const raws = [plainMessage(), plainMessage()]
    for (const raw of raws) await receiveRaw(world, to, raw)
    const [first] = (await own.get('/v1/messages')).body.data
    await own.patch(`/v1/messages/${first.id}`, { unread: false })
    const { sending: _, ...used } = (await own.get('/v1/usage')).body
    expect(used).toEqual({
      ...empty,
      messages: 2,
      unread: 1,
      used_bytes: raws.join('').length,
      last_received_at: new Date(world.clock.ms).toISOString().replace('.000Z', 'Z'),
    })
    expect((await admin.get(`${path}/usage`)).body).toEqual({ ...used, sending })
    expect((await admin.get('/v1/admin/accounts/acc_zzzz/usage')).status).toBe(404)
    const all = await readAll(admin, '/v1/admin/usage?limit=3')
    expect(all).toContainEqual(used)
    const accounts = await readAll(admin, '/v1/admin/accounts')
    expect(all.map((one) => one.account_id)).toEqual(accounts.map((one) => one.id))
  })

  it('is not told to a key of one address', async () => {
    const { id, to } = await newAccount()
    const made = await createAddress(world.deps, {
      address: `also-${to}`,
      kind: 'address',
      accountId: id,
      target: null,
    })
    if (isFailure(made)) throw new Error(made.detail)
    const bound = await accountClient(world, id, ['mail:read'], made.id)
    expect((await bound.get('/v1/usage')).status).toBe(403)
  })
})
