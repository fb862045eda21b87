/** Sending limits as an admin sets them and as an account sees them, and times and decisions over HTTP. */
import { beforeAll, describe, expect, it } from 'vitest'
import { formatId } from '../../../src/servers/http/ids.ts'
import { accountClient, type Client, makeClient } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let admin: Client
let own: Client
let path: string
let accountId: string

beforeAll(async () => {
  await migrate()
  world = makeWorld({ provider: { send: async () => ({ kind: 'delivered', providerId: 'p' }) } })
  const account = await makeAccount(world, 'ann@a.example')
  accountId = formatId('acc', account)
  path = `/v1/admin/accounts/${accountId}`
  admin = makeClient(world.deps, world.deps.secrets.adminKey)
  own = await accountClient(world, account)
})

const hello = { to: ['bob@b.example'], text: 'Hi.' }
const send = (client: Client, over: object = {}) => client.post('/v1/messages/send', { ...hello, ...over })

describe('limits', () => {
  it('are set by an admin, shown to the account, and held', async () => {
    const changed = await admin.patch(path, { sending: { limits: { messages_per_day: 2 } } })
    expect(changed.body.sending).toMatchObject({ paused: false, limits: { messages_per_day: 2 } })
    const statuses = [(await send(own)).status, (await send(own)).status]
    const refused = await send(own)
    expect([...statuses, refused.status, refused.body.code]).toEqual([202, 202, 429, 'rate-limited'])
    expect(Number(refused.headers.get('retry-after'))).toBe(12 * 3_600)
    expect((await own.get('/v1/usage')).body.sending).toMatchObject({
      limits: { messages_per_day: 2 },
      used: { messages_this_minute: 2, messages_today: 2, recipients_today: 2 },
      key: null,
    })
    const lifted = await admin.patch(path, { sending: { limits: { messages_per_day: null } } })
    expect(lifted.body.sending.limits.messages_per_day).toBe(10_000)
    expect((await send(own)).status).toBe(202)
  })

  it('of a key are its own, and such a key makes no other that sends', async () => {
    const scopes = ['mail:read', 'mail:send', 'settings']
    const made = await admin.post('/v1/admin/keys', {
      ...{ account_id: accountId, name: 'few', scopes, limits: { messages_per_minute: 1, messages_per_day: null } },
    })
    const key = makeClient(world.deps, made.body.key)
    expect([(await send(key)).status, (await send(key)).status]).toEqual([202, 429])
    expect((await key.get('/v1/usage')).body.sending.key).toMatchObject({
      limits: { messages_per_minute: 1, messages_per_day: 10_000 },
      used: { messages_today: 1 },
    })
    const other = await key.post('/v1/keys', { name: 'more', scopes: ['mail:send'] })
    expect([other.status, other.body.code]).toEqual([403, 'forbidden'])
  })

  it.each([
    { limits: { messages_per_day: -1 } },
    { limits: { messages_per_day: 1.5 } },
    { limits: { recipients_per_message: 51 } },
    { messages_per_day: 500 },
    { paused: 'yes' },
    { nonsense: 1 },
  ])('%j is none', async (sending) => {
    expect((await admin.patch(path, { sending })).status).toBe(422)
  })

  it('end with a pause, and it ends', async () => {
    await admin.patch(path, { sending: { paused: true } })
    expect((await send(own)).body.code).toBe('forbidden')
    await admin.patch(path, { sending: { paused: false } })
    expect((await send(own)).status).toBe(202)
  })
})

describe('what is scheduled', () => {
  it('is found among what waits, and can be taken back', async () => {
    const at = new Date(world.clock.ms + 86_400_000).toISOString()
    const { body, status } = await send(own, { send_at: at })
    expect(status).toBe(202)
    const waiting = (await own.get('/v1/submissions?status=scheduled')).body
    expect(waiting.data).toMatchObject([{ id: body.id, send_at: at.replace('.000', ''), finished_at: null }])
    const cancelled = await own.post(`/v1/submissions/${body.id}/cancel`, {})
    expect([cancelled.status, cancelled.body.recipients[0].status]).toEqual([200, 'cancelled'])
    expect(cancelled.body.recipients[0].timeline).toMatchObject([{ status: 'queued' }, { status: 'cancelled' }])
    expect((await own.get('/v1/submissions?status=scheduled')).body.data).toEqual([])
  })

  it.each([
    [{ send_at: '2099-01-01T00:00:00Z' }, '/send_at'],
    [{ send_at: 'tomorrow' }, '/send_at'],
    [{ undo_seconds: 121 }, '/undo_seconds'],
  ])('%j is refused', async (over, pointer) => {
    const answer = await send(own, over)
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer])
  })

  it('may be undone, and is then decided', async () => {
    const sent = await send(own, { undo_seconds: 60, to: ['ann@a.example'] })
    expect((await own.post(`/v1/submissions/${sent.body.id}/cancel`, {})).body.recipients).toMatchObject([
      { status: 'cancelled', next_attempt_at: null },
    ])
    expect((await own.post(`/v1/submissions/${sent.body.id}/resend`, {})).status).toBe(409)
    expect((await own.post(`/v1/submissions/${sent.body.id}/dismiss`, {})).status).toBe(409)
  })
})
