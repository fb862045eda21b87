/**
 * The whole Worker, bundled as it is deployed, with real queues: mail comes in by its email handler, and what waits is
 * filed, told and deleted by its own consumers and its own cron.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'

const ADMIN_KEY = 'pst_admin_only_this_test_knows'
const server = createTestHarness({
  workers: [
    {
      configPath: './wrangler.toml',
      vars: { POSTERN_SECRET: 'a root secret that only this test knows', POSTERN_ADMIN_KEY: ADMIN_KEY },
    },
  ],
})
const worker = server.getWorker<Env>()

beforeAll(async () => {
  await server.listen()
  await worker.applyD1Migrations('DB')
  await admin('/v1/admin/domains', { name: 'postern.test' })
  const account = await admin('/v1/admin/accounts', { name: 'Demo' })
  await admin('/v1/admin/addresses', { address: 'demo@postern.test', account_id: account.id })
}, 60_000)

afterAll(() => server.close())

async function admin(path: string, body: unknown): Promise<{ id: string }> {
  const response = await worker.fetch(`http://postern.test${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(201)
  return (await response.json()) as { id: string }
}

function message(subject: string): string {
  return `From: Ada <ada@example.com>\r\nTo: demo@postern.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.com>\r\nDate: Thu, 05 Nov 2026 10:00:00 +0000\r\n\r\nHello.\r\n`
}

function deliver(to: string, subject: string) {
  return worker.email({ from: 'ada@example.com', to, raw: message(subject) })
}

async function count(sql: string, ...values: unknown[]): Promise<number> {
  const { DB } = await worker.getEnv()
  return (
    (await DB.prepare(sql)
      .bind(...values)
      .first<number>('n')) ?? 0
  )
}

/** Waits until a count is as it should be: a queue's consumer runs when its time has come. */
async function becomes(expected: number, sql: string, ...values: unknown[]): Promise<void> {
  await expect.poll(() => count(sql, ...values), { timeout: 20_000, interval: 200 }).toBe(expected)
}

it('accepts mail for its addresses and rejects the rest', async () => {
  await deliver('demo@postern.test', 'accepted')
  expect(await count('select count(*) n from messages where subject = ?', 'accepted')).toBe(1)
  const rejected = await deliver('nobody@postern.test', 'rejected')
  expect(JSON.stringify(rejected)).toContain('5.1.1')
  expect(await count('select count(*) n from messages where subject = ?', 'rejected')).toBe(0)
})

it('forwards: to an address of its own, and by Email Routing to another', async () => {
  const targets = ['demo@postern.test', 'carol@elsewhere.example']
  await admin('/v1/admin/addresses', { address: 'team@postern.test', kind: 'forward', targets })
  const { forwards } = await deliver('team@postern.test', 'forwarded')
  expect(await count('select count(*) n from messages where subject = ?', 'forwarded')).toBe(1)
  expect(forwards).toMatchObject([{ recipient: 'carol@elsewhere.example' }])
  expect(JSON.stringify(forwards).toLowerCase()).toMatch(/"x-postern-forwarded","[0-9a-f]{16}"/)
})

it('tells the outbox through the events queue', async () => {
  await deliver('demo@postern.test', 'told')
  await becomes(0, 'select count(*) n from outbox')
  expect(JSON.stringify(server.getLogs())).toContain('message.received')
})

it('files from the pending queue what could not be filed when it came', async () => {
  const { DB } = await worker.getEnv()
  await DB.prepare('alter table messages rename to messages_away').run()
  await deliver('demo@postern.test', 'waited')
  await DB.prepare('alter table messages_away rename to messages').run()
  const { RAW, PENDING } = await worker.getEnv()
  const { objects } = await RAW.list()
  // The queue waits half a minute before it tries again; another message about the same object need not wait.
  for (const { key } of objects) await PENDING.send({ raw_key: key })
  await becomes(1, 'select count(*) n from messages where subject = ?', 'waited')
  expect(await count('select count(*) n from messages')).toBe((await RAW.list()).objects.length)
})

it('deletes the raw copy of a duplicate', async () => {
  await deliver('demo@postern.test', 'twice')
  const { RAW } = await worker.getEnv()
  const before = (await RAW.list()).objects.length
  await deliver('demo@postern.test', 'twice')
  expect(await count('select count(*) n from messages where subject = ?', 'twice')).toBe(1)
  await expect.poll(async () => (await RAW.list()).objects.length, { timeout: 20_000 }).toBe(before)
})

it('sends through the outbound queue: to its own addresses, and to others by the binding', async () => {
  const account = await admin('/v1/admin/accounts', { name: 'Sender' })
  await admin('/v1/admin/addresses', { address: 'sender@postern.test', account_id: account.id })
  const scopes = ['mail:send']
  const made = await admin('/v1/admin/keys', { account_id: account.id, name: 'sender', scopes })
  const response = await worker.fetch('http://postern.test/v1/messages/send', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${(made as unknown as { key: string }).key}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ to: ['demo@postern.test', 'ada@example.com'], subject: 'sent', text: 'Hello.' }),
  })
  expect(response.status).toBe(202)
  await becomes(
    2,
    `select count(*) n from submission_recipients r join submissions s on s.id = r.submission_id
      where r.status = 'delivered' and s.kind = 'mail'`,
  )
  expect(await count('select count(*) n from messages where subject = ?', 'sent')).toBe(2)
})

it('sweeps by its cron', async () => {
  await worker.scheduled({ cron: '*/15 * * * *' })
  expect(JSON.stringify(server.getLogs())).toMatch(/sweep\\*",\\*"listed/)
})
