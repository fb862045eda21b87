/** Receiving through the real D1 and R2: routing, filing, deduplication, threads, and what refuses. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { changeAddress, createAddress } from '../../src/access/addresses.ts'
import { isFailure } from '../../src/errors.ts'
import { putEntry } from '../../src/junk/lists.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { readContent, readMessage, readRaw } from '../../src/mailbox/read.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { latin1, makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

let world: World
let account: number

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  await makeAccount(world, 'first@other.test')
  account = await makeAccount(world, 'demo@postern.test', '*@catch.test')
  await makeAccount(world, 'third@other2.test')
})

async function filedId(to: string, raw: string | Uint8Array): Promise<number> {
  const received = await receiveRaw(world, to, raw)
  if (received.kind !== 'filed') throw new Error(`not filed: ${JSON.stringify(received)}`)
  return received.id
}

async function all(query = {}) {
  const page = await listMessages(world.deps, whole(account), { before: null, limit: 200, ...query })
  if (isFailure(page)) throw new Error(page.detail)
  return page.messages
}

describe('receiving', () => {
  it('stores a message that can be listed, found, read and downloaded byte for byte', async () => {
    const raw = plainMessage({ Subject: 'Quarterly zebra figures' }, 'The giraffe is taller.\r\n')
    const id = await filedId('demo@postern.test', raw)
    const message = await readMessage(world.deps, whole(account), id)
    expect(message).toMatchObject({ subject: 'Quarterly zebra figures', unread: true, recipient: 'demo@postern.test' })
    expect((await all({ q: 'giraffe zebra' })).map((found) => found.id)).toEqual([id])
    if (!message) throw new Error('missing')
    const content = await readContent(world.deps, message)
    expect(content.text).toBe('The giraffe is taller.\n')
    expect(content.headers).toContainEqual({ name: 'Subject', value: 'Quarterly zebra figures' })
    const bytes = new Uint8Array(await new Response(await readRaw(world.deps, message)).arrayBuffer())
    expect(bytes).toEqual(latin1(raw))
    expect(message.report).toMatchObject({ verdict: 'inbox', threshold: 5 })
  })

  it('keeps counts with the message', async () => {
    const before = (await listMailboxes(world.deps, whole(account))).find((box) => box.role === 'inbox')?.counts
    const raw = plainMessage()
    await filedId('demo@postern.test', raw)
    const after = (await listMailboxes(world.deps, whole(account))).find((box) => box.role === 'inbox')?.counts
    expect(after).toMatchObject({
      total: (before?.total ?? 0) + 1,
      unread: (before?.unread ?? 0) + 1,
      threads: (before?.threads ?? 0) + 1,
      unreadThreads: (before?.unreadThreads ?? 0) + 1,
      bytes: (before?.bytes ?? 0) + raw.length,
    })
  })
})

describe('routing by the envelope recipient', () => {
  it.each([
    ['exactly', 'demo@postern.test'],
    ['without regard to case', 'DeMo@POSTERN.TEST'],
    ['with a plus-tag, which is kept', 'demo+News@postern.test'],
    ['by the catch-all', 'Anyone@catch.test'],
  ])('delivers %s', async (_, to) => {
    const id = await filedId(to, plainMessage({ To: 'somebody-else@example.org' }))
    expect(await readMessage(world.deps, whole(account), id)).toMatchObject({ recipient: to })
  })

  it('delivers an alias to the account of its address', async () => {
    const made = await createAddress(world.deps, {
      address: 'sales@postern.test',
      kind: 'alias',
      accountId: null,
      target: 'demo@postern.test',
    })
    expect(made).toMatchObject({ kind: 'alias', target: 'demo@postern.test' })
    await filedId('sales+x@postern.test', plainMessage())
  })

  it('compares internationalised domains as A-labels', async () => {
    const other = await makeAccount(world, 'info@b\u00fccher.test')
    const received = await receiveRaw(world, 'INFO@xn--bcher-kva.test', plainMessage())
    expect(received.kind).toBe('filed')
    expect((await listMailboxes(world.deps, whole(other))).find((box) => box.role === 'inbox')?.counts?.total).toBe(1)
  })

  it.each([
    ['an unknown local part', 'nobody@postern.test', '5.1.1'],
    ['an unknown domain', 'demo@elsewhere.test', '5.1.1'],
    ['no address', 'demo', '5.1.3'],
    ['an injection', "x' or 1=1 --@postern.test", '5.1.3'],
  ])('refuses %s for good', async (_, to, code) => {
    const received = await receiveRaw(world, to, plainMessage())
    expect(received).toMatchObject({ kind: 'refused', reply: expect.stringContaining(code) })
  })

  it('refuses a disabled address even beside a catch-all, until it is enabled again', async () => {
    const made = await createAddress(world.deps, {
      address: 'off@catch.test',
      kind: 'address',
      accountId: account,
      target: null,
    })
    if (isFailure(made)) throw new Error(made.detail)
    await changeAddress(world.deps, made.id, { enabled: false })
    expect(await receiveRaw(world, 'off@catch.test', plainMessage())).toMatchObject({
      reply: expect.stringContaining('5.2.1'),
    })
    await changeAddress(world.deps, made.id, { enabled: true })
    expect(await receiveRaw(world, 'off@catch.test', plainMessage())).toMatchObject({ kind: 'filed' })
  })

  it('keeps nothing of what it refuses', async () => {
    const before = (await env.RAW.list()).objects.length
    await receiveRaw(world, 'nobody@postern.test', plainMessage())
    expect((await env.RAW.list()).objects.length).toBe(before)
  })
})

describe('duplicates', () => {
  it('stores the same message to the same address once, whatever its trace fields say', async () => {
    const raw = plainMessage()
    const id = await filedId('demo@postern.test', `Received: from a by b; now\r\n${raw}`)
    const again = await receiveRaw(
      world,
      'demo@postern.test',
      `Received: from c by d; later\r\nDelivered-To: x\r\n${raw}`,
    )
    expect(again).toEqual({ kind: 'duplicate', id })
  })

  it('stores it for each of two addresses', async () => {
    const raw = plainMessage()
    const first = await filedId('demo@postern.test', raw)
    expect(await filedId('someone@catch.test', raw)).not.toBe(first)
  })

  it('never takes a Message-ID alone for the message', async () => {
    const one = plainMessage({ 'Message-ID': '<same@elsewhere.example>' }, 'the forgery')
    const other = plainMessage({ 'Message-ID': '<same@elsewhere.example>' }, 'the real one')
    const first = await filedId('demo@postern.test', one)
    expect(await filedId('demo@postern.test', other)).not.toBe(first)
  })

  it('stores one of twenty that arrive at once', async () => {
    const raw = plainMessage({ Subject: 'twenty at once' })
    const received = await Promise.all(Array.from({ length: 20 }, () => receiveRaw(world, 'demo@postern.test', raw)))
    expect(received.filter((one) => one.kind === 'filed')).toHaveLength(1)
    expect(received.filter((one) => one.kind === 'duplicate')).toHaveLength(19)
    await world.settle()
    expect(await all({ q: '"twenty at once"' })).toHaveLength(1)
  })

  it('deletes the raw copy of a duplicate and keeps that of the message', async () => {
    const raw = plainMessage()
    await filedId('demo@postern.test', raw)
    await world.settle()
    const before = (await env.RAW.list()).objects.length
    await receiveRaw(world, 'demo@postern.test', raw)
    expect((await env.RAW.list()).objects.length).toBe(before + 1)
    await world.settle()
    expect((await env.RAW.list()).objects.length).toBe(before)
  })
})

describe('threads', () => {
  it('puts a reply with its parent, and a late parent with its children', async () => {
    const parent = plainMessage({ 'Message-ID': '<p@t.example>', Subject: 'Lunch' })
    const reply = plainMessage({ 'Message-ID': '<r@t.example>', Subject: 'Re: Lunch', References: '<p@t.example>' })
    const second = plainMessage({ 'Message-ID': '<s@t.example>', Subject: 'AW: Lunch', 'In-Reply-To': '<p@t.example>' })
    const ids = [
      await filedId('demo@postern.test', reply),
      await filedId('demo@postern.test', parent),
      await filedId('demo@postern.test', second),
    ]
    const messages = await Promise.all(ids.map((id) => readMessage(world.deps, whole(account), id)))
    expect(new Set(messages.map((message) => message?.threadId))).toEqual(new Set([ids[0]]))
    expect((await all({ threadId: ids[0] })).map((message) => message.id).sort()).toEqual(ids.sort())
  })

  it('keeps another subject apart, though it names the same parent', async () => {
    const parent = await filedId(
      'demo@postern.test',
      plainMessage({ 'Message-ID': '<q@t.example>', Subject: 'One thing' }),
    )
    const other = await filedId(
      'demo@postern.test',
      plainMessage({ Subject: 'Another thing', References: '<q@t.example>' }),
    )
    expect((await readMessage(world.deps, whole(account), other))?.threadId).not.toBe(parent)
  })
})

describe('messages that lack something', () => {
  it.each([
    ['no Message-ID', plainMessage().replace(/Message-ID:.*\r\n/, '')],
    ['no From', plainMessage().replace(/From:.*\r\n/, '')],
    ['no header block', 'just a body\r\n'],
    ['no body', 'Subject: bare\r\n\r\n'],
    ['nothing at all', ''],
  ])('are delivered with %s', async (_, raw) => {
    expect(await receiveRaw(world, 'demo@postern.test', raw)).toMatchObject({ kind: 'filed' })
  })
})

describe('filing', () => {
  it('files what the account blocks as junk, with the reason', async () => {
    await putEntry(world.deps, account, { entry: 'pest@spam.example', list: 'block' })
    const received = await receiveRaw(world, 'demo@postern.test', plainMessage({ From: 'Pest <PEST@spam.example>' }))
    expect(received).toMatchObject({ kind: 'filed', mailbox: 'junk' })
    const id = (received as { id: number }).id
    expect((await readMessage(world.deps, whole(account), id))?.report).toMatchObject({
      verdict: 'junk',
      reason: 'block-list',
    })
  })
})

describe('quota', () => {
  it('throws for a full mailbox, so that the sender keeps the mail and tries again', async () => {
    const full = await makeAccount(world, 'full@postern.test')
    await env.DB.prepare('update accounts set quota_bytes = 10 where id = ?').bind(full).run()
    await expect(receiveRaw(world, 'full@postern.test', plainMessage())).rejects.toThrow('4.2.2')
  })
})
