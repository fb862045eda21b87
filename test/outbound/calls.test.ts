/** Which provider is asked for whom, in how many calls, and what is done where an answer is lost. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { type Outgoing, openProviders, type Provider, type SendOutcome } from '../../src/outbound/provider.ts'
import { openReturnPath } from '../../src/outbound/return-path.ts'
import { getSubmission } from '../../src/outbound/submission.ts'
import { submit } from '../../src/outbound/submit.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

const MINUTE = 60_000

let world: World
let account: number
let calls: (Outgoing & { by: string })[]

type Answer = (message: Outgoing) => SendOutcome[]
const taken: Answer = ({ recipients }) => recipients.map((to) => ({ kind: 'delivered', providerId: `id-${to}` }))
const lost: Answer = () => {
  throw new Error('the connection was lost')
}
const refusing =
  (kind: 'temporary' | 'permanent', isProviders: boolean): Answer =>
  ({ recipients }) =>
    recipients.map(() => ({ kind, code: '4.0.0', detail: 'no', isProviders }))

function provider(name: Provider['name'], answer: () => Answer, over: Partial<Provider> = {}): Provider {
  return {
    ...{ name, recipientsMax: 50, bytesMax: 1e7, hasEnvelope: false, idempotentSeconds: 0 },
    send: async (message) => {
      calls.push({ ...message, by: name })
      return answer()(message)
    },
    ...over,
  }
}

beforeEach(async () => {
  await migrate()
  await env.DB.batch([
    env.DB.prepare('update submission_recipients set next_at = null'),
    env.DB.prepare('update domains set providers = null'),
  ])
  calls = []
  world = makeWorld({ returnDomain: 'bounces.example' })
  account = await makeAccount(world, `u${crypto.randomUUID()}@a.example`)
})

async function sent(providers: Provider[], ...to: string[]): Promise<number> {
  world.deps.providers = openProviders(providers)
  const answer = await submit(
    world.deps,
    whole(account),
    {
      ...{ from: null, to: to.map((address) => ({ name: '', address })), cc: [], bcc: [], replyTo: [], subject: 'Hi' },
      ...{ text: 'Hi.', html: null, headers: [], attachments: [] },
    },
    null,
  )
  if (isFailure(answer)) throw new Error(answer.detail)
  await world.settle()
  return answer.id
}

async function later(minutes: number): Promise<void> {
  world.clock.ms += minutes * MINUTE
  world.outbound.push({ shard: 0 })
  await world.settle()
}

const recipients = async (id: number) => (await getSubmission(world.deps, whole(account), id))?.recipients ?? []
const statuses = async (id: number) => (await recipients(id)).map(({ status }) => status)
const asked = () => calls.map(({ by, recipients }) => [by, recipients.length])
const FIVE = Array.from({ length: 5 }, (_, n) => `n${n}@x.example`)

describe('recipients of one submission', () => {
  it('go in as few calls as the provider takes, each under a key of its own', async () => {
    const id = await sent([provider('resend', () => taken, { recipientsMax: 2 })], ...FIVE)
    expect(asked()).toEqual([
      ['resend', 2],
      ['resend', 2],
      ['resend', 1],
    ])
    expect(new Set(calls.map(({ key }) => key)).size).toBe(3)
    for (const { key } of calls) expect(key).toMatch(/^[\x21-\x7e]{1,64}$/)
    expect(await statuses(id)).toEqual(FIVE.map(() => 'delivered'))
  })

  it('are settled each by its own outcome', async () => {
    const mixed: Answer = () => [
      { kind: 'delivered', providerId: null },
      { kind: 'permanent', code: '5.1.1', detail: 'nobody' },
      { kind: 'temporary', code: '4.2.2', detail: 'full' },
    ]
    const id = await sent([provider('ses', () => mixed)], ...FIVE.slice(0, 3))
    expect(await statuses(id)).toEqual(['delivered', 'failed', 'deferred'])
  })

  it.each([1, 2, 4])('are unknown, all, where their outcomes are %i: whose each is, nobody can say', async (count) => {
    const answer: Answer = () => Array.from({ length: count }, () => ({ kind: 'delivered', providerId: null }))
    const id = await sent([provider('ses', () => answer)], ...FIVE.slice(0, 3))
    expect(await statuses(id)).toEqual(['unknown', 'unknown', 'unknown'])
  })

  it('have an envelope sender each, where a provider keeps it: it leads back to the recipient', async () => {
    const id = await sent([provider('smtp', () => taken, { hasEnvelope: true })], ...FIVE.slice(0, 2))
    const opened = await Promise.all(
      calls.map(({ sender }) =>
        openReturnPath(world.deps.secrets.root ?? '', sender.split('@')[0] ?? '', world.clock.ms),
      ),
    )
    expect(calls.map(({ sender }) => sender.split('@')[1])).toEqual(['bounces.example', 'bounces.example'])
    expect(opened).toEqual([0, 1].map((n) => ({ kind: 'verp', accountId: account, submissionId: id, n })))
  })
})

describe('a refusal', () => {
  it.each([
    ['of an unknown mailbox', { smtp: 550, code: '5.1.1', detail: 'User unknown' }, true],
    ['in words alone', { smtp: 550, code: null, detail: 'No such user here' }, true],
    ['of what looks like spam', { smtp: 550, code: '5.7.1', detail: 'Looks like spam' }, false],
    ['of a full mailbox', { smtp: 552, code: '5.2.2', detail: 'Mailbox full' }, false],
    ['for now', { kind: 'temporary', smtp: 450, code: '4.1.1', detail: 'User unknown' }, false],
    ['that the provider is to blame for', { smtp: 550, code: '5.1.1', detail: 'no', isProviders: true }, false],
  ] as const)('%s: the account writes there no more, or goes on', async (_, said, isSuppressed) => {
    const answer: Answer = ({ recipients }) => recipients.map(() => ({ kind: 'permanent', ...said }))
    await sent([provider('ses', () => answer)], 'Gone@x.example')
    const sql = 'select address, reason from suppressions where account_id = ?'
    const { results } = await env.DB.prepare(sql).bind(account).all()
    expect(results).toEqual(isSuppressed ? [{ address: 'gone@x.example', reason: 'bounce' }] : [])
  })
})

describe('the next provider', () => {
  it.each(['temporary', 'permanent'] as const)('is asked where the first has trouble of its own (%s)', async (kind) => {
    const first = provider('resend', () => refusing(kind, true))
    const id = await sent([first, provider('ses', () => taken, { recipientsMax: 3 })], ...FIVE)
    expect(asked()).toEqual([
      ['resend', 5],
      ['ses', 3],
      ['ses', 2],
    ])
    expect((await recipients(id)).map((one) => [one.status, one.provider, one.attempts])).toEqual(
      FIVE.map(() => ['delivered', 'ses', 1]),
    )
  })

  it.each([
    ['the message is to blame', refusing('permanent', false), 'failed'],
    ['nobody knows', lost, 'unknown'],
  ] as const)('is not asked where %s', async (_, answer, status) => {
    const id = await sent([provider('resend', () => answer), provider('ses', () => taken)], 'a@x.example')
    expect([asked(), await statuses(id)]).toEqual([[['resend', 1]], [status]])
  })

  it.each([
    ['is tried again later', 'temporary', 'deferred'],
    ['fails', 'permanent', 'failed'],
  ] as const)('and the last having trouble too, all %s, in the order that the domain has', async (_, kind, status) => {
    const no = refusing(kind, true)
    await env.DB.prepare(`update domains set providers = '["ses","resend"]' where name = 'a.example'`).run()
    const id = await sent([provider('resend', () => no), provider('ses', () => no)], 'a@x.example')
    expect([asked().map(([by]) => by), await statuses(id)]).toEqual([['ses', 'resend'], [status]])
  })

  it('is asked where the first does not take so large a message', async () => {
    const id = await sent(
      [provider('resend', () => taken, { bytesMax: 10 }), provider('ses', () => taken)],
      'a@x.example',
    )
    expect([asked(), await statuses(id)]).toEqual([[['ses', 1]], ['delivered']])
  })
})

describe('a lost answer', () => {
  let answer: Answer

  beforeEach(() => {
    answer = lost
  })

  it('is asked for again by the very same call, where the provider takes it once', async () => {
    const id = await sent([provider('resend', () => answer, { idempotentSeconds: 86_400 })], ...FIVE)
    expect(await statuses(id)).toEqual(FIVE.map(() => 'sending'))
    await later(2)
    answer = taken
    await later(6)
    expect(calls).toHaveLength(3)
    expect(new Set(calls.map(({ key, raw, recipients }) => JSON.stringify([key, [...raw], recipients]))).size).toBe(1)
    expect(await statuses(id)).toEqual(FIVE.map(() => 'delivered'))
  })

  it('is not asked for again while the account is suspended', async () => {
    const id = await sent([provider('resend', () => answer, { idempotentSeconds: 86_400 })], 'a@x.example')
    const set = (value: number | null) =>
      env.DB.prepare('update accounts set suspended_at = ? where id = ?').bind(value, account).run()
    await set(1)
    answer = taken
    await later(6)
    expect([calls.length, await statuses(id)]).toEqual([1, ['sending']])
    await set(null)
    await later(60)
    expect([calls.length, await statuses(id)]).toEqual([2, ['delivered']])
  })

  it('is not asked for again when the provider may have forgotten its key', async () => {
    const id = await sent([provider('resend', () => answer, { idempotentSeconds: 3_600 })], 'a@x.example')
    await later(50)
    expect([calls.length, await statuses(id)]).toEqual([1, ['unknown']])
  })

  it('is looked up where the provider can tell, until it does', async () => {
    const found: (SendOutcome[] | null)[] = [null, [{ kind: 'delivered', providerId: 'p' }]]
    const lookUp = async () => found.shift() ?? null
    const id = await sent([provider('mailgun', () => answer, { lookUp })], 'a@x.example')
    await later(2)
    expect(await statuses(id)).toEqual(['sending'])
    await later(2)
    expect([calls.length, await statuses(id)]).toEqual([1, ['delivered']])
  })

  it('that the provider cannot tell is unknown after an hour', async () => {
    const id = await sent([provider('mailgun', () => answer, { lookUp: async () => null })], 'a@x.example')
    await later(61)
    expect(await statuses(id)).toEqual(['unknown'])
  })
})
