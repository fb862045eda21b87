/** Webhooks: what a receiver gets, checked by the library that receivers use, and what their owner can do with them. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listAddresses } from '../../src/access/addresses.ts'
import { createApiKey } from '../../src/access/keys.ts'
import { lessonsOf } from '../../src/junk/teach.ts'
import { EVENT_FILTERS, EVENT_TYPES, isChosen } from '../../src/notify/event-types.ts'
import { drainOutbox } from '../../src/notify/outbox.ts'
import { PAYLOAD_BYTES_MAX } from '../../src/notify/payload.ts'
import { WEBHOOKS_MAX } from '../../src/notify/webhooks.ts'
import { accountClient, type Client, makeClient } from '../helpers/http.ts'
import { makeReceiver, type Receiver, resolvePublic, verified } from '../helpers/receiver.ts'
import { suspend } from '../helpers/suspend.ts'
import {
  disguisedMessage,
  makeAccount,
  makeWorld,
  migrate,
  plainMessage,
  receiveRaw,
  type World,
} from '../helpers/world.ts'

const URL = 'https://hooks.test/in'

let world: World
let receiver: Receiver
let accountId: number
let address: string
let client: Client

beforeAll(() => migrate())

beforeEach(async () => {
  receiver = makeReceiver(() => world.deps.now())
  world = makeWorld({ fetch: (...args) => receiver.fetch(...args), resolve: resolvePublic })
  world.clock.ms = Date.now()
  address = `user${crypto.randomUUID()}@postern.test`
  accountId = await makeAccount(world, address)
  client = await accountClient(world, accountId)
  await settle()
})

/** All that follows from what was just done: outbox, then webhooks. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await world.settle()
}

async function hook(over: object = {}): Promise<{ id: string; secret: string }> {
  const made = await client.post('/v1/webhooks', { url: URL, events: ['message.*'], ...over })
  expect(made.status).toBe(201)
  return made.body
}

async function mail(raw = plainMessage()): Promise<void> {
  await receiveRaw(world, address, raw)
  await settle()
}

const deliveries = async (id: string) => (await client.get(`/v1/webhooks/${id}/deliveries`)).body.data
const typesHeard = () => receiver.heard.map(({ payload }) => payload.type)

const withAttachment = () =>
  plainMessage(
    { 'Content-Type': 'multipart/mixed; boundary=b', Subject: 'Re: Quinces', 'In-Reply-To': '<how-many@postern.test>' },
    [
      '--b',
      'Content-Type: text/plain',
      '',
      'I take twelve.',
      '',
      'On Sun, 1 Mar 2026 at 10:00, Bob Example <bob@postern.test> wrote:',
      '> How many?',
      '--b',
      'Content-Type: application/pdf',
      'Content-Disposition: attachment; filename=a.pdf',
      '',
      'bytes',
      '--b--',
      '',
    ].join('\r\n'),
  )

describe('a receiver', () => {
  it('gets what was received, signed, with its text, its verdicts and links that work', async () => {
    const { secret } = await hook()
    await mail(withAttachment())
    const [heard] = receiver.heard
    if (!heard) throw new Error('nothing was heard')
    const payload = verified(secret, heard)
    expect(heard).toMatchObject({ url: URL, headers: { 'content-type': 'application/json' } })
    expect(payload).toMatchObject({
      id: heard.id,
      type: 'message.received',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      modseq: expect.any(Number),
      truncated: [],
      data: {
        message: expect.stringMatching(/^msg_/),
        mailbox: expect.stringMatching(/^mbx_/),
        content: {
          thread_id: expect.stringMatching(/^thr_/),
          from: { name: 'Alice Example', address: 'alice@elsewhere.example' },
          subject: 'Re: Quinces',
          text: expect.stringContaining('> How many?'),
          extracted_text: 'I take twelve.',
          authentication: { source: expect.any(String) },
          spam: { verdict: 'inbox', tags: expect.any(Array) },
        },
      },
    })
    const [attachment] = payload.data.content.attachments
    const link = await makeClient(world.deps, null).get(attachment.url.replace('https://postern.test', ''))
    expect([link.status, new TextDecoder().decode(link.bytes)]).toEqual([200, 'bytes'])
    expect(JSON.stringify(payload)).not.toContain('"html":')
  })

  it('refuses what was changed on the way, and what another secret has signed', async () => {
    const { secret } = await hook()
    const other = await hook({ events: ['address.*'] })
    await mail()
    const [heard] = receiver.heard
    if (!heard) throw new Error('nothing was heard')
    expect(() => verified(other.secret, heard)).toThrow()
    expect(() => verified(secret, { ...heard, body: `${heard.body} ` })).toThrow()
    const headers = { ...heard.headers, 'webhook-id': 'evt_1-1-1' }
    expect(() => verified(secret, { ...heard, headers })).toThrow()
    expect(verified(secret, heard)).toEqual(heard.payload)
  })

  it('gets what is held back, sending and deliveries, each with what it is about', async () => {
    await hook({ events: ['message.quarantined', 'submission.*', 'delivery.*'] })
    await mail(disguisedMessage())
    await client.post('/v1/messages/send', { to: [address], subject: 'Own', text: 'Own.' })
    await settle()
    const [held, ...sent] = receiver.heard.map(({ payload }) => payload)
    expect(held).toMatchObject({
      type: 'message.quarantined',
      data: { held: expect.stringMatching(/^qua_/), content: { reason: 'malware', spam: { verdict: 'quarantine' } } },
    })
    for (const one of sent)
      expect(one.data).toMatchObject({
        submission: expect.stringMatching(/^sub_/),
        content: { recipients: [{ address }] },
      })
  })

  it('gets ids alone of what is destroyed by then', async () => {
    await hook()
    await receiveRaw(world, address, plainMessage())
    const [message] = (await client.get('/v1/messages')).body.data
    await client.delete(`/v1/messages/${message.id}?permanent=true`)
    await env.DB.prepare('delete from messages where account_id = ?').bind(accountId).run()
    await settle()
    expect(receiver.heard[0]?.payload.data).toEqual({ message: message.id, mailbox: expect.any(String), content: null })
  })

  it('gets no links to what stands in Junk', async () => {
    await client.post('/v1/spam/lists', { entry: 'alice@elsewhere.example', list: 'block' })
    await hook()
    await mail(withAttachment())
    expect(receiver.heard[0]?.payload).toMatchObject({
      type: 'message.junked',
      data: { content: { attachments: [{ url: null }] } },
    })
  })

  it.each([
    ['a long text', plainMessage({}, 'word '.repeat(200_000)), ['text', 'extracted_text']],
    [
      'a long text of wide letters',
      plainMessage({ 'Content-Type': 'text/plain; charset=utf-8' }, '\u00e6\u00bc\u00a2'.repeat(200_000)),
      ['text', 'extracted_text'],
    ],
    ['a long text of quotation marks', plainMessage({}, '"\\'.repeat(150_000)), ['text', 'extracted_text']],
  ])('gets %s cut to size, and is told so', async (_, raw, truncated) => {
    await hook()
    await mail(raw)
    const [heard] = receiver.heard
    expect(new TextEncoder().encode(heard?.body).length).toBeLessThanOrEqual(PAYLOAD_BYTES_MAX)
    expect(heard?.payload.truncated).toEqual(truncated)
    expect(heard?.payload.data.content.subject).toMatch(/^Message/)
    expect(heard?.body.length).toBeGreaterThan(40_000)
  })

  it('gets only what it asked for, as the database chooses it', async () => {
    for (const filter of EVENT_FILTERS) {
      const chosen = await env.DB.prepare(
        `select value type from json_each(?) t where exists (select 1 from json_each(?) f where f.value = '*' or f.value = t.value
        or (substr(f.value, -2) = '.*' and substr(t.value, 1, length(f.value) - 1) = substr(f.value, 1, length(f.value) - 1)))`,
      )
        .bind(JSON.stringify(Object.keys(EVENT_TYPES)), JSON.stringify([filter]))
        .all<{ type: string }>()
      expect(chosen.results.map(({ type }) => type)).toEqual(
        Object.keys(EVENT_TYPES).filter((type) => isChosen(type, [filter])),
      )
    }
    await hook({ events: ['address.*'] })
    await hook({ url: 'https://other.test/', events: ['message.received'] })
    await mail()
    await mail(disguisedMessage())
    expect(receiver.heard.map(({ url, payload }) => [url, payload.type])).toEqual([
      ['https://other.test/', 'message.received'],
    ])
  })

  it('gets each event once, whichever of two workers tells it', async () => {
    const { id } = await hook()
    await receiveRaw(world, address, plainMessage())
    await Promise.all([drainOutbox(world.deps, 0, lessonsOf), drainOutbox(world.deps, 0, lessonsOf)])
    await settle()
    expect(typesHeard()).toEqual(['message.received'])
    expect(await deliveries(id)).toMatchObject([
      { status: 'delivered', attempts: 1, response_status: 204, kind: 'event' },
    ])
  })

  it('gets nothing of another account', async () => {
    await hook({ events: ['*'] })
    const other = `other${crypto.randomUUID()}@postern.test`
    await makeAccount(world, other)
    await receiveRaw(world, other, plainMessage())
    await settle()
    expect(receiver.heard).toEqual([])
  })

  it('gets nothing while the account is suspended, and all of it later', async () => {
    await hook()
    await suspend(world, accountId, true)
    await mail()
    expect(receiver.heard).toEqual([])
    await suspend(world, accountId, false)
    world.clock.ms += 3_600_000
    world.webhooks.push({ shard: 0 })
    await settle()
    expect(typesHeard()).toEqual(['message.received'])
  })
})

describe('a secret', () => {
  it('is shown once, stands sealed in the database, and in no log', async () => {
    const { id, secret } = await hook()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const shown = [
      await client.get('/v1/webhooks'),
      await client.get(`/v1/webhooks/${id}`),
      await client.get('/v1/audit'),
    ]
    const stored = await env.DB.prepare('select * from webhooks').all()
    expect(JSON.stringify([shown.map(({ body }) => body), stored.results, world.logs])).not.toContain(
      secret.slice(6, 30),
    )
  })

  it('that replaces another signs beside it until that one ends', async () => {
    const old = await hook()
    const { body: next } = await client.post(`/v1/webhooks/${old.id}/rotate-secret`, { overlap_seconds: 60 })
    await mail()
    const [both] = receiver.heard
    if (!both) throw new Error('nothing was heard')
    expect(both.headers['webhook-signature']?.split(' ')).toHaveLength(2)
    for (const secret of [old.secret, next.secret]) expect(verified(secret, both)).toEqual(both.payload)
    world.clock.ms += 61_000
    await mail()
    const heard = receiver.heard[1]
    if (!heard) throw new Error('nothing was heard')
    expect(verified(next.secret, heard)).toEqual(heard.payload)
    expect(() => verified(old.secret, heard)).toThrow()
  })

  it('that has leaked can end at once', async () => {
    const old = await hook()
    await client.post(`/v1/webhooks/${old.id}/rotate-secret`, { overlap_seconds: 0 })
    await mail()
    expect(receiver.heard[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(1)
    expect(() => verified(old.secret, receiver.heard[0] as never)).toThrow()
  })
})

describe('the owner', () => {
  it('makes, reads, changes and deletes one', async () => {
    const made = await client.post('/v1/webhooks', { url: URL, description: 'Orders' })
    expect(made.body).toMatchObject({
      url: URL,
      description: 'Orders',
      events: ['*'],
      enabled: true,
      disabled_reason: null,
    })
    const path = `/v1/webhooks/${made.body.id}`
    expect(made.headers.get('location')).toBe(path)
    const read = await client.get(path)
    expect(read.headers.get('etag')).toBe(made.headers.get('etag'))
    const etag = read.headers.get('etag') ?? ''
    const changed = await client.call('PATCH', path, {
      json: { events: ['delivery.*'] },
      headers: { 'if-match': etag },
    })
    expect([changed.status, changed.body.events, changed.body.description]).toEqual([200, ['delivery.*'], 'Orders'])
    const stale = await client.call('PATCH', path, { json: { enabled: false }, headers: { 'if-match': etag } })
    expect(stale.status).toBe(412)
    expect((await client.get('/v1/webhooks')).body.data).toHaveLength(1)
    expect((await client.delete(path)).status).toBe(204)
    expect([(await client.get(path)).status, (await client.delete(path)).status]).toEqual([404, 404])
  })

  it.each([
    [{ url: 'http://hooks.test/' }],
    [{ url: 'https://127.0.0.1/' }],
    [{ url: 'https://postern.test/v1/me' }],
    [{ url: 'https://user:secret@hooks.test/' }],
    [{ url: URL, events: [] }],
    [{ url: URL, events: ['nothing'] }],
    [{ url: URL, secret: 'whsec_mine' }],
    [{ url: URL, description: 'two\nlines' }],
    [{}],
  ])('is refused %j', async (input) => {
    expect((await client.post('/v1/webhooks', input)).status).toBe(422)
  })

  it('cannot point one at this server by changing it', async () => {
    const { id } = await hook()
    expect((await client.patch(`/v1/webhooks/${id}`, { url: 'https://postern.test/' })).status).toBe(422)
  })

  it(`has at most ${WEBHOOKS_MAX}`, async () => {
    for (let n = 0; n < WEBHOOKS_MAX; n++) await hook()
    expect((await client.post('/v1/webhooks', { url: URL })).status).toBe(409)
  })

  it('has a test sent, whatever the webhook hears', async () => {
    const { id, secret } = await hook({ events: ['address.deleted'] })
    const asked = await client.post(`/v1/webhooks/${id}/test`, undefined)
    expect([asked.status, asked.body]).toMatchObject([
      202,
      { kind: 'test', event_type: 'webhook.test', status: 'pending' },
    ])
    await settle()
    const [heard] = receiver.heard
    if (!heard) throw new Error('nothing was heard')
    expect(verified(secret, heard)).toMatchObject({
      id: asked.body.event_id,
      type: 'webhook.test',
      data: { webhook: id },
    })
    expect((await client.get('/v1/events?types=webhook.*')).body.data).toEqual([])
  })

  it('has a delivery sent once more, under the same id', async () => {
    const { id } = await hook()
    await mail()
    const [first] = await deliveries(id)
    const again = await client.post(`/v1/webhooks/${id}/deliveries/${first.id}/replay`, undefined)
    expect([again.status, again.body.kind, again.body.event_id]).toEqual([202, 'replay', first.event_id])
    await settle()
    expect(receiver.heard.map((one) => one.id)).toEqual([first.event_id, first.event_id])
  })

  it('has all events since one sent once more, as far as the webhook hears them', async () => {
    await mail()
    await mail()
    const { id } = await hook()
    const [created, one] = (await client.get('/v1/events')).body.data
    const replayed = await client.post(`/v1/webhooks/${id}/replay`, { since: null })
    expect([replayed.status, replayed.body]).toMatchObject([202, { count: 2, has_more: false }])
    await settle()
    expect(typesHeard()).toEqual(['message.received', 'message.received'])
    expect((await client.post(`/v1/webhooks/${id}/replay`, { since: one.id })).body.count).toBe(1)
    expect((await client.post(`/v1/webhooks/${id}/replay`, { since: created.id })).body.count).toBe(2)
    expect((await client.post(`/v1/webhooks/${id}/replay`, { since: 'evt_x' })).status).toBe(422)
  })

  it('gets no test and no replay of one that is switched off', async () => {
    const { id } = await hook({ enabled: false })
    await mail()
    expect(receiver.heard).toEqual([])
    expect((await client.post(`/v1/webhooks/${id}/test`, undefined)).status).toBe(409)
    expect((await client.post(`/v1/webhooks/${id}/replay`, { since: null })).status).toBe(409)
  })

  it('is never the holder of a key of one address', async () => {
    const [own] = await listAddresses(world.deps, accountId, 0, 1)
    const wanted = { accountId, addressId: own?.id ?? null, name: 'bound', scopes: ['settings'] as const }
    expect(await createApiKey(world.deps, wanted)).toHaveProperty('failure')
  })
})
