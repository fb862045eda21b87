/**
 * What is asked and told besides a round of sending, while any single call of storage, queue or provider fails in any way: a
 * provider's events, a lost call that is looked up, the bounce of a forward to its author, and many messages in one call.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { formatReference } from '../../src/outbound/correlation.ts'
import { enqueue } from '../../src/outbound/enqueue.ts'
import { openProviders, type SendOutcome } from '../../src/outbound/provider.ts'
import { applyEvents } from '../../src/outbound/provider-events/receive.ts'
import { sendBatch } from '../../src/outbound/send-batch.ts'
import { sendDue } from '../../src/outbound/send-due.ts'
import { getSubmission } from '../../src/outbound/submission.ts'
import { submit } from '../../src/outbound/submit.ts'
import { FAULT_MODES, type Faults, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { providerOf, type SimpleProvider } from '../helpers/provider.ts'
import { latin1, makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

const HOUR_MS = 3_600_000
const CALLS_MAX = 90
const DELIVERED: SendOutcome = { kind: 'delivered', providerId: null }

let clean: World
let account: number
/** Recipients of what the provider has taken, or may have. */
let handed: string[]
let outcomeOf: (to: string) => SendOutcome
const injected: Record<string, number> = {}
const provider: SimpleProvider = {
  send: async ({ to }) => {
    handed.push(to)
    return outcomeOf(to)
  },
}

beforeAll(async () => {
  await migrate()
  clean = makeWorld({ provider, returnDomain: 'bounces.example' })
  clean.clock.ms = Date.now()
  account = await makeAccount(clean, `u${crypto.randomUUID()}@a.example`)
  const sending = '{"messagesPerMinute":100000,"messagesPerDay":100000,"recipientsPerDay":100000}'
  await env.DB.prepare('update accounts set sending = ? where id = ?').bind(sending, account).run()
})

afterAll(() => console.log(`faults injected over what is told: ${JSON.stringify(injected)}`))

/** Strikes each call in turn: `begin` in a clean world, then the work while it fails, and again while nothing does; then `check`. */
async function strike<Begun>(
  name: string,
  mode: (typeof FAULT_MODES)[number],
  steps: {
    begin(at: number): Promise<Begun>
    work(world: World, begun: Begun): Promise<unknown>
    check(begun: Begun, where: string): Promise<void>
    dress?(world: World, faults: Faults): void
  },
): Promise<void> {
  const started = clean.clock.ms
  for (let at = 1; at <= CALLS_MAX; at++) {
    clean.clock.ms = started
    handed = []
    outcomeOf = () => DELIVERED
    await env.DB.prepare('delete from suppressions where account_id = ?').bind(account).run()
    const begun = await steps.begin(at)
    const faults = faultsAt(at, mode)
    const world = faultyWorld(clean, faults, provider, { returnDomain: 'bounces.example' })
    steps.dress?.(world, faults)
    await steps.work(world, begun).catch(() => undefined)
    await world.settle()
    clean.outbound.length = 0
    await steps.work(clean, begun)
    for (let hours = 1; hours <= 2; hours++) {
      clean.clock.ms += HOUR_MS
      await sendDue(clean.deps, 0)
    }
    await steps.check(begun, `${name} ${mode} ${at} (${faults.calls[at - 1]})`)
    if (faults.calls.length < at) break
    injected[name] = (injected[name] ?? 0) + 1
    expect(at).toBeLessThan(CALLS_MAX)
  }
  clean.clock.ms = started
}

const mailTo = (to: string, subject = 'Hi') => ({
  ...{ from: null, to: [{ name: '', address: to }], cc: [], bcc: [], replyTo: [], subject },
  ...{ text: 'Hi.', html: null, headers: [], attachments: [] },
})

async function submitted(to: string): Promise<number> {
  const answer = await submit(clean.deps, whole(account), mailTo(to), null)
  if (isFailure(answer)) throw new Error(answer.detail)
  return answer.id
}

async function linesOf(id: number): Promise<string[]> {
  const [one] = (await getSubmission(clean.deps, whole(account), id))?.recipients ?? []
  return one ? [one.status, ...(one.timeline ?? []).map(({ status }) => status)] : []
}

it.each(FAULT_MODES)("a provider's event is applied once (%s)", { timeout: 60_000 }, async (mode) => {
  await strike('events', mode, {
    begin: async () => {
      const id = await submitted('gone@x.example')
      await sendDue(clean.deps, 0)
      return id
    },
    work: async ({ deps }, id) => {
      const told = { status: 'bounced', smtp: 550, code: '5.1.1', detail: 'User unknown', isHard: true } as const
      const event = {
        ...{ id: `bounce-${id}`, providers: ['smtp'] as const, providerIds: [], recipient: 'gone@x.example' },
        ...{ reference: formatReference({ accountId: account, submissionId: id }), at: Math.floor(deps.now() / 1000) },
      }
      const applied = await applyEvents(deps, 'resend', [{ ...event, ...told }])
      if (isFailure(applied)) throw new Error(applied.detail)
    },
    check: async (id, where) => {
      expect(await linesOf(id), where).toEqual(['bounced', 'queued', 'delivered', 'bounced'])
      const sql = 'select address, reason from suppressions where account_id = ?'
      const { results } = await env.DB.prepare(sql).bind(account).all()
      expect(results, where).toEqual([{ address: 'gone@x.example', reason: 'bounce' }])
    },
  })
})

it.each(FAULT_MODES)('a lost call is looked up, and not repeated (%s)', { timeout: 60_000 }, async (mode) => {
  const dress = (world: World, faults: Faults) => {
    const lookUp = async () => await faults.run('lookUp', async () => [DELIVERED])
    world.deps.providers = openProviders([providerOf({ ...provider, lookUp })])
  }
  const whileClean = clean.deps.providers
  dress(clean, faultsAt(0, mode))
  await strike('look-up', mode, {
    dress,
    begin: async () => {
      outcomeOf = () => {
        throw new Error('the answer is lost')
      }
      const id = await submitted('x@x.example')
      await sendDue(clean.deps, 0)
      clean.clock.ms += 10 * 60_000
      return id
    },
    work: ({ deps }) => sendDue(deps, 0),
    check: async (id, where) => {
      expect([(await linesOf(id))[0], handed], where).toEqual(['delivered', ['x@x.example']])
    },
  })
  clean.deps.providers = whileClean
})

it.each(FAULT_MODES)('the author of a forward that fails is told once (%s)', { timeout: 60_000 }, async (mode) => {
  await strike('bounce of a forward', mode, {
    begin: async (at) => {
      const author = `carol-${mode}-${at}@origin.example`
      outcomeOf = (to) =>
        to === 'gone@x.example' ? { kind: 'permanent', code: '5.1.1', smtp: 550, detail: 'User unknown' } : DELIVERED
      const messageId = `${mode}-${at}@origin.example`
      const head = `From: ${author}\r\nTo: u@a.example\r\nSubject: On\r\nMessage-ID: <${messageId}>\r\n`
      const queued = await enqueue(clean.deps, {
        ...{ accountId: account, kind: 'forward', addressId: null, sender: author, domain: 'a.example', messageId },
        ...{ recipients: ['gone@x.example'], raw: latin1(`${head}\r\nHi.\r\n`), source: 'email-routing' },
      })
      if (!queued) throw new Error('nothing was queued')
      await clean.deps.stores.of(account).batch(queued.statements)
      return author
    },
    work: ({ deps }) => sendDue(deps, 0),
    check: async (author, where) => {
      const told = handed.filter((to) => to === author).length
      const sql = `select s.kind, r.status from submission_recipients r join submissions s on s.id = r.submission_id
        where s.account_id = ? and (s.sender = ? or r.address = ?) order by s.id`
      const { results } = await env.DB.prepare(sql).bind(account, author, author).all()
      // Whoever dies while a message is handed over leaves it unknown: of the forward there is then nothing to tell.
      expect(FORWARDED, where).toContainEqual([told, ...results.map(({ kind, status }) => `${kind} ${status}`)])
    },
  })
})

const FORWARDED = [
  [1, 'forward failed', 'bounce delivered'],
  [1, 'forward failed', 'bounce unknown'],
  [0, 'forward failed', 'bounce unknown'],
  [0, 'forward unknown'],
]

it.each(FAULT_MODES)('each message of one call goes once (%s)', { timeout: 60_000 }, async (mode) => {
  await strike('batch', mode, {
    begin: async (at) => [1, 2].map((n) => `b${n}-${mode}-${at}@x.example`),
    work: async ({ deps }, addresses) => {
      const items = await Promise.all(
        addresses.map(async (address) => ({
          mail: { ...mailTo(address), template: null },
          request: new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(address))),
        })),
      )
      const results = await sendBatch(deps, whole(account), items)
      if (results.some(isFailure)) throw new Error('not all were taken')
    },
    check: async (addresses, where) => {
      expect(handed.filter((to) => addresses.includes(to)).sort(), where).toEqual(addresses)
      const sql = `select count(*) n from submission_recipients where address in (?, ?)`
      expect(
        await env.DB.prepare(sql)
          .bind(...addresses)
          .first('n'),
        where,
      ).toBe(2)
    },
  })
})
