/** A real SMTP server (npm smtp-server) that keeps what it gets, and the client under test pointed at it. */
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Outgoing, SendOutcome } from '../../../src/outbound/provider.ts'
import type { SmtpServer } from '../../../src/outbound/providers/smtp/server.ts'
import { TIMEOUTS, type Timeouts } from '../../../src/outbound/providers/smtp/timeouts.ts'
import { Broken } from '../../../src/outbound/providers/smtp/wire.ts'
import { smtpProvider } from '../../../src/outbound/providers/smtp.ts'
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts'
import { openNodeStream } from './node-stream.ts'

export const USER = 'ada'
export const PASSWORD = 'p@ss: wörd'

export type Received = {
  from: string
  /** The parameters of MAIL. */
  params: Record<string, unknown>
  to: string[]
  raw: string
  secure: boolean
  user: string | null
}

export type Relay = { port: number; received: Received[]; close(): Promise<void> }

/** Takes what is authenticated, unless `options` say otherwise. */
export async function startRelay(options: Partial<SMTPServerOptions> = {}, host = '127.0.0.1'): Promise<Relay> {
  const received: Received[] = []
  const server = new SMTPServer({
    key: CERTIFICATE_KEY,
    cert: CERTIFICATE,
    logger: false,
    size: 10_000_000,
    hideENHANCEDSTATUSCODES: false,
    closeTimeout: 100,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) =>
      username === USER && password === PASSWORD ? done(null, { user: username }) : done(new Error('Wrong password')),
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom ? mailFrom.address : '',
          params: (mailFrom ? mailFrom.args || {} : {}) as Record<string, unknown>,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('latin1'),
          secure: session.secure,
          user: (session.user as unknown as string) || null,
        })
        done(null, 'OK: queued as 4F3A')
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.server.address() as AddressInfo
  return { port, received, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

export const RAW = 'From: Ada <ada@postern.test>\r\nTo: bob@example.org\r\nSubject: Hello\r\n\r\nHello.\r\n'

/** Short ones: what hangs must not hang the tests. */
export const SHORT: Timeouts = {
  ...TIMEOUTS,
  ...{
    greetingMs: 400,
    commandMs: 400,
    recipientMs: 400,
    sliceMs: 400,
    acceptMs: 400,
    lastWordMs: 100,
    quitMs: 50,
    idleMs: 50,
  },
}

export function serverAt(port: number, over: Partial<SmtpServer> = {}): SmtpServer {
  return { host: '127.0.0.1', port, tls: 'starttls', credentials: { user: USER, password: PASSWORD }, ...over }
}

type How = { servername?: string; timeouts?: Timeouts }

/** Sends by the client as it is, over Node's sockets. */
export function send(server: SmtpServer, message: Partial<Outgoing> = {}, how: How = {}): Promise<SendOutcome[]> {
  return clientOf(server, how)(message)
}

/** The same for several messages by one client. */
export function clientOf(server: SmtpServer, { servername, timeouts = { ...TIMEOUTS, idleMs: 100 } }: How = {}) {
  const provider = smtpProvider({
    server,
    timeouts,
    connect: (at) =>
      openNodeStream(at, servername).catch((cause) => {
        throw new Broken('The SMTP server cannot be reached.', { cause })
      }),
    sign: async () => new Uint8Array(),
  })
  return (message: Partial<Outgoing> = {}) =>
    provider.send({
      sender: 'ada@postern.test',
      recipients: ['bob@example.org'],
      raw: bytesOf(RAW),
      messageId: 'one@postern.test',
      domain: 'postern.test',
      key: 'k',
      reference: 'p1-1',
      ...message,
    })
}

/** One byte a character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}
