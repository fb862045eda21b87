/** Sending over HTTP: from the call to the message in the other account's Inbox, and what is refused. */
import { beforeAll, describe, expect, it } from 'vitest'
import { changeAddress, createAddress, listAddresses } from '../../../src/access/addresses.ts'
import {
  type Answer,
  accountClient,
  type Client,
  deliver,
  mailboxWithRole,
  makeClient,
  readAll,
} from '../../helpers/http.ts'
import { suspend } from '../../helpers/suspend.ts'
import { makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let annId: number
let ann: Client
let bob: Client
let shop: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld({ provider: { send: async () => ({ kind: 'delivered', providerId: 'p' }) } })
  annId = await makeAccount(world, 'ann@a.example')
  ann = await accountClient(world, annId)
  bob = await accountClient(world, await makeAccount(world, 'bob@b.example'))
  const shopId = await makeAccount(world, 'shop@s.example', '*@s.example')
  shop = await accountClient(world, shopId)
  await makeAccount(world, 'other@s.example')
  await createAddress(world.deps, {
    address: 'sales@s.example',
    kind: 'alias',
    accountId: null,
    target: 'shop@s.example',
  })
  await createAddress(world.deps, { address: 'off@s.example', kind: 'address', accountId: shopId, target: null })
  const off = (await listAddresses(world.deps, shopId, 0, 10)).find(({ address }) => address === 'off@s.example')
  await changeAddress(world.deps, off?.id ?? 0, { enabled: false })
})

const hello = { to: ['bob@b.example'], subject: 'Hello', text: 'Hi.' }
const send = (client: Client, over: object) => client.post('/v1/messages/send', { ...hello, ...over })
const pointers = ({ body }: Answer) => body.errors.map((error: { pointer: string }) => error.pointer)
const newest = async (client: Client) => (await client.get('/v1/messages?limit=1')).body.data[0]

async function rawOf(client: Client, id: string): Promise<string> {
  return new TextDecoder().decode((await client.get(`/v1/messages/${id}/raw`)).bytes)
}

describe('a message to another account of this server', () => {
  it('comes into its Inbox as clean mail, and stands in Sent', async () => {
    const answer = await send(ann, { to: ['Bob <bob@b.example>'], text: 'Hi Bob.' })
    expect(answer).toMatchObject({
      status: 202,
      body: { id: expect.stringMatching(/^sub_/), recipients: [{ address: 'bob@b.example', status: 'queued' }] },
    })
    expect(answer.headers.get('location')).toBe(`/v1/submissions/${answer.body.id}`)
    expect(await world.settle()).toEqual([])
    const message = await newest(bob)
    expect(message).toMatchObject({
      subject: 'Hello',
      from: { address: 'ann@a.example' },
      message_id: answer.body.message_id,
      spam: { score: 0, verdict: 'inbox' },
    })
    expect(message.mailbox_ids).toEqual([await mailboxWithRole(bob, 'inbox')])
    expect((await bob.get(`/v1/messages/${message.id}`)).body).toMatchObject({
      text: 'Hi Bob.',
      authentication: { source: 'local', dmarc: { result: 'pass', domain: 'a.example' } },
    })
    const done = (await ann.get(`/v1/submissions/${answer.body.id}`)).body
    expect(done).toMatchObject({
      ...{ message: answer.body.message, message_id: answer.body.message_id, finished_at: '2026-03-01T12:00:00Z' },
      recipients: [{ address: 'bob@b.example', status: 'delivered', code: null, detail: null }],
    })
    const copy = (await ann.get(`/v1/messages/${answer.body.message}`)).body
    expect(copy).toMatchObject({ subject: 'Hello', unread: false, mailbox_ids: [await mailboxWithRole(ann, 'sent')] })
  })

  it('comes once to each, and nobody sees who was written to in secret', async () => {
    const answer = await send(ann, {
      to: ['BOB@b.example', 'bob@b.example'],
      bcc: ['Shop <shop@s.example>'],
      subject: 'Secret',
    })
    expect(answer.body.recipients.map((one: { address: string }) => one.address)).toEqual([
      'BOB@b.example',
      'shop@s.example',
    ])
    await world.settle()
    for (const [client, id] of [
      [ann, answer.body.message],
      [bob, (await newest(bob)).id],
      [shop, (await newest(shop)).id],
    ] as const)
      expect(await rawOf(client, id)).not.toMatch(/bcc|shop@s/i)
    expect((await bob.get('/v1/messages?subject=Secret')).body.data).toHaveLength(1)
  })

  it('comes although the copy in Sent is gone, and fails for an address that is not there', async () => {
    const answer = await send(ann, { to: ['bob@b.example', 'nobody@b.example'], subject: 'Gone' })
    await ann.delete(`/v1/messages/${answer.body.message}?permanent=true`)
    await ann.post('/v1/messages/batch', { ids: [answer.body.message], delete: 'permanent' })
    await world.settle()
    expect(await newest(bob)).toMatchObject({ subject: 'Gone' })
    expect((await ann.get(`/v1/submissions/${answer.body.id}`)).body.recipients).toMatchObject([
      { status: 'delivered' },
      { status: 'failed', code: '5.1.1', detail: 'No such recipient here' },
    ])
  })

  it('is sent once for one Idempotency-Key, whatever the body', async () => {
    const call = (text: string) =>
      ann.call('POST', '/v1/messages/send', {
        json: { ...hello, subject: 'Once', text },
        headers: { 'idempotency-key': 'k' },
      })
    const [first, second] = [await call('a'), await call('a')]
    expect(second.body).toEqual(first.body)
    await world.settle()
    expect((await bob.get('/v1/messages?subject=Once')).body.data).toHaveLength(1)
    expect((await ann.get('/v1/messages?subject=Once')).body.data).toHaveLength(1)
    const other = await accountClient(
      world,
      annId,
      ['mail:send', 'mail:read'],
      (await listAddresses(world.deps, annId, 0, 1))[0]?.id,
    )
    const bound = await other.call('POST', '/v1/messages/send', { json: hello, headers: { 'idempotency-key': 'k' } })
    expect(bound.body.id).not.toBe(first.body.id)
  })

  it('carries its HTML, files and fields', async () => {
    const content = btoa('content')
    await send(ann, {
      from: { name: 'Änn', address: 'ann+tag@a.example' },
      reply_to: ['Desk <desk@a.example>'],
      text: undefined,
      html: '<p>Hi <b>Bob</b><img src="cid:i@a">',
      headers: { 'X-Campaign': 'spring', 'List-Unsubscribe': '<https://a.example/u>' },
      attachments: [
        { filename: 'Übersicht.pdf', content_type: 'application/pdf', content },
        { filename: 'i.png', content_type: 'image/png', content, content_id: 'i@a' },
      ],
    })
    await world.settle()
    const { id } = await newest(bob)
    expect((await bob.get(`/v1/messages/${id}`)).body).toMatchObject({
      from: { name: 'Änn', address: 'ann+tag@a.example' },
      reply_to: [{ name: 'Desk', address: 'desk@a.example' }],
      text: expect.stringContaining('Hi Bob'),
      attachments: [{ content_id: 'i@a' }, { filename: 'Übersicht.pdf', size: 7 }],
      headers: expect.arrayContaining([{ name: 'X-Campaign', value: 'spring' }]),
    })
  })
})

describe('from', () => {
  it.each(['shop@s.example', 'Shop <SHOP+x@s.example>', 'sales@s.example', 'anything@s.example'])(
    'may be %s',
    async (from) => {
      expect((await send(shop, { from })).status).toBe(202)
    },
  )

  it.each([
    'bob@b.example',
    'other@s.example',
    'other+x@s.example',
    'off@s.example',
    '*@s.example',
    'x@elsewhere.example',
  ])('may not be %s', async (from) => {
    const answer = await send(shop, { from })
    expect([answer.status, answer.body.code, pointers(answer)]).toEqual([403, 'forbidden', ['/from']])
  })

  it('must be named where there are several', async () => {
    const answer = await send(shop, {})
    expect([answer.status, pointers(answer)]).toEqual([422, ['/from']])
  })

  it('is nobody while the account is suspended, and what waits is held back', async () => {
    const id = await makeAccount(world, 'sue@u.example')
    const sue = await accountClient(world, id)
    const waiting = await send(sue, { subject: 'Held' })
    await suspend(world, id, true)
    await world.settle()
    expect((await send(sue, {})).status).toBe(403)
    expect((await bob.get('/v1/messages?subject=Held')).body.data).toEqual([])
    await suspend(world, id, false)
    world.clock.ms += 3_600_000
    world.outbound.push({ shard: 0 })
    await world.settle()
    expect((await sue.get(`/v1/submissions/${waiting.body.id}`)).body.recipients).toMatchObject([
      { status: 'delivered' },
    ])
  })
})

describe('a key of one address', () => {
  it('sends as that address only, and sees its submissions only', async () => {
    const id = await makeAccount(world, 'one@k.example', 'two@k.example')
    const [one, two] = await listAddresses(world.deps, id, 0, 2)
    const whole = await accountClient(world, id)
    const bound = await accountClient(world, id, ['mail:send', 'mail:read'], one?.id ?? 0)
    const foreign = (await send(whole, { from: 'two@k.example' })).body
    const own = (await send(bound, {})).body
    expect(two?.address).toBe('two@k.example')
    expect(pointers(await send(bound, { from: 'two@k.example' }))).toEqual(['/from'])
    expect((await bound.get(`/v1/submissions/${foreign.id}`)).status).toBe(404)
    expect((await bound.get(`/v1/submissions/${own.id}`)).status).toBe(200)
    expect((await readAll(bound, '/v1/submissions')).map((all) => all.id)).toEqual([own.id])
    expect((await readAll(whole, '/v1/submissions?limit=1')).map((all) => all.id)).toEqual([own.id, foreign.id])
    expect((await bound.get('/v1/messages')).body.data.map((all: { id: string }) => all.id)).toEqual([own.message])
    expect((await bound.post(`/v1/messages/${foreign.message}/reply`, { text: 'a' })).status).toBe(404)
  })
})

describe('what is refused', () => {
  it.each<[string, object]>([
    ['/to', { to: [] }],
    ['/to/0', { to: [1] }],
    ['/to/0', { to: ['<a@b.example> <c@d.example>'] }],
    ['/to/0', { to: ['bob'] }],
    ['/to/0', { to: ['Bob\r\nX: 1 <bob@b.example>'] }],
    ['/to/1', { to: ['bob@b.example', { name: 'Bob\n', address: 'bob@b.example' }] }],
    ['/cc', { cc: Array.from({ length: 51 }, () => 'bob@b.example') }],
    ['/bcc/0', { bcc: ['bob@b.example\r\n'] }],
    ['/reply_to/0', { reply_to: ['x'] }],
    ['/from', { from: 'ann@a.example\0' }],
    ['/subject', { subject: 'a\r\nBcc: x@y.example' }],
    ['/text', { text: undefined }],
    ['/headers/From', { headers: { From: 'x@y.example' } }],
    ['/headers/X-A', { headers: { 'X-A': 'a\nb' } }],
    ['/attachments/0/content', { attachments: [{ filename: 'a', content_type: 'a/b', content: 'a' }] }],
    ['/attachments/0/content', { attachments: [{ filename: 'a', content_type: 'a/b', content: 'YQ==\r\n' }] }],
    ['/attachments/0/filename', { attachments: [{ filename: 'a\r\n', content_type: 'a/b', content: '' }] }],
    ['/attachments/0/content_type', { attachments: [{ filename: 'a', content_type: 'a', content: '' }] }],
    ['/nonsense', { nonsense: 1 }],
  ])('%s %j', async (pointer, over) => {
    const answer = await send(ann, over)
    expect([answer.status, pointers(answer)]).toEqual([422, [pointer]])
  })

  it('is mail to elsewhere without a provider, and a message that no provider of the domain takes', async () => {
    const alone = makeWorld()
    const key = await accountClient(alone, annId)
    expect((await send(key, { to: ['x@elsewhere.example'] })).body.code).toBe('not-configured')
    const large = { filename: 'a', content_type: 'a/b', content: 'A'.repeat(5_300_000) }
    const small = makeWorld({
      provider: { bytesMax: 5_242_880, send: async () => ({ kind: 'delivered', providerId: 'p' }) },
    })
    const narrow = await accountClient(small, annId)
    const answer = await send(narrow, { to: ['x@elsewhere.example'], attachments: [large] })
    expect((await send(narrow, { attachments: [large] })).status).toBe(202)
    expect([answer.status, answer.body.detail]).toEqual([413, expect.stringContaining('5242880 bytes')])
  })

  it.each([
    ['/v1/messages/send', 8_388_608],
    ['/v1/messages/msg_1/reply', 8_388_608],
    ['/v1/messages/import', 26_214_400],
    ['/v1/keys', 65_536],
  ])('by %s is a body of more than %d bytes', async (path, bytesMax) => {
    const headers = { 'content-type': path.endsWith('import') ? 'message/rfc822' : 'application/json' }
    const over = await makeClient(world.deps, null).call('POST', path, { text: ' '.repeat(bytesMax + 1), headers })
    expect([over.status, over.body.detail]).toEqual([413, `The body may have at most ${bytesMax} bytes.`])
    const within = await makeClient(world.deps, null).call('POST', path, { text: ' '.repeat(bytesMax), headers })
    expect(within.status).toBe(401)
  })
})

describe('a reply', () => {
  const from = (over: Record<string, string>) => deliver(world, ann, plainMessage(over), 'ann+list@a.example')

  it('goes to Reply-To, as the address that was written to, and marks the message as answered', async () => {
    const original = await from({ 'Reply-To': 'Desk <bob@b.example>', Subject: 'Question', References: '<root@x>' })
    const answer = await ann.post(`/v1/messages/${original.id}/reply`, { text: 'Answer.' })
    expect(answer.status).toBe(202)
    await world.settle()
    const copy = (await ann.get(`/v1/messages/${answer.body.message}`)).body
    expect(copy).toMatchObject({
      ...{ thread_id: original.thread_id, subject: 'Re: Question', in_reply_to: original.message_id },
      from: { address: 'ann+list@a.example' },
      to: [{ name: 'Desk', address: 'bob@b.example' }],
      references: ['root@x', original.message_id],
    })
    expect((await ann.get(`/v1/messages/${original.id}`)).body.answered).toBe(true)
  })

  it('stands in one conversation on both sides', async () => {
    await send(ann, { subject: 'Lunch?' })
    await world.settle()
    const asked = await newest(bob)
    const answer = await bob.post(`/v1/messages/${asked.id}/reply`, { text: 'Yes.' })
    await world.settle()
    expect((await bob.get(`/v1/messages/${answer.body.message}`)).body.thread_id).toBe(asked.thread_id)
    const received = await newest(ann)
    const sent = (await ann.get(`/v1/threads/${received.thread_id}`)).body.messages
    expect(sent.map((one: { subject: string }) => one.subject)).toEqual(['Re: Lunch?', 'Lunch?'])
  })

  it('to all leaves out oneself, and whoever is answered already', async () => {
    const original = await from({
      From: 'bob@b.example',
      To: 'ann@a.example, Bob <bob@b.example>, x@elsewhere.example',
      Cc: 'ann+list@a.example, X@elsewhere.example, shop@s.example',
    })
    const answer = await ann.post(`/v1/messages/${original.id}/reply`, {
      text: 'All.',
      all: true,
      bcc: ['other@s.example'],
    })
    expect(answer.body.recipients.map((one: { address: string }) => one.address)).toEqual([
      'bob@b.example',
      'x@elsewhere.example',
      'shop@s.example',
      'other@s.example',
    ])
  })

  it('goes where it is told to, and not as somebody else', async () => {
    const original = await from({})
    const path = `/v1/messages/${original.id}/reply`
    const told = await ann.post(path, { text: 'a', to: ['shop@s.example'], cc: [], from: 'ann@a.example' })
    expect(told.body.recipients).toMatchObject([{ address: 'shop@s.example' }])
    expect(pointers(await ann.post(path, { text: 'a', from: 'bob@b.example' }))).toEqual(['/from'])
    expect(pointers(await ann.post(path, {}))).toEqual(['/text'])
  })

  it('takes a key that may read too', async () => {
    const original = await from({})
    const sender = await accountClient(world, annId, ['mail:send'])
    const answer = await sender.post(`/v1/messages/${original.id}/reply`, { text: 'a' })
    expect([answer.status, answer.body.detail]).toEqual([403, 'This key lacks the scope mail:read.'])
  })
})
