/** Changing and deleting messages over HTTP: one by its path, many in one call. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAddress } from '../../../src/access/addresses.ts'
import { isFailure } from '../../../src/errors.ts'
import { CHANGE_MAX } from '../../../src/mailbox/change.ts'
import { type Answer, accountClient, type Client, deliver, mailboxWithRole } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let account: number
let client: Client
let strangersMailbox: string
let strangersMessage: string
let box: Record<'inbox' | 'archive' | 'trash' | 'junk', string>
let id: string
let path: string

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  const stranger = await accountClient(world, await makeAccount(world, 'stranger@postern.test'))
  strangersMailbox = await mailboxWithRole(stranger, 'inbox')
  strangersMessage = (await deliver(world, stranger, plainMessage(), 'stranger@postern.test')).id
  account = await makeAccount(world, 'demo@postern.test')
  client = await accountClient(world, account)
  box = {
    inbox: await mailboxWithRole(client, 'inbox'),
    archive: await mailboxWithRole(client, 'archive'),
    trash: await mailboxWithRole(client, 'trash'),
    junk: await mailboxWithRole(client, 'junk'),
  }
})

beforeEach(async () => {
  id = (await deliver(world, client, plainMessage())).id
  path = `/v1/messages/${id}`
})

async function read(): Promise<Answer['body']> {
  return (await client.get(path)).body
}

async function counts(mailbox: string): Promise<{ total: number; unread: number; threads: number }> {
  const one = (await client.get('/v1/mailboxes')).body.data.find((box: { id: string }) => box.id === mailbox)
  return { total: one.total, unread: one.unread, threads: one.threads }
}

function pointers(answer: Answer): unknown[] {
  return [
    answer.status,
    answer.body?.code,
    ...(answer.body?.errors ?? []).map((one: { pointer: string }) => one.pointer),
  ]
}

describe('PATCH /v1/messages/{id}', () => {
  it('sets and clears flags, leaves the others, and answers with the state alone', async () => {
    const before = await counts(box.inbox)
    const first = await client.patch(path, { unread: false, flagged: true })
    expect([first.status, first.body]).toEqual([
      200,
      {
        id,
        mailbox_ids: [box.inbox],
        unread: false,
        flagged: true,
        answered: false,
        draft: false,
        keywords: [],
        taught: null,
      },
    ])
    expect(await counts(box.inbox)).toEqual({ ...before, unread: before.unread - 1 })
    expect((await client.patch(path, { flagged: false, answered: true, unread: true })).body).toMatchObject({
      unread: true,
      flagged: false,
      answered: true,
    })
    expect(await read()).toMatchObject({ unread: true, flagged: false, answered: true })
    expect(await counts(box.inbox)).toEqual(before)
  })

  it('adds and removes keywords, in lower case and once', async () => {
    const change = (add: string[], remove: string[] = []) => client.patch(path, { keywords: { add, remove } })
    expect((await change(['Work', '$Forwarded', 'work'])).body.keywords).toEqual(['$forwarded', 'work'])
    expect((await change(['later'], ['WORK', 'never-there'])).body.keywords).toEqual(['$forwarded', 'later'])
    expect((await client.patch(path, { keywords: { remove: ['later'] } })).body.keywords).toEqual(['$forwarded'])
    expect((await read()).keywords).toEqual(['$forwarded'])
  })

  it.each([
    'a b',
    '',
    'a"b',
    'a(b',
    'a)b',
    'a{b',
    'a]b',
    'a%b',
    'a*b',
    'a\\b',
    'ü',
    '\u212a',
    'a\0',
    'x'.repeat(65),
    '$Seen',
    '$draft',
    5,
  ])('refuses the keyword %j', async (keyword) => {
    const answer = await client.patch(path, { keywords: { add: [keyword] } })
    expect(pointers(answer)).toEqual([422, 'invalid', '/keywords/add/0'])
    expect(answer.body.errors[0].detail).not.toMatch(/expected|Too (big|small)/)
  })

  it('takes every character that a keyword may have', async () => {
    const keyword = "!#$&'+,-./09:;<=>?@az[^_`|}~"
    expect((await client.patch(path, { keywords: { add: [keyword] } })).body.keywords).toEqual([keyword])
  })

  it('moves, copies, and takes out of a mailbox', async () => {
    const inbox = await counts(box.inbox)
    const archive = await counts(box.archive)
    expect((await client.patch(path, { mailbox_ids: [box.archive] })).body.mailbox_ids).toEqual([box.archive])
    expect(await counts(box.inbox)).toEqual({
      total: inbox.total - 1,
      unread: inbox.unread - 1,
      threads: inbox.threads - 1,
    })
    const both = (await client.patch(path, { add_mailbox_ids: [box.inbox] })).body.mailbox_ids
    expect(both.sort()).toEqual([box.archive, box.inbox].sort())
    const one = await client.patch(path, { add_mailbox_ids: [box.junk], remove_mailbox_ids: [box.archive, box.trash] })
    expect(one.body.mailbox_ids.sort()).toEqual([box.inbox, box.junk].sort())
    expect(await counts(box.archive)).toEqual(archive)
    await client.patch(path, { mailbox_ids: [box.inbox] })
    expect(await counts(box.inbox)).toEqual(inbox)
  })

  it.each(['mailbox_ids', 'add_mailbox_ids'])('counts a mailbox once that %s names twice', async (field) => {
    const before = await counts(box.archive)
    const { status, body } = await client.patch(path, { [field]: [box.archive, box.archive] })
    expect([status, body.mailbox_ids.filter((one: string) => one === box.archive)]).toEqual([200, [box.archive]])
    expect((await counts(box.archive)).total).toBe(before.total + 1)
  })

  it('deletes a message that it takes out of its last mailbox, and says so', async () => {
    const answer = await client.patch(path, { remove_mailbox_ids: [box.inbox] })
    expect([answer.status, answer.bytes.length]).toEqual([204, 0])
    expect((await client.get(path)).status).toBe(404)
  })

  it('does not know mailboxes of others, in any field: 422, with a pointer to each', async () => {
    for (const field of ['mailbox_ids', 'add_mailbox_ids', 'remove_mailbox_ids'])
      for (const unknown of [strangersMailbox, 'mbx_zzz']) {
        const answer = await client.patch(path, { unread: false, [field]: [box.archive, unknown] })
        expect([field, ...pointers(answer)]).toEqual([field, 422, 'invalid', `/${field}/1`])
      }
    for (const unreadable of ['msg_1', 'inbox', '', 7])
      expect(pointers(await client.patch(path, { mailbox_ids: [unreadable] }))).toEqual([
        422,
        'invalid',
        '/mailbox_ids/0',
      ])
    expect(await read()).toMatchObject({ unread: true, mailbox_ids: [box.inbox] })
  })

  it('does not know messages of others: 404', async () => {
    for (const unknown of [strangersMessage, 'msg_zzz', 'msg_', box.inbox])
      expect(pointers(await client.patch(`/v1/messages/${unknown}`, { unread: false }))).toEqual([404, 'not-found'])
  })

  it.each([
    ['nothing', {}, ['']],
    ['no keywords', { keywords: {} }, ['']],
    ['empty lists', { keywords: { add: [], remove: [] }, add_mailbox_ids: [], remove_mailbox_ids: [] }, ['']],
    ['no mailbox', { mailbox_ids: [] }, ['/mailbox_ids', '']],
    ['an unknown field', { unread: true, seen: false }, ['/seen']],
    ['an unknown field of keywords', { keywords: { set: ['a'] } }, ['/keywords/set', '']],
    ['no boolean', { unread: 'false' }, ['/unread']],
    ['null', { flagged: null }, ['/flagged']],
    ['a list of flags', { flagged: [true] }, ['/flagged']],
    ['too many keywords', { keywords: { add: Array.from({ length: 21 }, (_, n) => `k${n}`) } }, ['/keywords/add']],
    ['too many mailboxes', { mailbox_ids: Array.from({ length: 21 }, () => 'mbx_1') }, ['/mailbox_ids']],
    ['all mailboxes and more', { mailbox_ids: ['mbx_1'], add_mailbox_ids: ['mbx_2'] }, ['/mailbox_ids']],
    ['all mailboxes and fewer', { mailbox_ids: ['mbx_1'], remove_mailbox_ids: ['mbx_2'] }, ['/mailbox_ids']],
    ['in and out', { add_mailbox_ids: ['mbx_1'], remove_mailbox_ids: ['mbx_2', 'mbx_1'] }, ['/remove_mailbox_ids']],
    ['on and off', { keywords: { add: ['a'], remove: ['A'] } }, ['/keywords/remove']],
    ['a deletion', { delete: 'trash' }, ['/delete', '']],
  ])('refuses %s', async (_, change, wrong) => {
    expect(pointers(await client.patch(path, change))).toEqual([422, 'invalid', ...wrong])
  })

  it('says how many there may be, in words', async () => {
    const many = Array.from({ length: 21 }, (_, n) => `k${n}`)
    const { body } = await client.patch(path, { keywords: { add: many } })
    expect(body.errors[0].detail).toBe('must have at most 20 entries')
  })

  it('shows a key without mail:read nothing of the message but its state', async () => {
    const writer = await accountClient(world, account, ['mail:write'])
    const { body } = await writer.patch(path, { flagged: true })
    expect(Object.keys(body).sort()).toEqual(
      ['answered', 'draft', 'flagged', 'id', 'keywords', 'mailbox_ids', 'taught', 'unread'].sort(),
    )
  })
})

describe('DELETE /v1/messages/{id}', () => {
  it('moves to the Trash, and from there deletes for good', async () => {
    expect((await client.delete(path)).status).toBe(204)
    expect((await read()).mailbox_ids).toEqual([box.trash])
    expect((await client.delete(path)).status).toBe(204)
    expect((await client.get(path)).status).toBe(404)
    expect(pointers(await client.delete(path))).toEqual([404, 'not-found'])
  })

  it('deletes for good at once where that is asked for', async () => {
    expect((await client.delete(`${path}?permanent=false`)).status).toBe(204)
    expect((await read()).mailbox_ids).toEqual([box.trash])
    const { id: other } = await deliver(world, client, plainMessage())
    expect((await client.delete(`/v1/messages/${other}?permanent=true`)).status).toBe(204)
    expect((await client.get(`/v1/messages/${other}`)).status).toBe(404)
  })

  it('refuses what it does not know', async () => {
    expect(pointers(await client.delete(`${path}?permanent=yes`))).toEqual([422, 'invalid', '/permanent'])
    expect(pointers(await client.delete(`${path}?forever=true`))).toEqual([422, 'invalid', '/forever'])
    for (const permanent of ['', '?permanent=true'])
      expect((await client.delete(`/v1/messages/${strangersMessage}${permanent}`)).status).toBe(404)
    expect((await client.get(path)).status).toBe(200)
  })
})

describe('POST /v1/messages/batch', () => {
  const batch = (json: object) => client.post('/v1/messages/batch', json)

  it('changes those that are there, and names those that are not', async () => {
    const { id: other } = await deliver(world, client, plainMessage())
    const answer = await batch({ ids: [id, strangersMessage, other, 'msg_zzz', id], unread: false })
    expect([answer.status, answer.body]).toEqual([
      200,
      { changed: expect.any(Array), deleted: [], not_found: [strangersMessage, 'msg_zzz'] },
    ])
    expect(answer.body.changed.sort()).toEqual([id, other].sort())
    expect((await batch({ ids: [id, other], unread: false })).body).toEqual({ changed: [], deleted: [], not_found: [] })
    expect((await batch({ ids: [id], mailbox_ids: [box.archive], keywords: { add: ['done'] } })).body.changed).toEqual([
      id,
    ])
    expect(await read()).toMatchObject({ unread: false, mailbox_ids: [box.archive], keywords: ['done'] })
  })

  it('deletes to the Trash, and for good', async () => {
    const { id: other } = await deliver(world, client, plainMessage())
    expect((await batch({ ids: [id, strangersMessage], delete: 'trash' })).body).toEqual({
      changed: [id],
      deleted: [],
      not_found: [strangersMessage],
    })
    expect((await batch({ ids: [id, other], delete: 'trash' })).body).toEqual({
      changed: [other],
      deleted: [id],
      not_found: [],
    })
    expect((await batch({ ids: [other, id], delete: 'permanent' })).body).toEqual({
      changed: [],
      deleted: [other],
      not_found: [id],
    })
  })

  it('tells of messages that it takes out of their last mailbox as deleted', async () => {
    await client.patch(path, { add_mailbox_ids: [box.archive] })
    const { id: other } = await deliver(world, client, plainMessage())
    expect((await batch({ ids: [id, other], remove_mailbox_ids: [box.inbox] })).body).toEqual({
      changed: [id],
      deleted: [other],
      not_found: [],
    })
  })

  it('takes 500 messages, and no more', async () => {
    const ids = [id, ...Array.from({ length: CHANGE_MAX }, (_, n) => `msg_${1_000 + n}`)]
    expect(pointers(await batch({ ids, flagged: true }))).toEqual([422, 'invalid', '/ids'])
    const { status, body } = await batch({ ids: ids.slice(0, CHANGE_MAX), flagged: true })
    expect([status, body.changed, body.not_found.length]).toEqual([200, [id], CHANGE_MAX - 1])
  })

  it.each([
    ['no ids', { unread: true }, ['/ids']],
    ['an empty list', { ids: [], unread: true }, ['/ids']],
    ['ids of other things', { ids: ['msg_1', 'thr_1', 'msg_', 1], unread: true }, ['/ids/1', '/ids/2', '/ids/3']],
    ['no change', { ids: ['msg_1'] }, ['']],
    ['a change of nothing', { ids: ['msg_1'], keywords: { add: [] } }, ['']],
    ['a change beside a deletion', { ids: ['msg_1'], delete: 'trash', unread: true }, ['/delete']],
    ['another deletion', { ids: ['msg_1'], delete: true }, ['/delete']],
    ['mailboxes of others', { ids: ['msg_1'], mailbox_ids: ['mbx_zzz'] }, ['/mailbox_ids/0']],
    [
      'what a single change refuses',
      { ids: ['msg_1'], mailbox_ids: ['mbx_1'], add_mailbox_ids: ['mbx_2'] },
      ['/mailbox_ids'],
    ],
  ])('refuses %s', async (_, json, wrong) => {
    expect(pointers(await batch(json))).toEqual([422, 'invalid', ...wrong])
  })
})

it('a key bound to an address changes and deletes only its own mail', async () => {
  const sales = await createAddress(world.deps, {
    address: 'sales@postern.test',
    kind: 'address',
    accountId: account,
    target: null,
  })
  if (isFailure(sales)) throw new Error(sales.detail)
  const bound = await accountClient(world, account, ['mail:read', 'mail:write'], sales.id)
  const { id: own } = await deliver(world, client, plainMessage(), 'sales@postern.test')
  expect(pointers(await bound.patch(path, { unread: false }))).toEqual([404, 'not-found'])
  expect(pointers(await bound.delete(path))).toEqual([404, 'not-found'])
  expect(pointers(await bound.delete(`${path}?permanent=true`))).toEqual([404, 'not-found'])
  for (const change of [{ unread: false }, { delete: 'trash' }, { delete: 'permanent' }])
    expect((await bound.post('/v1/messages/batch', { ids: [id, own], ...change })).body).toMatchObject({
      not_found: [id],
    })
  expect(await read()).toMatchObject({ unread: true, mailbox_ids: [box.inbox] })
  expect((await client.get(`/v1/messages/${own}`)).status).toBe(404)
})
