/**
 * No event is lost to a webhook, and none is written down for it twice, whichever single call of telling and delivering fails, in
 * whichever way. Each point of failure gets a message of its own, and then every later chance takes place.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { lessonsOf } from '../../src/junk/teach.ts'
import { deliverDue } from '../../src/notify/deliver-webhooks.ts'
import { drainOutbox } from '../../src/notify/outbox.ts'
import { FAULT_MODES, type Faults, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { accountClient, type Client } from '../helpers/http.ts'
import { makeReceiver, type Receiver, resolvePublic, verified } from '../helpers/receiver.ts'
import { consume, makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

/** What telling and delivering one event may call: beyond it, the way has grown a loop. */
const CALLS_MAX = 60
const MINUTE = 60_000

let clean: World
let receiver: Receiver
let injected = 0
let serial = 0

beforeAll(() => migrate())

beforeEach(() => {
  receiver = makeReceiver(() => clean.deps.now())
  clean = makeWorld({ fetch: (...args) => receiver.fetch(...args), resolve: resolvePublic })
  clean.clock.ms = Math.floor(Date.now() / 1000) * 1000
})

afterAll(() => console.log(`${injected} faults injected over telling and delivering to webhooks`))

type Owner = { accountId: number; address: string; client: Client; secret: string }

/** An account with a webhook, and nothing that waits. */
async function makeOwner(): Promise<Owner> {
  const address = `owner${++serial}@postern.test`
  const accountId = await makeAccount(clean, address)
  await clean.settle()
  const client = await accountClient(clean, accountId)
  const made = await client.post('/v1/webhooks', { url: 'https://hooks.test/', events: ['message.received'] })
  return { accountId, address, client, secret: made.body.secret }
}

/** The outbox's worker and then that of webhooks, on a server that fails. */
async function tellOn(faults: Faults): Promise<void> {
  const world = faultyWorld(clean, faults)
  world.deps.resolve = clean.deps.resolve
  world.deps.fetch = ((...args: Parameters<typeof fetch>) =>
    faults.run('fetch', () => receiver.fetch(...args))) as typeof fetch
  const events = clean.events.splice(0)
  clean.events.push(...((await consume(world.deps, 'postern-events', events)) as typeof events))
  await world.settle()
  const wakes = clean.webhooks.splice(0)
  clean.webhooks.push(...((await consume(world.deps, 'postern-webhooks', wakes)) as typeof wakes))
  await world.settle()
}

/** The queues, and what the sweep does for shard 0, twice with time between. */
async function later(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await clean.settle()
    clean.clock.ms += 6 * MINUTE
    await drainOutbox(clean.deps, 0, lessonsOf)
    await deliverDue(clean.deps, 0)
    await clean.settle()
  }
}

const rows = (table: string, { accountId }: Owner, type: string) =>
  env.DB.prepare(`select * from ${table} where account_id = ? and event ->> 'type' = ?`)
    .bind(accountId, type)
    .all()
    .then(({ results }) => results)

async function eachFault(scenario: (faults: Faults, name: string) => Promise<void>): Promise<void> {
  for (const mode of FAULT_MODES) {
    for (let at = 1; at <= CALLS_MAX; at++) {
      const faults = faultsAt(at, mode)
      await scenario(faults, `${mode} ${at}`)
      if (faults.calls.length < at) break
      injected++
      expect(at).toBeLessThan(CALLS_MAX)
    }
  }
}

it('an event is delivered at least once, and written down once', { timeout: 120_000 }, async () => {
  const owner = await makeOwner()
  await eachFault(async (faults, name) => {
    receiver.heard.length = 0
    await env.DB.prepare('delete from webhook_deliveries').run()
    await env.DB.prepare('delete from events').run()
    await receiveRaw(clean, owner.address, plainMessage())
    await tellOn(faults)
    await later()
    const where = `${name}: ${faults.calls.at(-1)}`
    expect(await rows('webhook_deliveries', owner, 'message.received'), where).toMatchObject([{ status: 'delivered' }])
    expect(await rows('events', owner, 'message.received'), where).toHaveLength(1)
    expect(await rows('outbox', owner, 'message.received'), where).toEqual([])
    expect(receiver.heard.length, where).toBeGreaterThanOrEqual(1)
    expect(receiver.heard.length, where).toBeLessThanOrEqual(2)
    expect(new Set(receiver.heard.map(({ id }) => id)).size, where).toBe(1)
    for (const heard of receiver.heard) expect(heard.payload.data.content.id).toBe(heard.payload.data.message)
  })
  const [heard] = receiver.heard
  // The library asks the real clock, which is some hours behind by now.
  if (heard) expect(() => verified(owner.secret, heard)).toThrow(/timestamp/i)
})

it('a webhook is switched off once, and its owner is told once', { timeout: 120_000 }, async () => {
  receiver.answer = () => new Response(null, { status: 410 })
  await eachFault(async (faults, name) => {
    const owner = await makeOwner()
    await receiveRaw(clean, owner.address, plainMessage())
    await tellOn(faults)
    await later()
    const where = `${name}: ${faults.calls.at(-1)}`
    const [webhook] = (await owner.client.get('/v1/webhooks')).body.data
    expect(webhook, where).toMatchObject({ enabled: false, disabled_reason: 'gone' })
    expect(await rows('events', owner, 'webhook.disabled'), where).toHaveLength(1)
    const subjects = (await owner.client.get('/v1/messages')).body.data.map((one: { subject: string }) => one.subject)
    expect(
      subjects.filter((one: string) => one === 'A webhook was switched off'),
      where,
    ).toHaveLength(1)
  })
})
