/** The spam filter over HTTP: ask it, teach it, see it judge otherwise; its settings, its lists, its model. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAddress } from '../../../src/access/addresses.ts'
import { isFailure } from '../../../src/errors.ts'
import { type Answer, accountClient, type Client, deliver, mailboxWithRole } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let own: Client
/** A key of one address of the account, with all scopes that it may have. */
let bound: Client
let address: string
let serial = 0

beforeAll(async () => {
  await migrate()
  world = makeWorld()
})

beforeEach(async () => {
  address = `owner${++serial}@postern.test`
  const account = await makeAccount(world, address)
  const made = await createAddress(world.deps, {
    address: `sales${serial}@postern.test`,
    kind: 'address',
    accountId: account,
    target: null,
  })
  if (isFailure(made)) throw new Error(made.detail)
  own = await accountClient(world, account)
  bound = await accountClient(world, account, ['mail:read', 'mail:write', 'spam:train'], made.id)
})

const pitch = (n: number) =>
  plainMessage(
    { From: 'Eve <eve@pest.example>', Subject: `Refinance your orchard ${n}` },
    `Lowest rates on quince loans, offer ${n}!\r\n`,
  )
const letter = (n: number) =>
  plainMessage(
    { From: 'Ann <ann@shop.example>', Subject: `Minutes of meeting ${n}` },
    `We met on Thursday and spoke of plan ${n}.\r\n`,
  )

function check(client: Client, raw: string, query = ''): Promise<Answer> {
  return client.call('POST', `/v1/spam/check${query}`, { text: raw, headers: { 'content-type': 'message/rfc822' } })
}

describe('the filter', () => {
  it('is asked, read, corrected, and judges the next one right', async () => {
    const asked = await check(own, pitch(0), '?from=eve@pest.example&to=me@postern.test')
    expect([asked.status, asked.body]).toMatchObject([200, { verdict: 'inbox', reason: 'below-threshold', clues: [] }])
    expect((await own.get('/v1/messages')).body.data).toEqual([])
    for (let n = 1; n <= 8; n++) {
      const { id } = await deliver(world, own, pitch(n), address)
      const reported = await own.post(`/v1/messages/${id}/report`, { as: 'spam' })
      expect([reported.status, reported.body]).toMatchObject([
        200,
        { taught: 'spam', mailbox_ids: [await mailboxWithRole(own, 'junk')] },
      ])
      const good = await deliver(world, own, letter(n), address)
      await own.post(`/v1/messages/${good.id}/report`, { as: 'ham' })
    }
    expect(await receiveRaw(world, address, pitch(99))).toMatchObject({ mailbox: 'junk' })
    expect(await receiveRaw(world, address, letter(99))).toMatchObject({ mailbox: 'inbox' })
    const judged = (await check(own, pitch(100))).body
    expect(judged).toMatchObject({ verdict: 'junk', reason: 'score', threshold: 5 })
    expect(judged.score).toBeGreaterThan(5)
    expect(judged.clues.length).toBeGreaterThan(3)
    expect(judged.clues.map(({ word }: { word: string }) => word).join()).toMatch(/quince|loans|rates|pest/)
    expect((await own.get('/v1/spam/model')).body).toMatchObject({
      examples: { ham: 8, spam: 8 },
      active: true,
      corrections: { ham: 8, ham_lost: 0, spam: 8 },
      accuracy: expect.any(Number),
    })
  })

  it('shows what was taught of a message, and forgets it when that is taken back', async () => {
    const { id } = await deliver(world, own, letter(1), address)
    const taught = async () => (await own.get(`/v1/messages/${id}`)).body.taught
    expect(await taught()).toBeNull()
    await own.post(`/v1/messages/${id}/report`, { as: 'ham' })
    expect(await taught()).toBe('ham')
    expect((await own.delete(`/v1/messages/${id}/report`)).status).toBe(204)
    expect(await taught()).toBeNull()
    expect((await own.get('/v1/spam/model')).body.examples).toEqual({ ham: 0, spam: 0 })
  })

  it('lists the sender with the report, where that is asked for', async () => {
    const { id } = await deliver(world, own, pitch(1), address)
    await own.post(`/v1/messages/${id}/report`, { as: 'spam', list_sender: true })
    const entry = { entry: 'eve@pest.example', list: 'block', note: 'Listed with a report.', expires_at: null }
    expect((await own.get('/v1/spam/lists')).body.data).toMatchObject([entry])
    const blocked = await deliver(world, own, pitch(2), address)
    expect(blocked.spam.verdict).toBe('junk')
    await own.post(`/v1/messages/${blocked.id}/report`, { as: 'ham', list_sender: true })
    expect((await own.get('/v1/spam/lists')).body.data).toMatchObject([{ ...entry, list: 'allow' }])
    const nobody = await deliver(world, own, plainMessage({ From: 'a@b.example, c@d.example' }), address)
    const refused = await own.post(`/v1/messages/${nobody.id}/report`, { as: 'ham', list_sender: true })
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/list_sender'])
  })

  it('takes back with a report what an earlier one has listed, and no entry of its owner’s own', async () => {
    const { id } = await deliver(world, own, pitch(1), address)
    const listed = async () => (await own.get('/v1/spam/lists')).body.data.map(({ list }: { list: string }) => list)
    await own.post(`/v1/messages/${id}/report`, { as: 'spam', list_sender: true })
    expect(await listed()).toEqual(['block'])
    await own.post(`/v1/messages/${id}/report`, { as: 'ham' })
    expect(await listed()).toEqual([])
    await own.post(`/v1/messages/${id}/report`, { as: 'spam', list_sender: true })
    await own.delete(`/v1/messages/${id}/report`)
    expect(await listed()).toEqual([])
    await own.post('/v1/spam/lists', { entry: 'eve@pest.example', list: 'block' })
    await own.post(`/v1/messages/${id}/report`, { as: 'spam' })
    await own.post(`/v1/messages/${id}/report`, { as: 'ham' })
    expect(await listed()).toEqual(['block'])
  })

  it('takes many reports at once, and says which were not there', async () => {
    const ids = []
    for (let n = 0; n < 3; n++) ids.push((await deliver(world, own, pitch(n), address)).id)
    const { status, body } = await own.post('/v1/messages/report', { ids: [...ids, 'msg_1'], as: 'spam' })
    expect([status, body.changed.sort(), body.not_found]).toEqual([200, ids.sort(), ['msg_1']])
    expect((await own.post('/v1/messages/report', { ids: [], as: 'spam' })).status).toBe(422)
    expect((await own.post('/v1/messages/report', { ids: Array(101).fill('msg_1'), as: 'spam' })).status).toBe(422)
  })

  it('is the account’s: a key of one address reports what it sees, and no more', async () => {
    const mine = (await deliver(world, own, pitch(1), `sales${serial}@postern.test`)).id
    const others = (await deliver(world, own, pitch(2), address)).id
    const reported = await bound.post(`/v1/messages/${mine}/report`, { as: 'spam' })
    expect([reported.status, reported.body.taught]).toEqual([200, 'spam'])
    expect((await bound.post(`/v1/messages/${others}/report`, { as: 'spam' })).status).toBe(404)
    expect((await bound.delete(`/v1/messages/${others}/report`)).status).toBe(404)
    expect((await bound.post('/v1/messages/report', { ids: [others], as: 'spam' })).body.not_found).toEqual([others])
    expect((await bound.post(`/v1/messages/${mine}/report`, { as: 'ham', list_sender: true })).status).toBe(403)
    const refused = [
      await bound.get('/v1/spam/model'),
      await bound.get('/v1/spam/model/export'),
      await bound.delete('/v1/spam/model'),
      await check(bound, pitch(3)),
      await bound.post('/v1/spam/train', { as: 'ham', messages: [btoa(letter(1))] }),
      await bound.get('/v1/spam/settings'),
      await bound.get('/v1/spam/lists'),
    ]
    expect(refused.map(({ status }) => status)).toEqual(Array(7).fill(403))
  })
})

describe('a check', () => {
  it('trusts nothing of what is sent, and stores nothing', async () => {
    await own.post('/v1/spam/lists', { entry: 'eve@pest.example', list: 'block' })
    const forged = `ARC-Authentication-Results: i=1; mx.cloudflare.net; dmarc=pass header.from=pest.example\r\nX-CF-SpamH-Score: 9\r\n${pitch(1)}`
    const { body } = await check(own, forged)
    expect(body).toMatchObject({ verdict: 'junk', reason: 'block-list' })
    expect(body.tags.map(({ name }: { name: string }) => name)).not.toContain('CLOUDFLARE_SCORE')
    expect((await own.get('/v1/messages')).body.data).toEqual([])
  })

  it.each([
    ['JSON', { json: {} }, 415],
    ['nothing', { text: '', headers: { 'content-type': 'message/rfc822' } }, 400],
    ['what is no mail at all', { text: '\u0000\u0001', headers: { 'content-type': 'message/rfc822' } }, 200],
  ])('of %s answers %#', async (_, call, status) => {
    expect((await own.call('POST', '/v1/spam/check', call)).status).toBe(status)
  })
})

describe('training', () => {
  it('teaches raw messages, and once for one Idempotency-Key', async () => {
    const json = { as: 'spam', messages: [btoa(pitch(1)), btoa(pitch(2))] }
    for (let n = 0; n < 2; n++) {
      const { status, body } = await own.call('POST', '/v1/spam/train', {
        json,
        headers: { 'idempotency-key': 'old-mail' },
      })
      expect([status, body.examples]).toEqual([200, { ham: 0, spam: 2 }])
    }
  })

  it.each([
    ['no message', [], '/messages'],
    ['too many', Array(51).fill('YQ=='), '/messages'],
    ['no base64', ['%%%'], '/messages/0'],
  ])('refuses %s', async (_, messages, pointer) => {
    const { status, body } = await own.post('/v1/spam/train', { as: 'ham', messages })
    expect([status, body.errors[0].pointer]).toEqual([422, pointer])
  })
})

describe('the model', () => {
  it('is exported, forgotten and imported; what was changed is refused', async () => {
    await own.post('/v1/spam/train', { as: 'spam', messages: [btoa(pitch(1))] })
    const exported = (await own.get('/v1/spam/model/export')).body
    expect((await own.delete('/v1/spam/model')).status).toBe(204)
    expect((await own.get('/v1/spam/model')).body.examples).toEqual({ ham: 0, spam: 0 })
    const put = (json: unknown) => own.call('PUT', '/v1/spam/model', { json })
    expect((await put({ ...exported, weights: `A${exported.weights.slice(1)}A` })).status).toBe(422)
    expect((await put({ ...exported, more: 1 })).status).toBe(422)
    const { status, body } = await put(exported)
    expect([status, body.examples]).toEqual([200, { ham: 0, spam: 1 }])
    expect((await put({ ...exported, weights: 'A'.repeat(2_000_000) })).status).toBe(413)
  })
})

describe('a model of the richest messages', () => {
  const random = (n: number) =>
    Array.from(crypto.getRandomValues(new Uint8Array(n)), (byte) => (byte % 36).toString(36)).join('')
  const rich = () => {
    const fields = Object.fromEntries(Array.from({ length: 15 }, () => [`X-${random(8)}`, random(400)]))
    const hosts = Array.from({ length: 25 }, () => `http://${random(118)}/`).join(' ')
    const parts = Array.from({ length: 12 }, () => [
      `--b\r\nContent-Type: application/${random(900)}; charset=${random(30)}; boundary=${random(60)}`,
      `Content-Transfer-Encoding: ${random(900)}\r\nContent-Disposition: attachment; filename=${random(80)}\r\n\r\nx`,
    ])
    const text = Array.from({ length: 40 }, () => random(70)).join('\r\n')
    return btoa(
      plainMessage(
        { ...fields, 'Content-Type': 'multipart/mixed; boundary=b' },
        ['--b', 'Content-Type: text/plain', '', text, hosts, ...parts.flat(), '--b--', ''].join('\r\n'),
      ),
    )
  }

  it('can be taken along too', async () => {
    for (const as of ['spam', 'ham']) {
      const messages = Array.from({ length: 48 }, rich)
      expect((await own.post('/v1/spam/train', { as, messages })).status).toBe(200)
    }
    const exported = (await own.get('/v1/spam/model/export')).body
    expect(exported.buffer.length).toBeGreaterThan(700_000)
    expect((await own.call('PUT', '/v1/spam/model', { json: exported })).status).toBe(200)
    expect((await own.get('/v1/spam/model')).body.size).toBeLessThan(2_000_000)
  })
})

describe('the settings', () => {
  const NONE = { threshold: null, quarantine_threshold: null, reject: null, digest: null }

  it('are changed one by one, and taken back', async () => {
    expect((await own.get('/v1/spam/settings')).body).toEqual(NONE)
    const changes = [{ threshold: 4 }, { quarantine_threshold: 12 }, { reject: 'lists' }, { digest: false }]
    for (const change of changes) expect((await own.patch('/v1/spam/settings', change)).status).toBe(200)
    const all = { threshold: 4, quarantine_threshold: 12, reject: 'lists', digest: false }
    expect((await own.get('/v1/spam/settings')).body).toEqual(all)
    expect((await own.patch('/v1/spam/settings', { quarantine_threshold: 'never', reject: null })).body).toEqual({
      ...all,
      quarantine_threshold: 'never',
      reject: null,
    })
    expect((await own.patch('/v1/spam/settings', NONE)).body).toEqual(NONE)
  })

  it.each([
    {},
    { threshold: 0.5 },
    { threshold: '5' },
    { quarantine_threshold: 4 },
    { quarantine_threshold: 'always' },
    { reject: 'all' },
    { digest: 1 },
    { spam_threshold: 5 },
  ])('refuse %j', async (change) => {
    expect((await own.patch('/v1/spam/settings', change)).status).toBe(422)
    expect((await own.get('/v1/spam/settings')).body).toEqual(NONE)
  })

  it('are not changed over what somebody else has chosen meanwhile', async () => {
    const { headers } = await own.get('/v1/spam/settings')
    const etag = headers.get('etag') ?? ''
    const change = (json: object, tag: string) =>
      own.call('PATCH', '/v1/spam/settings', { json, headers: { 'if-match': tag } })
    const first = await change({ threshold: 7 }, etag)
    expect([first.status, (await change({ threshold: 8 }, etag)).status]).toEqual([200, 412])
    expect((await own.get('/v1/spam/settings')).body.threshold).toBe(7)
    expect((await change({ threshold: 8 }, first.headers.get('etag') ?? '')).status).toBe(200)
    const known = (await own.get('/v1/spam/settings')).headers.get('etag') ?? ''
    expect((await own.get('/v1/spam/settings', { 'if-none-match': known })).status).toBe(304)
  })
})

describe('list entries', () => {
  it('have a note and an end, after which they hold no more', async () => {
    const ends = '2026-03-01T13:00:00Z'
    const wanted = { entry: 'pest.example', list: 'block', note: 'Until they have cleaned up', expires_at: ends }
    expect((await own.post('/v1/spam/lists', wanted)).body).toMatchObject(wanted)
    expect((await check(own, pitch(1))).body.reason).toBe('block-list')
    const before = world.clock.ms
    world.clock.ms = Date.parse(ends)
    expect((await check(own, pitch(1))).body.reason).toBe('below-threshold')
    world.clock.ms = before
    const { body } = await own.post('/v1/spam/lists', { entry: 'pest.example', list: 'block' })
    expect(body).toMatchObject({ note: null, expires_at: null })
  })

  it.each([
    ['a past end', { expires_at: '2026-03-01T11:00:00Z' }, '/expires_at'],
    ['no time', { expires_at: 'tomorrow' }, '/expires_at'],
    ['a note of two lines', { note: 'a\nb' }, '/note'],
    ['a long note', { note: 'a'.repeat(201) }, '/note'],
  ])('are refused with %s', async (_, more, pointer) => {
    const { status, body } = await own.post('/v1/spam/lists', { entry: 'pest.example', list: 'block', ...more })
    expect([status, body.errors[0].pointer]).toEqual([422, pointer])
  })
})
