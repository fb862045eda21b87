/**
 * The SMTP client against servers that say anything at all, in any pieces: an outcome for each recipient, no hang, nothing secret in
 * clear, and nothing called delivered that was not handed over.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Connections } from '../../src/outbound/providers/smtp/connections.ts'
import type { SmtpServer } from '../../src/outbound/providers/smtp/server.ts'
import type { ByteStream } from '../../src/outbound/providers/smtp/stream.ts'
import { TIMEOUTS } from '../../src/outbound/providers/smtp/timeouts.ts'

const limits = { interruptAfterTimeLimit: 2_000, numRuns: 3_000 }
const PASSWORD = 'secret'
const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const RAW = bytesOf('From: ada@postern.test\r\n\r\nHello.\r\n.\r\n')
const timeouts = Object.fromEntries(Object.keys(TIMEOUTS).map((name) => [name, 200])) as typeof TIMEOUTS

/** A server that says its pieces, one at each reading, and is gone then. */
function streamOf(pieces: string[], isSecure: boolean) {
  const left = [...pieces]
  const heard: { text: string; isSecure: boolean }[] = []
  const stream: ByteStream & { isSecure: boolean } = {
    isSecure,
    async write(bytes) {
      heard.push({ text: String.fromCharCode(...bytes), isSecure: stream.isSecure })
    },
    async read() {
      const piece = left.shift()
      return piece === undefined ? null : bytesOf(piece)
    },
    async startTls() {
      if (pieces.length % 5 === 0) throw new Error('no TLS')
      stream.isSecure = true
    },
    close() {},
  }
  return { stream, heard }
}

const code = fc.constantFrom(
  '220',
  '250',
  '251',
  '334',
  '354',
  '235',
  '421',
  '451',
  '500',
  '535',
  '550',
  '552',
  '199',
  '999',
  '25',
)
const words = fc.constantFrom(
  'STARTTLS',
  'AUTH PLAIN LOGIN',
  'SIZE 5',
  'SIZE 99999',
  'SIZE x',
  'CHUNKING',
  'PIPELINING',
  '8BITMIME',
  '5.1.1 No',
  '',
)
const line = fc.tuple(code, fc.constantFrom(' ', '-', ' ', ''), words, fc.constantFrom('\r\n', '\n', '\r\n', ''))
const said = line.map((parts) => parts.join(''))
const usual = fc.constantFrom(
  '220 hi\r\n',
  '250-hi\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n',
  '235 ok\r\n',
  '250 ok\r\n',
  '250 ok\r\n',
  '354 go\r\n',
)
const piece = fc.oneof({ weight: 3, arbitrary: usual }, said, fc.string(), fc.constant('x'.repeat(5_000)))
/** The dialogue as it should be, with one recipient. */
const HELLO = '250-hi\r\n250-AUTH LOGIN PLAIN\r\n250 STARTTLS\r\n'
const MAIL = ['235 ok\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n', '250 ok\r\n']
const USUAL = {
  implicit: ['220 hi\r\n', HELLO, ...MAIL],
  starttls: ['220 hi\r\n', HELLO, '220 go\r\n', HELLO, ...MAIL],
}
/** As it should be for some steps, and then anything. */
const dialogue = fc
  .tuple(fc.constantFrom('implicit' as const, 'starttls' as const), fc.nat(9), fc.array(piece, { maxLength: 8 }))
  .map(([how, steps, rest]) => ({ how, all: [...USUAL[how].slice(0, steps), ...rest] }))

it('says what became of each recipient, whatever it is told', async () => {
  const kinds = new Set<string>()
  await fc.assert(
    fc.asyncProperty(dialogue, fc.constantFrom(1, 1, 2, 3), async ({ all, how }, count) => {
      const { stream, heard } = streamOf(all, how === 'implicit')
      const server: SmtpServer = { host: 'h', port: 1, tls: how, credentials: { user: 'ada', password: PASSWORD } }
      const recipients = Array.from({ length: count }, (_, n) => `r${n}@example.org`)
      const mail = {
        sender: 'ada@postern.test',
        recipients,
        signatures: new Uint8Array(),
        raw: RAW,
        domain: 'postern.test',
      }
      const outcomes = await new Connections(server, async () => stream, timeouts).send(mail)
      expect(outcomes).toHaveLength(count)
      for (const { kind } of outcomes) kinds.add(kind)
      const clear = heard.filter((one) => !one.isSecure).map(({ text }) => text)
      expect(clear.join('')).toMatch(/^(EHLO postern\.test\r\n)?(HELO postern\.test\r\n)?(STARTTLS\r\n)?(QUIT\r\n)?$/)
      const isHandedOver = heard.some(({ text }) => text === '.\r\n' || text.includes('Hello.'))
      if (outcomes.some(({ kind }) => kind === 'delivered' || kind === 'unknown')) expect(isHandedOver).toBe(true)
    }),
    limits,
  )
  // The servers are not so odd that nothing is ever reached.
  expect([...kinds].sort()).toEqual(['delivered', 'later', 'permanent', 'temporary', 'unknown'])
})
