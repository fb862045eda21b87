/** What becomes of a recipient whom a provider answers so or so, and of what belongs to a deleted account. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { removeAccount } from '../../src/access/accounts.ts'
import { isFailure } from '../../src/errors.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { whole } from '../../src/mailbox/reader.ts'
import type { SendOutcome } from '../../src/outbound/provider.ts'
import { getSubmission } from '../../src/outbound/submission.ts'
import { submit } from '../../src/outbound/submit.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let world: World
let account: number
let outcome: SendOutcome | Error
let handed: number
let now: number

beforeEach(async () => {
  await migrate()
  handed = 0
  outcome = { kind: 'delivered', providerId: 'p' }
  world = makeWorld({
    provider: {
      async send() {
        handed++
        if (outcome instanceof Error) throw outcome
        return outcome
      },
    },
  })
  // Waits are neither longer nor shorter than they are meant to be.
  world.deps.random = (bytes) =>
    bytes === 2 ? new Uint8Array([0x7f, 0xff]) : crypto.getRandomValues(new Uint8Array(bytes))
  now = world.clock.ms
  account = await makeAccount(world, `u${crypto.randomUUID()}@a.example`)
})

async function sent(...to: string[]): Promise<number> {
  return await sentAt(null, ...to)
}

async function sentAt(sendAt: number | null, ...to: string[]): Promise<number> {
  const answer = await submit(
    world.deps,
    whole(account),
    {
      ...{ from: null, to: to.map((address) => ({ name: '', address })), cc: [], bcc: [], replyTo: [], subject: 'Hi' },
      ...{ text: 'Hi.', html: null, headers: [], attachments: [], sendAt },
    },
    null,
  )
  if (isFailure(answer)) throw new Error(answer.detail)
  return answer.id
}

async function shown(id: number) {
  const submission = await getSubmission(world.deps, whole(account), id)
  return { ...submission?.recipients[0], finished: submission?.finishedAt !== null }
}

async function at(ms: number): Promise<void> {
  world.clock.ms = now + ms
  world.outbound.push({ shard: 0 })
  await world.settle()
}

const said = { code: 'E', detail: 'why' }

describe('a recipient elsewhere', () => {
  it('is delivered, and the bytes that waited are deleted', async () => {
    const id = await sent('x@elsewhere.example')
    const key =
      (await env.DB.prepare('select raw_key from submissions where id = ?').bind(id).first<string>('raw_key')) ?? ''
    expect(await env.RAW.head(key)).not.toBeNull()
    await world.settle()
    expect(await shown(id)).toMatchObject({ status: 'delivered', finished: true })
    await world.settle()
    expect(await env.RAW.head(key)).toBeNull()
  })

  it('whom the provider refuses has failed, with its word for it', async () => {
    outcome = { kind: 'permanent', ...said }
    const id = await sent('x@elsewhere.example')
    await world.settle()
    expect(await shown(id)).toMatchObject({ status: 'failed', ...said, finished: true })
  })

  it.each([
    ['temporary', 1],
    ['later', 360],
  ] as const)('who must wait (%s) is tried again after %d minutes, and not before', async (kind, minutes) => {
    outcome = { kind, ...said }
    const id = await sent('x@elsewhere.example')
    await world.settle()
    expect(await shown(id)).toMatchObject({ status: 'deferred', ...said, finished: false })
    await at(minutes * MINUTE - 1_000)
    expect(handed).toBe(1)
    outcome = { kind: 'delivered', providerId: null }
    await at(minutes * MINUTE)
    expect(await shown(id)).toMatchObject({ status: 'delivered', code: null })
  })

  it('is given up after five days of trouble', async () => {
    outcome = { kind: 'temporary', ...said }
    const id = await sent('x@elsewhere.example')
    for (let hours = 0; hours <= 122; hours++) await at(hours * HOUR)
    expect(await shown(id)).toMatchObject({ status: 'failed', ...said, finished: true })
    expect(handed).toBeGreaterThan(18)
    expect(handed).toBeLessThan(30)
  })

  it.each([
    ['said so', { kind: 'unknown', ...said }],
    ['threw', new Error('lost')],
  ] as const)('of whom nobody knows (it %s) is never tried again', async (_, result) => {
    outcome = result
    const id = await sent('x@elsewhere.example')
    await world.settle()
    await at(50 * HOUR)
    expect([await shown(id), handed]).toMatchObject([{ status: 'unknown', finished: true }, 1])
  })

  it('of whom nobody knows and nobody decides is dismissed after thirty days, and its bytes go', async () => {
    outcome = { kind: 'unknown', ...said }
    const id = await sent('x@elsewhere.example', 'y@elsewhere.example')
    await world.settle()
    const key = await env.DB.prepare('select raw_key from submissions where id = ?').bind(id).first<string>('raw_key')
    const isKept = async () => (await env.RAW.head(key ?? '')) !== null
    world.clock.ms = now + 29 * 24 * HOUR
    await sweep(world.deps)
    await world.settle()
    expect([await shown(id), await isKept()]).toMatchObject([{ status: 'unknown', isUndecided: true }, true])
    world.clock.ms = now + 31 * 24 * HOUR
    await sweep(world.deps)
    await world.settle()
    await sweep(world.deps)
    const { recipients = [] } = (await getSubmission(world.deps, whole(account), id)) ?? {}
    const lines = recipients.map((one) => [
      one.status,
      one.isUndecided,
      ...(one.timeline ?? []).map((line) => line.status),
    ])
    const dismissed = ['unknown', false, 'queued', 'unknown', 'dismissed']
    expect([lines, await isKept(), handed]).toEqual([[dismissed, dismissed], false, 2])
  })

  it('who stands as sending for long is unknown, and not handed over again', async () => {
    const id = await sent('x@elsewhere.example')
    await env.DB.prepare(
      "update submission_recipients set status = 'sending', attempts = 1, next_at = next_at + 1800 where submission_id = ?",
    )
      .bind(id)
      .run()
    await at(29 * MINUTE)
    expect(await shown(id)).toMatchObject({ status: 'sending' })
    await at(31 * MINUTE)
    expect([await shown(id), handed]).toMatchObject([{ status: 'unknown', finished: true }, 0])
  })
})

describe('a recipient here', () => {
  it('whose mailbox is full is tried again until there is room', async () => {
    const name = `full${crypto.randomUUID()}@b.example`
    const full = await makeAccount(world, name)
    const limit = (bytes: number | null) =>
      env.DB.prepare('update accounts set quota_bytes = ? where id = ?').bind(bytes, full).run()
    await limit(1)
    const id = await sent(name)
    await world.settle()
    expect(await shown(id)).toMatchObject({ status: 'deferred', code: '4.2.2', detail: 'the mailbox is full' })
    await limit(null)
    await at(MINUTE)
    expect(await shown(id)).toMatchObject({ status: 'delivered', finished: true })
  })
})

it('of a deleted account nothing is sent and nothing stays', async () => {
  const id = await sent('x@elsewhere.example')
  await env.DB.prepare("insert into idempotency (account_id, key, request, created_at) values (?, x'00', x'00', 0)")
    .bind(account)
    .run()
  const key =
    (await env.DB.prepare('select raw_key from submissions where id = ?').bind(id).first<string>('raw_key')) ?? ''
  await removeAccount(world.deps, account)
  for (let run = 0; run < 4; run++) {
    await sweep(world.deps)
    await world.settle()
  }
  expect(handed).toBe(0)
  for (const [table, column, value] of [
    ['submissions', 'account_id', account],
    ['submission_recipients', 'submission_id', id],
    ['idempotency', 'account_id', account],
    ['mailboxes', 'account_id', account],
  ] as const)
    expect([
      table,
      await env.DB.prepare(`select count(*) n from ${table} where ${column} = ?`).bind(value).first('n'),
    ]).toEqual([table, 0])
  expect(await env.RAW.head(key)).toBeNull()
})

describe('what waits for its time', () => {
  const scheduled = () => sentAt(Math.floor(world.clock.ms / 1000) + 30 * 86_400, 'bob@remote.example')
  const afterwards = async () => {
    world.clock.ms += 31 * 24 * HOUR
    await sweep(world.deps)
    await world.settle()
  }

  it('goes, where its sender is still the account’s', async () => {
    const id = await scheduled()
    await afterwards()
    expect([handed, (await shown(id)).status]).toEqual([1, 'delivered'])
  })

  it.each([
    ['is somebody else’s by then', 'update addresses set account_id = account_id + 1000000 where account_id = ?'],
    ['is switched off', 'update addresses set enabled = 0 where account_id = ?'],
    ['is gone', 'delete from addresses where account_id = ?'],
  ])('speaks for nobody, where its sender %s', async (_, change) => {
    const id = await scheduled()
    await env.DB.prepare(change).bind(account).run()
    await afterwards()
    expect(handed).toBe(0)
    expect(await shown(id)).toMatchObject({ status: 'failed', code: '5.7.1', finished: true })
  })
})
