/** Mail that is held back: where it stands, who sees it, how it is released, deleted and forgotten. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { removeAccount } from '../../src/access/accounts.ts'
import { changeSettings, type Settings } from '../../src/access/settings.ts'
import { isFailure } from '../../src/errors.ts'
import { filePending } from '../../src/inbound/pending.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { listEntries, putEntry } from '../../src/junk/lists.ts'
import { describeModel } from '../../src/junk/model.ts'
import { deleteHeld, listHeld, readHeld, readHeldContent, releaseHeld } from '../../src/junk/quarantine.ts'
import { listChanges } from '../../src/mailbox/changes.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { readContent, readMessage } from '../../src/mailbox/read.ts'
import { findMiscounts } from '../helpers/miscounts.ts'
import { makeOwner, type Owner, usedBytes } from '../helpers/owner.ts'
import { disguisedMessage, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

const NEWEST = Number.MAX_SAFE_INTEGER
const DAY = 86_400_000

let world: World

beforeAll(async () => {
  await migrate()
  world = makeWorld()
})

const owner = (settings: Partial<Settings> = {}) => makeOwner(world, settings)

const disguised = (subject = 'Invoice') => disguisedMessage({ Subject: subject })

/** What is held for its score, or not, as an account chooses. */
const scored = plainMessage({ From: 'Your Bank', Subject: 'WIN $1000 NOW TODAY', To: 'undisclosed-recipients:;' })

async function held(me: Owner, raw = disguised()): Promise<number> {
  const received = await receiveRaw(world, me.address, raw)
  if (received.kind !== 'withheld') throw new Error(received.kind)
  return received.id
}

const objectsOf = async (me: Owner) =>
  (await env.RAW.list()).objects.filter(({ key }) => key.startsWith('raw/') && key.includes(`/${me.reader.accountId}/`))

async function ok<T>(outcome: Promise<T>): Promise<Exclude<T, { failure: unknown }>> {
  const value = await outcome
  if (isFailure(value)) throw new Error(value.detail)
  return value as Exclude<T, { failure: unknown }>
}

describe('a message in quarantine', () => {
  it('is in no list, search, count or change, and counts for the quota', async () => {
    const me = await owner()
    const before = await ok(listChanges(world.deps, me.reader, { modseq: 0, id: 0 }, 10))
    const raw = disguised('A rare quince')
    const id = await held(me, raw)
    for (const query of [{}, { q: 'quince' }, { hasAttachment: true }])
      expect((await ok(listMessages(world.deps, me.reader, { before: null, limit: 50, ...query }))).messages).toEqual(
        [],
      )
    for (const box of await listMailboxes(world.deps, me.reader)) expect(box.counts?.total).toBe(0)
    // It takes a change number, so that its event has a place among the others, and tells of no message.
    const after = await ok(listChanges(world.deps, me.reader, { modseq: 0, id: 0 }, 10))
    expect({ ...after, state: null }).toEqual({ ...before, state: null })
    expect(await usedBytes(me)).toBe(raw.length)
    expect(await listHeld(world.deps, me.reader, NEWEST, 10)).toMatchObject([
      { id, kind: 'quarantine', subject: 'A rare quince', reason: 'malware', size: raw.length, recipient: me.address },
    ])
  })

  it('is read with its text and its report', async () => {
    const me = await owner()
    const id = await held(me)
    const detail = await readHeld(world.deps, me.reader, id)
    expect(detail?.report).toMatchObject({ verdict: 'quarantine', reason: 'malware' })
    expect(detail && (await readHeldContent(world.deps, detail))?.text).toBe('Pay the quinces.')
  })

  it('that comes again is the same one', async () => {
    const me = await owner()
    const raw = disguised()
    const id = await held(me, raw)
    expect(await held(me, `Received: again\r\n${raw}`)).toBe(id)
    await world.settle()
    expect(await objectsOf(me)).toHaveLength(1)
    expect(await listHeld(world.deps, me.reader, NEWEST, 10)).toHaveLength(1)
  })

  it('keeps out no equal one that is welcome: that one takes its place, and a copy that was there first holds nothing back', async () => {
    const me = await owner({ spamThreshold: 1, quarantineThreshold: 5 })
    const id = await held(me, scored)
    await changeSettings(world.deps, me.reader.accountId, { quarantineThreshold: 'never' })
    const again = await receiveRaw(world, me.address, `Received: again\r\n${scored}`)
    expect(again).toMatchObject({ kind: 'filed' })
    expect(await receiveRaw(world, me.address, scored)).toMatchObject({ kind: 'duplicate' })
    expect(await readHeld(world.deps, me.reader, id)).toBeNull()
    world.events.push({ shard: 0 })
    await world.settle()
    expect(await objectsOf(me)).toHaveLength(1)
    expect(await usedBytes(me)).toBe(`Received: again\r\n${scored}`.length)
    expect(await findMiscounts(world, me.reader.accountId)).toEqual([])
  })

  it('stays where it is while its own receipt is filed again, whatever is thought of it by now', async () => {
    const me = await owner({ spamThreshold: 1, quarantineThreshold: 5 })
    const id = await held(me, scored)
    await changeSettings(world.deps, me.reader.accountId, { quarantineThreshold: 'never' })
    const [object] = await objectsOf(me)
    expect(await filePending(world.deps, object?.key ?? '')).toEqual({ kind: 'withheld', id })
    expect(await objectsOf(me)).toHaveLength(1)
  })

  it('is stored once of twenty that arrive at once', async () => {
    const me = await owner()
    const raw = disguised()
    const received = await Promise.all(Array.from({ length: 20 }, () => receiveRaw(world, me.address, raw)))
    expect(new Set(received.map((one) => (one.kind === 'withheld' ? one.id : one.kind))).size).toBe(1)
    await world.settle()
    expect(await objectsOf(me)).toHaveLength(1)
    expect(await usedBytes(me)).toBe(raw.length)
  })

  it('is another account’s for nobody, and another address’s for no key of one', async () => {
    const me = await owner()
    const id = await held(me)
    const other = await owner()
    for (const reader of [other.reader, { ...me.reader, addressId: 9_999 }]) {
      expect(await listHeld(world.deps, reader, NEWEST, 10)).toEqual([])
      expect(await readHeld(world.deps, reader, id)).toBeNull()
      expect(await deleteHeld(world.deps, reader, id)).toBe(false)
      expect(await releaseHeld(world.deps, reader, id, { learn: true, allowSender: false })).toMatchObject({
        failure: 'not-found',
      })
    }
    expect(await listHeld(world.deps, me.reader, NEWEST, 10)).toHaveLength(1)
  })

  it('is deleted for good, with its object', async () => {
    const me = await owner()
    const id = await held(me)
    expect(await deleteHeld(world.deps, me.reader, id)).toBe(true)
    expect(await deleteHeld(world.deps, me.reader, id)).toBe(false)
    world.events.push({ shard: 0 })
    await world.settle()
    expect([await usedBytes(me), await objectsOf(me)]).toEqual([0, []])
  })

  it('is erased with its account', async () => {
    const me = await owner()
    await held(me)
    await removeAccount(world.deps, me.reader.accountId)
    for (let n = 0; n < 4; n++) {
      world.events.push({ shard: 0 })
      await world.settle()
    }
    expect(await objectsOf(me)).toEqual([])
    for (const table of ['withheld', 'senders', 'spam_models', 'lessons', 'digests'])
      expect([
        table,
        await env.DB.prepare(`select 1 from ${table} where account_id = ?`).bind(me.reader.accountId).first(),
      ]).toEqual([table, null])
  })

  it('goes by itself after 30 days', async () => {
    const me = await owner()
    await held(me)
    const before = world.clock.ms
    world.clock.ms += 29 * DAY
    await sweep(world.deps)
    expect(await listHeld(world.deps, me.reader, NEWEST, 10)).toHaveLength(1)
    world.clock.ms += 2 * DAY
    await sweep(world.deps)
    await sweep(world.deps)
    expect(await listHeld(world.deps, me.reader, NEWEST, 10)).toEqual([])
    expect([await usedBytes(me), await objectsOf(me)]).toEqual([(await digestBytes(me)) ?? 0, []])
    world.clock.ms = before
  })
})

const digestBytes = (me: Owner) =>
  env.DB.prepare("select sum(size) n from messages where account_id = ? and raw_key like 'appended/%'")
    .bind(me.reader.accountId)
    .first<number>('n')

describe('a release', () => {
  it('delivers to the Inbox, byte for byte, teaches ham, and can list the sender', async () => {
    const me = await owner()
    const raw = disguised('Let me out')
    const id = await held(me, raw)
    const messageId = await ok(releaseHeld(world.deps, me.reader, id, { learn: true, allowSender: true }))
    const message = await readMessage(world.deps, me.reader, messageId)
    const inbox = (await listMailboxes(world.deps, me.reader)).find((box) => box.role === 'inbox')
    expect(message).toMatchObject({ subject: 'Let me out', unread: true, recipient: me.address })
    expect(message?.placements.map(({ mailboxId }) => mailboxId)).toEqual([inbox?.id])
    expect(message && (await readContent(world.deps, message)).text).toBe('Pay the quinces.')
    expect(await listHeld(world.deps, me.reader, NEWEST, 10)).toEqual([])
    expect(await usedBytes(me)).toBe(raw.length)
    expect(await listEntries(world.deps, me.reader.accountId, '', 10)).toMatchObject([
      { entry: 'alice@elsewhere.example', list: 'allow' },
    ])
    world.events.push({ shard: 0 })
    await world.settle()
    expect(await describeModel(world.deps, me.reader.accountId)).toMatchObject({ ham: 1, spam: 0 })
    expect(await env.DB.prepare('select taught from messages where id = ?').bind(messageId).first('taught')).toBe('ham')
    expect(await findMiscounts(world, me.reader.accountId)).toEqual([])
  })

  it('lists nobody for a key of one address, whichever server asks', async () => {
    const me = await owner()
    const id = await held(me)
    const addressId = await env.DB.prepare('select address_id n from withheld where id = ?').bind(id).first<number>('n')
    const bound = { ...me.reader, addressId }
    expect(await releaseHeld(world.deps, bound, id, { learn: false, allowSender: true })).toMatchObject({
      failure: 'forbidden',
    })
    expect(await releaseHeld(world.deps, bound, id, { learn: false, allowSender: false })).toEqual(expect.any(Number))
    expect(await listEntries(world.deps, me.reader.accountId, '', 10)).toEqual([])
  })

  it('teaches nothing where that is not wanted', async () => {
    const me = await owner()
    await ok(releaseHeld(world.deps, me.reader, await held(me), { learn: false, allowSender: false }))
    world.events.push({ shard: 0 })
    await world.settle()
    expect(await describeModel(world.deps, me.reader.accountId)).toMatchObject({ ham: 0, spam: 0 })
  })

  it('happens once, however often it is asked for, and keeps out what comes again', async () => {
    const me = await owner()
    const raw = disguised()
    const id = await held(me, raw)
    const wanted = { learn: false, allowSender: false }
    const asked = await Promise.all(Array.from({ length: 5 }, () => releaseHeld(world.deps, me.reader, id, wanted)))
    const ids = new Set(asked.filter((one) => !isFailure(one)))
    expect(ids.size).toBe(1)
    expect(await releaseHeld(world.deps, me.reader, id, wanted)).toMatchObject({ failure: 'not-found' })
    expect(await receiveRaw(world, me.address, `Received: again\r\n${raw}`)).toMatchObject({ kind: 'duplicate' })
    expect((await ok(listMessages(world.deps, me.reader, { before: null, limit: 9 }))).messages).toHaveLength(1)
  })
})

describe('a release of the lesser of two equal messages', () => {
  const wanted = { learn: false, allowSender: true }
  const better = (me: Owner, raw: string) => receiveRaw(world, me.address, raw, { source: 'local' })

  it('delivers it, also where the one that is better authenticated is held too, and leaves one message', async () => {
    const me = await owner()
    const raw = disguised()
    const id = await held(me, raw)
    const other = await better(me, raw)
    if (other.kind !== 'withheld') throw new Error(other.kind)
    expect(other.id).not.toBe(id)
    await ok(releaseHeld(world.deps, me.reader, id, wanted))
    expect(await releaseHeld(world.deps, me.reader, other.id, wanted)).toMatchObject({ failure: 'not-found' })
    expect((await ok(listMessages(world.deps, me.reader, { before: null, limit: 9 }))).messages).toHaveLength(1)
    expect(await usedBytes(me)).toBe(raw.length)
  })

  it('lists the sender all the same, where the better one stands in a mailbox', async () => {
    const me = await owner()
    const raw = disguised()
    const id = await held(me, raw)
    await putEntry(world.deps, me.reader.accountId, { entry: 'elsewhere.example', list: 'allow' })
    const delivered = await better(me, raw)
    if (delivered.kind !== 'filed') throw new Error(delivered.kind)
    expect(await releaseHeld(world.deps, me.reader, id, wanted)).toBe(delivered.id)
    expect((await listEntries(world.deps, me.reader.accountId, '', 10)).map(({ entry }) => entry)).toContain(
      'alice@elsewhere.example',
    )
    expect(await listHeld(world.deps, me.reader, NEWEST, 10)).toEqual([])
  })
})

describe('the thresholds', () => {
  it.each<[string, Partial<Settings>, string]>([
    ['above the score', { quarantineThreshold: 20 }, 'filed'],
    ['at the score', { spamThreshold: 1, quarantineThreshold: 5 }, 'withheld'],
    ['never', { spamThreshold: 1, quarantineThreshold: 'never' }, 'filed'],
  ])('of quarantine: %s', async (_, settings, kind) => {
    const me = await owner(settings)
    const raw = plainMessage({ From: 'Your Bank', Subject: 'WIN $1000 NOW TODAY', To: 'undisclosed-recipients:;' })
    expect((await receiveRaw(world, me.address, raw)).kind).toBe(kind)
  })

  it('are the server’s where an account has none', async () => {
    const strict = makeWorld({ policy: { junk: 1, quarantine: 5, reject: 'never' } })
    const me = await owner()
    const raw = plainMessage({ From: 'Your Bank', Subject: 'WIN $1000 NOW TODAY', To: 'undisclosed-recipients:;' })
    expect((await receiveRaw(strict, me.address, raw)).kind).toBe('withheld')
  })
})
