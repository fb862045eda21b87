/** When a provider is passed over, and when it comes back. */
import { describe, expect, it } from 'vitest'
import { openProviders, type Provider, type ProviderName, type SendOutcome } from '../../../src/outbound/provider.ts'
import { FAILURES_MAX, NO_ANSWER } from '../../../src/outbound/providers/health.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const said = { code: 'x', detail: 'why' }
const delivered: SendOutcome = { kind: 'delivered', providerId: null }
const down: SendOutcome = { kind: 'temporary', ...said, isProviders: true }
const quota: SendOutcome = { kind: 'later', ...said, isProviders: true }
const lost: SendOutcome = { kind: 'unknown', code: NO_ANSWER, detail: 'why' }
const refused: SendOutcome = { kind: 'permanent', ...said }
const tooLarge: SendOutcome = { kind: 'permanent', ...said, isProviders: true }
const grey: SendOutcome = { kind: 'temporary', ...said }
const handedOn: SendOutcome = { kind: 'unknown', code: 'E_DELIVERY_FAILED', detail: 'why' }

const message = { sender: '', recipients: ['x@b.example'], raw: new Uint8Array(), messageId: 'm', domain: 'a.example' }

function makeTwo() {
  const clock = { ms: 1_000_000 }
  let answer: SendOutcome | Error | Promise<SendOutcome[]> = delivered
  const provider = (name: ProviderName): Provider => ({
    ...{ name, recipientsMax: 1, bytesMax: 1, hasEnvelope: false, idempotentSeconds: 0 },
    async send() {
      if (answer instanceof Error) throw answer
      return answer instanceof Promise ? answer : [answer]
    },
  })
  const providers = openProviders([provider('resend'), provider('ses')], { now: () => clock.ms })
  const send = async (given: typeof answer) => {
    answer = given
    await providers
      .get('resend')
      ?.send({ ...message, key: 'k', reference: 'p1-1' })
      .catch(() => undefined)
  }
  const order = () => providers.inOrder(null).map(({ name }) => name)
  const failOften = async () => {
    for (let n = 0; n < FAILURES_MAX; n++) await send(down)
  }
  return { clock, providers, send, order, failOften }
}

describe('a provider that fails again and again', () => {
  it.each([
    ['is down', down, 'ses'],
    ['has no quota left', quota, 'ses'],
    ['does not answer', lost, 'ses'],
    ['throws', new Error('lost'), 'ses'],
    ['refuses messages for their own sake', refused, 'resend'],
    ['never takes such messages', tooLarge, 'resend'],
    ['defers one recipient', grey, 'resend'],
    ['does not know what became of what it took', handedOn, 'resend'],
  ] as const)('is passed over or not: it %s', async (_, outcome, first) => {
    const { send, order } = makeTwo()
    for (let n = 1; n < FAILURES_MAX; n++) await send(outcome)
    expect(order()).toEqual(['resend', 'ses'])
    await send(outcome)
    expect(order()[0]).toBe(first)
    expect(order()).toHaveLength(2)
  })

  it('is not, where something went through between', async () => {
    const { send, order } = makeTwo()
    for (const outcome of [down, down, delivered, down, down]) await send(outcome)
    expect(order()).toEqual(['resend', 'ses'])
  })

  it('is asked where no other stands behind it, and says so', async () => {
    const { providers, failOften, clock } = makeTwo()
    await failOften()
    expect(providers.inOrder(['resend']).map(({ name }) => name)).toEqual(['resend'])
    expect(providers.health('resend')).toEqual({ state: 'failing', failures: 3, retryAt: clock.ms + MINUTE })
    expect(providers.health('ses')).toEqual({ state: 'ok', failures: 0, retryAt: null })
  })

  it('has its trial after a minute, and after success its place', async () => {
    const { clock, send, order, failOften } = makeTwo()
    await failOften()
    clock.ms += MINUTE - 1
    expect(order()[0]).toBe('ses')
    clock.ms += 1
    expect(order()[0]).toBe('resend')
    await send(delivered)
    await send(down)
    expect(order()[0]).toBe('resend')
  })

  it('waits twice as long after each trial that fails, and never longer than 15 minutes', async () => {
    const { clock, send, providers, failOften } = makeTwo()
    await failOften()
    const waits: number[] = []
    for (let trial = 0; trial < 6; trial++) {
      const { retryAt } = providers.health('resend')
      waits.push(((retryAt ?? 0) - clock.ms) / MINUTE)
      clock.ms = retryAt ?? 0
      await send(down)
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15])
  })

  it('has one trial at a time, and one that never ends is over after a minute', async () => {
    const { clock, send, order, failOften } = makeTwo()
    await failOften()
    clock.ms += MINUTE
    void send(new Promise<SendOutcome[]>(() => {}))
    expect(order()[0]).toBe('ses')
    clock.ms += MINUTE
    expect(order()[0]).toBe('resend')
  })

  it('is not shut out longer by calls that were under way', async () => {
    const { clock, send, providers, failOften } = makeTwo()
    await failOften()
    const { retryAt } = providers.health('resend')
    clock.ms += 10 * SECOND
    await send(down)
    expect(providers.health('resend').retryAt).toBe(retryAt)
  })
})
