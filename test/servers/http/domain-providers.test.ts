/** Which sending providers a domain has chosen, how they do, and that a change is written down. */
import { beforeAll, expect, it } from 'vitest'
import { openProviders } from '../../../src/outbound/provider.ts'
import { adminClient, type Client } from '../../helpers/http.ts'
import { providerOf } from '../../helpers/provider.ts'
import { makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let admin: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  const send = () => Promise.reject(new Error('down'))
  const providers = [providerOf({ name: 'resend', send }), providerOf({ name: 'ses', send })]
  world.deps.providers = openProviders(providers, { now: () => world.clock.ms })
  admin = adminClient(world.deps)
})

async function made(name: string): Promise<string> {
  return `/v1/admin/domains/${(await admin.post('/v1/admin/domains', { name })).body.id}`
}

type State = { name: string; configured: boolean; position: number | null; state: string; retry_at: string | null }

const configured = (body: { sending_providers: State[] }) => body.sending_providers.filter((one) => one.configured)

it('chooses them in order, and takes the choice back', async () => {
  const path = await made('order.example')
  const before = await admin.get(path)
  expect(before.body.providers).toBeNull()
  expect(before.body.sending_providers).toHaveLength(9)
  expect(configured(before.body)).toEqual([
    { name: 'resend', configured: true, position: 1, state: 'ok', retry_at: null },
    { name: 'ses', configured: true, position: 2, state: 'ok', retry_at: null },
  ])
  const chosen = await admin.patch(path, { providers: ['smtp', 'ses'] })
  expect([chosen.status, chosen.body.providers]).toEqual([200, ['smtp', 'ses']])
  expect(configured(chosen.body).map(({ name, position }) => [name, position])).toEqual([
    ['resend', null],
    ['ses', 1],
  ])
  expect((await admin.get(path)).body).toEqual(chosen.body)
  const { data } = (await admin.get('/v1/admin/domains')).body
  expect(data.find((one: { name: string }) => one.name === 'order.example').providers).toEqual(['smtp', 'ses'])
  expect((await admin.patch(path, { providers: null })).body).toEqual(before.body)
})

it('is written down', async () => {
  const path = await made('audited.example')
  await admin.patch(path, { providers: ['ses'] })
  const [newest] = (await admin.get('/v1/admin/audit')).body.data
  expect(newest).toMatchObject({
    action: 'updateDomain',
    target: path.split('/').at(-1),
    detail: { providers: ['ses'] },
    status: 200,
  })
})

it.each([
  ['a name that there is not', { providers: ['pigeon'] }, '/providers/0'],
  ['no name', { providers: [] }, '/providers'],
  ['a name twice', { providers: ['ses', 'ses'] }, '/providers'],
  ['no list', { providers: 'ses' }, '/providers'],
  ['nothing', {}, '/providers'],
  ['another field', { providers: ['ses'], name: 'x.example' }, '/name'],
])('refuses %s', async (what, body, pointer) => {
  const path = await made(`refused-${what.replaceAll(' ', '-')}.example`)
  const answer = await admin.patch(path, body)
  expect([answer.status, answer.body.errors[0]?.pointer]).toEqual([422, pointer])
  expect((await admin.get(path)).body.providers).toBeNull()
})

it('knows no domain that there is not', async () => {
  expect((await admin.patch('/v1/admin/domains/dom_zzzz', { providers: null })).status).toBe(404)
})

it('shows who is failing, at the end of the order, and until when', async () => {
  const path = await made('failing.example')
  const message = {
    sender: '',
    recipients: ['x@b.example'],
    raw: new Uint8Array(),
    messageId: 'm',
    domain: 'a.example',
  }
  for (let n = 0; n < 3; n++)
    await world.deps.providers
      .get('resend')
      ?.send({ ...message, key: 'k', reference: 'p1-1' })
      .catch(() => undefined)
  expect(configured((await admin.get(path)).body)).toEqual([
    { name: 'resend', configured: true, position: 2, state: 'failing', retry_at: '2026-03-01T12:01:00Z' },
    { name: 'ses', configured: true, position: 1, state: 'ok', retry_at: null },
  ])
})
