/** Replies, forwards and attachments by reference, over HTTP and through the mailbox on the other side. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, accountClient, type Client, deliver, utf8 } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let annId: number
let ann: Client
let bob: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld({ provider: { send: async () => ({ kind: 'delivered', providerId: 'p' }) } })
  annId = await makeAccount(world, 'ann@a.example')
  ann = await accountClient(world, annId)
  bob = await accountClient(world, await makeAccount(world, 'bob@b.example'))
})

const newest = async (client: Client) => (await client.get('/v1/messages?limit=1')).body.data[0]
const read = async (client: Client, id: string) => (await client.get(`/v1/messages/${id}?html=sanitized`)).body
const bytesOf = async (client: Client, id: string, part: string) =>
  new TextDecoder().decode((await client.get(`/v1/messages/${id}/attachments/${part}`)).bytes)

/** Sends, and gives the message as it arrives at the other side. */
async function sent(answer: Answer, to = bob) {
  expect(answer).toMatchObject({ status: 202 })
  await world.settle()
  return await read(to, (await newest(to)).id)
}

const PNG = 'iVBORw0KGgo='
const ILLUSTRATED = [
  ['--o', 'Content-Type: multipart/related; boundary=r', ''],
  ['--r', 'Content-Type: text/html; charset=utf-8', ''],
  ['<p onclick="x()">Grüße <img src="cid:Logo@x"><img src="https://pest.example/t.gif"><script>x()</script></p>'],
  ['--r', 'Content-Type: image/png', 'Content-Transfer-Encoding: base64', 'Content-ID: <logo@x>', '', PNG],
  ['--r--', '--o', 'Content-Type: application/pdf; name="b.pdf"', 'Content-Disposition: attachment; filename="b.pdf"'],
  ['Content-Transfer-Encoding: base64', '', 'UERG', '--o--', ''],
]
const illustrated = (over: { [name: string]: string } = {}) =>
  utf8(plainMessage({ 'Content-Type': 'multipart/mixed; boundary=o', ...over }, ILLUSTRATED.flat().join('\r\n')))

describe('an attachment by reference', () => {
  it('is what stands there: a part, or the whole message', async () => {
    const original = await deliver(world, ann, illustrated(), 'ann@a.example')
    const { attachments } = await read(ann, original.id)
    const pdf = attachments.find((one: { filename: string }) => one.filename === 'b.pdf').part
    const message = await sent(
      await ann.post('/v1/messages/send', {
        to: ['bob@b.example'],
        text: 'Look.',
        attachments: [
          { message: original.id, part: pdf },
          { message: original.id, part: pdf, filename: 'c.bin', content_type: 'application/x-own' },
          { filename: 'd.txt', content_type: 'text/plain', content: 'aGk=' },
        ],
      }),
    )
    expect(message.attachments.map((one: Answer['body']) => [one.filename, one.content_type])).toEqual([
      ['b.pdf', 'application/pdf'],
      ['c.bin', 'application/x-own'],
      ['d.txt', 'text/plain'],
    ])
    for (const [n, text] of ['PDF', 'PDF', 'hi'].entries())
      expect(await bytesOf(bob, message.id, message.attachments[n].part)).toBe(text)
  })

  it('is none that the key may not see', async () => {
    const foreign = (await newest(bob)).id
    const attach = (client: Client, reference: object) =>
      client.post('/v1/messages/send', { to: ['bob@b.example'], text: 'x', attachments: [reference] })
    const own = await newest(ann)
    for (const reference of [{ message: foreign }, { message: 'msg_zzz' }, { message: own.id, part: '99' }])
      expect(await attach(ann, reference)).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/attachments/0' }] },
      })
    const sender = await accountClient(world, annId, ['mail:send'])
    expect(await attach(sender, { message: own.id })).toMatchObject({ status: 403 })
    expect(await attach(ann, { message: own.id, content: 'aGk=' })).toMatchObject({ status: 422 })
  })
})

describe('a reply', () => {
  it('quotes what it answers, in text and in clean HTML with its pictures', async () => {
    const original = await deliver(
      world,
      ann,
      illustrated({ From: 'Bob <bob@b.example>', Subject: 'AW: Re: Tea' }),
      'ann@a.example',
    )
    const answer = { text: 'Yes.', html: '<p>Yes.</p>', quote: true }
    const message = await sent(await ann.post(`/v1/messages/${original.id}/reply`, answer))
    expect(message.subject).toBe('Re: Tea')
    expect(message.text).toBe('Yes.\n\nOn Sun, 01 Mar 2026 11:59 UTC, Bob <bob@b.example> wrote:\n> Grüße')
    expect(message.extracted_text).toBe('Yes.')
    expect(message.html).toMatch(/<p>Yes\.<\/p>[\s\S]*<blockquote[\s\S]*Grüße <img src="https?:[^"]*\/v1\/links\//)
    expect(message.html).not.toMatch(/script|onclick|pest\.example/)
    expect(message.attachments).toMatchObject([{ content_type: 'image/png', inline: true }])
    const raw = new TextDecoder().decode((await bob.get(`/v1/messages/${message.id}/raw`)).bytes)
    expect(raw).not.toMatch(/pest\.example|logo@x|onclick/i)
  })

  it('to all goes to everybody but oneself', async () => {
    const original = await deliver(
      world,
      ann,
      plainMessage({ From: 'bob@b.example', To: 'Ann@a.example, x@x.example', Cc: 'bob@b.example, y@y.example' }),
      'ann@a.example',
    )
    const answer = await ann.post(`/v1/messages/${original.id}/reply-all`, { text: 'All.' })
    expect(answer.body.recipients.map((one: { address: string }) => one.address)).toEqual([
      'bob@b.example',
      'x@x.example',
      'y@y.example',
    ])
  })

  it('keeps one conversation on both sides over sixty to and fro, in References that can be sent', async () => {
    const first = await sent(
      await ann.post('/v1/messages/send', { to: ['bob@b.example'], subject: 'Long talk', text: 'Hi.' }),
    )
    let message = first
    for (let n = 0; n < 60; n++) {
      const [from, to] = n % 2 === 0 ? [bob, ann] : [ann, bob]
      message = await sent(await from.post(`/v1/messages/${message.id}/reply`, { text: `No. ${n}` }), to)
    }
    expect(message.subject).toBe('Re: Long talk')
    const references = message.headers.find((one: { name: string }) => one.name === 'References').value
    expect(references.length).toBeLessThanOrEqual(2_048)
    expect(references.startsWith(`<${first.message_id}>`)).toBe(true)
    expect(references.endsWith(`<${message.in_reply_to}>`)).toBe(true)
    const thread = (await bob.get(`/v1/threads/${first.thread_id}`)).body
    expect(thread.messages?.length ?? thread.message_count).toBe(61)
  })
})

describe('a forward', () => {
  it('carries on the words, the pictures and the files', async () => {
    const original = await deliver(
      world,
      ann,
      illustrated({ Subject: 'Fwd: Tea', Cc: 'Cy <cy@c.example>' }),
      'ann@a.example',
    )
    const message = await sent(
      await ann.post(`/v1/messages/${original.id}/forward`, { to: ['bob@b.example'], text: '<b>See below.' }),
    )
    expect(message.subject).toBe('Fwd: Tea')
    expect(message.text).toContain(
      '<b>See below.\n\n---------- Forwarded message ----------\nFrom: Alice Example <alice@elsewhere.example>\n',
    )
    expect(message.text).toMatch(/Subject: Fwd: Tea\nTo: demo@postern\.test\nCc: Cy <cy@c\.example>\n\nGrüße/)
    expect(message.html).toContain('&lt;b&gt;See below.')
    expect(message.html).not.toMatch(/script|onclick|pest\.example/)
    expect(message.attachments.map((one: Answer['body']) => [one.content_type, one.inline])).toEqual([
      ['image/png', true],
      ['application/pdf', false],
    ])
    expect((await read(ann, original.id)).keywords).toEqual(['$forwarded'])
    const sentCopy = await newest(ann)
    expect(sentCopy.thread_id).toBe(original.thread_id)
  })

  it('leaves the files out where they are not wanted', async () => {
    const original = await deliver(world, ann, illustrated(), 'ann@a.example')
    const wanted = { to: ['bob@b.example'], include_attachments: false }
    const message = await sent(await ann.post(`/v1/messages/${original.id}/forward`, wanted))
    expect(message.attachments).toMatchObject([{ content_type: 'image/png' }])
  })

  it.each([
    ['message/rfc822', 'plain', 'message/rfc822'],
    ['a file, where its bytes cannot stand in a message', utf8('Grüße\r\n'), 'application/octet-stream'],
  ])('as a file is %s', async (_, body, type) => {
    const raw = plainMessage({ Subject: 'Tea / time' }, body)
    const original = await deliver(world, ann, raw, 'ann@a.example')
    const message = await sent(
      await ann.post(`/v1/messages/${original.id}/forward`, { to: ['bob@b.example'], as: 'attachment' }),
    )
    expect(message.attachments).toMatchObject([{ filename: 'Tea _ time.eml', content_type: type }])
    const { bytes } = await bob.get(`/v1/messages/${message.id}/attachments/${message.attachments[0].part}`)
    expect(String.fromCharCode(...bytes)).toContain(raw.trimEnd())
  })

  it('is refused without anybody to go to', async () => {
    const path = `/v1/messages/${(await newest(ann)).id}/forward`
    expect(await ann.post(path, { to: [] })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/to' }] } })
  })
})

describe('a raw message', () => {
  const raw = (over = '', head = 'From: Ann <ann@a.example>\r\nTo: bob@b.example\r\n') =>
    `${head}Subject: Raw\r\n${over}\r\nHi.\r\n`
  const post = (text: string, query = '') =>
    ann.call('POST', `/v1/messages/send-raw${query}`, { text, headers: { 'content-type': 'message/rfc822' } })

  it('is sent as it is, and its copy stands in Sent', async () => {
    const answer = await post(raw('Message-ID: <own@a.example>\r\nBcc: cy@c.example\r\nX-Own: 1\r\n'))
    expect(answer.body).toMatchObject({ message_id: 'own@a.example' })
    expect(answer.body.recipients.map((one: { address: string }) => one.address)).toEqual([
      'bob@b.example',
      'cy@c.example',
    ])
    const message = await sent(answer)
    expect(message).toMatchObject({ subject: 'Raw', message_id: 'own@a.example', text: 'Hi.\n', bcc: [] })
  })

  it('goes where the query says', async () => {
    const { body } = await post(raw(), '?recipients=Zoe%20%3Czoe@z.example%3E,y@y.example')
    expect(body.recipients.map((one: { address: string }) => one.address)).toEqual(['zoe@z.example', 'y@y.example'])
  })

  it.each([
    ['from somebody else', 403, raw('', 'From: bob@b.example\r\nTo: bob@b.example\r\n'), ''],
    ['from two', 422, raw('From: eve@e.example\r\n'), ''],
    ['to nobody', 422, raw('', 'From: ann@a.example\r\n'), ''],
    ['to what is no address', 422, raw(), '?recipients=a@b.example,,'],
  ])('%s is refused', async (_, status, text, query) => {
    expect((await post(text, query)).status).toBe(status)
  })
})
