/**
 * Nobody is written to twice and nobody is forgotten, whichever single call of storage, queue or provider fails, in whichever
 * way. Each point of failure gets a message of its own, to one recipient here and one elsewhere; the client repeats its call
 * with the same request until it is answered, and then every later chance takes place.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Deps } from '../../src/deps.ts'
import { isFailure } from '../../src/errors.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { sendDue } from '../../src/outbound/send-due.ts'
import { submit, type Wanted } from '../../src/outbound/submit.ts'
import { FAULT_MODES, type Faults, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import type { SimpleProvider } from '../helpers/provider.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

const MINUTE = 60_000
/** What submitting and sending to two may call: beyond it, the way has grown a loop. */
const CALLS_MAX = 80

let clean: World
let ann: number
let bob: number
let injected = 0
/** Every message that the provider was handed. */
let handed: { to: string; subject: string }[] = []

const provider: SimpleProvider = {
  async send({ to, raw }) {
    handed.push({ to, subject: /^Subject: (.*)\r$/m.exec(new TextDecoder().decode(raw))?.[1] ?? '' })
    return { kind: 'delivered', providerId: 'provided' }
  },
}

beforeAll(async () => {
  await migrate()
  clean = makeWorld({ provider })
  clean.clock.ms = Date.now()
  ann = await makeAccount(clean, 'ann@a.example')
  bob = await makeAccount(clean, 'bob@b.example')
})

afterAll(() => console.log(`${injected} faults injected over submitting and sending`))

const faulty = (faults: Faults): World => faultyWorld(clean, faults, provider)

function messageOf(subject: string): Wanted {
  const list = (address: string) => [{ name: '', address }]
  return {
    ...{ from: null, to: list('bob@b.example'), cc: list('eve@elsewhere.example'), bcc: [], replyTo: [] },
    ...{ subject, text: `About ${subject}.`, html: null, headers: [], attachments: [] },
  }
}

async function call(deps: Deps, subject: string): Promise<number> {
  const request = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(subject)))
  const answer = await submit(deps, whole(ann), messageOf(subject), request)
  if (isFailure(answer)) throw new Error(answer.detail)
  return answer.id
}

/** Lets every later chance take place: rounds of sending and queues, while the leases run out, and then the sweep. */
async function later(): Promise<void> {
  const started = clean.clock.ms
  await clean.settle()
  for (let minutes = 0; minutes < 45; minutes += 15) {
    clean.clock.ms += 15 * MINUTE
    await sendDue(clean.deps, 0)
    await clean.settle()
  }
  // What even the queue has missed is filed by the sweep, some at a time.
  for (let left = true; left; ) {
    left = (await sweep(clean.deps)).filed > 0
    await clean.settle()
  }
  clean.clock.ms = started
}

async function standing(subject: string) {
  const sql = 'select count(*) n from messages where subject = ? and id between ? and ?'
  const of = (account: number) =>
    env.DB.prepare(sql)
      .bind(subject, account * 2 ** 37, (account + 1) * 2 ** 37 - 1)
      .first('n')
  const { results } = await env.DB.prepare(
    `select r.address, r.status, s.finished_at is not null finished, s.raw_key from submission_recipients r
      join submissions s on s.id = r.submission_id join messages m on m.id = s.message where m.subject = ? order by r.n`,
  )
    .bind(subject)
    .all<{ status: string; finished: number; raw_key: string }>()
  const kept = await Promise.all(results.map(({ raw_key }) => env.RAW.head(raw_key)))
  return {
    sent: await of(ann),
    received: await of(bob),
    handed: handed.filter((one) => one.subject === subject).length,
    statuses: results.map(({ status }) => status),
    finished: results.every(({ finished }) => finished === 1),
    kept: kept.filter((object) => object !== null).length,
  }
}

async function check(subject: string, at: string | undefined): Promise<void> {
  const found = await standing(subject)
  const told = `${subject} (${at})`
  expect(found, told).toMatchObject({ sent: 1, received: 1, finished: true })
  // Its bytes wait for a person's word where nobody knows.
  expect(found.kept, told).toBe(found.statuses.includes('unknown') ? 2 : 0)
  expect(found.statuses[0], told).toBe('delivered')
  expect(['delivered', 'unknown'], told).toContain(found.statuses[1])
  expect(found.handed, told).toBeLessThanOrEqual(1)
  // Nobody is forgotten without a word.
  if (found.handed === 0) expect(found.statuses[1], told).toBe('unknown')
}

it.each(FAULT_MODES)('a fault at each call of submitting and sending (%s)', { timeout: 120_000 }, async (mode) => {
  const struck: { subject: string; call: string | undefined }[] = []
  for (let at = 1; at <= CALLS_MAX; at++) {
    const faults = faultsAt(at, mode)
    const subject = `${mode} ${at}`
    const world = faulty(faults)
    const first = await call(world.deps, subject).catch(() => null)
    clean.outbound.length = 0
    // The consumer runs in the world that fails: its wake-up may have been lost, so it is woken by hand.
    world.outbound.push({ shard: 0 })
    await world.settle()
    const repeated = await call(clean.deps, subject)
    if (first !== null) expect(repeated, subject).toBe(first)
    // What is still due goes, so that the next point's calls are its own; what has a lease waits for it.
    await sendDue(clean.deps, 0)
    await clean.settle()
    struck.push({ subject, call: faults.calls[at - 1] })
    if (faults.calls.length < at) break
    injected++
    expect(at).toBeLessThan(CALLS_MAX)
  }
  await later()
  for (const one of struck) await check(one.subject, one.call)
  handed = []
})

it('of two calls of one request at the same time, one sends', async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, () => call(clean.deps, 'at once')))
  expect(new Set(ids).size).toBe(1)
  await later()
  expect(await standing('at once')).toMatchObject({ sent: 1, received: 1, handed: 1, finished: true, kept: 0 })
})

it('of two workers at the same time, one hands a recipient over', async () => {
  await call(clean.deps, 'two workers')
  await Promise.all([sendDue(clean.deps, 0), sendDue(clean.deps, 0), sendDue(clean.deps, 0)])
  await later()
  expect(await standing('two workers')).toMatchObject({
    sent: 1,
    received: 1,
    handed: 1,
    statuses: ['delivered', 'delivered'],
  })
})
