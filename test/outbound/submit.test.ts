/** What is held at the one door: limits, times, and whom the account does not write to; and taking back what waits. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { whole } from '../../src/mailbox/reader.ts'
import type { Submitter } from '../../src/outbound/allowance.ts'
import { getSubmission, listSubmissions } from '../../src/outbound/submission.ts'
import { cancelSubmission, dismissUnknown, resendUnknown } from '../../src/outbound/submission-decide.ts'
import { submit } from '../../src/outbound/submit.ts'
import type { Timing } from '../../src/outbound/timing.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

const MINUTE = 60

let world: World
let account: number
let handed: { to: string; date: string }[]
let isLost: boolean

beforeEach(async () => {
  await migrate()
  // What other tests have left waiting is not this one's.
  await env.DB.prepare('update submission_recipients set next_at = null').run()
  handed = []
  isLost = false
  world = makeWorld({
    provider: {
      async send({ to, raw }) {
        handed.push({ to, date: /^Date: (.*)\r$/m.exec(new TextDecoder().decode(raw))?.[1] ?? '' })
        return isLost ? { kind: 'unknown', code: null, detail: 'lost' } : { kind: 'delivered', providerId: 'p' }
      },
    },
  })
  account = await makeAccount(world, `u${crypto.randomUUID()}@a.example`)
})

const seconds = () => world.clock.ms / 1000

function send(to: string[], timing: Timing = {}, over: Partial<Submitter> = {}) {
  return submit(
    world.deps,
    { ...whole(account), ...over },
    {
      ...{ from: null, to: to.map((address) => ({ name: '', address })), cc: [], bcc: [], replyTo: [], subject: 'Hi' },
      ...{ text: 'Hi.', html: null, headers: [], attachments: [] },
      ...timing,
    },
    null,
  )
}

async function sent(to: string[], timing: Timing = {}): Promise<number> {
  const answer = await send(to, timing)
  if (isFailure(answer)) throw new Error(answer.detail)
  return answer.id
}

async function failure(to: string[], timing: Timing = {}, over: Partial<Submitter> = {}) {
  const answer = await send(to, timing, over)
  return isFailure(answer) ? answer : null
}

const limit = (sending: object) =>
  env.DB.prepare('update accounts set sending = ? where id = ?').bind(JSON.stringify(sending), account).run()
const statuses = async (id: number) =>
  (await getSubmission(world.deps, whole(account), id))?.recipients.map(({ status }) => status)
const told = async () => {
  const sql = "select event ->> 'type' type from outbox where account_id = ? order by modseq, n"
  const { results } = await env.DB.prepare(sql).bind(account).all<{ type: string }>()
  return results.map(({ type }) => type).filter((type) => /^(submission|delivery)/.test(type))
}
const rowsOf = (table: string) =>
  env.DB.prepare(`select count(*) n from ${table} where account_id = ?`).bind(account).first('n')

async function wake(): Promise<void> {
  world.outbound.push({ shard: 0 })
  await world.settle()
}

describe('limits', () => {
  it('of a minute hold until it is over, and what is refused leaves nothing behind', async () => {
    await limit({ messagesPerMinute: 2 })
    world.clock.ms += 15_000
    expect([await failure(['a@x.example']), await failure(['b@x.example'])]).toEqual([null, null])
    expect(await failure(['c@x.example'])).toMatchObject({ failure: 'rate-limited', retryAfterSeconds: 45 })
    expect([await rowsOf('submissions'), await rowsOf('messages')]).toEqual([2, 2])
    world.clock.ms += 45_000
    expect(await failure(['c@x.example'])).toBeNull()
  })

  it('of a day count messages and recipients, and end with it', async () => {
    await limit({ recipientsPerDay: 3 })
    expect(await failure(['a@x.example', 'b@x.example'])).toBeNull()
    const refused = await failure(['a@x.example', 'b@x.example'])
    expect(refused).toMatchObject({ failure: 'rate-limited', retryAfterSeconds: 12 * 3_600 })
    expect(await failure(['a@x.example'])).toBeNull()
    world.clock.ms += 12 * 3_600_000
    expect(await failure(['a@x.example', 'b@x.example', 'c@x.example'])).toBeNull()
  })

  it.each([
    ['recipients of a message', { recipientsPerMessage: 1 }, 'invalid'],
    ['more recipients than a day has', { recipientsPerDay: 1 }, 'forbidden'],
    ['none at all', { messagesPerDay: 0 }, 'forbidden'],
    ['a pause', { paused: true }, 'forbidden'],
  ])('refuse for %s, however long one waits', async (_, sending, code) => {
    await limit(sending)
    expect(await failure(['a@x.example', 'b@x.example'])).toMatchObject({ failure: code })
  })

  it('of a key are its own, beside those of the account', async () => {
    const key = { keyId: 7, limits: JSON.stringify({ messagesPerMinute: 1 }) }
    expect(await failure(['a@x.example'], {}, key)).toBeNull()
    expect(await failure(['a@x.example'], {}, key)).toMatchObject({ failure: 'rate-limited' })
    expect(await failure(['a@x.example'], {}, { keyId: 8, limits: null })).toBeNull()
  })

  it('of many calls at once let through as many as they say', async () => {
    await limit({ messagesPerMinute: 3 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => failure(['a@x.example'])))
    expect(answers.filter((one) => one === null)).toHaveLength(3)
    expect(await rowsOf('submissions')).toBe(3)
  })

  it('hold back what waits while sending is paused', async () => {
    const id = await sent(['a@x.example'])
    await limit({ paused: true })
    await wake()
    expect([await statuses(id), handed]).toEqual([['queued'], []])
    await limit({ paused: false })
    world.clock.ms += 61 * MINUTE * 1000
    await wake()
    expect(await statuses(id)).toEqual(['delivered'])
  })
})

describe('a time', () => {
  it('is kept to the minute by the sweep, and the message is dated so', async () => {
    const at = seconds() + 40 * MINUTE
    const id = await sent(['a@x.example'], { sendAt: at })
    expect(await told()).toEqual(['submission.scheduled'])
    for (let minutes = 0; minutes < 40; minutes += 15) {
      await sweep(world.deps)
      await world.settle()
      expect([minutes, handed.length]).toEqual([minutes, 0])
      world.clock.ms += 15 * MINUTE * 1000
    }
    world.clock.ms = at * 1000
    await wake()
    expect(await statuses(id)).toEqual(['delivered'])
    expect(Date.parse(handed[0]?.date ?? '')).toBe(at * 1000)
  })

  it('that comes before the next sweep is woken for', async () => {
    await sent(['a@x.example'], { sendAt: seconds() + 20 * MINUTE })
    world.clock.ms += 10 * MINUTE * 1000
    const delays: number[] = []
    world.deps.queues.outbound.send = (async (_: unknown, { delaySeconds }: { delaySeconds: number }) => {
      delays.push(delaySeconds)
    }) as unknown as typeof world.deps.queues.outbound.send
    await sweep(world.deps)
    expect(delays).toContain(10 * MINUTE)
  })

  it.each([
    [{ sendAt: 1e12 }, 'send_at'],
    [{ sendAt: Number.NaN }, 'send_at'],
    [{ undoSeconds: 121 }, 'undo_seconds'],
    [{ undoSeconds: -1 }, 'undo_seconds'],
    [{ undoSeconds: 0.5 }, 'undo_seconds'],
  ])('%j is refused', async (timing, field) => {
    expect(await failure(['a@x.example'], timing)).toMatchObject({ failure: 'invalid', field })
  })

  it('that is over is now', async () => {
    await sent(['a@x.example'], { sendAt: 5 })
    await world.settle()
    expect(handed).toHaveLength(1)
  })
})

describe('cancelling', () => {
  const placed = () =>
    env.DB.prepare(`select b.role, m.flags from messages m join placements p on p.message_id = m.id
        join mailboxes b on b.id = p.mailbox_id where m.account_id = ?`)
      .bind(account)
      .all()

  it('takes back what waits: nobody gets it, and the copy in Sent is a draft', async () => {
    const id = await sent(['a@x.example', 'b@x.example'], { undoSeconds: 30 })
    await world.settle()
    const cancelled = await cancelSubmission(world.deps, whole(account), id)
    expect(cancelled).toMatchObject({ recipients: [{ status: 'cancelled' }, { status: 'cancelled' }] })
    world.clock.ms += 60_000
    await wake()
    expect(handed).toEqual([])
    expect((await placed()).results).toEqual([{ role: 'drafts', flags: 9 }])
    expect(await cancelSubmission(world.deps, whole(account), id)).toMatchObject({ id })
  })

  it('is too late for what is on its way', async () => {
    const id = await sent(['a@x.example'], { undoSeconds: 30 })
    world.clock.ms += 30_000
    await wake()
    expect(await cancelSubmission(world.deps, whole(account), id)).toMatchObject({ failure: 'conflict' })
    expect((await placed()).results).toEqual([{ role: 'sent', flags: 1 }])
  })

  it('and sending at the same time: one of both wins', async () => {
    for (let n = 0; n < 5; n++) {
      handed = []
      const id = await sent(['a@x.example'])
      const [cancelled] = await Promise.all([cancelSubmission(world.deps, whole(account), id), world.settle()])
      expect([isFailure(cancelled), handed.length]).toEqual(handed.length === 1 ? [true, 1] : [false, 0])
    }
  })
})

describe('whom the account does not write to', () => {
  const suppress = (address: string) =>
    env.DB.prepare("insert into suppressions (account_id, address, reason, created_at) values (?, ?, 'manual', 0)")
      .bind(account, address)
      .run()

  it('is shown, and the others are written to', async () => {
    await suppress('a@x.example')
    const id = await sent(['A@x.example', 'b@x.example'])
    expect(await statuses(id)).toEqual(['suppressed', 'queued'])
    expect(await told()).toEqual(['submission.queued', 'delivery.suppressed'])
    await world.settle()
    expect(handed.map(({ to }) => to)).toEqual(['b@x.example'])
  })

  it('may be everybody: then it is finished at once', async () => {
    await suppress('a@x.example')
    const id = await sent(['a@x.example'])
    expect(await getSubmission(world.deps, whole(account), id)).toMatchObject({
      finishedAt: seconds(),
      recipients: [{ status: 'suppressed', timeline: [{ status: 'suppressed' }] }],
    })
    expect(await told()).toEqual(['submission.queued', 'delivery.suppressed', 'submission.finished'])
  })

  it('may be so since it was submitted', async () => {
    const id = await sent(['a@x.example'], { undoSeconds: 10 })
    await suppress('a@x.example')
    world.clock.ms += 10_000
    await wake()
    expect([await statuses(id), handed]).toEqual([['suppressed'], []])
  })
})

describe('what nobody knows', () => {
  it('is sent again by a person’s word, once', async () => {
    isLost = true
    const id = await sent(['a@x.example'])
    await world.settle()
    expect(await statuses(id)).toEqual(['unknown'])
    isLost = false
    expect(await resendUnknown(world.deps, whole(account), id)).toMatchObject({ recipients: [{ status: 'queued' }] })
    await world.settle()
    expect([await statuses(id), handed.length]).toEqual([['delivered'], 2])
    expect(await resendUnknown(world.deps, whole(account), id)).toMatchObject({ failure: 'conflict' })
    const lines = (await getSubmission(world.deps, whole(account), id))?.recipients[0]?.timeline
    expect(lines?.map(({ status }) => status)).toEqual(['queued', 'unknown', 'resent', 'delivered'])
  })

  it('is left at that, and then cannot be sent again', async () => {
    isLost = true
    const id = await sent(['a@x.example'])
    await world.settle()
    expect(await dismissUnknown(world.deps, whole(account), id)).toMatchObject({
      recipients: [{ status: 'unknown', isUndecided: false }],
    })
    expect(await resendUnknown(world.deps, whole(account), id)).toMatchObject({ failure: 'conflict' })
    expect(await rowsOf('submissions')).toBe(1)
  })
})

it('a list is filtered by what waits, and by what became of recipients', async () => {
  const later = await sent(['a@x.example'], { sendAt: seconds() + 86_400 })
  const done = await sent(['a@x.example'])
  await world.settle()
  const waiting = await sent(['b@x.example'], { undoSeconds: 0 })
  const ids = async (filter: Parameters<typeof listSubmissions>[2]) =>
    (await listSubmissions(world.deps, whole(account), filter, Number.MAX_SAFE_INTEGER, 10)).submissions.map(
      ({ id }) => id,
    )
  expect(await ids('scheduled')).toEqual([later])
  expect(await ids('pending')).toEqual([waiting])
  expect(await ids('finished')).toEqual([done])
  expect(await ids('delivered')).toEqual([done])
  expect(await ids('unknown')).toEqual([])
  expect(await ids(null)).toEqual([waiting, done, later])
})
