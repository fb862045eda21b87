/** Importing raw messages: stored byte for byte, with their date, flags and mailbox; always new; wrong calls say what to change. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, accountClient, type Client, mailboxWithRole } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let client: Client
let account: number

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  account = await makeAccount(world, 'demo@postern.test')
  client = await accountClient(world, account)
})

function importRaw(raw: string, query = '', headers: Record<string, string> = {}): Promise<Answer> {
  const path = `/v1/messages/import${query && `?${query}`}`
  return client.call('POST', path, { text: raw, headers: { 'content-type': 'message/rfc822', ...headers } })
}

describe('an import', () => {
  it('is kept byte for byte, with its date, flags, labels and mailbox', async () => {
    const raw = plainMessage({ Subject: 'From the old server' }, 'An old letter.\r\n')
    const archive = await mailboxWithRole(client, 'archive')
    const query = `mailbox=${archive}&date=2011-05-06T07:08:09Z&unread=false&flagged=true&keywords=Old,orchard`
    const made = await importRaw(raw, query)
    expect(made).toMatchObject({
      status: 201,
      body: { mailbox_ids: [archive], unread: false, flagged: true, answered: false, keywords: ['old', 'orchard'] },
    })
    expect(made.headers.get('location')).toBe(`/v1/messages/${made.body.id}`)
    const read = await client.get(`/v1/messages/${made.body.id}`)
    expect(read.body).toMatchObject({ subject: 'From the old server', received_at: '2011-05-06T07:08:09Z', spam: null })
    expect(new TextDecoder().decode((await client.get(`/v1/messages/${made.body.id}/raw`)).bytes)).toBe(raw)
    expect((await client.get('/v1/messages?q=letter')).body.data).toHaveLength(1)
  })

  it('goes unread into the Inbox, at the time of its Date field', async () => {
    const made = await importRaw(plainMessage({ Date: 'Tue, 03 Feb 2009 04:05:06 +0100' }))
    expect(made.body).toMatchObject({ unread: true, mailbox_ids: [await mailboxWithRole(client, 'inbox')] })
    expect((await client.get(`/v1/messages/${made.body.id}`)).body.received_at).toBe('2009-02-03T03:05:06Z')
  })

  it.each([
    ['no date', 'x'],
    ['a date in the future', 'Sun, 01 Mar 2099 00:00:00 +0000'],
    ['a date before there were any', 'Sun, 01 Mar 1931 00:00:00 +0000'],
  ])('of %s counts as received now', async (_, date) => {
    const made = await importRaw(plainMessage({ Date: date }))
    expect((await client.get(`/v1/messages/${made.body.id}`)).body.received_at).toBe('2026-03-01T12:00:00Z')
  })

  it('stands among the others by its date', async () => {
    const list = (await client.get('/v1/messages?limit=200')).body.data as { received_at: string }[]
    const times = list.map(({ received_at }) => received_at)
    expect(times).toEqual(times.toSorted().reverse())
  })

  it('is new each time, eighty of one second too', async () => {
    const raw = plainMessage({ Subject: 'Again and again' })
    const ids = new Set<string>()
    for (let n = 0; n < 80; n++) ids.add((await importRaw(raw, 'date=2015-01-01')).body.id)
    expect(ids.size).toBe(80)
    expect((await client.get('/v1/messages?q="again+and+again"&limit=200')).body.data).toHaveLength(80)
  })

  it('keeps to the quota, however many come at once', async () => {
    const narrow = await makeAccount(world, 'narrow@postern.test')
    await env.DB.prepare('update accounts set quota_bytes = 2000 where id = ?').bind(narrow).run()
    const owner = await accountClient(world, narrow)
    const call = {
      text: plainMessage({}, `${'x'.repeat(70)}\r\n`.repeat(8)),
      headers: { 'content-type': 'message/rfc822' },
    }
    const made = await Promise.all(Array.from({ length: 12 }, () => owner.call('POST', '/v1/messages/import', call)))
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201, 409]))
    const used = await env.DB.prepare('select used_bytes from accounts where id = ?')
      .bind(narrow)
      .first<number>('used_bytes')
    expect(used).toBeLessThanOrEqual(2_000)
  })

  it('is stored though sixty others want the same second, or there was no such second', async () => {
    const made = await Promise.all(
      Array.from({ length: 60 }, () => importRaw(plainMessage(), 'date=2026-03-01T11:59:59Z')),
    )
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]))
    for (let n = 0; n < 34; n++) expect((await importRaw(plainMessage(), 'date=1960-01-01')).status).toBe(201)
  })

  it('may be larger than other bodies', async () => {
    const raw = plainMessage({ Subject: 'Large' }, 'line of text\r\n'.repeat(10_000))
    expect((await importRaw(raw)).status).toBe(201)
  })

  it('joins its conversation, whichever comes first', async () => {
    const child = await importRaw(
      plainMessage({ Subject: 'Re: Walk', References: '<walk@x.example>' }),
      'date=2012-01-02',
    )
    const parent = await importRaw(
      plainMessage({ Subject: 'Walk', 'Message-ID': '<walk@x.example>' }),
      'date=2012-01-01',
    )
    const thread = (await client.get(`/v1/messages/${parent.body.id}`)).body.thread_id
    const whole = await client.get(`/v1/threads/${thread}`)
    expect(whole.body.messages.map(({ id }: { id: string }) => id)).toEqual([child.body.id, parent.body.id])
    expect(whole.body.has_more).toBe(false)
  })

  it.each([
    ['text/plain', { headers: { 'content-type': 'text/plain' } }, 415, undefined],
    ['no body', { raw: '' }, 400, undefined],
    ['a compressed body', { headers: { 'content-encoding': 'gzip' } }, 415, undefined],
    ['a date of no calendar', { query: 'date=2026-02-30' }, 422, '/date'],
    ['a date in words', { query: 'date=yesterday' }, 422, '/date'],
    ['a flag that is none', { query: 'unread=maybe' }, 422, '/unread'],
    ['a keyword with a space', { query: 'keywords=a+b' }, 422, '/keywords/0'],
    ['a system flag as keyword', { query: 'keywords=$seen' }, 422, '/keywords/0'],
    ['an unknown parameter', { query: 'folder=x' }, 422, '/folder'],
    ['a mailbox that is none', { query: 'mailbox=mbx_zzz' }, 404, undefined],
  ])('with %s is refused', async (_, call, status, pointer) => {
    const {
      raw = plainMessage(),
      query = '',
      headers = {},
    } = call as { raw?: string; query?: string; headers?: Record<string, string> }
    const refused = await importRaw(raw, query, headers)
    expect([refused.status, refused.body.errors[0]?.pointer]).toEqual([status, pointer])
    expect(refused.body.detail).toMatch(/\w/)
  })

  it('over the quota is refused, and leaves no object behind', async () => {
    const small = await makeAccount(world, 'small@postern.test')
    await env.DB.prepare('update accounts set quota_bytes = 10 where id = ?').bind(small).run()
    const owner = await accountClient(world, small)
    const call = { text: plainMessage(), headers: { 'content-type': 'message/rfc822' } }
    expect(await owner.call('POST', '/v1/messages/import', call)).toMatchObject({
      status: 409,
      body: { code: 'over-quota' },
    })
    expect((await env.RAW.list({ prefix: `appended/2026-03-01/${small}/` })).objects).toEqual([])
  })

  it('by a key of one address belongs to that address', async () => {
    const addressId = await env.DB.prepare(
      "select id from addresses where address = 'demo@postern.test'",
    ).first<number>('id')
    const bound = await accountClient(world, account, ['mail:read', 'mail:write'], addressId)
    const call = { text: plainMessage({ Subject: 'Bound' }), headers: { 'content-type': 'message/rfc822' } }
    const made = await bound.call('POST', '/v1/messages/import', call)
    expect(made.status).toBe(201)
    expect((await bound.get(`/v1/messages/${made.body.id}`)).status).toBe(200)
  })
})
