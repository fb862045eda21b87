/**
 * The whole Worker, bundled as it is deployed, against the world: it sends by SMTP in TLS to a real server, answers and bounces come
 * back by its email handler, and a person sees what they expect in threads, statuses and timelines, and a program in its webhooks.
 *
 * One story in order: each step stands on those before it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dkimVerify } from 'mailauth'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestHarness, WorkerHandle } from 'wrangler'
import { verifyDkim } from '../src/verify/dkim.ts'
import { CERTIFICATE } from './outbound/smtp/certificate.ts'
import { PASSWORD, type Received, type Relay, startRelay, USER } from './outbound/smtp/relay.ts'
import { rawMessageOf, tableResolve } from './verify/raw-message.ts'

const ADMIN_KEY = 'pst_admin_only_this_test_knows'
const WAIT = { timeout: 20_000, interval: 200 }

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, whose shape is what the test asserts.
type Json = any

const folder = mkdtempSync(join(tmpdir(), 'postern-end-to-end-'))
let relay: Relay
let harness: TestHarness
let worker: WorkerHandle<Env>
let key: string
let dkim: Json
/** The first message that is sent, and its submission. */
let sent: Json
/** What a program hears: the events that its webhook was sent, each with a signature that holds. */
const heard: Json[] = []
let listener: Server
let secret: string

beforeAll(async () => {
  relay = await startRelay({
    secure: true,
    onRcptTo: ({ address }, _session, done) =>
      done(address === 'gone@example.org' ? Object.assign(new Error('No such user'), { responseCode: 550 }) : null),
  })
  // What workerd trusts beside the usual authorities; read when wrangler is loaded.
  writeFileSync(join(folder, 'certificate.pem'), CERTIFICATE)
  process.env.NODE_EXTRA_CA_CERTS = join(folder, 'certificate.pem')
  const { createTestHarness } = await import('wrangler')
  const vars = {
    POSTERN_SECRET: 'a root secret that only this test knows',
    POSTERN_ADMIN_KEY: ADMIN_KEY,
    POSTERN_DEV: '1',
    POSTERN_PROVIDERS: 'smtp',
    POSTERN_SMTP_URL: `smtps://${USER}:${encodeURIComponent(PASSWORD)}@localhost:${relay.port}`,
    POSTERN_RETURN_DOMAIN: 'bounces.postern.test',
  }
  harness = createTestHarness({ workers: [{ configPath: './wrangler.toml', vars }] })
  worker = harness.getWorker<Env>()
  await harness.listen()
  await worker.applyD1Migrations('DB')
  await setUp()
  await listenToEvents()
}, 60_000)

afterAll(async () => {
  await harness.close()
  await relay.close()
  listener.close()
  rmSync(folder, { recursive: true })
})

async function setUp(): Promise<void> {
  const domain = await admin('/v1/admin/domains', { name: 'postern.test' })
  await admin('/v1/admin/domains', { name: 'bounces.postern.test' })
  const account = await admin('/v1/admin/accounts', { name: 'Ada' })
  await admin('/v1/admin/addresses', { address: 'ada@postern.test', account_id: account.id })
  const scopes = ['mail:read', 'mail:write', 'mail:send', 'settings']
  key = (await admin('/v1/admin/keys', { account_id: account.id, name: 'program', scopes })).key
  dkim = await admin(`/v1/admin/domains/${domain.id}/dkim-keys`, { selector: 'mail' })
  // The DNS cannot be asked here, and without it no key is activated: dkim-keys.test.ts does that.
  const { DB } = await worker.getEnv()
  await DB.prepare("update dkim_keys set state = 'active'").run()
}

async function listenToEvents(): Promise<void> {
  listener = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    heard.push(new Webhook(secret).verify(body, request.headers as Record<string, string>))
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  const made = await api('POST', '/v1/webhooks', { url: `http://127.0.0.1:${port}/events` })
  expect(made.status).toBe(201)
  secret = made.body.secret
}

async function call(
  auth: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Json }> {
  const response = await worker.fetch(`http://postern.test${path}`, {
    method,
    headers: { authorization: `Bearer ${auth}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

async function admin(path: string, body: unknown): Promise<Json> {
  const answer = await call(ADMIN_KEY, 'POST', path, body)
  expect(answer.status).toBe(201)
  return answer.body
}

const api = (method: string, path: string, body?: unknown) => call(key, method, path, body)
const get = async (path: string) => (await api('GET', path)).body

/** What the relay has for a recipient, as soon as it has it. */
async function received(to: string, subject: string): Promise<Received> {
  const find = () => relay.received.find((one) => one.to.includes(to) && one.raw.includes(`Subject: ${subject}\r\n`))
  await expect.poll(() => find() !== undefined, WAIT).toBe(true)
  return find() as Received
}

/** The statuses of a submission's recipients, once they are these. */
async function becomes(submission: string, statuses: Record<string, string>): Promise<Json> {
  const path = `/v1/submissions/${submission}`
  const read = async () => {
    const { recipients } = await get(path)
    return Object.fromEntries(recipients.map((one: Json) => [one.address, one.status]))
  }
  await expect.poll(read, WAIT).toEqual(statuses)
  return await get(path)
}

it('sends to each recipient in TLS, from an address of their own that bounces come back to', async () => {
  const to = ['bob@example.org', 'gone@example.org']
  const bcc = ['late@example.org']
  const answer = await api('POST', '/v1/messages/send', {
    to,
    bcc,
    subject: 'The orchard',
    text: 'Shall we go?\n\n.\n',
  })
  expect(answer.status).toBe(202)
  sent = answer.body
  const bob = await received('bob@example.org', 'The orchard')
  const late = await received('late@example.org', 'The orchard')
  for (const one of [bob, late]) {
    expect(one).toMatchObject({ secure: true, user: USER })
    expect(one.from).toMatch(/^verp-[0-9a-z-]+@bounces\.postern\.test$/)
    expect(one.raw).not.toMatch(/^Bcc:|late@/m)
  }
  expect(bob.from).not.toBe(late.from)
  expect(relay.received.some((one) => one.to.includes('gone@example.org'))).toBe(false)
})

it('signs it with the key of the domain', async () => {
  const { raw } = await received('bob@example.org', 'The orchard')
  const zone = { [`TXT ${dkim.record.name}`]: [dkim.record.value] }
  const ours = await verifyDkim(rawMessageOf(raw), tableResolve(zone), Date.now())
  expect(ours).toMatchObject([{ result: 'pass', domain: 'postern.test', selector: 'mail' }])
  const resolver = async (name: string) => (name === dkim.record.name ? [[dkim.record.value]] : [])
  const { results } = await dkimVerify(Buffer.from(raw, 'latin1'), { resolver } as never)
  expect(results.map(({ status }) => [status.result, status.aligned])).toEqual([['pass', 'postern.test']])
})

it('says of each recipient what became of them', async () => {
  const statuses = { 'bob@example.org': 'delivered', 'gone@example.org': 'failed', 'late@example.org': 'delivered' }
  const { recipients } = await becomes(sent.id, statuses)
  expect(recipients[1]).toMatchObject({ smtp: 550, code: '5.1.1', detail: 'No such user', provider: 'smtp' })
  expect(recipients[1].timeline.at(-1)).toMatchObject({ status: 'failed', smtp: 550, code: '5.1.1' })
})

it('tells its sender of who was not reached, in the Inbox', async () => {
  const inbox = () => get('/v1/messages?q=in:inbox')
  await expect.poll(async () => (await inbox()).data.length, WAIT).toBe(1)
  const [{ id }] = (await inbox()).data
  expect((await get(`/v1/messages/${id}`)).text).toContain('gone@example.org')
})

it('files an answer with what it answers, and answers it in turn', async () => {
  const { raw } = await received('bob@example.org', 'The orchard')
  const [, messageId] = /^Message-ID: (<[^>]+>)\r$/im.exec(raw) ?? []
  expect(messageId).toBe(`<${sent.message_id}>`)
  await deliver('bob@example.org', 'ada@postern.test', [
    'From: Bob <bob@example.org>',
    'To: ada@postern.test',
    'Subject: Re: The orchard',
    'Message-ID: <answer@example.org>',
    `In-Reply-To: ${messageId}`,
    `References: ${messageId}`,
    `Date: ${new Date().toUTCString()}`,
    '',
    'On Thursday.',
    '',
  ])
  const original = await get(`/v1/messages/${sent.message}`)
  const thread = async () => (await get(`/v1/threads/${original.thread_id}`)).messages
  await expect.poll(async () => (await thread()).length, WAIT).toBe(2)
  const answer = (await thread()).find((one: Json) => one.message_id === 'answer@example.org')
  const replied = await api('POST', `/v1/messages/${answer.id}/reply`, { text: 'Then on Thursday.' })
  expect(replied.status).toBe(202)
  const again = await received('bob@example.org', 'Re: The orchard')
  expect(again.to).toEqual(['bob@example.org'])
  expect(again.raw).toMatch(/^In-Reply-To: <answer@example\.org>\r$/m)
  expect(again.raw.replaceAll(/\r\n[ \t]+/g, ' ')).toContain(`References: ${messageId} <answer@example.org>\r\n`)
  await becomes(replied.body.id, { 'bob@example.org': 'delivered' })
  expect((await thread()).map((one: Json) => one.subject)).toEqual([
    'Re: The orchard',
    'Re: The orchard',
    'The orchard',
  ])
})

it('knows a bounce by the address that it comes back to, and writes there no more', async () => {
  const { from } = await received('late@example.org', 'The orchard')
  // Servers on the way may write a local part as they like.
  const [local] = from.split('@')
  await deliver('<>', `${local?.toUpperCase()}@bounces.postern.test`, bounceOf('late@example.org'))
  const statuses = { 'bob@example.org': 'delivered', 'gone@example.org': 'failed', 'late@example.org': 'bounced' }
  const { recipients } = await becomes(sent.id, statuses)
  expect(recipients[2].timeline.map((one: Json) => one.status)).toEqual(['queued', 'delivered', 'bounced'])
  expect(recipients[2]).toMatchObject({ code: '5.1.1' })
  const suppressed = (await get('/v1/suppressions')).data
  expect(suppressed).toMatchObject([
    { address: 'late@example.org', reason: 'bounce' },
    { address: 'gone@example.org', reason: 'bounce' },
  ])
  const more = await api('POST', '/v1/messages/send', { to: ['late@example.org'], subject: 'Again', text: 'Hello?' })
  await becomes(more.body.id, { 'late@example.org': 'suppressed' })
  expect(relay.received.some(({ raw }) => raw.includes('Subject: Again\r\n'))).toBe(false)
})

it('sends on what an account receives, and passes back what bounces of it', async () => {
  const put = (targets: string[]) => api('PUT', '/v1/forwarding', { targets, keep_copy: true })
  expect((await put(['ada@elsewhere.example'])).status).toBe(200)
  await deliver('carol@example.net', 'ada@postern.test', [
    'From: Carol <carol@example.net>',
    'To: ada@postern.test',
    'Subject: Plans',
    'Message-ID: <plans@example.net>',
    `Date: ${new Date().toUTCString()}`,
    '',
    'Are you coming?',
    '',
  ])
  const onward = await received('ada@elsewhere.example', 'Plans')
  await put([])
  expect(onward.from).toMatch(/^SRS0=[0-9a-z]{8}=[0-9a-z]{2}=example\.net=carol@bounces\.postern\.test$/)
  expect(onward.raw).toMatch(/^From: Carol <carol@example\.net>\r$/m)
  expect(onward.raw).toContain('\r\n\r\nAre you coming?\r\n')
  await deliver('<>', onward.from, bounceOf('ada@elsewhere.example'))
  expect(await received('carol@example.net', 'Undelivered mail')).toMatchObject({ from: '', to: ['carol@example.net'] })
  // It is a way for bounces alone: nobody writes to Carol through us.
  const refused = await deliver('eve@evil.example', onward.from, bounceOf('ada@elsewhere.example'))
  expect(JSON.stringify(refused)).toContain('5.7.1')
})

it('tells a program of all of it, in order', async () => {
  const finished = () => heard.some(({ type, data }) => type === 'delivery.suppressed' && data.submission !== sent.id)
  await expect.poll(finished, WAIT).toBe(true)
  // At least once, so the same event may come twice.
  const events = [...new Map(heard.map((event) => [event.id, event])).values()]
  const about = (messageId: string) =>
    events.find(({ type, data }) => type.startsWith('message.') && data.content?.message_id === messageId)
  const first = about(sent.message_id)
  expect(first).toMatchObject({ type: 'message.appended', data: { content: { subject: 'The orchard' } } })
  const ofFirst = events.filter(({ data }) => data.submission === sent.id).sort((a, b) => a.modseq - b.modseq)
  expect(ofFirst.map(({ type, data }) => [type, ...(data.recipients ?? [])])).toEqual([
    ['submission.queued'],
    ['delivery.delivered', 0],
    ['delivery.failed', 1],
    ['delivery.delivered', 2],
    ['submission.finished'],
    ['delivery.bounced', 2],
  ])
  const answer = about('answer@example.org')
  expect(answer).toMatchObject({
    type: 'message.received',
    data: { content: { thread_id: first.data.content.thread_id } },
  })
  expect(JSON.stringify(answer)).toContain('On Thursday.')
  const told = (await get('/v1/events?limit=200')).data.map((event: Json) => event.id)
  for (const { id } of events) expect(told).toContain(id)
})

/** What a server says of mail that it took and could not deliver. */
function bounceOf(recipient: string): string[] {
  return [
    'From: Mail Delivery System <mailer-daemon@mx.example.org>',
    'To: sender@postern.test',
    'Subject: Undelivered mail',
    `Message-ID: <bounce-${recipient}>`,
    `Date: ${new Date().toUTCString()}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    '',
    'It could not be delivered.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.org',
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 No mailbox here',
    '',
    '--b--',
    '',
  ]
}

function deliver(from: string, to: string, lines: string[]) {
  return worker.email({ from, to, raw: lines.join('\r\n') })
}
