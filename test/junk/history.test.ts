/** What an account comes to know of senders by mail that it gets and sends, and who cannot take part in it. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { forgetOld } from '../../src/inbound/forget.ts'
import { report } from '../../src/junk/report.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { readMessage } from '../../src/mailbox/read.ts'
import { type Reader, whole } from '../../src/mailbox/reader.ts'
import { reply } from '../../src/outbound/reply.ts'
import { submit } from '../../src/outbound/submit.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

let world: World
let serial = 0

beforeAll(async () => {
  await migrate()
  world = makeWorld({ provider: { send: async () => ({ kind: 'delivered', providerId: 'provided' }) } })
})

type Owner = { reader: Reader; address: string }

async function owner(domain = `house${++serial}.test`): Promise<Owner> {
  const address = `owner${++serial}@${domain}`
  return { reader: whole(await makeAccount(world, address)), address }
}

/** Sends a message to addresses; gives its Message-ID. */
async function send(from: Owner, ...to: string[]): Promise<string> {
  const list = to.map((address) => ({ name: '', address }))
  const draft = { from: null, to: list, cc: [], bcc: [], replyTo: [], headers: [], attachments: [], html: null }
  const sent = await submit(world.deps, from.reader, { ...draft, subject: 'Plans', text: 'Some plans.' }, null)
  if (isFailure(sent)) throw new Error(sent.detail)
  await world.settle()
  return sent.messageId
}

/** Receives a message as this server's own (proven), or from outside where nobody has proven anything. */
async function receive(
  to: Owner,
  from: string,
  headers: Record<string, string> = {},
  source: 'local' | 'email-routing' = 'local',
) {
  const received = await receiveRaw(world, to.address, plainMessage({ From: from, ...headers }), { source })
  if (received.kind !== 'filed') throw new Error(received.kind)
  return received.id
}

async function tagsOf(me: Owner, id: number): Promise<string[]> {
  const message = await readMessage(world.deps, me.reader, id)
  return (message?.report?.tags ?? []).map(({ name }) => name).filter((name) => /OURS|KNOWN|CONTACT|HISTORY/.test(name))
}

async function newest(me: Owner): Promise<number> {
  const page = await listMessages(world.deps, me.reader, { before: null, limit: 1 })
  if (isFailure(page)) throw new Error(page.detail)
  return page.messages[0]?.id ?? 0
}

const keysOf = async (me: Owner) =>
  (
    await env.DB.prepare('select key from senders where account_id = ? order by key').bind(me.reader.accountId).all()
  ).results.map(({ key }) => key)

describe('a sender', () => {
  it('is a stranger once', async () => {
    const me = await owner()
    expect(await tagsOf(me, await receive(me, 'ann@shop.example'))).toEqual(['FIRST_CONTACT'])
    expect(await tagsOf(me, await receive(me, 'Ann <ANN@shop.example>'))).toEqual([])
    expect(await keysOf(me)).toEqual(['address:ann@shop.example', 'domain:shop.example'])
  })

  it('has one domain, whatever stands before it; under a public suffix each has his own', async () => {
    const me = await owner()
    for (const host of ['a.shop.example', 'b.shop.example', 'eve.github.io']) await receive(me, `ann@${host}`)
    expect((await keysOf(me)).filter((key) => String(key).startsWith('domain:'))).toEqual([
      'domain:eve.github.io',
      'domain:shop.example',
    ])
  })

  it('of a free mailbox shares nothing with its other users', async () => {
    const me = await owner()
    await receive(me, 'ann@gmail.com')
    expect(await keysOf(me)).toEqual(['address:ann@gmail.com'])
  })

  it('who only claims an address is counted apart, and rides on nothing', async () => {
    const me = await owner()
    await send(me, 'ann@shop.example')
    for (let n = 0; n < 2; n++)
      await report(world.deps, me.reader, await receive(me, 'ann@shop.example'), { as: 'ham', listSender: false })
    expect(await tagsOf(me, await receive(me, 'ann@shop.example'))).toEqual([
      'CORRESPONDENT_KNOWN',
      'SENDER_GOOD_HISTORY',
    ])
    const forged = await receive(me, 'ann@shop.example', {}, 'email-routing')
    expect(await tagsOf(me, forged)).toEqual(['FIRST_CONTACT'])
  })

  it('is not ruined by reports of mail that forges his name', async () => {
    const me = await owner()
    for (let n = 0; n < 4; n++)
      await report(world.deps, me.reader, await receive(me, 'ann@shop.example', {}, 'email-routing'), {
        as: 'spam',
        listSender: false,
      })
    expect(await tagsOf(me, await receive(me, 'ann@shop.example', {}, 'email-routing'))).toEqual(['SENDER_BAD_HISTORY'])
    expect(await tagsOf(me, await receive(me, 'ann@shop.example'))).toEqual(['FIRST_CONTACT'])
  })
})

describe('an answer', () => {
  it('is known by what it answers, from whom that was sent to', async () => {
    const [me, ann] = [await owner(), await owner()]
    await send(me, ann.address)
    const answer = await reply(world.deps, ann.reader, await newest(ann), { ...EMPTY, text: 'Yes.' }, null)
    expect(isFailure(answer)).toBe(false)
    await world.settle()
    expect(await tagsOf(me, await newest(me))).toEqual(['ANSWERS_OURS'])
  })

  it.each<
    [
      string,
      (
        me: Owner,
        ann: Owner,
        sent: string,
      ) => [from: string, headers: Record<string, string>, source: 'local' | 'email-routing'],
      string[],
    ]
  >([
    [
      'from somebody else of the same house',
      (_, ann, sent) => [`bob@${ann.address.split('@')[1]}`, { 'In-Reply-To': `<${sent}>` }, 'local'],
      ['ANSWERS_OURS'],
    ],
    [
      'from a stranger who has the id from elsewhere',
      (_m, _a, sent) => ['eve@pest.example', { References: `<${sent}>` }, 'local'],
      ['FIRST_CONTACT'],
    ],
    [
      'from who forges the right sender',
      (_, ann, sent) => [ann.address, { 'In-Reply-To': `<${sent}>` }, 'email-routing'],
      ['FIRST_CONTACT'],
    ],
    [
      'to an id that was never sent',
      (_, ann) => [ann.address, { 'In-Reply-To': '<made@up.example>' }, 'local'],
      ['CORRESPONDENT_KNOWN'],
    ],
    [
      'that hides the id behind five others',
      (_, ann, sent) => [
        `bob@${ann.address.split('@')[1]}`,
        { References: [`<${sent}>`, ...Array.from({ length: 5 }, (_, n) => `<n${n}@x.example>`)].join(' ') },
        'local',
      ],
      ['FIRST_CONTACT'],
    ],
  ])('%s', async (_, mail, want) => {
    const [me, ann] = [await owner(), await owner()]
    const sent = await send(me, ann.address)
    expect(await tagsOf(me, await receive(me, ...mail(me, ann, sent)))).toEqual(want)
  })

  it('teaches ham of what it answers, a few times for one sender, and never of a plus-address', async () => {
    const me = await owner()
    const taughtOf = async (id: number) => {
      await reply(world.deps, me.reader, id, { ...EMPTY, text: 'Yes.' }, null)
      world.events.push({ shard: 0 })
      await world.settle()
      return (await readMessage(world.deps, me.reader, id))?.taught
    }
    const ann = await owner()
    const seen: unknown[] = []
    for (let n = 0; n < 5; n++) seen.push(await taughtOf(await receive(me, ann.address)))
    expect(seen).toEqual(['implicit-ham', 'implicit-ham', 'implicit-ham', null, null])
    const bob = await owner()
    const tagged = await receiveRaw(world, me.address.replace('@', '+shop@'), plainMessage({ From: bob.address }), {
      source: 'local',
    })
    expect(await taughtOf((tagged as { id: number }).id)).toBeNull()
    const automatic = await receive(me, bob.address, { 'Auto-Submitted': 'auto-replied' })
    expect(await taughtOf(automatic)).toBeNull()
    expect(await taughtOf(await receive(me, bob.address))).toBe('implicit-ham')
  })
})

const EMPTY = { from: null, to: null, cc: null, bcc: [], all: false, quote: false, html: null, attachments: [] }

describe('a stranger', () => {
  it('of whom nobody said anything is forgotten after half a year, and nobody else', async () => {
    const me = await owner()
    const kept = await receive(me, 'kept@shop.example')
    await report(world.deps, me.reader, kept, { as: 'ham', listSender: false })
    await receive(me, 'twice@gmail.com')
    await receive(me, 'twice@gmail.com')
    await receive(me, 'once@gmail.com')
    await send(me, 'written@gmail.com')
    const before = world.clock.ms
    const keys = await keysOf(me)
    await forgetOld(world.deps, 0)
    expect(await keysOf(me)).toEqual(keys)
    world.clock.ms += 200 * 86_400_000
    await forgetOld(world.deps, 0)
    world.clock.ms = before
    expect(await keysOf(me)).toEqual(keys.filter((key) => !/once@|twice@/.test(String(key))))
  })
})
