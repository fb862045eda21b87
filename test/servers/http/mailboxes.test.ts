/** Mailboxes and conversations over HTTP, and the filters and moves that go by them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { accountClient, type Client, deliver, mailboxWithRole, readAll } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, NOON, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let client: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  client = await accountClient(world, await makeAccount(world, 'demo@postern.test'))
})

describe('mailboxes', () => {
  it('are made, read, renamed, nested and deleted', async () => {
    const made = await client.post('/v1/mailboxes', { name: ' Orders ' })
    expect(made).toMatchObject({ status: 201, body: { name: 'Orders', parent_id: null, role: null, total: 0 } })
    expect(made.headers.get('location')).toBe(`/v1/mailboxes/${made.body.id}`)
    const child = (await client.post('/v1/mailboxes', { name: '2026', parent_id: made.body.id })).body
    const path = `/v1/mailboxes/${child.id}`
    expect((await client.patch(path, { name: 'This year' })).body.name).toBe('This year')
    expect((await client.patch(path, { parent_id: null })).body).toMatchObject({ name: 'This year', parent_id: null })
    expect((await client.get(path)).body).toEqual((await client.patch(path, { name: 'This year' })).body)
    expect((await client.delete(path)).status).toBe(204)
    expect((await client.get(path)).status).toBe(404)
    expect((await client.delete(`/v1/mailboxes/${made.body.id}`)).status).toBe(204)
  })

  it.each([
    ['post', {}, 422, '/name'],
    ['post', { name: '' }, 422, '/name'],
    ['post', { name: 'a/b' }, 422, '/name'],
    ['post', { name: 'x', parent_id: 'mbx_zzz' }, 422, '/parent_id'],
    ['post', { name: 'x', parent_id: 7 }, 422, '/parent_id'],
    ['post', { name: 'x', role: 'inbox' }, 422, '/role'],
    ['post', { name: 'x', role: 'sent' }, 409, '/role'],
    ['post', { name: 'Trash' }, 409, '/name'],
    ['post', { name: 'x', colour: 'red' }, 422, '/colour'],
    ['patch', {}, 422, ''],
    ['patch', { name: 'Trash' }, 409, '/name'],
  ])('refuse %s %j, and point at it', async (method, json, status, pointer) => {
    const spare = (await client.get('/v1/mailboxes')).body.data.find(({ name }: { name: string }) => name === 'Archive')
    const path = method === 'post' ? '/v1/mailboxes' : `/v1/mailboxes/${spare.id}`
    const { status: got, body } = await client.call(method.toUpperCase(), path, { json })
    expect([got, body.errors[0]?.pointer]).toEqual([status, pointer])
  })

  it('that hold mail are deleted only when asked what becomes of it', async () => {
    const box = (await client.post('/v1/mailboxes', { name: 'Full' })).body.id
    const { id } = await deliver(world, client, plainMessage())
    await client.post(`/v1/messages/${id}/move`, { mailbox_id: box })
    expect((await client.delete(`/v1/mailboxes/${box}`)).body.detail).toContain('messages=trash')
    expect((await client.delete(`/v1/mailboxes/${box}?messages=burn`)).status).toBe(422)
    expect((await client.delete(`/v1/mailboxes/${box}?messages=trash`)).status).toBe(204)
    const trash = await mailboxWithRole(client, 'trash')
    expect((await client.get(`/v1/messages/${id}`)).body.mailbox_ids).toEqual([trash])
  })
})

describe('a message', () => {
  it('moves, and is copied as itself and then anew', async () => {
    const { id, mailbox_ids } = await deliver(world, client, plainMessage())
    const [inbox, archive] = [mailbox_ids[0], await mailboxWithRole(client, 'archive')]
    expect((await client.post(`/v1/messages/${id}/move`, { mailbox_id: archive })).body.mailbox_ids).toEqual([archive])
    const placed = await client.post(`/v1/messages/${id}/copy`, { mailbox_id: inbox })
    expect(placed.body).toMatchObject({ id, mailbox_ids: [archive, inbox] })
    await client.patch(`/v1/messages/${id}`, { flagged: true, keywords: { add: ['kept'] } })
    const anew = await client.post(`/v1/messages/${id}/copy`, { mailbox_id: archive })
    expect(anew.body).toMatchObject({ mailbox_ids: [archive], flagged: true, keywords: ['kept'] })
    expect(anew.body.id).not.toBe(id)
    const raw = (message: string) => client.get(`/v1/messages/${message}/raw`)
    expect((await raw(anew.body.id)).bytes).toEqual((await raw(id)).bytes)
    const nowhere = await client.post(`/v1/messages/${id}/copy`, { mailbox_id: 'mbx_zzz' })
    expect([nowhere.status, nowhere.body.errors[0].pointer]).toEqual([422, '/mailbox_id'])
  })
})

describe('conversations', () => {
  it('are listed by their newest message, in pages, with what is unread', async () => {
    const other = await accountClient(world, await makeAccount(world, 'talk@postern.test'))
    for (let n = 0; n < 7; n++) {
      world.clock.ms = NOON + n * 1000
      const over = n < 5 ? {} : { References: '<talk-0@x.example>' }
      const raw = plainMessage({
        'Message-ID': `<talk-${n}@x.example>`,
        Subject: n < 5 ? `Talk ${n}` : 'Re: Talk 0',
        ...over,
      })
      await deliver(world, other, raw, 'talk@postern.test')
    }
    const all = await readAll(other, '/v1/threads?limit=2')
    expect(all.map(({ newest, messages, unread }) => [newest.subject, messages, unread])).toEqual([
      ['Re: Talk 0', 3, 3],
      ['Talk 4', 1, 1],
      ['Talk 3', 1, 1],
      ['Talk 2', 1, 1],
      ['Talk 1', 1, 1],
    ])
    const thread = (await other.get(`/v1/threads/${all[0].id}`)).body
    expect(thread.messages.map(({ subject }: { subject: string }) => subject)).toEqual([
      'Re: Talk 0',
      'Re: Talk 0',
      'Talk 0',
    ])
    expect((await other.get(`/v1/threads?cursor=${'a'.repeat(40)}`)).status).toBe(400)
    expect((await client.get(`/v1/threads/${all[0].id}`)).status).toBe(404)
  })
})

describe('a filter', () => {
  it.each([
    ['after=noon', '/after'],
    ['before=2026-13-01', '/before'],
    ['after=2026-02-30T00:00:00Z', '/after'],
    ['min_size=big', '/min_size'],
    ['min_size=-1', '/min_size'],
    ['has_attachment=yes', '/has_attachment'],
    [`from=${'a'.repeat(300)}`, '/from'],
    [`q=${'a'.repeat(1_001)}`, '/q'],
  ])('%s is refused', async (query, pointer) => {
    const { status, body } = await client.get(`/v1/messages?${query}`)
    expect([status, body.errors[0].pointer]).toEqual([422, pointer])
  })

  it('takes times with an offset, and days', async () => {
    const other = await accountClient(world, await makeAccount(world, 'time@postern.test'))
    world.clock.ms = NOON
    await deliver(world, other, plainMessage({ Subject: 'At noon' }), 'time@postern.test')
    const count = async (query: string) => (await other.get(`/v1/messages?${query}`)).body.data.length
    expect(await count('after=2026-03-01')).toBe(1)
    expect(await count('before=2026-03-01')).toBe(0)
    expect(await count(`after=${encodeURIComponent('2026-03-01T13:00:00+01:00')}`)).toBe(1)
    expect(await count('after=2026-03-01T12:00:01Z')).toBe(0)
    expect(await count('before=2026-03-01T12:00:00Z')).toBe(0)
    expect(await count('from=alice&subject=noon&min_size=10&has_attachment=false&to=demo')).toBe(1)
  })
})
