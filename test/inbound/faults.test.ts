/**
 * No message is lost and none is filed twice, whichever single call fails, in whichever way. Each point of failure gets a
 * message of its own; after the sender's retry, the queues and the sweep, exactly one copy stands, and one raw object.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAddress } from '../../src/access/addresses.ts'
import { keepDead, listDeadLetters } from '../../src/inbound/dead-letters.ts'
import { filePending } from '../../src/inbound/pending.ts'
import { receive } from '../../src/inbound/receive.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { FAULT_MODES, type FaultMode, type Faults, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { consume, latin1, makeAccount, makeWorld, migrate, plainMessage, type World } from '../helpers/world.ts'

const MINUTE = 60_000
/** What a call of this way may be at most: beyond it, the way has grown a loop. */
const CALLS_MAX = 60

let clean: World
let injected = 0

beforeAll(async () => {
  await migrate()
  clean = makeWorld()
  clean.clock.ms = Date.now()
  await makeAccount(clean, 'demo@postern.test')
  const forward = { address: 'team@postern.test', kind: 'forward', accountId: null, target: null } as const
  await createAddress(clean.deps, { ...forward, targets: ['demo@postern.test'] })
})

afterAll(() => console.log(`${injected} faults injected over the inbound way`))

const faulty = (faults: Faults): World => faultyWorld(clean, faults)

function incoming(raw: string, to = 'demo@postern.test') {
  return {
    from: 'alice@elsewhere.example',
    to,
    source: 'email-routing' as const,
    read: async () => latin1(raw),
  }
}

/** Lets every later chance take place: queues until they are empty, then the sweep, ten minutes on. */
async function later(): Promise<void> {
  await clean.settle()
  clean.clock.ms = Date.now() + 10 * MINUTE
  await sweep(clean.deps)
  await clean.settle()
  await sweep(clean.deps)
  await clean.settle()
  clean.clock.ms = Date.now()
}

async function standing(subject: string) {
  const rows = await env.DB.prepare('select id, raw_key from messages where subject = ?')
    .bind(subject)
    .all<{ raw_key: string }>()
  const listed = await env.RAW.list()
  const bodies = await Promise.all(
    listed.objects.map(async ({ key }) => (await (await env.RAW.get(key))?.text()) ?? ''),
  )
  const objects = bodies.filter((body) => body.includes(`Subject: ${subject}\r\n`)).length
  return { copies: rows.results.length, objects }
}

async function clear(): Promise<void> {
  const { objects } = await env.RAW.list()
  if (objects.length > 0) await env.RAW.delete(objects.map((object) => object.key))
  await env.DB.batch(
    ['messages', 'placements', 'raw_deletes', 'outbox'].map((name) => env.DB.prepare(`delete from ${name}`)),
  )
}

/** Runs `scenario` with a fault at each call that it makes, in each mode, until a run makes fewer calls. */
async function eachFault(name: string, scenario: (faults: Faults, subject: string) => Promise<void>): Promise<void> {
  for (const mode of FAULT_MODES) {
    for (let at = 1; at <= CALLS_MAX; at++) {
      const faults = faultsAt(at, mode)
      const subject = `${name} ${mode} ${at}`
      await scenario(faults, subject)
      if (faults.calls.length < at) break
      injected++
      expect(await standing(subject), `${subject} (${faults.calls[at - 1]})`).toEqual({ copies: 1, objects: 1 })
      expect(at).toBeLessThan(CALLS_MAX)
    }
    await clear()
  }
}

/** Hands a message to a faulty server. True where it was accepted, so that the sender forgets it. */
async function offered(faults: Faults, raw: string, to?: string): Promise<boolean> {
  const world = faulty(faults)
  try {
    const received = await receive(world.deps, incoming(raw, to))
    await world.settle()
    return received.kind !== 'refused'
  } catch {
    return false
  }
}

describe('a fault at each call', () => {
  it('of receiving: the sender tries again where it was not accepted', async () => {
    await eachFault('receiving', async (faults, subject) => {
      const raw = plainMessage({ Subject: subject })
      const accepted = await offered(faults, raw)
      if (!accepted) await receive(clean.deps, incoming(`Received: again\r\n${raw}`))
      await later()
    })
  })

  it('of receiving for a forward: the sender tries again where it was not accepted', async () => {
    await eachFault('forwarding', async (faults, subject) => {
      const raw = plainMessage({ Subject: subject })
      const accepted = await offered(faults, raw, 'team@postern.test')
      if (!accepted) await receive(clean.deps, incoming(`Received: again\r\n${raw}`, 'team@postern.test'))
      await later()
    })
  })

  it('of receiving: the sender tries again although it was accepted', async () => {
    await eachFault('retried', async (faults, subject) => {
      const raw = plainMessage({ Subject: subject })
      await offered(faults, raw)
      await receive(clean.deps, incoming(`Received: again\r\n${raw}`))
      await later()
    })
  })

  it('of filing from the pending queue', async () => {
    await eachFault('pending', async (faults, subject) => {
      await waitingReceipt(subject)
      const world = faulty(faults)
      const again = await consume(world.deps, 'postern-pending', clean.pending.splice(0))
      clean.pending.push(...(again as typeof clean.pending))
      await world.settle()
      await later()
    })
  })

  it('of the sweep, where the pending queue lost its message too', { timeout: 120_000 }, async () => {
    await eachFault('swept', async (faults, subject) => {
      await waitingReceipt(subject)
      clean.pending.length = 0
      const world = faulty(faults)
      world.clock.ms = Date.now() + 10 * MINUTE
      await sweep(world.deps).catch(() => undefined)
      await world.settle()
      await later()
    })
  })

  it('of telling the outbox: each event is told at least once', async () => {
    for (const mode of FAULT_MODES) {
      for (let at = 1; at < CALLS_MAX; at++) {
        await receive(clean.deps, incoming(plainMessage({ Subject: `outbox ${mode} ${at}` })))
        clean.logs.length = 0
        const faults = faultsAt(at, mode)
        const world = faulty(faults)
        await consume(world.deps, 'postern-events', [{ shard: 0 }])
        await later()
        const told = [...world.logs, ...clean.logs].filter((entry) => entry.type === 'message.received')
        expect(told.length, `${mode} ${at}`).toBeGreaterThanOrEqual(1)
        expect(await env.DB.prepare('select count(*) n from outbox').first('n')).toBe(0)
        if (faults.calls.length < at) break
        injected++
      }
    }
  })
})

/** Leaves a receipt as a failed filing leaves it: bytes in R2, a message in the pending queue. */
async function waitingReceipt(subject: string): Promise<void> {
  // The put is the third call: the two before it read the directory and the quota.
  const received = await receive(faulty(faultsAt(3, 'after')).deps, incoming(plainMessage({ Subject: subject })))
  if (received.kind !== 'pending') throw new Error(`expected pending, not ${received.kind}`)
  clean.pending.push({ raw_key: received.rawKey })
}

describe('what can never be filed', () => {
  it('is kept as a dead letter, left alone by the sweep, and filed when its cause is gone', async () => {
    await clear()
    await waitingReceipt('poison')
    const [message] = clean.pending.splice(0)
    await keepDead(clean.deps, message, 11)
    const letters = await listDeadLetters(clean.deps, 0, 10)
    expect(letters).toMatchObject([{ queue: 'pending', subject: message?.raw_key, attempts: 11 }])
    await later()
    expect(await standing('poison')).toEqual({ copies: 0, objects: 1 })
    expect(await filePending(clean.deps, message?.raw_key ?? '')).toMatchObject({ kind: 'filed' })
    expect(await standing('poison')).toEqual({ copies: 1, objects: 1 })
  })

  it('is asked for again by the dead-letter queue while it cannot be kept', async () => {
    const mode: FaultMode = 'before'
    const world = faulty(faultsAt(1, mode))
    const body = { raw_key: 'raw/2026-01-01/1/x' }
    expect(await consume(world.deps, 'postern-dead', [body])).toEqual([body])
  })
})
