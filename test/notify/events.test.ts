/** Events as they are told: each once, in the order of their commits, read back by pages for thirty days. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeAddress, createAddress, listAddresses, removeAddress } from '../../src/access/addresses.ts'
import { createApiKey } from '../../src/access/keys.ts'
import { isFailure } from '../../src/errors.ts'
import { forgetOld } from '../../src/inbound/forget.ts'
import { releaseHeld } from '../../src/junk/quarantine.ts'
import { report } from '../../src/junk/report.ts'
import { lessonsOf } from '../../src/junk/teach.ts'
import { train } from '../../src/junk/train.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import { FLAGGED } from '../../src/mailbox/flags.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { BEGINNING, listEvents } from '../../src/notify/events.ts'
import { drainOutbox } from '../../src/notify/outbox.ts'
import { submit } from '../../src/outbound/submit.ts'
import { parseId } from '../../src/servers/http/ids.ts'
import { tellEvents } from '../../src/store/outbox.ts'
import { metered } from '../helpers/counting.ts'
import { type Answer, accountClient, type Client, makeClient } from '../helpers/http.ts'
import {
  disguisedMessage,
  latin1,
  makeAccount,
  makeWorld,
  migrate,
  plainMessage,
  receiveRaw,
  type World,
} from '../helpers/world.ts'

const DAY = 86_400_000

let world: World
let accountId: number
let address: string
let client: Client

beforeAll(() => migrate())

beforeEach(async () => {
  world = makeWorld()
  world.clock.ms = Date.now()
  address = `user${crypto.randomUUID()}@postern.test`
  accountId = await makeAccount(world, address)
  client = await accountClient(world, accountId)
  await world.settle()
})

async function filed(raw = plainMessage()): Promise<number> {
  const received = await receiveRaw(world, address, raw)
  if (received.kind !== 'filed') throw new Error(received.kind)
  return received.id
}

const types = (answer: Answer) => answer.body.data.map((one: { type: string }) => one.type)

/** The types of events that some work has told. */
async function toldBy(work: () => Promise<unknown>): Promise<string[]> {
  const before = (await client.get('/v1/events?limit=200')).body.next_since
  await work()
  await world.settle()
  return types(await client.get(`/v1/events?limit=200&since=${before}`))
}

describe('what is told', () => {
  it('has an id, a type, a time, the change number and the ids of what it is about', async () => {
    const id = await filed()
    await world.settle()
    const { body } = await client.get('/v1/events')
    expect(body.data.map((one: object) => ({ ...one }))).toEqual([
      {
        id: expect.stringMatching(/^evt_[0-9a-z]+-[0-9a-z]+-0$/),
        type: 'address.created',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        modseq: expect.any(Number),
        data: { address: expect.stringMatching(/^adr_/) },
      },
      expect.objectContaining({
        type: 'message.received',
        data: { message: expect.any(String), mailbox: expect.stringMatching(/^mbx_/) },
      }),
    ])
    expect(parseId('msg', body.data[1].data.message)).toBe(id)
    expect(body.data[1].modseq).toBeGreaterThan(body.data[0].modseq)
    expect(body).toMatchObject({ has_more: false, next_since: body.data[1].id })
  })

  it.each([
    ['mail', () => filed(), ['message.received']],
    ['mail that is held back', () => receiveRaw(world, address, disguisedMessage()), ['message.quarantined']],
    [
      'a change of flags',
      async () => changeAll(world.deps, whole(accountId), [await filed()], { set: FLAGGED }),
      ['message.received', 'messages.changed'],
    ],
    [
      'a destroyed message',
      async () => changeAll(world.deps, whole(accountId), [await filed()], { destroy: true }),
      ['message.received', 'messages.destroyed'],
    ],
    [
      'a report',
      async () => report(world.deps, whole(accountId), await filed(), { as: 'spam', listSender: false }),
      ['message.received', 'messages.moved', 'spam.trained'],
    ],
    [
      'a report that is taken back',
      async () => {
        const id = await filed()
        await report(world.deps, whole(accountId), id, { as: 'spam', listSender: false })
        await report(world.deps, whole(accountId), id, { as: null, listSender: false })
      },
      ['message.received', 'messages.moved', 'spam.trained', 'messages.changed'],
    ],
    ['training', () => train(world.deps, accountId, 'ham', [latin1(plainMessage())]), ['spam.trained']],
    [
      'an address that is made, shut and deleted',
      async () => {
        const name = `other${crypto.randomUUID()}@postern.test`
        const made = await createAddress(world.deps, { address: name, kind: 'address', accountId, target: null })
        if (isFailure(made)) throw new Error(made.detail)
        await createAddress(world.deps, { address: `alias-${name}`, kind: 'alias', accountId: null, target: name })
        await changeAddress(world.deps, made.id, { enabled: false })
        await removeAddress(world.deps, made.id)
      },
      ['address.created', 'address.created', 'address.changed', 'address.deleted', 'address.deleted'],
    ],
    [
      'an address that could not be made',
      () => createAddress(world.deps, { address: 'x@nowhere.test', kind: 'address', accountId, target: null }),
      [],
    ],
  ] as [string, () => Promise<unknown>, string[]][])('tells of %s', async (_, work, want) => {
    expect(await toldBy(work)).toEqual(want)
  })

  it('tells of a release, and not that the message was received besides', async () => {
    const told = await toldBy(async () => {
      await receiveRaw(world, address, disguisedMessage())
      const { id } = (await client.get('/v1/quarantine')).body.data[0]
      await releaseHeld(world.deps, whole(accountId), parseId('qua', id) ?? 0, { learn: false, allowSender: false })
    })
    expect(told).toEqual(['message.quarantined', 'message.released'])
  })

  it('carries nothing that is for the server alone', async () => {
    await report(world.deps, whole(accountId), await filed(), { as: 'ham', listSender: false })
    await world.settle()
    expect(JSON.stringify((await client.get('/v1/events')).body)).not.toMatch(/said|taught/)
  })

  it('is told once, whichever of two workers comes first', async () => {
    await filed()
    await Promise.all([drainOutbox(world.deps, 0, lessonsOf), drainOutbox(world.deps, 0, lessonsOf)])
    expect(types(await client.get('/v1/events'))).toEqual(['address.created', 'message.received'])
    expect(await env.DB.prepare('select count(*) n from outbox').first('n')).toBe(0)
  })

  it('that mail to oneself sends comes in order', async () => {
    const to = [{ name: '', address }]
    const draft = { from: null, to, cc: [], bcc: [], replyTo: [], headers: [], attachments: [] }
    const told = await toldBy(() =>
      submit(world.deps, whole(accountId), { ...draft, subject: 'Own', text: 'Own.', html: null }, null),
    )
    expect(told).toContain('message.appended')
    expect(told).toContain('message.received')
  })
})

describe('a page', () => {
  it('goes on where the one before ended, and ends where nothing is left', async () => {
    for (let n = 0; n < 3; n++) await filed()
    await world.settle()
    const first = (await client.get('/v1/events?limit=3')).body
    const second = (await client.get(`/v1/events?limit=3&since=${first.next_since}`)).body
    expect([first.has_more, first.data.length, second.has_more, second.data.length]).toEqual([true, 3, false, 1])
    const end = (await client.get(`/v1/events?since=${second.next_since}`)).body
    expect(end).toEqual({ data: [], has_more: false, next_since: second.next_since })
  })

  it.each([
    ['message.received', ['message.received', 'message.received']],
    ['message.*', ['message.received', 'message.received', 'message.quarantined']],
    ['address.*,message.quarantined', ['address.created', 'message.quarantined']],
    ['*', ['address.created', 'message.received', 'message.received', 'message.quarantined']],
    ['delivery.bounced', []],
  ])('of the types %s', async (wanted, want) => {
    await filed()
    await filed()
    await receiveRaw(world, address, disguisedMessage())
    await world.settle()
    expect(types(await client.get(`/v1/events?types=${wanted}`))).toEqual(want)
    const paged: string[] = []
    for (let since = '', more = true; more; ) {
      const { body } = await client.get(`/v1/events?limit=1&types=${wanted}${since}`)
      paged.push(...body.data.map((one: { type: string }) => one.type))
      since = `&since=${body.next_since}`
      more = body.has_more
    }
    expect(paged).toEqual(want)
  })

  it.each([
    ['since=evt_1', 400],
    ['since=x', 400],
    ['since=', 400],
    ['since=evt_zzz-1-0', 400],
    [`since=${'e'.repeat(60)}`, 422],
    ['types=nothing', 422],
    ['types=', 422],
    ['types=message', 422],
    ['types=message.*,', 422],
    ['limit=0', 422],
  ])('is not given for %s', async (query, status) => {
    expect((await client.get(`/v1/events?${query}`)).status).toBe(status)
  })

  it('is not given after an event that is not kept any more', async () => {
    await filed()
    await world.settle()
    const old = (await client.get('/v1/events?limit=1')).body.next_since
    world.clock.ms += 31 * DAY
    await forgetOld(world.deps, 0)
    const answer = await client.get(`/v1/events?since=${old}`)
    expect([answer.status, answer.body.code]).toEqual([410, 'gone'])
    expect((await client.get('/v1/events')).body).toEqual({ data: [], has_more: false, next_since: null })
  })

  it('is kept for thirty days', async () => {
    await world.settle()
    world.clock.ms += 29 * DAY
    await forgetOld(world.deps, 0)
    expect(types(await client.get('/v1/events'))).toEqual(['address.created'])
  })

  it('of 50 reads 51 rows, and 53 where it goes on from an event', async () => {
    const many = Array.from({ length: 200 }, (_, count) => ({ type: 'spam.trained', count }) as const)
    await world.deps.stores.of(accountId).batch(tellEvents(accountId, many))
    await drainOutbox(world.deps, 0, lessonsOf)
    const meter = metered(env.DB)
    const { deps } = makeWorld({ databases: [meter.d1] })
    const ask = { since: BEGINNING, types: null, limit: 50 }
    const first = await listEvents(deps, accountId, ask)
    expect([meter.read, meter.written]).toEqual([51, 0])
    meter.reset()
    await listEvents(deps, accountId, { ...ask, since: isFailure(first) ? BEGINNING : first.next })
    expect(meter.read).toBe(53)
  })

  it('of another account is not found by its ids', async () => {
    const other = await accountClient(world, await makeAccount(world, `other${crypto.randomUUID()}@postern.test`))
    await world.settle()
    const [theirs] = (await other.get('/v1/events')).body.data
    expect((await client.get(`/v1/events?since=${theirs.id}`)).status).toBe(400)
  })

  it('is not given to a key of one address', async () => {
    const [own] = await listAddresses(world.deps, accountId, 0, 1)
    const bound = { accountId, addressId: own?.id ?? null, name: 'bound', scopes: ['mail:read'] as const }
    const made = await createApiKey(world.deps, bound)
    if (isFailure(made)) throw new Error(made.detail)
    expect((await makeClient(world.deps, made.key).get('/v1/events')).status).toBe(403)
  })
})
