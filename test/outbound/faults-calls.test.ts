/**
 * Several recipients in a call, a second provider, a bounce message and a cancel, while any single call of storage, queue or
 * provider fails in any way: nobody is forgotten, nobody gets it twice, and the sender is told once of what failed.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { openProviders, type Provider, type Providers, type SendOutcome } from '../../src/outbound/provider.ts'
import { sendDue } from '../../src/outbound/send-due.ts'
import { getSubmission } from '../../src/outbound/submission.ts'
import { cancelSubmission } from '../../src/outbound/submission-decide.ts'
import { submit } from '../../src/outbound/submit.ts'
import { FAULT_MODES, type Faults, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

const MINUTE = 60_000
/** Of one round of sending: beyond it, the way has grown a loop. */
const CALLS_MAX = 60
const TO = ['a@x.example', 'gone@x.example', 'b@x.example']

let clean: World
let account: number
let injected = 0
/** Whom the second provider took, by the key of the call. */
let taken: { key: string; to: string }[] = []

beforeAll(async () => {
  await migrate()
  clean = makeWorld()
  clean.clock.ms = Date.now()
  clean.deps.providers = providers(0)
  account = await makeAccount(clean, 'ann@a.example')
  await env.DB.prepare(`update accounts set sending = '{"messagesPerMinute":100000}' where id = ?`).bind(account).run()
})

afterAll(() => console.log(`${injected} faults injected over calls, failover, bounce messages and cancelling`))

/** The first refuses all for a reason of its own; the second takes a call of one key once, where it knows keys. */
function providers(idempotentSeconds: number, run: Faults['run'] = (_, work) => work()): Providers {
  const base = { recipientsMax: 3, bytesMax: 1e7, hasEnvelope: false, idempotentSeconds }
  const busy: SendOutcome = { kind: 'temporary', code: '4.3.2', detail: 'busy', isProviders: true }
  const outcomeOf = (to: string): SendOutcome =>
    to.startsWith('gone')
      ? { kind: 'permanent', code: '5.1.1', detail: 'nobody' }
      : { kind: 'delivered', providerId: to }
  const first: Provider = {
    ...{ ...base, name: 'resend', idempotentSeconds: 0 },
    send: ({ recipients }) => run('first', async () => recipients.map(() => busy)),
  }
  const second: Provider = {
    ...{ ...base, name: 'ses' },
    send: ({ recipients, key }) =>
      run('second', async () => {
        const isKnown = idempotentSeconds > 0 && taken.some((one) => one.key === key)
        if (!isKnown) for (const to of recipients) taken.push({ key, to })
        return recipients.map(outcomeOf)
      }),
  }
  return openProviders([first, second])
}

async function submitted(undoSeconds = 0): Promise<number> {
  // Who was refused for his address is not written to again: each point begins alike.
  await env.DB.prepare('delete from suppressions').run()
  const answer = await submit(
    clean.deps,
    whole(account),
    {
      ...{ from: null, to: TO.map((address) => ({ name: '', address })), cc: [], bcc: [], replyTo: [], subject: 'Hi' },
      ...{ text: 'Hi.', html: null, headers: [], attachments: [], undoSeconds },
    },
    null,
  )
  if (isFailure(answer)) throw new Error(answer.detail)
  clean.outbound.length = 0
  return answer.id
}

/** Every later chance, while leases run out; the clock goes back, so that each point begins alike. */
async function later(idempotentSeconds: number): Promise<void> {
  const started = clean.clock.ms
  clean.deps.providers = providers(idempotentSeconds)
  for (const minutes of [0, 2, 31, 31, 60]) {
    clean.clock.ms += minutes * MINUTE
    await sendDue(clean.deps, 0)
  }
  clean.clock.ms = started
}

async function told(messageId: string): Promise<number> {
  const sql = "select count(*) n from messages where account_id = ? and subject like 'Undelivered%' and headers like ?"
  return (await env.DB.prepare(sql).bind(account, `%${messageId}%`).first<number>('n')) ?? 0
}

it.each(FAULT_MODES.flatMap((mode) => [0, 86_400].map((seconds) => [mode, seconds] as const)))(
  'a fault at each call of a round (%s, keys hold %d s)',
  { timeout: 120_000 },
  async (mode, idempotentSeconds) => {
    for (let at = 1; at <= CALLS_MAX; at++) {
      taken = []
      const id = await submitted()
      const faults = faultsAt(at, mode)
      const world = faultyWorld(clean, faults)
      world.deps.providers = providers(idempotentSeconds, faults.run)
      await sendDue(world.deps, 0).catch(() => undefined)
      await world.settle()
      clean.outbound.length = 0
      await later(idempotentSeconds)
      const where = `${mode} ${at} (${faults.calls[at - 1]})`
      const submission = await getSubmission(clean.deps, whole(account), id)
      expect(submission?.finishedAt, where).not.toBeNull()
      const statuses = submission?.recipients.map(({ status }) => status) ?? []
      for (const [n, to] of TO.entries()) {
        const due = to.startsWith('gone') ? 'failed' : 'delivered'
        // By keys nothing stays in the dark of what was asked of the second.
        const isKeyed = idempotentSeconds > 0 && submission?.recipients[n]?.provider === 'ses'
        expect(isKeyed ? [due] : [due, 'unknown'], where).toContain(statuses[n])
        const times = taken.filter((one) => one.to === to).length
        expect(times, where).toBeLessThanOrEqual(1)
        if (statuses[n] !== 'unknown') expect(times, where).toBe(1)
      }
      expect(await told(submission?.messageId ?? ''), where).toBe(statuses.includes('failed') ? 1 : 0)
      if (faults.calls.length < at) break
      injected++
      expect(at).toBeLessThan(CALLS_MAX)
    }
  },
)

it.each(FAULT_MODES)('a fault at each call of cancelling (%s)', { timeout: 120_000 }, async (mode) => {
  for (let at = 1; at <= CALLS_MAX; at++) {
    taken = []
    const id = await submitted(60)
    const faults = faultsAt(at, mode)
    const world = faultyWorld(clean, faults)
    await cancelSubmission(world.deps, whole(account), id).catch(() => null)
    // The client has no answer, and calls again.
    const cancelled = await cancelSubmission(clean.deps, whole(account), id)
    const where = `${mode} ${at} (${faults.calls[at - 1]})`
    if (isFailure(cancelled)) throw new Error(`${where}: ${cancelled.detail}`)
    await later(0)
    expect([cancelled.recipients.map(({ status }) => status), taken], where).toEqual([TO.map(() => 'cancelled'), []])
    const sql = `select b.role from placements p join mailboxes b on b.id = p.mailbox_id where p.message_id = ?`
    expect((await env.DB.prepare(sql).bind(cancelled.message).all()).results, where).toEqual([{ role: 'drafts' }])
    if (faults.calls.length < at) break
    injected++
    expect(at).toBeLessThan(CALLS_MAX)
  }
})
