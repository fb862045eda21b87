/** Forwards in the admin API; what DNS should say of a domain; a dead letter looked at; and how many of each there may be. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { TARGETS_MAX } from '../../../src/access/forwards.ts'
import { APP_PASSWORDS_MAX, KEYS_MAX } from '../../../src/access/keys.ts'
import { keepDead } from '../../../src/inbound/dead-letters.ts'
import { ENTRIES_MAX } from '../../../src/junk/lists.ts'
import { formatId } from '../../../src/servers/http/ids.ts'
import { rawKey } from '../../../src/store/raw.ts'
import { accountClient, adminClient, type Client, readAll } from '../../helpers/http.ts'
import {
  latin1,
  makeAccount,
  makeWorld,
  migrate,
  NOON,
  plainMessage,
  receiveRaw,
  type World,
} from '../../helpers/world.ts'

let world: World
let admin: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  admin = adminClient(world.deps)
  await makeAccount(world, 'ann@fwd.test', '*@all.test')
})

async function make(address: string, ...targets: string[]) {
  return await admin.post('/v1/admin/addresses', { address, kind: 'forward', targets })
}

describe('a forward', () => {
  it('belongs to no account, is listed with the others, and is read, changed and removed', async () => {
    const made = await make('Team@fwd.test', 'Ann@FWD.test', 'ann@fwd.test', 'bob@b\u00fccher.example')
    expect([made.status, made.body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^adr_/),
        address: 'Team@fwd.test',
        account_id: null,
        kind: 'forward',
        target: null,
        targets: ['ann@fwd.test', 'bob@xn--bcher-kva.example'],
        enabled: true,
        created_at: '2026-03-01T12:00:00Z',
      },
    ])
    const path = `/v1/admin/addresses/${made.body.id}`
    expect((await admin.get(path)).body).toEqual(made.body)
    expect(await readAll(admin, '/v1/admin/addresses?limit=1')).toContainEqual(made.body)
    const account = (await admin.get('/v1/admin/accounts?limit=1')).body.data[0]
    const own = await readAll(admin, `/v1/admin/addresses?account_id=${account.id}`)
    expect(own.map((one) => one.kind)).toEqual(['address', 'catch_all'])
    expect((await admin.patch(path, { targets: ['carol@else.example'] })).body.targets).toEqual(['carol@else.example'])
    expect((await admin.patch(path, { enabled: false })).body).toMatchObject({ enabled: false, kind: 'forward' })
    expect((await admin.patch(path, { enabled: true, targets: ['x@all.test'] })).body).toMatchObject({
      enabled: true,
      targets: ['x@all.test'],
    })
    expect((await admin.delete(path)).status).toBe(204)
    expect((await admin.get(path)).status).toBe(404)
  })

  it('is refused where it would lead back, nowhere, or to too many', async () => {
    const { body: first } = await make('first@fwd.test', 'ann@fwd.test')
    const account = (await admin.get('/v1/admin/accounts?limit=1')).body.data[0].id
    const body = (targets: unknown) => ({ address: 'loop@fwd.test', kind: 'forward', targets })
    const wrong: [unknown, string][] = [
      [body(['loop@fwd.test']), '/targets/0'],
      [body(['ann@fwd.test', 'Loop+tag@FWD.test']), '/targets/1'],
      [body(['first@fwd.test']), '/targets/0'],
      [body(['x@else.example', 'first+x@fwd.test']), '/targets/1'],
      [body(['nobody@fwd.test']), '/targets/0'],
      [body(['*@all.test']), '/targets/0'],
      [body(['nothing']), '/targets/0'],
      [body([]), '/targets'],
      [body('ann@fwd.test'), '/targets'],
      [body(Array.from({ length: TARGETS_MAX + 1 }, (_, n) => `t${n}@else.example`)), '/targets'],
      [{ address: 'loop@fwd.test', kind: 'forward' }, '/targets'],
      [{ ...body(['ann@fwd.test']), account_id: account }, '/account_id'],
      [{ ...body(['ann@fwd.test']), target: 'ann@fwd.test' }, '/target'],
      [{ ...body(['ann@fwd.test']), kind: 'address', account_id: account }, '/targets'],
      [{ ...body(['ann@fwd.test']), address: 'loop@else.example' }, '/address'],
      [{ address: 'alias@fwd.test', kind: 'alias', target: 'first@fwd.test' }, '/target'],
    ]
    for (const [json, pointer] of wrong) {
      const answer = await admin.post('/v1/admin/addresses', json)
      expect([json, answer.status, answer.body.errors?.[0]?.pointer]).toEqual([json, 422, pointer])
    }
    const path = `/v1/admin/addresses/${first.id}`
    expect((await admin.patch(path, { targets: ['first@fwd.test'] })).body.errors[0].pointer).toBe('/targets/0')
    expect((await admin.patch(path, {})).status).toBe(422)
    const [real] = await readAll(admin, `/v1/admin/addresses?account_id=${account}`)
    const refused = await admin.patch(`/v1/admin/addresses/${real.id}`, { targets: ['x@else.example'] })
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/targets'])
    expect((await admin.get(path)).body).toEqual(first)
  })

  it('has no key, and opens no mailbox', async () => {
    const { body } = await make('keyless@fwd.test', 'ann@fwd.test')
    const account = (await admin.get('/v1/admin/accounts?limit=1')).body.data[0].id
    const key = { account_id: account, address_id: body.id, name: 'x', scopes: ['mail:read'] }
    const answer = await admin.post('/v1/admin/keys', key)
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/address_id'])
    const received = await receiveRaw(world, 'keyless@fwd.test', plainMessage({ Subject: 'by the api' }))
    expect(received).toMatchObject({ kind: 'forwarded', here: [{ kind: 'filed' }] })
  })
})

describe('a domain', () => {
  it('tells what DNS should say, for itself and for a subdomain', async () => {
    for (const name of ['dns.example', 'mail.dns.example']) {
      const { body } = await admin.post('/v1/admin/domains', { name })
      const read = await admin.get(`/v1/admin/domains/${body.id}`)
      expect(read.body).toMatchObject(body)
      expect(read.body.dns).toHaveLength(11)
      expect(read.body.dns).toContainEqual(
        expect.objectContaining({ type: 'MX', name, value: 'route1.mx.cloudflare.net' }),
      )
      expect(read.body.dns.at(-1)).toMatchObject({ name: `_dmarc.${name}`, service: 'policy', required: false })
    }
    expect((await admin.get('/v1/admin/domains/dom_zzzz')).status).toBe(404)
  })
})

describe('a dead letter', () => {
  it('is looked at without its content', async () => {
    const key = rawKey(1, NOON, 'inspected')
    const bytes = latin1('Subject: a secret\r\n\r\nof the mail\r\n')
    const envelope = { accountId: 1, addressId: null, from: 'ada@else.example', to: 'ann@fwd.test' }
    await world.deps.stores.raw.put(
      { key, ...envelope, receivedAtMs: NOON, source: 'email-routing', sha256: '' },
      bytes,
    )
    for (const body of [{ raw_key: key }, { raw_key: rawKey(1, NOON, 'gone') }, { shard: 0 }])
      await keepDead(world.deps, body, 24)
    const listed = (await admin.get('/v1/admin/dead-letters')).body.data
    const details = []
    for (const { id } of listed) details.push((await admin.get(`/v1/admin/dead-letters/${id}`)).body)
    expect(details).toEqual([
      {
        ...listed[0],
        body: { raw_key: key },
        raw: {
          exists: true,
          size: bytes.length,
          envelope: {
            from: 'ada@else.example',
            to: 'ann@fwd.test',
            account_id: 'acc_1',
            received_at: '2026-03-01T12:00:00Z',
            source: 'email-routing',
          },
        },
      },
      { ...listed[1], body: { raw_key: rawKey(1, NOON, 'gone') }, raw: { exists: false, size: null, envelope: null } },
      { ...listed[2], body: { shard: 0 }, raw: null },
    ])
    expect(JSON.stringify(details)).not.toContain('secret')
    expect((await admin.get('/v1/admin/dead-letters/dlt_zzzz')).status).toBe(404)
  })
})

describe('an account', () => {
  it('has a hundred keys and a hundred app passwords, and no more until one goes', async () => {
    const accountId = await makeAccount(world, 'many@fwd.test')
    const other = await makeAccount(world, 'few@fwd.test')
    for (const [path, max] of [
      ['/v1/admin/keys', KEYS_MAX],
      ['/v1/admin/app-passwords', APP_PASSWORDS_MAX],
    ] as const) {
      const json = (id: number) => ({
        account_id: formatId('acc', id),
        name: 'one of many',
        ...(path.endsWith('keys') ? { scopes: ['mail:read'] } : {}),
      })
      const answers = []
      for (let n = 0; n < max + 1; n++) answers.push(await admin.post(path, json(accountId)))
      expect(answers.filter((one) => one.status === 201)).toHaveLength(max)
      expect(answers.at(-1)?.body).toMatchObject({ status: 409, detail: expect.stringContaining(String(max)) })
      expect((await admin.post(path, json(other))).status).toBe(201)
      expect((await admin.delete(`${path}/${answers[0]?.body.id}`)).status).toBe(204)
      expect((await admin.post(path, json(accountId))).status).toBe(201)
    }
  })

  it('has ten thousand list entries, and may still move those that it has', async () => {
    const accountId = await makeAccount(world, 'lists@fwd.test')
    const own = await accountClient(world, accountId)
    expect((await own.post('/v1/spam/lists', { entry: 'first@pest.example', list: 'block' })).status).toBe(201)
    await env.DB.prepare(
      `with recursive numbers (n) as (select 2 union all select n + 1 from numbers where n < ?2)
        insert into lists (account_id, key, list, created_at)
          select ?1, 'address:n' || n || '@pest.example', 'block', 0 from numbers`,
    )
      .bind(accountId, ENTRIES_MAX)
      .run()
    const refused = await own.post('/v1/spam/lists', { entry: 'one-more@pest.example', list: 'block' })
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict'])
    expect((await own.post('/v1/spam/lists', { entry: 'first@pest.example', list: 'allow' })).body.list).toBe('allow')
    const { id } = (await own.post('/v1/spam/lists', { entry: 'n7@pest.example', list: 'allow' })).body
    expect((await own.delete(`/v1/spam/lists/${id}`)).status).toBe(204)
    expect((await own.post('/v1/spam/lists', { entry: 'one-more@pest.example', list: 'block' })).status).toBe(201)
    expect((await admin.post('/v1/admin/lists', { entry: 'one-more@pest.example', list: 'block' })).status).toBe(201)
  })
})
