/** Providers as the queue asks them: a lost answer, another provider in its place, and what no provider takes. */
import { beforeEach, describe, expect, it } from 'vitest'
import { isFailure } from '../../../src/errors.ts'
import { whole } from '../../../src/mailbox/reader.ts'
import { openProviders } from '../../../src/outbound/provider.ts'
import { getSubmission } from '../../../src/outbound/submission.ts'
import { submit } from '../../../src/outbound/submit.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'
import type { Double, Seen } from './double.ts'
import { mailgun } from './doubles/mailgun.ts'
import { postmark } from './doubles/postmark.ts'
import { resend } from './doubles/resend.ts'

const MINUTE = 60_000

let world: World
let account: number

beforeEach(async () => {
  await migrate()
  world = makeWorld()
  account = await makeAccount(world, `u${crypto.randomUUID()}@a.example`)
})

/** The provider before its double. `answer` may make another answer of what it has said. */
function stand(double: Double, answer: (response: Response) => Response) {
  const sent: Seen[] = []
  const behaviour = { answer, calls: 0 }
  const fetch = async (url: string, init: RequestInit) => {
    behaviour.calls++
    return behaviour.answer(await double.handle(new Request(url, init), sent))
  }
  return { sent, behaviour, provider: double.make({ fetch, now: world.deps.now }, double.secret) }
}

const asItIs = (response: Response) => response
const lost = (): never => {
  throw new TypeError('Network connection lost.')
}
const busy = () => new Response('', { status: 429 })

function use(...stands: ReturnType<typeof stand>[]): void {
  world.deps.providers = openProviders(
    stands.map(({ provider }) => provider),
    { now: world.deps.now },
  )
}

async function sendTo(...to: string[]): Promise<number> {
  const draft = {
    ...{ from: null, to: to.map((address) => ({ name: '', address })), cc: [], bcc: [], replyTo: [], subject: 'Hi' },
    ...{ text: 'Hi.', html: null, headers: [], attachments: [] },
  }
  const answer = await submit(world.deps, whole(account), draft, null)
  if (isFailure(answer)) throw new Error(answer.detail)
  await world.settle()
  return answer.id
}

async function minutesLater(minutes: number): Promise<void> {
  world.clock.ms += minutes * MINUTE
  world.outbound.push({ shard: 0 })
  await world.settle()
}

async function statuses(id: number): Promise<string[] | undefined> {
  return (await getSubmission(world.deps, whole(account), id))?.recipients.map(({ status }) => status)
}

describe('an answer that is lost', () => {
  it('is asked for with the same key, and nobody else is while that is not known', async () => {
    const first = stand(resend, lost)
    const second = stand(mailgun, asItIs)
    use(first, second)
    const id = await sendTo('x@b.example', 'y@b.example')
    expect(await statuses(id)).toEqual(['sending', 'sending'])
    first.behaviour.answer = busy
    await minutesLater(5)
    expect(await statuses(id)).toEqual(['sending', 'sending'])
    first.behaviour.answer = asItIs
    await minutesLater(60)
    expect(await statuses(id)).toEqual(['delivered', 'delivered'])
    expect([first.sent.length, first.behaviour.calls, second.behaviour.calls]).toEqual([1, 3, 0])
  })

  it('is looked up where the provider can be asked', async () => {
    const first = stand(postmark, lost)
    use(first)
    const id = await sendTo('x@b.example')
    expect(await statuses(id)).toEqual(['sending'])
    first.behaviour.answer = asItIs
    await minutesLater(5)
    expect(await statuses(id)).toEqual(['delivered'])
    expect(first.sent).toHaveLength(1)
  })
})

describe('another provider', () => {
  it.each([
    ['is too busy', busy],
    ['has no quota left', () => new Response('{"name":"daily_quota_exceeded"}', { status: 429 })],
    ['has a wrong key', () => new Response('{"name":"invalid_api_key"}', { status: 403 })],
    ['does not know the domain', () => new Response('{"name":"validation_error"}', { status: 403 })],
  ])('gets what the first cannot take: it %s', async (_, answer) => {
    const first = stand(resend, answer)
    const second = stand(mailgun, asItIs)
    use(first, second)
    expect(await statuses(await sendTo('x@b.example'))).toEqual(['delivered'])
    expect(second.sent.map(({ recipients }) => recipients)).toEqual([['x@b.example']])
  })

  it('does not get what the first refuses for its own sake', async () => {
    const first = stand(resend, () => new Response('{"name":"validation_error"}', { status: 422 }))
    const second = stand(mailgun, asItIs)
    use(first, second)
    expect(await statuses(await sendTo('x@b.example'))).toEqual(['failed'])
    expect(second.behaviour.calls).toBe(0)
  })
})

describe('where no other stands behind it', () => {
  it.each([
    ['a wrong key makes mail wait', '{"name":"invalid_api_key"}', 'deferred'],
    ['a domain that is not verified makes it fail, at once', '{"name":"validation_error"}', 'failed'],
  ])('%s', async (_, body, status) => {
    use(stand(resend, () => new Response(body, { status: 403 })))
    expect(await statuses(await sendTo('x@b.example'))).toEqual([status])
  })
})
