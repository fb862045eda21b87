/**
 * The SMTP client over workerd's own sockets, to a real server: TLS from the first byte, STARTTLS, in clear, and what those
 * sockets do where things go wrong.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TestHarness } from 'wrangler'
import type { SendOutcome } from '../../../src/outbound/provider.ts'
import type { SmtpServer } from '../../../src/outbound/providers/smtp/server.ts'
import { CERTIFICATE } from './certificate.ts'
import { listen } from './peer.ts'
import { RAW, type Relay, SHORT, serverAt, startRelay, USER } from './relay.ts'
import type { Asked } from './socket-worker/worker.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-smtp-'))
let harness: TestHarness

beforeAll(async () => {
  // What workerd trusts beside the usual authorities; read when wrangler is loaded.
  const file = join(folder, 'certificate.pem')
  writeFileSync(file, CERTIFICATE)
  process.env.NODE_EXTRA_CA_CERTS = file
  const { createTestHarness } = await import('wrangler')
  harness = createTestHarness({ workers: [{ configPath: './test/outbound/smtp/socket-worker/wrangler.toml' }] })
  await harness.listen()
}, 60_000)

afterAll(async () => {
  await harness.close()
  rmSync(folder, { recursive: true })
})

const relays: { close(): Promise<void> }[] = []
async function relay(options: Partial<SMTPServerOptions> = {}, host = '127.0.0.1'): Promise<Relay> {
  const started = await startRelay(options, host)
  relays.push(started)
  return started
}
afterEach(async () => {
  await Promise.all(relays.splice(0).map((one) => one.close()))
})

async function send(server: SmtpServer, over: Partial<Asked> = {}): Promise<SendOutcome[]> {
  const timeouts = { ...SHORT, acceptMs: 5_000, sliceMs: 5_000 }
  const asked: Asked = { server, timeouts, recipients: ['bob@example.org'], raw: RAW, ...over }
  const response = await harness
    .getWorker()
    .fetch('http://socket.test/', { method: 'POST', body: JSON.stringify(asked) })
  expect(response.status).toBe(200)
  return (await response.json()) as SendOutcome[]
}

const delivered = { kind: 'delivered', providerId: '4F3A' }

describe('workerd', () => {
  it.each(['implicit', 'starttls', 'none'] as const)('delivers (TLS: %s)', async (tls) => {
    const open = tls === 'none' ? { allowInsecureAuth: true } : {}
    const { port, received } = await relay({ secure: tls === 'implicit', ...open })
    expect(await send(serverAt(port, { host: 'localhost', tls }))).toEqual([delivered])
    expect(received).toMatchObject([{ raw: RAW, secure: tls !== 'none', user: USER }])
  })

  it.each(['implicit', 'starttls'] as const)('delivers four megabytes of dots (TLS: %s)', async (tls) => {
    const { port, received } = await relay({ secure: tls === 'implicit' })
    const raw = RAW + `.${'x'.repeat(70)}\r\n`.repeat(55_000)
    expect(await send(serverAt(port, { host: 'localhost', tls }), { raw })).toEqual([delivered])
    expect(received[0]?.raw === raw).toBe(true)
  })

  it.each(['implicit', 'starttls'] as const)(
    'says nothing where the certificate is for another (TLS: %s)',
    async (tls) => {
      let auths = 0
      const onAuth: SMTPServerOptions['onAuth'] = (_, __, done) => {
        auths++
        done(null, { user: 'x' })
      }
      // The certificate names localhost and 127.0.0.1.
      const [secure, host] = [tls === 'implicit', '127.0.0.2']
      const { port, received } = await relay({ secure, onAuth, authOptional: true }, host)
      const other = serverAt(port, { host, tls })
      expect(await send(other)).toMatchObject([{ kind: 'temporary', isProviders: true }])
      expect([received, auths]).toEqual([[], 0])
      // It can be reached: in clear, it answers.
      const plain = tls === 'starttls' ? await send({ ...other, tls: 'none', credentials: null }) : [delivered]
      expect(plain).toEqual([delivered])
    },
  )

  it('is told where nobody listens', async () => {
    const gone = await listen(async () => {})
    await gone.close()
    const [outcome] = await send(serverAt(gone.port, { host: 'localhost', tls: 'none' }))
    expect(outcome).toMatchObject({ kind: 'temporary', code: '4.4.1', isProviders: true })
  })

  it.each([
    ['is reset after the message', 'reset', 'unknown'],
    ['is closed after the message', 'close', 'unknown'],
    ['hangs after the message', 'hang', 'unknown'],
  ])('tells a connection that %s from one that never had it', async (_, how, kind) => {
    const server = await listen(async (client) => {
      client.say('220 mail.example.org\r\n')
      for (const reply of ['250 Hi', '250 Fine', '250 Fine', '354 Go on']) {
        await client.until('\r\n')
        client.say(`${reply}\r\n`)
      }
      await client.until('\r\n.\r\n')
      if (how === 'reset') client.socket.resetAndDestroy()
      if (how === 'close') client.socket.end()
    })
    relays.push(server)
    const at = serverAt(server.port, { host: 'localhost', tls: 'none', credentials: null })
    expect(await send(at, { timeouts: SHORT })).toMatchObject([{ kind }])
  })

  it.each(['EHLO', 'MAIL', 'RCPT', 'DATA'])('tells one that is lost at %s from one that had it', async (step) => {
    const server = await listen(async (client) => {
      client.say('220 mail.example.org\r\n')
      for (;;) {
        const line = await client.until('\r\n')
        if (line.startsWith(step)) return void client.socket.resetAndDestroy()
        client.say('250 Fine\r\n')
      }
    })
    relays.push(server)
    const at = serverAt(server.port, { host: 'localhost', tls: 'none', credentials: null })
    expect(await send(at)).toMatchObject([{ kind: 'temporary', isProviders: true }])
  })
})
