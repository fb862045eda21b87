/** Forwarding and vacation over HTTP: whole choices, held to the state that was seen, written down, and the admin's view of what the server passed on. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createAddress } from '../../../src/access/addresses.ts'
import { accountClient, adminClient, type Client } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let client: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld({
    provider: {
      hasEnvelope: false,
      send: async () => ({ kind: 'permanent', code: '5.1.1', detail: 'No such user.' }),
    },
  })
  client = await accountClient(world, await makeAccount(world, 'ann@here.test'))
})

const put = (path: string, json: unknown, etag?: string) =>
  client.call('PUT', path, { json, ...(etag === undefined ? {} : { headers: { 'if-match': etag } }) })

describe.each([
  [
    '/v1/forwarding',
    { targets: [], keep_copy: true },
    { targets: ['Ann@Elsewhere.example'], keep_copy: false },
    { targets: ['ann@elsewhere.example'], keep_copy: false },
  ],
  [
    '/v1/vacation',
    { enabled: false, starts_at: null, ends_at: null, days: 7, subject: null, text: null, html: null },
    { enabled: true, starts_at: '2026-03-01T00:00:00Z', days: 3, text: 'Away.' },
    {
      enabled: true,
      starts_at: '2026-03-01T00:00:00Z',
      ends_at: null,
      days: 3,
      subject: null,
      text: 'Away.',
      html: null,
    },
  ],
])('%s', (path, before, wanted, after) => {
  it('is chosen whole, and read back with its tag', async () => {
    const first = await client.get(path)
    expect([first.status, first.body]).toEqual([200, before])
    const done = await put(path, wanted)
    expect([done.status, done.body]).toEqual([200, after])
    const second = await client.get(path, { 'if-none-match': done.headers.get('etag') ?? '' })
    expect(second.status).toBe(304)
    expect((await put(path, wanted, first.headers.get('etag') ?? '')).status).toBe(412)
    expect((await put(path, before, done.headers.get('etag') ?? '')).body).toEqual(before)
  })

  it('is written down for the account', async () => {
    const { body } = await client.get('/v1/audit?limit=1')
    expect(body.data[0].action).toBe(path === '/v1/vacation' ? 'setVacation' : 'setForwarding')
  })
})

it.each<[string, string, unknown, string]>([
  ['an address of its own', '/v1/forwarding', { targets: ['ann@here.test'] }, '/targets/0'],
  ['too many', '/v1/forwarding', { targets: Array.from({ length: 11 }, (_, n) => `a${n}@x.example`) }, '/targets'],
  ['days without end', '/v1/vacation', { enabled: true, days: 31 }, '/days'],
  ['no day', '/v1/vacation', { enabled: true, days: 0 }, '/days'],
  ['a subject of two lines', '/v1/vacation', { enabled: true, subject: 'a\r\nBcc: b@x.example' }, '/subject'],
  [
    'an end before its beginning',
    '/v1/vacation',
    { enabled: true, starts_at: '2026-03-02', ends_at: '2026-03-01' },
    '/ends_at',
  ],
  ['NUL in a text', '/v1/vacation', { enabled: true, text: '\0' }, '/text'],
])('refuses %s', async (_, path, json, pointer) => {
  const { status, body } = await put(path, json)
  expect([status, body.errors[0]?.pointer]).toEqual([422, pointer])
})

it('shows the admin what became of mail that was passed on for an address, and nobody else', async () => {
  const made = { address: 'team@here.test', kind: 'forward', accountId: null, target: null } as const
  await createAddress(world.deps, { ...made, targets: ['carol@elsewhere.example'] })
  expect(await receiveRaw(world, 'team@here.test', plainMessage())).toMatchObject({ kind: 'forwarded' })
  await world.settle()
  const admin = adminClient(world.deps)
  const { body } = await admin.get('/v1/admin/submissions?status=failed')
  expect(body.data).toMatchObject([
    {
      kind: 'forward',
      message: null,
      recipients: [{ address: 'carol@elsewhere.example', status: 'failed', code: '5.1.1' }],
    },
  ])
  const one = await admin.get(`/v1/admin/submissions/${body.data[0].id}`)
  expect(one.body.recipients[0].timeline.length).toBeGreaterThan(0)
  expect((await client.get(`/v1/submissions/${body.data[0].id}`)).status).toBe(404)
  expect((await client.get('/v1/admin/submissions')).status).toBe(403)
})
