/** What a provider would take for orders to itself goes to none, whoever wrote it. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { readRawMail } from '../../src/mime/compose-raw.ts'
import { type Outgoing, openProviders } from '../../src/outbound/provider.ts'
import { withoutCommands } from '../../src/outbound/provider-commands.ts'
import { submit } from '../../src/outbound/submit.ts'
import { latin1, makeAccount, makeWorld, migrate } from '../helpers/world.ts'

const text = (bytes: Uint8Array) => Array.from(bytes, (one) => String.fromCharCode(one)).join('')
const without = (raw: string) => text(withoutCommands(latin1(raw)))

describe('taken out', () => {
  it.each([
    'X-SMTPAPI: {"to":["a@b.example"]}',
    'x-smtpapi : {"to":[\r\n "a@b.example",\r\n\t"c@b.example"]}',
    'X-SES-MESSAGE-TAGS: postern_reference=p1-5',
    'X-SES-CONFIGURATION-SET: other',
    'X-SES-SOURCE-ARN: arn:aws:ses:eu-west-1:1:identity/other.example',
    'X-Mailgun-Variables: {"postern_reference":"p1-5"}',
    'X-PM-Metadata-postern_reference: p1-5',
    'X-MC-BccAddress: a@b.example',
    'X-MJ-CustomID: p1-5',
    'X-MSYS-API: {}',
  ])('%s', (field) => {
    expect(without(`${field}\r\n\r\nHi`)).toBe('\r\nHi')
    expect(without(`From: a\r\n${field}\r\nTo: b\r\n${field}\r\n\r\nHi`)).toBe('From: a\r\nTo: b\r\n\r\nHi')
    expect(without(`From: a\r${field}\rTo: b\r\n\r\nHi`)).toBe('From: a\rTo: b\r\n\r\nHi')
  })

  it('behind more fields than are read', () => {
    const many = 'a:b\r\n'.repeat(6_000)
    expect(without(`${many}X-SMTPAPI: {}\r\n\r\nHi`)).toBe(`${many}\r\nHi`)
  })
})

describe('left', () => {
  it.each([
    'Subject: X-SMTPAPI: {}\r\n\r\nHi',
    'Subject: a\r\n X-SMTPAPI: {}\r\n\r\nHi',
    'X-SES-Outgoing: 2026.03.01-1.2.3.4\r\nX-Mailgun-Sid: abc\r\nX-PM-Message-Id: 1\r\nX-MC-Unique: 1\r\n\r\nHi',
    'From: a\r\n\r\nX-SMTPAPI: {}\r\n',
    '\r\nX-SMTPAPI: {}',
    '',
  ])('%j', (raw) => {
    expect(without(raw)).toBe(raw)
  })
})

describe('no provider is handed them', () => {
  beforeEach(async () => {
    await migrate()
  })

  it.each(['written by fields', 'whole'])('in a message that is %s', async (how) => {
    await env.DB.prepare('update domains set providers = null').run()
    const calls: Outgoing[] = []
    const world = makeWorld()
    const address = `u${crypto.randomUUID()}@a.example`
    const account = await makeAccount(world, address)
    world.deps.providers = openProviders([
      {
        ...{ name: 'smtp', recipientsMax: 50, bytesMax: 1e7, hasEnvelope: true, idempotentSeconds: 0 },
        send: async (message) => {
          calls.push(message)
          return message.recipients.map(() => ({ kind: 'delivered', providerId: null }))
        },
      },
    ])
    const raw = readRawMail(
      latin1(`From: ${address}\r\nTo: n@x.example\r\nX-SMTPAPI: {"to":["a@b.example"]}\r\nX-Own: yes\r\n\r\nHi`),
    )
    if (isFailure(raw)) throw new Error(raw.detail)
    const written = {
      ...{ from: null, to: [{ name: '', address: 'n@x.example' }], cc: [], bcc: [], replyTo: [], subject: 'Hi' },
      ...{ text: 'Hi.', html: null, attachments: [] },
      headers: [
        { name: 'X-SMTPAPI', value: '{"to":["a@b.example"]}' },
        { name: 'X-Own', value: 'yes' },
      ],
    }
    const sent = await submit(world.deps, whole(account), how === 'whole' ? raw : written, null)
    expect(isFailure(sent)).toBe(false)
    await world.settle()
    const [call] = calls
    expect(call && text(call.raw)).toContain('X-Own: yes')
    expect(call && text(call.raw)).not.toMatch(/smtpapi/i)
  })
})
