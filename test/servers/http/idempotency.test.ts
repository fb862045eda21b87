/** Idempotency-Key: one request is carried out, and its answer given again; whose key it is; faults and dead Workers. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KEPT_SECONDS } from '../../../src/access/idempotency.ts'
import { forgetOld } from '../../../src/inbound/forget.ts'
import { handleHttp } from '../../../src/servers/http/app.ts'
import { faultsAt, faultyD1 } from '../../helpers/faults.ts'
import { type Answer, accountClient, adminClient, type Client, makeClient } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let accountId: number
let client: Client
let admin: Client
let serial = 0
/** A key, and a name of a mailbox, that no other test uses. */
let key: string
let name: string

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  accountId = await makeAccount(world, 'demo@postern.test')
  client = await accountClient(world, accountId)
  admin = adminClient(world.deps)
})

beforeEach(() => {
  serial++
  key = `key-${serial}`
  name = `box ${serial}`
})

function make(by: Client, json: unknown = { name }, over: string = key, path = '/v1/mailboxes'): Promise<Answer> {
  return by.call('POST', path, { json, headers: { 'idempotency-key': over } })
}

async function countOf(wanted = name): Promise<number> {
  const { data } = (await client.get('/v1/mailboxes')).body
  return data.filter((box: { name: string }) => box.name === wanted).length
}

async function rows(): Promise<{ status: number | null; body: string | null }[]> {
  return (await env.DB.prepare('select status, body from idempotency').all()).results as never
}

describe('the same key and body', () => {
  it('give the first answer again', async () => {
    const first = await make(client)
    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([201, null])
    const again = await make(client)
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
    expect(again.body).toEqual(first.body)
    for (const header of ['content-type', 'location']) expect(again.headers.get(header)).toBe(first.headers.get(header))
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(again.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('give it although the thing is gone by now', async () => {
    const { body } = await make(client)
    await client.delete(`/v1/mailboxes/${body.id}`)
    expect((await make(client)).body).toEqual(body)
    expect(await countOf()).toBe(0)
  })

  it('give a refusal again', async () => {
    const wrong = { name, colour: 'red' }
    const first = await make(client, wrong)
    expect(first.status).toBe(422)
    const again = await make(client, wrong)
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([422, 'true'])
    expect(again.headers.get('content-type')).toBe('application/problem+json')
    expect(again.body).toEqual(first.body)
  })

  it('give an answer without a body again', async () => {
    const keepDead = (await import('../../../src/inbound/dead-letters.ts')).keepDead
    await keepDead(world.deps, { raw_key: 'raw/2026-03-01/1/idempotent' }, 24)
    const letter = (await admin.get('/v1/admin/dead-letters')).body.data[0].id
    const retry = () => make(admin, undefined, key, `/v1/admin/dead-letters/${letter}/retry`)
    expect((await retry()).status).toBe(204)
    const again = await retry()
    expect([again.status, again.headers.get('idempotent-replayed'), again.bytes.length]).toEqual([204, 'true', 0])
    expect((await make(admin, undefined, `${key}-other`, `/v1/admin/dead-letters/${letter}/retry`)).status).toBe(404)
  })

  it('are one thing, though ten come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => make(client)))
    expect(await countOf()).toBe(1)
    const made = answers.filter(({ status }) => status === 201)
    expect(made.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1)
    for (const { status, headers, body } of answers.filter(({ status }) => status !== 201)) {
      expect([status, body.code]).toEqual([409, 'conflict'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect((await make(client)).headers.get('idempotent-replayed')).toBe('true')
  })

  it('mean nothing after a day', async () => {
    const { body } = await make(client)
    await client.delete(`/v1/mailboxes/${body.id}`)
    world.clock.ms += KEPT_SECONDS * 1000 - 1000
    expect((await make(client)).body.id).toBe(body.id)
    world.clock.ms += 1000
    const anew = await make(client)
    expect([anew.status, anew.headers.get('idempotent-replayed')]).toEqual([201, null])
    expect(anew.body.id).not.toBe(body.id)
  })
})

describe('the same key', () => {
  it('with another body is refused, and nothing is done', async () => {
    await make(client)
    const other = await make(client, { name: `${name} other` })
    expect([other.status, other.body.code]).toEqual([422, 'invalid'])
    expect(other.body.errors).toEqual([{ in: 'header', pointer: '/Idempotency-Key', detail: expect.any(String) }])
    expect(await countOf(`${name} other`)).toBe(0)
  })

  it('of another API key, path or query is another key', async () => {
    await make(client)
    const second = await accountClient(world, accountId)
    expect((await make(second)).body.code).toBe('conflict')
    const stranger = await accountClient(world, await makeAccount(world, `stranger${serial}@postern.test`))
    expect((await make(stranger)).status).toBe(201)
    expect((await make(client, { name: 'k', scopes: ['mail:read'] }, key, '/v1/keys')).status).toBe(201)
    expect((await make(client, { name: `${name} two` }, key, '/v1/mailboxes?')).body.code).toBe('invalid')
    expect((await make(client, { name }, key, '/v1/mailboxes?colour=red')).body.errors[0].in).toBe('query')
  })

  it('of the admin is kept apart from those of accounts', async () => {
    const create = () => make(admin, { name }, key, '/v1/admin/accounts')
    const first = await create()
    expect(first.status).toBe(201)
    expect((await create()).body).toEqual(first.body)
  })

  it('on a method that makes nothing is not looked at', async () => {
    const read = () => client.get('/v1/me', { 'idempotency-key': 'a b' })
    expect((await read()).status).toBe(200)
  })
})

describe('a key that is none', () => {
  it.each([
    ['empty', ''],
    ['with a space', 'a b'],
    ['too long', 'x'.repeat(257)],
    ['not ASCII', 'sch\u00f6n'],
  ])('is refused: %s', async (_, wrong) => {
    const answer = await make(client, { name }, wrong)
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed'])
    expect(answer.body.errors[0]).toMatchObject({ in: 'header', pointer: '/Idempotency-Key' })
    expect(await countOf()).toBe(0)
  })

  it('is not refused at its longest', async () => {
    expect((await make(client, { name }, `${key}-`.padEnd(256, '~'))).status).toBe(201)
  })
})

describe('a secret', () => {
  it.each([
    ['/v1/keys', () => client, () => ({ name: 'k', scopes: ['mail:read'] }), 'key'],
    ['/v1/admin/keys', () => admin, (id: string) => ({ account_id: id, name: 'k', scopes: ['mail:read'] }), 'key'],
    ['/v1/admin/app-passwords', () => admin, (id: string) => ({ account_id: id, name: 'p' }), 'password'],
  ] as const)('that %s showed is shown once', async (path, by, body, field) => {
    const account = (await client.get('/v1/me')).body.account.id
    const first = await make(by(), body(account), key, path)
    expect(first.body[field]).toEqual(expect.stringMatching(/./))
    const again = await make(by(), body(account), key, path)
    expect(again.body).toEqual({ ...first.body, [field]: null })
    expect(JSON.stringify(await rows())).not.toContain(first.body[field])
  })
})

describe('faults', () => {
  it('do nothing where the key cannot be claimed, and leave it free', async () => {
    for (const [at, mode] of [
      [2, 'before'],
      [2, 'lost'],
    ] as const) {
      const own = `${key}-${mode}`
      const databases = [faultyD1(env.DB, faultsAt(at, mode))]
      const failing = makeWorld({ databases })
      const through = await keyOf(failing)
      const answer = await make(through, { name: `${name} ${mode}` }, own)
      expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
      expect(await countOf(`${name} ${mode}`)).toBe(0)
      await failing.settle()
      expect((await rows()).filter(({ status }) => status === null)).toEqual([])
    }
  })

  it('that become a 5xx are not kept', async () => {
    for (let at = 3; ; at++) {
      const own = `${key}-${at}`
      const faults = faultsAt(at, 'before')
      const failing = makeWorld({ databases: [faultyD1(env.DB, faults)] })
      const through = await keyOf(failing)
      const answer = await make(through, { name: `${name} ${at}` }, own)
      await failing.settle()
      if (faults.calls.length < at) break
      if (answer.status >= 500) {
        const again = await make(through, { name: `${name} ${at}` }, own)
        expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, null])
      } else {
        // The fault met the keeping of the answer, whose second try succeeded.
        expect((await make(through, { name: `${name} ${at}` }, own)).headers.get('idempotent-replayed')).toBe('true')
      }
      expect(await countOf(`${name} ${at}`)).toBe(1)
    }
  })

  it('of a Worker that died leave a claim for some minutes', async () => {
    // The claim is the second call to the database; the Worker dies after it.
    const dying = makeWorld({ databases: [faultyD1(env.DB, faultsAt(2, 'after'))] })
    dying.clock.ms = world.clock.ms
    expect((await make(await keyOf(dying))).status).toBe(500)
    expect((await make(await keyOf(world))).body.code).toBe('conflict')
    expect((await make(await keyOf(world), { name: `${name} other` })).body.code).toBe('invalid')
    world.clock.ms += 301_000
    expect((await make(await keyOf(world), { name: `${name} other` })).body.code).toBe('invalid')
    expect((await make(await keyOf(world))).status).toBe(201)
    expect(await countOf()).toBe(1)
  })
})

let sharedKey: string | undefined

/** A client of this world with one key, used just now, so that noting its use writes nothing. */
async function keyOf(through: World): Promise<Client> {
  if (sharedKey === undefined) {
    sharedKey = (await client.post('/v1/keys', { name: 'faults', scopes: ['mail:read', 'mail:write'] })).body
      .key as string
  }
  through.clock.ms = world.clock.ms
  await makeClient(world.deps, sharedKey).get('/v1/me')
  await world.settle()
  return makeClient(through.deps, sharedKey)
}

describe('what is kept', () => {
  it('is forgotten after a day, a part in each run', async () => {
    await make(client)
    const fill = `with recursive s(n) as (select 1 union all select n + 1 from s where n < 1500)
      insert into idempotency (account_id, key, request, status, created_at) select ${accountId}, 'old' || n, 'x', 200, 1 from s`
    await env.DB.prepare(fill).run()
    await forgetOld(world.deps, 0)
    const old = async () =>
      (await env.DB.prepare('select count(*) n from idempotency where created_at = 1').first<{ n: number }>())?.n
    expect(await old()).toBe(500)
    await forgetOld(world.deps, 0)
    expect(await old()).toBe(0)
    expect((await make(client)).headers.get('idempotent-replayed')).toBe('true')
  })

  it('is not the answer of a request that was too large to be read', async () => {
    const before = (await rows()).length
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)) })
    const headers = {
      authorization: `Bearer ${world.deps.secrets.adminKey}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    }
    const request = new Request('https://postern.test/v1/admin/accounts', { method: 'POST', headers, body })
    expect((await handleHttp(request, world.deps)).status).toBe(413)
    expect((await rows()).length).toBe(before)
  })
})
