/**
 * Holding back, refusing, releasing, reporting and teaching, whichever single call fails, in whichever way: no mail is lost,
 * none stands twice, and nothing is taught twice or forgotten.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { changeSettings } from '../../src/access/settings.ts'
import { isFailure } from '../../src/errors.ts'
import { receive } from '../../src/inbound/receive.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { describeModel } from '../../src/junk/model.ts'
import { releaseHeld } from '../../src/junk/quarantine.ts'
import { report, reportAll } from '../../src/junk/report.ts'
import { type Reader, whole } from '../../src/mailbox/reader.ts'
import { FAULT_MODES, type Faults, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { findMiscounts } from '../helpers/miscounts.ts'
import {
  consume,
  disguisedMessage,
  latin1,
  makeAccount,
  makeWorld,
  migrate,
  plainMessage,
  receiveRaw,
  type World,
} from '../helpers/world.ts'

const MINUTE = 60_000
/** What one of these ways may call at most: beyond it, it has grown a loop. */
const CALLS_MAX = 60

let clean: World
let reader: Reader
let address: string
let injected = 0
let serial = 0

beforeAll(async () => {
  await migrate()
  clean = makeWorld()
  clean.clock.ms = Date.now()
})

beforeEach(async () => {
  address = `demo${++serial}@postern.test`
  reader = whole(await makeAccount(clean, address))
})

afterAll(() => console.log(`${injected} faults injected over quarantine, refusals, reports and teaching`))

const disguised = (subject: string) => disguisedMessage({ Subject: subject })

const incoming = (raw: string) => ({
  from: 'alice@elsewhere.example',
  to: address,
  source: 'email-routing' as const,
  read: async () => latin1(raw),
})

/** What the server told the sender; null where it told nothing, so that he tries again. */
async function offered(faults: Faults, raw: string): Promise<'accepted' | 'refused' | null> {
  const world = faultyWorld(clean, faults)
  try {
    const received = await receive(world.deps, incoming(raw))
    await world.settle()
    return received.kind === 'refused' ? 'refused' : 'accepted'
  } catch {
    return null
  }
}

/** Lets every later chance take place. */
async function later(): Promise<void> {
  await clean.settle()
  clean.clock.ms += 45 * MINUTE
  await sweep(clean.deps)
  await clean.settle()
  await sweep(clean.deps)
  await clean.settle()
}

async function standing(subject: string) {
  const held = await env.DB.prepare('select kind from withheld where subject = ? order by kind').bind(subject).all()
  const messages = await env.DB.prepare('select count(*) n from messages where subject = ?').bind(subject).first('n')
  const { objects } = await env.RAW.list({ prefix: 'raw/' })
  const bodies = await Promise.all(objects.map(async ({ key }) => (await (await env.RAW.get(key))?.text()) ?? ''))
  return {
    held: held.results.map(({ kind }) => kind),
    messages,
    objects: bodies.filter((body) => body.includes(`Subject: ${subject}\r\n`)).length,
  }
}

/** Runs `scenario` with a fault at each call that it makes, in each mode, until a run makes fewer calls. */
async function eachFault(scenario: (faults: Faults, subject: string) => Promise<void>): Promise<void> {
  for (const mode of FAULT_MODES)
    for (let at = 1; at <= CALLS_MAX; at++) {
      const faults = faultsAt(at, mode)
      await scenario(faults, `${address} ${mode} ${at}`)
      if (faults.calls.length < at) break
      injected++
      expect(at).toBeLessThan(CALLS_MAX)
    }
  expect(await findMiscounts(clean, reader.accountId)).toEqual([])
}

it('a message that is held back is held once', async () => {
  await eachFault(async (faults, subject) => {
    const raw = disguised(subject)
    if ((await offered(faults, raw)) === null) await receive(clean.deps, incoming(`Received: again\r\n${raw}`))
    await later()
    expect([subject, await standing(subject)]).toEqual([subject, { held: ['quarantine'], messages: 0, objects: 1 }])
  })
})

it('a message that is refused is recorded, and one whose sender was not told so is held', async () => {
  await changeSettings(clean.deps, reader.accountId, { reject: 'lists-and-malware' })
  await eachFault(async (faults, subject) => {
    const told = await offered(faults, disguised(subject))
    await later()
    const { held, messages, objects } = await standing(subject)
    expect([subject, messages]).toEqual([subject, 0])
    // Told or not, the object lives exactly as long as the message in quarantine.
    expect([subject, objects]).toEqual([subject, held.includes('quarantine') ? 1 : 0])
    if (told === 'accepted') expect([subject, held]).toEqual([subject, ['quarantine']])
    if (told === 'refused') expect([subject, held]).toEqual([subject, [expect.anything()]])
  })
})

it('a release that is asked for until it is answered delivers once', async () => {
  await eachFault(async (faults, subject) => {
    // Of a sender of its own: a release allows him.
    const raw = disguised(subject).replace('alice@', `alice${++serial}@`)
    const received = await receiveRaw(clean, address, raw)
    if (received.kind !== 'withheld') throw new Error(received.kind)
    const wanted = { learn: true, allowSender: true }
    await releaseHeld(faultyWorld(clean, faults).deps, reader, received.id, wanted).catch(() => undefined)
    await releaseHeld(clean.deps, reader, received.id, wanted)
    await later()
    expect([subject, await standing(subject)]).toEqual([subject, { held: [], messages: 1, objects: 1 }])
    const taught = await env.DB.prepare('select taught from messages where subject = ?').bind(subject).first('taught')
    expect([subject, taught]).toEqual([subject, 'ham'])
  })
  const { ham, spam } = await describeModel(clean.deps, reader.accountId)
  expect({ ham, spam }).toEqual({ ham: await countTaught('ham'), spam: 0 })
})

it('a report that is asked for until it is answered is taught once', async () => {
  await eachFault(async (faults, subject) => {
    const id = await filed(subject)
    const world = faultyWorld(clean, faults)
    await report(world.deps, reader, id, { as: 'spam', listSender: true }).catch(() => undefined)
    expect(isFailure(await report(clean.deps, reader, id, { as: 'spam', listSender: true }))).toBe(false)
    await report(clean.deps, reader, id, { as: null, listSender: false })
    await report(clean.deps, reader, id, { as: 'ham', listSender: true })
  })
  const { ham, spam } = await describeModel(clean.deps, reader.accountId)
  expect({ ham, spam }).toEqual({ ham: await countTaught('ham'), spam: 0 })
  expect(await countOfSender()).toEqual({ ham, spam })
})

it('what was reported in a batch is taught once, and not forgotten', async () => {
  await eachFault(async (faults, subject) => {
    const ids = [await filed(subject), await filed(subject)]
    await clean.settle()
    await reportAll(clean.deps, reader, ids, 'spam')
    await consume(faultyWorld(clean, faults).deps, 'postern-events', [{ shard: 0 }])
    // A lesson that was taken up and not taught waits for half an hour.
    clean.clock.ms += 45 * MINUTE
    await consume(clean.deps, 'postern-events', [{ shard: 0 }])
    await clean.settle()
    await clean.settle()
    expect(await env.DB.prepare('select count(*) n from lessons').first('n')).toBe(0)
    const { results } = await env.DB.prepare('select taught from messages where subject = ?').bind(subject).all()
    expect([subject, results]).toEqual([subject, [{ taught: 'spam' }, { taught: 'spam' }]])
  })
  const { ham, spam } = await describeModel(clean.deps, reader.accountId)
  expect({ ham, spam }).toEqual({ ham: 0, spam: await countTaught('spam') })
  expect(await countOfSender()).toEqual({ ham, spam })
})

async function filed(subject: string): Promise<number> {
  const received = await receiveRaw(clean, address, plainMessage({ Subject: subject }))
  if (received.kind !== 'filed') throw new Error(received.kind)
  return received.id
}

async function countTaught(taught: string): Promise<number | null> {
  return env.DB.prepare('select count(*) n from messages where account_id = ? and taught = ?')
    .bind(reader.accountId, taught)
    .first<number>('n')
}

function countOfSender() {
  return env.DB.prepare(
    "select ham, spam from senders where account_id = ? and key = 'claimed:alice@elsewhere.example'",
  )
    .bind(reader.accountId)
    .first()
}
