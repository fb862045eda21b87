/** Drafts over HTTP: what is written is read back, whoever changes it, and is sent once. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, accountClient, type Client, deliver, mailboxWithRole, utf8 } from '../../helpers/http.ts'
import { latin1, makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

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

const make = async (over: object = {}): Promise<Answer['body']> => {
  const answer = await ann.post('/v1/drafts', over)
  expect([answer.status, answer.body.errors]).toEqual([201, undefined])
  return answer.body
}
const read = async (id: string) => (await ann.get(`/v1/drafts/${id}`)).body
const newest = async (client: Client) => (await client.get('/v1/messages?limit=1')).body.data[0]
const inDrafts = async () =>
  (await ann.get(`/v1/messages?mailbox=${await mailboxWithRole(ann, 'drafts')}`)).body.data.map(
    (one: Answer['body']) => one.id,
  )
const upload = (id: string, bytes: string, query: string, headers: Record<string, string> = {}) =>
  ann.call('POST', `/v1/drafts/${id}/attachments?${query}`, {
    text: bytes,
    headers: { 'content-type': 'application/octet-stream', ...headers },
  })

const FULL = {
  from: { name: 'Ann, "A"', address: 'ann@a.example' },
  to: ['Bob <bob@b.example>'],
  cc: ['cy@c.example'],
  bcc: ['dee@d.example'],
  reply_to: ['ann@a.example'],
  subject: 'Grüße =?utf-8?Q?x?=',
  text: 'Hi.\n\nFrom here\n.\n',
  html: '<p>Hi <b>Bob</b>',
  headers: { 'X-Own': 'ü', References: '<a@a> <b@b>' },
  attachments: [{ filename: 'ä.txt', content_type: 'text/plain', content: 'aGk=' }],
}

describe('a draft', () => {
  it('is a message in Drafts, and is read back as it was written', async () => {
    const made = await make(FULL)
    const draft = await read(made.id)
    expect(draft).toMatchObject({
      from: { name: 'Ann, "A"', address: 'ann@a.example' },
      to: [{ name: 'Bob', address: 'bob@b.example' }],
      cc: [{ address: 'cy@c.example' }],
      bcc: [{ address: 'dee@d.example' }],
      reply_to: [{ address: 'ann@a.example' }],
      subject: FULL.subject,
      text: FULL.text.trimEnd(),
      html: FULL.html,
      headers: [
        { name: 'X-Own', value: 'ü' },
        { name: 'References', value: '<a@a> <b@b>' },
      ],
      attachments: [{ filename: 'ä.txt', content_type: 'text/plain', size: 2 }],
    })
    const message = (await ann.get(`/v1/messages/${made.message}`)).body
    expect(message).toMatchObject({ draft: true, unread: false, mailbox_ids: [await mailboxWithRole(ann, 'drafts')] })
    expect((await ann.get('/v1/drafts?limit=1')).body.data).toMatchObject([{ id: made.id, subject: FULL.subject }])
  })

  it.each([{}, { html: '<p>Hi' }, { text: '' }, { bcc: ['dee@d.example'] }])('may be unfinished: %j', async (given) => {
    const { text = null, html = null } = await read((await make(given)).id)
    expect({ text, html }).toEqual({ text: null, html: null, ...('bcc' in given ? {} : given) })
  })

  it('changes by itself, and keeps its id, its conversation and what was not named', async () => {
    const made = await make(FULL)
    const before = await inDrafts()
    const changed = await ann.patch(`/v1/drafts/${made.id}`, { text: null, subject: 'New', cc: [] })
    expect(changed).toMatchObject({
      status: 200,
      body: {
        ...made,
        ...changed.body,
        id: made.id,
        subject: 'New',
        text: null,
        cc: [],
        html: FULL.html,
        bcc: made.bcc,
      },
    })
    expect(changed.body.message).not.toBe(made.message)
    expect((await inDrafts()).length).toBe(before.length)
    expect((await ann.get(`/v1/messages/${made.message}`)).status).toBe(404)
    expect((await ann.get(`/v1/messages/${changed.body.message}`)).body.text).toBe('Hi Bob')
    const again = await ann.patch(`/v1/drafts/${made.id}`, { to: [] })
    expect([again.body.text, again.body.html, again.body.thread_id]).toEqual([null, FULL.html, changed.body.thread_id])
    const ids = await Promise.all([changed, again].map(({ body }) => ann.get(`/v1/messages/${body.message}`)))
    expect(ids[1]?.status).toBe(200)
  })

  it('is not changed, sent or deleted over what another has changed', async () => {
    const made = await make({ text: 'a' })
    const path = `/v1/drafts/${made.id}`
    const first = (await ann.get(path)).headers.get('etag') as string
    expect(await ann.get(path, { 'if-none-match': first })).toMatchObject({ status: 304 })
    const stale = { headers: { 'if-match': first } }
    expect((await ann.call('PATCH', path, { ...stale, json: { text: 'b' } })).status).toBe(200)
    const calls: [string, string, object][] = [
      ['PATCH', path, { json: { text: 'c' } }],
      ['POST', `${path}/send`, {}],
      ['DELETE', path, {}],
      ['DELETE', `${path}/attachments/1`, {}],
    ]
    for (const [method, to, more] of calls)
      expect([method, (await ann.call(method, to, { ...stale, ...more })).status]).toEqual([method, 412])
    expect((await upload(made.id, 'x', 'filename=a', stale.headers)).status).toBe(412)
    expect(await read(made.id)).toMatchObject({ text: 'b' })
  })

  it('loses no change of many at once', async () => {
    const made = await make({ text: 'a' })
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => upload(made.id, name, `filename=${name}`)))
    const kept = answers.filter(({ status }) => status === 200).length
    expect(kept).toBeGreaterThan(0)
    expect((await read(made.id)).attachments.length).toBe(kept)
  })

  it('is made once for one Idempotency-Key, and goes with its message', async () => {
    const call = () => ann.call('POST', '/v1/drafts', { json: { text: 'once' }, headers: { 'idempotency-key': 'd' } })
    const [first, second] = [await call(), await call()]
    expect(second.body).toEqual(first.body)
    await ann.delete(`/v1/messages/${first.body.message}`)
    await ann.delete(`/v1/messages/${first.body.message}`)
    expect((await ann.get(`/v1/drafts/${first.body.id}`)).status).toBe(404)
  })

  it('is deleted for good', async () => {
    const made = await make({ text: 'a' })
    expect((await ann.delete(`/v1/drafts/${made.id}`)).status).toBe(204)
    expect([await ann.get(`/v1/drafts/${made.id}`), await ann.get(`/v1/messages/${made.message}`)]).toMatchObject([
      { status: 404 },
      { status: 404 },
    ])
    expect((await ann.get('/v1/drafts')).body.data.some(({ id }: { id: string }) => id === made.id)).toBe(false)
  })

  it.each([
    ['/to/0', { to: ['Bob\r\nX: 1 <bob@b.example>'] }, 422],
    ['/subject', { subject: 'a\r\nBcc: eve@e.example' }, 422],
    ['/headers/Bcc', { headers: { Bcc: 'eve@e.example' } }, 422],
    ['/headers/X-Postern-Text', { headers: { 'X-Postern-Text': 'made' } }, 422],
    ['/from', { from: 'bob@b.example' }, 403],
    ['/attachments/0', { attachments: [{ message: 'msg_zzz' }] }, 422],
  ])('is refused with a wrong %s', async (pointer, given, status) => {
    const made = await make({})
    for (const answer of [await ann.post('/v1/drafts', given), await ann.patch(`/v1/drafts/${made.id}`, given)])
      expect(answer).toMatchObject({ status, body: { errors: [{ pointer }] } })
  })
})

describe('a file of a draft', () => {
  it('is uploaded as it is, taken away again, and found by what stands in another message', async () => {
    const made = await make({ text: 'a' })
    const first = await upload(made.id, 'bytes\r\n\0ü', 'filename=pl%C3%A4n.pdf&content_type=application/pdf')
    expect(first.body.attachments).toMatchObject([{ filename: 'plän.pdf', content_type: 'application/pdf' }])
    const [{ part }] = first.body.attachments
    const bytes = (await ann.get(`/v1/messages/${first.body.message}/attachments/${part}`)).bytes
    expect(new TextDecoder().decode(bytes)).toBe('bytes\r\n\0ü')
    const original = await deliver(world, ann, plainMessage(), 'ann@a.example')
    const second = await ann.patch(`/v1/drafts/${made.id}`, { attachments: [{ message: original.id }] })
    expect(second.body.attachments).toMatchObject([{ content_type: 'message/rfc822' }])
    const third = await upload(made.id, 'x', 'filename=x')
    expect(third.body.attachments).toMatchObject([{ content_type: 'message/rfc822' }, { filename: 'x' }])
    const gone = await ann.delete(`/v1/drafts/${made.id}/attachments/${third.body.attachments[0].part}`)
    expect(gone.body.attachments).toMatchObject([{ filename: 'x' }])
    expect((await ann.delete(`/v1/drafts/${made.id}/attachments/9`)).status).toBe(404)
  })

  it('may have 20 MiB, and go so', async () => {
    const made = await make({ to: ['bob@b.example'], text: 'a', subject: 'Large' })
    const size = 20 * 1024 * 1024
    const answer = await upload(made.id, 'x'.repeat(size), 'filename=large.bin')
    expect(answer.body.attachments).toMatchObject([{ size }])
    expect((await upload(made.id, 'x', 'filename=more.bin')).status).toBe(413)
    expect((await ann.post(`/v1/drafts/${made.id}/send`, undefined)).status).toBe(202)
    await world.settle()
    const [got] = (await bob.get('/v1/messages?subject=Large')).body.data
    expect((await bob.get(`/v1/messages/${got.id}`)).body.attachments).toMatchObject([{ size }])
  })
})

describe('sending a draft', () => {
  it('may wait, and be taken back', async () => {
    const made = await make({ to: ['bob@b.example'], text: 'a' })
    const sendAt = new Date(world.clock.ms + 86_400_000).toISOString().replace(/:\d\d\.\d+Z$/, ':00Z')
    for (const wrong of [{ undo_seconds: 1_000 }, { send_at: 'tomorrow' }, { sendAt }, []])
      expect((await ann.post(`/v1/drafts/${made.id}/send`, wrong)).status).toBe(422)
    // A time that stands where it is not read must not send the draft at once.
    const form = { body: `{"send_at":"${sendAt}"}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    expect((await ann.call('POST', `/v1/drafts/${made.id}/send`, form)).status).toBe(415)
    const { body } = await ann.post(`/v1/drafts/${made.id}/send`, { send_at: sendAt })
    expect(body.send_at).toBe(sendAt)
    expect((await ann.get(`/v1/submissions/${body.id}`)).body).toMatchObject({ send_at: sendAt, finished_at: null })
    const cancelled = await ann.post(`/v1/submissions/${body.id}/cancel`, undefined)
    expect(cancelled.body.recipients).toMatchObject([{ status: 'cancelled' }])
  })

  it('takes it out of Drafts and into Sent, once, and tells nobody of Bcc', async () => {
    const made = await make({ ...FULL, cc: [], attachments: [] })
    const answer = await ann.post(`/v1/drafts/${made.id}/send`, undefined)
    expect(answer).toMatchObject({ status: 202 })
    expect(answer.body.recipients.map((one: { address: string }) => one.address)).toEqual([
      'bob@b.example',
      'dee@d.example',
    ])
    expect((await ann.post(`/v1/drafts/${made.id}/send`, undefined)).body.id).toBe(answer.body.id)
    expect([await ann.get(`/v1/drafts/${made.id}`), await ann.get(`/v1/messages/${made.message}`)]).toMatchObject([
      { status: 404 },
      { status: 404 },
    ])
    const copy = (await ann.get(`/v1/messages/${answer.body.message}`)).body
    expect(copy).toMatchObject({ draft: false, mailbox_ids: [await mailboxWithRole(ann, 'sent')], bcc: [] })
    await world.settle()
    const received = await newest(bob)
    expect(received.subject).toBe(FULL.subject)
    const raw = new TextDecoder().decode((await bob.get(`/v1/messages/${received.id}/raw`)).bytes)
    expect(raw).not.toMatch(/bcc|dee@|x-postern/i)
    const found = await ann.get('/v1/messages?q=Gr%C3%BC%C3%9Fe')
    expect(found.body.data.filter((one: Answer['body']) => one.message_id === answer.body.message_id)).toHaveLength(1)
  })

  it('goes once, of many calls at once', async () => {
    const made = await make({ to: ['bob@b.example'], subject: 'At once', text: 'a' })
    const answers = await Promise.all([1, 2, 3].map(() => ann.post(`/v1/drafts/${made.id}/send`, undefined)))
    const sent = answers.filter(({ status }) => status === 202)
    expect(sent.length).toBeGreaterThan(0)
    expect(new Set(sent.map(({ body }) => body.id)).size).toBe(1)
    await world.settle()
    expect((await bob.get('/v1/messages?subject=%22At+once%22')).body.data).toHaveLength(1)
  })

  it('is refused without anybody to go to, and the draft stays', async () => {
    const made = await make({ text: 'a' })
    expect((await ann.post(`/v1/drafts/${made.id}/send`, undefined)).status).toBe(422)
    expect((await ann.get(`/v1/drafts/${made.id}`)).status).toBe(200)
  })

  it('sends what was made elsewhere, once it is adopted', async () => {
    const raw = utf8(
      'From: ann@a.example\r\nTo: bob@b.example\r\nBcc: x@x.example\r\nSubject: Elsewhere\r\n\r\nHi.\r\n',
    )
    const imported = await ann.call('POST', '/v1/messages/import?draft=true', {
      text: new TextDecoder().decode(latin1(raw)),
      headers: { 'content-type': 'message/rfc822' },
    })
    expect((await ann.post('/v1/drafts/adopt', { message: (await newest(bob)).id })).status).toBe(422)
    const adopted = await ann.post('/v1/drafts/adopt', { message: imported.body.id })
    expect(adopted).toMatchObject({ status: 201, body: { subject: 'Elsewhere', bcc: [{ address: 'x@x.example' }] } })
    expect((await ann.post('/v1/drafts/adopt', { message: imported.body.id })).body.id).toBe(adopted.body.id)
    const sent = await ann.post(`/v1/drafts/${adopted.body.id}/send`, undefined)
    expect(sent.body.recipients).toHaveLength(2)
  })
})
