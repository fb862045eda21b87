/** What a later report changes of a recipient, in whichever order and however often reports come. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { enqueue } from '../../src/outbound/enqueue.ts'
import { type Report, recordOutcome } from '../../src/outbound/record.ts'
import { readRecipients, readTimeline } from '../../src/store/submission-read.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

let world: World
let accountId: number
let submissionId: number

beforeEach(async () => {
  await migrate()
  world = makeWorld({ provider: { send: async () => ({ kind: 'delivered', providerId: 'p' }) } })
  accountId = await makeAccount(world, `u${crypto.randomUUID()}@a.example`)
  submissionId = await queued('Pat@Elsewhere.example', 'quinn@elsewhere.example')
})

async function queued(...recipients: string[]): Promise<number> {
  const made = await enqueue(world.deps, {
    ...{ accountId, kind: 'forward', addressId: null, sender: 'a@a.example', domain: 'a.example', messageId: 'm@a' },
    recipients,
    raw: new TextEncoder().encode('Subject: x\r\n\r\nx\r\n'),
  })
  if (!made) throw new Error('nobody to write to')
  await world.deps.stores.of(accountId).batch(made.statements)
  const sql = 'select max(id) id from submissions where account_id = ?'
  return (await env.DB.prepare(sql).bind(accountId).first<number>('id')) ?? 0
}

const saying = (status: Report['status'], over: Partial<Report> = {}): Report => ({
  ...{ status, at: world.clock.ms / 1000, provider: 'ses', smtp: null, code: null, detail: null },
  ...over,
})

const put = (status: string, attempts = 1) =>
  env.DB.prepare('update submission_recipients set status = ?, attempts = ?, next_at = null where submission_id = ?')
    .bind(status, attempts, submissionId)
    .run()

const first = async () => (await readRecipients(world.deps.stores.of(accountId), [submissionId]))[0]
const told = async () =>
  (
    await env.DB.prepare("select event ->> 'type' type from outbox where account_id = ? order by modseq, n")
      .bind(accountId)
      .all<{ type: string }>()
  ).results.map(({ type }) => type)

describe('a report', () => {
  it.each([
    ['sending', 'delivered', 'delivered'],
    ['sending', 'deferred', 'delivered'],
    ['sending', 'bounced', 'bounced'],
    ['unknown', 'delivered', 'delivered'],
    ['unknown', 'failed', 'failed'],
    ['delivered', 'deferred', 'delivered'],
    ['delivered', 'bounced', 'bounced'],
    ['delivered', 'complained', 'delivered'],
    ['delivered', 'suppressed', 'suppressed'],
    ['bounced', 'delivered', 'bounced'],
    ['bounced', 'deferred', 'bounced'],
    ['failed', 'delivered', 'failed'],
    ['cancelled', 'bounced', 'cancelled'],
  ] as const)('on %s that it is %s makes it %s', async (before, reported, after) => {
    await put(before)
    const which = { accountId, submissionId, n: 0 }
    expect(await recordOutcome(world.deps, which, saying(reported))).toMatchObject({ kind: 'recorded', status: after })
    expect(await first()).toMatchObject({ status: after, next_at: null })
    expect((await told()).filter((type) => type.startsWith('delivery.'))).toEqual([`delivery.${reported}`])
  })

  it('that comes again is dropped, and so is what says the same in other words', async () => {
    await put('delivered')
    const which = { accountId, submissionId, address: 'pat@elsewhere.EXAMPLE' }
    const results = []
    for (const report of [
      saying('bounced', { code: '5.1.1' }),
      saying('bounced', { code: '5.1.1' }),
      saying('bounced', { code: '5.1.10', at: 1 }),
      saying('complained'),
      saying('complained', { detail: 'again' }),
    ])
      results.push((await recordOutcome(world.deps, which, report)).kind)
    expect(results).toEqual(['recorded', 'repeated', 'repeated', 'recorded', 'repeated'])
    const lines = await readTimeline(world.deps.stores.of(accountId), submissionId, 0)
    expect(lines.map(({ status }) => status)).toEqual(['bounced', 'complained'])
  })

  it('that comes many times at once is noted once', async () => {
    await put('delivered')
    const which = { accountId, submissionId, n: 1 }
    const all = await Promise.all(Array.from({ length: 5 }, () => recordOutcome(world.deps, which, saying('bounced'))))
    expect(all.filter(({ kind }) => kind === 'recorded')).toHaveLength(1)
    expect((await told()).filter((type) => type === 'delivery.bounced')).toHaveLength(1)
  })

  it('of what was never handed over says nothing', async () => {
    const which = { accountId, submissionId, n: 0 }
    expect(await recordOutcome(world.deps, which, saying('bounced'))).toMatchObject({ kind: 'repeated' })
    expect(await first()).toMatchObject({ status: 'queued' })
  })

  it.each([
    ['another submission', () => ({ accountId, submissionId: submissionId + 1_000, n: 0 })],
    ['no account', () => ({ accountId: 60_000, submissionId, n: 0 })],
    ['no shard', () => ({ accountId: 2 ** 40, submissionId, n: 0 })],
    ['no recipient', () => ({ accountId, submissionId, n: 7 })],
    ['no address', () => ({ accountId, submissionId, address: 'not an address' })],
    ['a stranger', () => ({ accountId, submissionId, address: 'stranger@elsewhere.example' })],
  ] as const)('about %s finds nobody', async (_, which) => {
    expect(await recordOutcome(world.deps, which(), saying('bounced'))).toEqual({ kind: 'no-such-recipient' })
  })

  it('keeps no more of hostile text than fits, and no time that cannot be', async () => {
    await put('delivered')
    const report = saying('bounced', {
      ...{ at: Number.NaN, smtp: 1e9, code: '\ud800'.repeat(5_000), detail: `\0'";--${'x'.repeat(1e5)}` },
    })
    await recordOutcome(world.deps, { accountId, submissionId, n: 0 }, report)
    expect(await first()).toMatchObject({ status: 'bounced', smtp: null })
    expect((await first())?.detail?.length).toBeLessThanOrEqual(500)
    const [line] = await readTimeline(world.deps.stores.of(accountId), submissionId, 0)
    expect(line).toMatchObject({ at: world.clock.ms / 1000 })
  })
})

describe('what the server sends by itself', () => {
  it('is sent once its statements are committed, and not shown to have a copy', async () => {
    await world.settle()
    world.outbound.push({ shard: 0 })
    await world.settle()
    expect(await first()).toMatchObject({ status: 'delivered' })
    expect(
      await env.DB.prepare('select message, kind from submissions where id = ?').bind(submissionId).first(),
    ).toEqual({ message: null, kind: 'forward' })
  })

  it.each([true, false])('leaves bytes behind only where it was committed (%s)', async (isCommitted) => {
    const made = await enqueue(world.deps, {
      ...{ accountId, kind: 'vacation', addressId: null, sender: null, domain: 'a.example', messageId: 'm2@a' },
      ...{ recipients: ['pat@elsewhere.example'], raw: new Uint8Array(3) },
    })
    if (isCommitted) await world.deps.stores.of(accountId).batch(made?.statements ?? [])
    await made?.abandon()
    const sql = 'select count(*) n from raw_deletes where raw_key like ?'
    expect(await env.DB.prepare(sql).bind(`outgoing/%/${accountId}/%`).first('n')).toBe(isCommitted ? 0 : 1)
  })

  it('is not queued for what is no address', async () => {
    const made = {
      accountId,
      kind: 'bounce' as const,
      addressId: null,
      sender: '',
      domain: 'a.example',
      messageId: 'm',
    }
    const recipients = ['', '@', 'ü x@x.example', 'a@b', 'x'.repeat(5_000)]
    expect(await enqueue(world.deps, { ...made, recipients, raw: new Uint8Array() })).toBeNull()
  })
})
