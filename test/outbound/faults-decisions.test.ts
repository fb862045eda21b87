/**
 * A person's decision, the one that thirty days make, and the release of what was scheduled, while any single call of storage,
 * queue or provider fails in any way: what was decided happens once, and where it failed it can be decided again.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { dismissOld } from '../../src/outbound/dismiss-old.ts'
import type { SendOutcome } from '../../src/outbound/provider.ts'
import { sendDue } from '../../src/outbound/send-due.ts'
import { getSubmission } from '../../src/outbound/submission.ts'
import { dismissUnknown, resendUnknown } from '../../src/outbound/submission-decide.ts'
import { submit } from '../../src/outbound/submit.ts'
import { FAULT_MODES, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

const DAY_MS = 86_400_000
const CALLS_MAX = 60
const UNKNOWN: SendOutcome = { kind: 'unknown', code: null, detail: 'lost' }

let clean: World
let account: number
let handed = 0
let outcome: SendOutcome
const injected: Record<string, number> = {}
const provider = {
  send: async () => {
    handed++
    return outcome
  },
}

beforeAll(async () => {
  await migrate()
  clean = makeWorld({ provider })
  clean.clock.ms = Date.now()
  account = await makeAccount(clean, `u${crypto.randomUUID()}@a.example`)
  await env.DB.prepare(`update accounts set sending = '{"messagesPerMinute":100000}' where id = ?`).bind(account).run()
})

afterAll(() => console.log(`faults injected over decisions: ${JSON.stringify(injected)}`))

type Case = {
  /** The message waits a day; else its recipient is unknown. */
  isScheduled?: boolean
  afterMs?: number
  run(world: World, id: number): Promise<unknown>
  /** The status, and the lines of the timeline after those of the beginning. */
  want: string[][]
  handed: number
}

const CASES: Record<string, Case> = {
  resend: {
    run: ({ deps }, id) => resendUnknown(deps, whole(account), id).then(() => sendDue(deps, 0)),
    want: [
      ['delivered', 'queued', 'unknown', 'resent', 'delivered'],
      ['unknown', 'queued', 'unknown', 'resent', 'unknown'],
    ],
    handed: 1,
  },
  dismiss: {
    run: ({ deps }, id) => dismissUnknown(deps, whole(account), id),
    want: [['unknown', 'queued', 'unknown', 'dismissed']],
    handed: 0,
  },
  'thirty days': {
    afterMs: 31 * DAY_MS,
    run: ({ deps }) => dismissOld(deps, 0),
    want: [['unknown', 'queued', 'unknown', 'dismissed']],
    handed: 0,
  },
  'send_at release': {
    isScheduled: true,
    afterMs: DAY_MS,
    run: ({ deps }) => sendDue(deps, 0),
    want: [
      ['delivered', 'queued', 'delivered'],
      ['unknown', 'queued', 'unknown'],
    ],
    handed: 1,
  },
}

const ROWS = Object.keys(CASES).flatMap((name) => FAULT_MODES.map((mode) => [name, mode] as const))

it.each(ROWS)('a fault at each call of: %s (%s)', { timeout: 60_000 }, async (name, mode) => {
  const { isScheduled = false, afterMs = 0, run, want, handed: times } = CASES[name] as Case
  const started = clean.clock.ms
  for (let at = 1; at <= CALLS_MAX; at++) {
    clean.clock.ms = started
    const sendAt = isScheduled ? Math.floor((started + DAY_MS) / 1000) : null
    const id = await begun(sendAt)
    handed = 0
    outcome = { kind: 'delivered', providerId: null }
    clean.clock.ms += afterMs
    const faults = faultsAt(at, mode)
    const world = faultyWorld(clean, faults, provider)
    await run(world, id).catch(() => undefined)
    await world.settle()
    clean.outbound.length = 0
    // Whoever saw it fail tries again; a lease runs out. Who was sent to again and is unknown once more is left so.
    const seen = (await linesOf(id)).includes('resent')
    if (!seen) await run(clean, id)
    for (let hours = 1; hours <= 3; hours++) {
      clean.clock.ms += DAY_MS / 24
      await sendDue(clean.deps, 0)
    }
    const where = `${name} ${mode} ${at} (${faults.calls[at - 1]})`
    expect(want, where).toContainEqual(await linesOf(id))
    expect(handed, where).toBeLessThanOrEqual(times)
    if ((await linesOf(id))[0] === 'delivered') expect(handed, where).toBe(times)
    if (faults.calls.length < at) break
    injected[name] = (injected[name] ?? 0) + 1
    expect(at).toBeLessThan(CALLS_MAX)
  }
  clean.clock.ms = started
})

/** A submission that is scheduled, or whose recipient is unknown. */
async function begun(sendAt: number | null): Promise<number> {
  outcome = UNKNOWN
  const fields = { from: null, to: [{ name: '', address: 'x@elsewhere.example' }], cc: [], bcc: [], replyTo: [] }
  const content = { subject: 'Hi', text: 'Hi.', html: null, headers: [], attachments: [], sendAt }
  const answer = await submit(clean.deps, whole(account), { ...fields, ...content }, null)
  if (isFailure(answer)) throw new Error(answer.detail)
  if (sendAt === null) await sendDue(clean.deps, 0)
  await clean.settle()
  clean.outbound.length = 0
  return answer.id
}

async function linesOf(id: number): Promise<string[]> {
  const [one] = (await getSubmission(clean.deps, whole(account), id))?.recipients ?? []
  return one ? [one.status, ...(one.timeline ?? []).map(({ status }) => status)] : []
}
