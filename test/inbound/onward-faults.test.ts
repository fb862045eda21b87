/**
 * What is sent on reaches each target once, and who is answered is answered once, whichever single call of storage, queue,
 * provider or Email Routing fails, in whichever way. Each point of failure gets a message of its own; the sender tries again
 * where it was not accepted, and then every later chance takes place.
 *
 * Two answers that are lost leave room for doubt. What a provider may have taken is 'unknown', and never repeated. What Email
 * Routing may have taken, the sender still has: there it may come twice.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAddress } from '../../src/access/addresses.ts'
import { putForwarding } from '../../src/access/forwarding.ts'
import { putVacation } from '../../src/access/vacation.ts'
import type { Incoming } from '../../src/inbound/receive.ts'
import { receive } from '../../src/inbound/receive.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { srsAddress } from '../../src/outbound/return-path.ts'
import { FAULT_MODES, type FaultMode, type Faults, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import type { SimpleProvider } from '../helpers/provider.ts'
import { consume, latin1, makeAccount, makeWorld, migrate, plainMessage, type World } from '../helpers/world.ts'

const MINUTE = 60_000
/** What receiving and all that follows may call: beyond it, the way has grown a loop. */
const CALLS_MAX = 150
const RETURN_DOMAIN = 'back.example'

let clean: World
let ann: number
let bob: number
let injected = 0
/** How often each address was not handed over: as many must be known as unknown. */
const lost = new Map<string, number>()
let handed: { to: string; by: 'provider' | 'email-routing'; subject: string }[] = []

const provider: SimpleProvider = {
  async send({ to, raw }) {
    const subject = /^Subject: (.*)\r$/m.exec(new TextDecoder().decode(raw))?.[1] ?? ''
    handed.push({ to, by: 'provider', subject })
    return { kind: 'delivered', providerId: null }
  },
}

beforeAll(async () => {
  await migrate()
  clean = makeWorld({ provider, returnDomain: RETURN_DOMAIN })
  clean.clock.ms = Date.now()
  ann = await makeAccount(clean, 'ann@a.example')
  bob = await makeAccount(clean, 'bob@b.example')
  const forward = { address: 'team@b.example', kind: 'forward', accountId: null, target: null } as const
  await createAddress(clean.deps, {
    ...forward,
    targets: ['bob@b.example', 'verified@elsewhere.example', 'eve@elsewhere.example'],
  })
})

afterAll(() => console.log(`${injected} faults injected over what is sent on and answered`))

type Offer = { to: string; from: string; source: Incoming['source']; live: boolean }

function incoming(raw: string, { to, from, source, live }: Offer, subject: string, faults: Faults | null): Incoming {
  const take = async (target: string) => {
    if (!target.startsWith('verified')) throw new Error('destination address is not a verified address')
    handed.push({ to: target, by: 'email-routing', subject })
  }
  const forward = (target: string) => (faults ? faults.run('email-routing', () => take(target)) : take(target))
  return { to, from, source, read: async () => latin1(raw), forward: live ? forward : undefined }
}

/** Everything that waits takes place, and what that brings. */
async function drain(): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await clean.settle()
    if (clean.outbound.length + clean.pending.length + clean.events.length === 0) return
  }
}

const ROUNDS_MAX = 30

/** Lets every later chance take place: queues, and sweeps when a lease of each kind has run out. */
async function later(): Promise<void> {
  const started = clean.clock.ms
  for (const minutes of [0, 15, 20, 5]) {
    clean.clock.ms += minutes * MINUTE
    clean.outbound.push({ shard: 0 })
    await drain()
    await sweep(clean.deps)
    await drain()
  }
  clean.clock.ms = started
}

type Write = (subject: string, at: number) => string
type Check = (subject: string, told: string, fault: string | undefined, mode: FaultMode) => Promise<void>

async function eachFault(mode: FaultMode, offer: Offer, over: Write, check: Check): Promise<void> {
  await env.DB.prepare('delete from vacation_answers').run()
  const struck: { subject: string; fault: string | undefined }[] = []
  for (let at = 1; at <= CALLS_MAX; at++) {
    const faults = faultsAt(at, mode)
    const subject = `${mode} ${offer.to.slice(0, 4)} ${offer.live ? 'live' : 'queued'} ${at}`
    const raw = over(subject, at)
    const world = faultyWorld(clean, faults, provider, { returnDomain: RETURN_DOMAIN })
    const from = offer.from.replace('+', `+${at}`)
    const accepted = await receive(world.deps, incoming(raw, { ...offer, from }, subject, faults)).then(
      ({ kind }) => kind !== 'refused',
      () => false,
    )
    // The consumer runs in the world that fails, too: a wake-up may have been lost, so it is woken by hand.
    await consume(world.deps, 'postern-outbound', [{ shard: 0 }])
    if (!accepted) await receive(clean.deps, incoming(`Received: again\r\n${raw}`, { ...offer, from }, subject, null))
    await drain()
    struck.push({ subject, fault: faults.calls[at - 1] })
    if (faults.calls.length < at) break
    injected++
    expect(at).toBeLessThan(CALLS_MAX)
  }
  await later()
  for (const { subject, fault } of struck) await check(subject, `${subject} (${fault})`, fault, mode)
  handed = []
  expect(await orphans(), mode).toBeLessThanOrEqual(ORPHANS_MAX)
}

/** Objects that nothing refers to: a worker that dies between writing one and committing leaves it. Of one run. */
const ORPHANS_MAX = 20

async function orphans(): Promise<number> {
  const { objects } = await env.RAW.list({ prefix: 'outgoing/' })
  const known = await env.DB.prepare('select raw_key from submissions union select raw_key from raw_deletes').all<{
    raw_key: string
  }>()
  const keys = new Set(known.results.map((row) => row.raw_key))
  const left = objects.filter(({ key }) => !keys.has(key))
  await env.RAW.delete(objects.map(({ key }) => key))
  return left.length
}

async function copies(account: number, subject: string): Promise<number> {
  const statement = env.DB.prepare('select count(*) n from messages where account_id = ? and subject = ?')
  return (await statement.bind(account, subject).first<number>('n')) ?? -1
}

/** How many recipients with this address nobody knows of. */
async function unknowns(address: string): Promise<number> {
  const statement = env.DB.prepare(
    `select count(*) n from submission_recipients where address = ? and status = 'unknown'`,
  )
  return (await statement.bind(address).first<number>('n')) ?? 0
}

/** Handed over once; or nobody knows, and it says so. */
async function once(to: string, subject: string, told: string, max = 1): Promise<void> {
  const times = handed.filter((one) => one.to === to && one.subject === subject).length
  expect(times, told).toBeLessThanOrEqual(max)
  if (times > 0) return
  lost.set(to, (lost.get(to) ?? 0) + 1)
  expect(await unknowns(to), told).toBeGreaterThanOrEqual(lost.get(to) ?? 0)
}

it.each(FAULT_MODES)('of mail that an account sends on and answers (%s)', { timeout: 180_000 }, async (mode) => {
  await putForwarding(clean.deps, bob, { targets: ['bob@elsewhere.example'], keepsCopy: true })
  const away = { isEnabled: true, startsAt: null, endsAt: null, days: 7, subject: null, text: null, html: null }
  await putVacation(clean.deps, bob, away, null)
  const offer: Offer = { to: 'bob@b.example', from: 'ann+@a.example', source: 'local', live: false }
  // Each from another address of hers, so that each is answered.
  const write = (subject: string, at: number) =>
    plainMessage({ From: `ann+${at}@a.example`, To: 'bob@b.example', Subject: subject })
  await eachFault(mode, offer, write, async (subject, told) => {
    expect([await copies(bob, subject), await copies(ann, `Auto: ${subject}`)], told).toEqual([1, 1])
    await once('bob@elsewhere.example', subject, told)
  })
  await putForwarding(clean.deps, bob, { targets: [], keepsCopy: true })
  await putVacation(clean.deps, bob, { ...away, isEnabled: false }, null)
})

it.each(FAULT_MODES)(
  'of mail for a forward that Email Routing is asked for (%s)',
  { timeout: 180_000 },
  async (mode) => {
    const offer: Offer = { to: 'team@b.example', from: 'ann@elsewhere.example', source: 'email-routing', live: true }
    const write = (subject: string) => plainMessage({ To: 'team@b.example', Subject: subject })
    await eachFault(mode, offer, write, async (subject, told, fault) => {
      expect(await copies(bob, subject), told).toBe(1)
      await once('eve@elsewhere.example', subject, told)
      await once(
        'verified@elsewhere.example',
        subject,
        told,
        mode === 'after' || (mode === 'lost' && fault === 'email-routing') ? 2 : 1,
      )
    })
  },
)

it.each(FAULT_MODES)('of mail for a forward that came another way (%s)', { timeout: 180_000 }, async (mode) => {
  const offer: Offer = { to: 'team@b.example', from: 'ann@a.example', source: 'local', live: false }
  const write = (subject: string) => plainMessage({ From: 'ann@a.example', To: 'team@b.example', Subject: subject })
  await eachFault(mode, offer, write, async (subject, told) => {
    expect(await copies(bob, subject), told).toBe(1)
    for (const to of ['eve@elsewhere.example', 'verified@elsewhere.example']) await once(to, subject, told)
  })
})

it.each(FAULT_MODES)('of a bounce on its way back (%s)', { timeout: 180_000 }, async (mode) => {
  const to = await srsAddress(clean.deps.secrets.root ?? '', RETURN_DOMAIN, 'alice@elsewhere.example', clean.clock.ms)
  const offer: Offer = { to, from: '', source: 'email-routing', live: false }
  const write = (subject: string) => plainMessage({ From: 'MAILER-DAEMON@elsewhere.example', Subject: subject })
  await eachFault(mode, offer, write, async (subject, told) => {
    await once('alice@elsewhere.example', subject, told)
  })
})
