/** ETag, If-Match and If-None-Match: two writers who meet, and a reader who has the state already. */
import { beforeAll, describe, expect, it } from 'vitest'
import { changeAll, unchangedSince } from '../../../src/mailbox/change.ts'
import { FLAGGED } from '../../../src/mailbox/flags.ts'
import { whole } from '../../../src/mailbox/reader.ts'
import { type Answer, accountClient, adminClient, type Client, deliver } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let accountId: number
let client: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  accountId = await makeAccount(world, 'demo@postern.test')
  client = await accountClient(world, accountId)
})

const etagOf = ({ headers }: Answer): string => headers.get('etag') ?? 'none'

function patch(path: string, json: unknown, etag: string, by = client): Promise<Answer> {
  return by.call('PATCH', path, { json, headers: { 'if-match': etag } })
}

function remove(path: string, etag: string): Promise<Answer> {
  return client.call('DELETE', path, { headers: { 'if-match': etag } })
}

function expectStale(answer: Answer): void {
  expect([answer.status, answer.body.code]).toEqual([412, 'precondition-failed'])
}

async function newMessage(): Promise<string> {
  return `/v1/messages/${(await deliver(world, client, plainMessage())).id}`
}

describe('a message', () => {
  it('has one tag where it is read and where it is changed, until it changes', async () => {
    const path = await newMessage()
    const first = etagOf(await client.get(path))
    expect(first).toMatch(/^"msg_[0-9a-z]+-[0-9a-z]+"$/)
    expect(etagOf(await client.get(`${path}?html=sanitized`))).toBe(first)
    const changed = await patch(path, { flagged: true }, first)
    expect(changed.status).toBe(200)
    expect(etagOf(changed)).not.toBe(first)
    expect(etagOf(await client.get(path))).toBe(etagOf(changed))
  })

  it('is changed and deleted by nobody who has not seen its last state', async () => {
    const path = await newMessage()
    const first = etagOf(await client.get(path))
    const second = etagOf(await patch(path, { unread: false }, first))
    expectStale(await patch(path, { flagged: true }, first))
    expectStale(await remove(path, first))
    expectStale(await remove(`${path}?permanent=true`, `W/${second}`))
    expect((await client.get(path)).body).toMatchObject({ flagged: false, unread: false })
    expect((await patch(path, { flagged: true }, `"other", ${second}`)).status).toBe(200)
    expect((await patch(path, { flagged: false }, '*')).status).toBe(200)
    expect((await remove(path, etagOf(await client.get(path)))).status).toBe(204)
  })

  it("that is another account's or gone is not found, whatever its tag", async () => {
    expect((await patch('/v1/messages/msg_1', { flagged: true }, '*')).status).toBe(404)
    const stranger = await accountClient(world, await makeAccount(world, 'stranger@postern.test'))
    expect((await patch(await newMessage(), { flagged: true }, '"x"', stranger)).status).toBe(404)
  })

  it('is not sent again to whoever has it', async () => {
    const path = await newMessage()
    const etag = etagOf(await client.get(path))
    for (const known of [etag, `W/${etag}`, `"a", ${etag}`, '*']) {
      const answer = await client.get(path, { 'if-none-match': known })
      expect([answer.status, answer.bytes.length, etagOf(answer)]).toEqual([304, 0, etag])
    }
    expect((await client.get(path, { 'if-none-match': '"other"' })).status).toBe(200)
    expectStale(await client.get(path, { 'if-match': '"other"' }))
  })

  it('is changed once where ten change it with the same tag at once', async () => {
    const path = await newMessage()
    const etag = etagOf(await client.get(path))
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => patch(path, { keywords: { add: [`k${n}`] } }, etag)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 412)])
    expect((await client.get(path)).body.keywords).toHaveLength(1)
  })

  it('is held to its change number by the change itself', async () => {
    await newMessage()
    const reader = whole(accountId)
    const { listMessages } = await import('../../../src/mailbox/list.ts')
    const page = await listMessages(world.deps, reader, { before: null, limit: 1 })
    const [message] = 'messages' in page ? page.messages : []
    const { id = 0, modseq = 0 } = message ?? {}
    const edit = { set: FLAGGED, clear: 0 }
    expect(await changeAll(world.deps, reader, [id], edit, unchangedSince(modseq - 1))).toMatchObject({
      failure: 'precondition-failed',
    })
    expect(await changeAll(world.deps, reader, [id], edit, unchangedSince(modseq))).toMatchObject({ changed: [id] })
  })
})

describe('a mailbox', () => {
  async function newMailbox(name: string): Promise<{ path: string; etag: string }> {
    const made = await client.post('/v1/mailboxes', { name })
    return { path: `/v1/mailboxes/${made.body.id}`, etag: etagOf(made) }
  }

  it('is renamed and deleted by nobody who has not seen its name', async () => {
    const { path, etag } = await newMailbox('one')
    expect(etagOf(await client.get(path))).toBe(etag)
    const renamed = await patch(path, { name: 'two' }, etag)
    expect(renamed.status).toBe(200)
    expectStale(await patch(path, { name: 'three' }, etag))
    expectStale(await remove(path, etag))
    expect((await client.get(path)).body.name).toBe('two')
    expect((await remove(path, etagOf(renamed))).status).toBe(204)
  })

  it('may be renamed although mail came in meanwhile, which a reader is told of', async () => {
    const { path, etag } = await newMailbox('busy')
    const message = await newMessage()
    await client.patch(message, { mailbox_ids: [path.split('/').at(-1)] })
    const now = await client.get(path, { 'if-none-match': etag })
    expect([now.status, now.body.total]).toEqual([200, 1])
    expect((await client.get(path, { 'if-none-match': etagOf(now) })).status).toBe(304)
    expect((await patch(path, { name: 'busier' }, etag)).status).toBe(200)
  })

  it('is renamed once where ten rename it with the same tag at once', async () => {
    const { path, etag } = await newMailbox('contested')
    const names = Array.from({ length: 10 }, (_, n) => `contested ${n}`)
    const answers = await Promise.all(names.map((name) => patch(path, { name }, etag)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status } of answers) expect([200, 412, 503]).toContain(status)
  })
})

it('an address is disabled by nobody who has not seen its state', async () => {
  const admin = adminClient(world.deps)
  const [account] = (await admin.get('/v1/admin/accounts')).body.data
  const made = await admin.post('/v1/admin/addresses', { address: 'tag@postern.test', account_id: account.id })
  const path = `/v1/admin/addresses/${made.body.id}`
  const disabled = await patch(path, { enabled: false }, etagOf(made), admin)
  expect(disabled.status).toBe(200)
  expectStale(await patch(path, { enabled: true }, etagOf(made), admin))
  expect((await patch(path, { enabled: true }, etagOf(disabled), admin)).status).toBe(200)
  expect((await patch('/v1/admin/addresses/adr_zzz', { enabled: true }, '*', admin)).status).toBe(404)
})
