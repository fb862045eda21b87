/** Sending by SMTP to a real server: TLS, AUTH, extensions, and a result for each recipient. */
import fc from 'fast-check'
import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'
import { bytesOf, clientOf, PASSWORD, RAW, type Relay, send, serverAt, startRelay, USER } from './relay.ts'

const relays: Relay[] = []
async function relay(options: Partial<SMTPServerOptions> = {}): Promise<Relay> {
  const started = await startRelay(options)
  relays.push(started)
  return started
}
afterEach(async () => {
  await Promise.all(relays.splice(0).map((one) => one.close()))
})

const delivered = { kind: 'delivered', providerId: '4F3A' }
/** An error with which the server answers. */
const answer = (responseCode: number, message = 'No') => Object.assign(new Error(message), { responseCode })

describe('a message', () => {
  it.each(['implicit', 'starttls'] as const)('goes by TLS (%s), to who has proven himself', async (tls) => {
    const { port, received } = await relay({ secure: tls === 'implicit' })
    expect(await send(serverAt(port, { tls }))).toEqual([delivered])
    expect(received).toMatchObject([
      { from: 'ada@postern.test', to: ['bob@example.org'], raw: RAW, secure: true, user: USER },
    ])
  })

  it.each(['PLAIN', 'LOGIN'])('goes after AUTH %s', async (method) => {
    const { port, received } = await relay({ authMethods: [method] })
    expect(await send(serverAt(port))).toEqual([delivered])
    expect(received).toMatchObject([{ user: USER }])
  })

  it('goes without credentials where the server wants none', async () => {
    const { port, received } = await relay({ authOptional: true })
    expect(await send(serverAt(port, { credentials: null }))).toEqual([delivered])
    expect(received).toMatchObject([{ user: null, secure: true }])
  })

  it('goes in clear to this machine only where that is said', async () => {
    const { port, received } = await relay({
      authOptional: true,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
    })
    expect(await send(serverAt(port, { tls: 'none' }))).toEqual([delivered])
    expect(received).toMatchObject([{ secure: false, user: USER }])
  })

  it('goes from the null sender, and names its size', async () => {
    const { port, received } = await relay({ size: 10_000 })
    expect(await send(serverAt(port), { sender: '' })).toEqual([delivered])
    expect(received).toMatchObject([{ from: '', to: ['bob@example.org'] }])
    await send(serverAt(port))
    expect(received[1]?.params).toMatchObject({ SIZE: String(RAW.length) })
  })

  it.each([
    ['a quoted local part', '"a.b."@example.org'],
    ['an address literal', 'a@[192.0.2.1]'],
    ['a percent and a plus', "a%b+c'd@example.org"],
  ])('goes to %s', async (_, to) => {
    const { port, received } = await relay()
    expect(await send(serverAt(port), { recipients: [to] })).toEqual([delivered])
    expect(received).toHaveLength(1)
  })

  it.each([false, true])('goes without pipelining: %s', async (hidePIPELINING) => {
    const { port, received } = await relay({ hidePIPELINING })
    const recipients = ['a@example.org', 'b@example.org', 'c@example.org']
    expect(await send(serverAt(port), { recipients })).toEqual([delivered, delivered, delivered])
    expect(received).toMatchObject([{ to: recipients }])
  })
})

describe('no TLS, no mail', () => {
  it('where the server offers none', async () => {
    const { port, received } = await relay({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
    const [outcome] = await send(serverAt(port))
    expect(outcome).toMatchObject({ kind: 'later', code: '4.7.4', isProviders: true })
    expect(received).toEqual([])
  })

  it.each(['implicit', 'starttls'] as const)('where its certificate is for another (%s)', async (tls) => {
    let auths = 0
    const { port, received } = await relay({
      secure: tls === 'implicit',
      onAuth: (_, __, done) => {
        auths++
        done(null, { user: 'x' })
      },
    })
    const [outcome] = await send(serverAt(port, { tls }), {}, { servername: 'mail.example.org' })
    expect(outcome).toMatchObject({ kind: 'temporary', isProviders: true })
    expect([received, auths]).toEqual([[], 0])
  })
})

describe('a wrong password', () => {
  it.each(['PLAIN', 'LOGIN'])('lets mail wait, and another provider try (AUTH %s)', async (method) => {
    const { port, received } = await relay({ authMethods: [method] })
    const [outcome] = await send(serverAt(port, { credentials: { user: USER, password: `${PASSWORD}!` } }))
    expect(outcome).toMatchObject({ kind: 'later', smtp: 535, isProviders: true })
    expect(received).toEqual([])
  })

  it('is tried twice, and then the other mail gets the same answer', async () => {
    let auths = 0
    const { port } = await relay({
      onAuth: (_, __, done) => {
        auths++
        done(new Error('Wrong password'))
      },
    })
    const client = clientOf(serverAt(port))
    for (let n = 0; n < 4; n++) expect(await client()).toMatchObject([{ kind: 'later', smtp: 535, isProviders: true }])
    expect(auths).toBe(2)
  })

  it('is not even told to a server that knows other mechanisms only', async () => {
    const { port } = await relay({ authMethods: ['XOAUTH2'] })
    expect(await send(serverAt(port))).toMatchObject([{ kind: 'later', code: '4.7.4', isProviders: true }])
  })
})

describe('what a recipient is told of', () => {
  it.each([false, true])('is his own (without pipelining: %s)', async (hidePIPELINING) => {
    const answers = new Map([
      ['gone@example.org', answer(550, 'No such user')],
      ['grey@example.org', answer(451, 'Greylisted, try again')],
      ['full@example.org', answer(552, '5.2.2 Mailbox full')],
    ])
    const { port, received } = await relay({
      hidePIPELINING,
      onRcptTo: ({ address }, _, done) => done(answers.get(address) ?? null),
    })
    const recipients = [
      'bob@example.org',
      'gone@example.org',
      'grey@example.org',
      'full@example.org',
      'eve@example.org',
    ]
    const outcomes = await send(serverAt(port), { recipients })
    expect(outcomes).toMatchObject([
      delivered,
      { kind: 'permanent', smtp: 550, code: '5.1.1', detail: 'No such user', isProviders: false },
      { kind: 'temporary', smtp: 451, isProviders: false },
      { kind: 'permanent', smtp: 552 },
      delivered,
    ])
    expect(received).toMatchObject([{ to: ['bob@example.org', 'eve@example.org'] }])
  })

  it('is the same for all where none is accepted, and no content is sent', async () => {
    const { port, received } = await relay({ onRcptTo: (_, __, done) => done(answer(550, 'Relaying denied')) })
    const outcomes = await send(serverAt(port), { recipients: ['a@example.org', 'b@example.org'] })
    expect(outcomes).toMatchObject([
      { kind: 'permanent', isProviders: true },
      { kind: 'permanent', isProviders: true },
    ])
    expect(received).toEqual([])
  })

  it.each([
    ['a\r\nRCPT TO:<eve@example.org', 'a line end in it'],
    ['a@example.org> NOTIFY=NEVER', 'a parameter after it'],
    ['a b@example.org', 'a space'],
    ['', 'nothing'],
    ['nobody', 'no domain'],
    [`${'a'.repeat(400)}@example.org`, 'too many characters'],
  ])('is that %j is no address (%s), and the others get theirs', async (to) => {
    const { port, received } = await relay()
    const outcomes = await send(serverAt(port), { recipients: [to, 'bob@example.org'] })
    expect(outcomes).toMatchObject([{ kind: 'permanent', code: '5.1.3' }, delivered])
    expect(received).toMatchObject([{ to: ['bob@example.org'] }])
  })

  it('is that a sender with a line end in it is none', async () => {
    const { port, received } = await relay()
    expect(await send(serverAt(port), { sender: 'a@b>\r\nDATA' })).toMatchObject([{ kind: 'permanent', code: '5.1.7' }])
    expect(received).toEqual([])
  })
})

describe('what the server cannot take', () => {
  it('is too large by its own word: nothing of it is sent', async () => {
    const { port, received } = await relay({ size: 50 })
    expect(await send(serverAt(port))).toMatchObject([{ kind: 'permanent', code: '5.3.4', isProviders: true }])
    expect(received).toEqual([])
  })

  it.each([
    ['8-bit text', { hide8BITMIME: true }, `${RAW}\xe4\r\n`, '5.6.3'],
    ['an address that is not ASCII', { hideSMTPUTF8: true }, RAW.replace('bob@', 'b\xc3\xb6b@'), '5.6.7'],
  ])('is %s', async (_, options, raw, code) => {
    const { port, received } = await relay(options)
    expect(await send(serverAt(port), { raw: bytesOf(raw) })).toMatchObject([
      { kind: 'permanent', code, isProviders: true },
    ])
    expect(received).toEqual([])
  })

  it.each([
    ['BODY=8BITMIME for 8-bit text', `${RAW}\xe4\r\n`, { BODY: '8BITMIME' }],
    [
      'SMTPUTF8 for an address that is not ASCII',
      RAW.replace('bob@', 'b\xc3\xb6b@'),
      { SMTPUTF8: true, BODY: '8BITMIME' },
    ],
    ['no SMTPUTF8 for a subject that is not', RAW.replace('Hello', 'H\xc3\xb6'), { BODY: '8BITMIME' }],
    ['nothing for ASCII', RAW, {}],
  ])('is asked for by %s', async (_, raw, params) => {
    const { port, received } = await relay()
    expect(await send(serverAt(port), { raw: bytesOf(raw) })).toEqual([delivered])
    const { SIZE, ...said } = received[0]?.params ?? {}
    expect([SIZE, said]).toEqual([String(raw.length), params])
    expect(received[0]?.raw).toBe(raw)
  })
})

describe('the content', () => {
  it.each([
    ['lines of dots', `${RAW}.\r\n..\r\n.x\r\n\r\n.\r\n`],
    ['a line that begins a slice with a dot', `${RAW}${'x'.repeat(64 * 1024 - RAW.length - 2)}\r\n.\r\n.y\r\n`],
    ['a megabyte of dots', RAW + '.\r\n'.repeat(300_000)],
  ])('arrives as it is: %s', async (_, raw) => {
    const { port, received } = await relay()
    expect(await send(serverAt(port), { raw: bytesOf(raw) })).toEqual([delivered])
    expect(received[0]?.raw === raw).toBe(true)
  })

  it.each([
    [
      'LF alone',
      'Subject: x\n\nHello.\n.\nMAIL FROM:<eve@example.org>\n',
      'Subject: x\r\n\r\nHello.\r\n.\r\nMAIL FROM:<eve@example.org>\r\n',
    ],
    [
      'CR alone in a field',
      'Subject: x\rBcc: eve@example.org\r\n\r\nHello.\r\n',
      'Subject: x?Bcc: eve@example.org\r\n\r\nHello.\r\n',
    ],
    ['a dot between CRs', 'Subject: x\r\n\r\nHello.\r.\r\r\n.\n', 'Subject: x\r\n\r\nHello. .\r\n.\r\n'],
    ['an end without one', 'Subject: x\r\n\r\nHello.', 'Subject: x\r\n\r\nHello.\r\n'],
    ['CR at the very end', 'Subject: x\r\n\r\nHello.\r', 'Subject: x\r\n\r\nHello. \r\n'],
    ['CR for all line ends', 'Subject: x\r\rHello.\r', 'Subject: x\r\n\r\nHello.\r\n'],
    ['nothing at all', '', '\r\n'],
  ])('has CRLF for line ends and no other: %s', async (_, raw, expected) => {
    const { port, received } = await relay()
    expect(await send(serverAt(port), { raw: bytesOf(raw) })).toEqual([delivered])
    expect(received.map((one) => one.raw)).toEqual([expected])
  })

  it('is one message whatever it holds', async () => {
    const { port, received } = await relay()
    const part = fc.constantFrom(
      '.',
      '\r',
      '\n',
      '\r\n',
      'x',
      '..',
      '\r\n.\r\n',
      '\n.\n',
      '\r.\r',
      'QUIT',
      '\0',
      '\xff',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 40 }), async (parts) => {
        const before = received.length
        const raw = `Subject: x\r\n\r\n${parts.join('')}`
        expect(await send(serverAt(port), { raw: bytesOf(raw) })).toEqual([delivered])
        expect(received.length).toBe(before + 1)
        const arrived = received.at(-1)?.raw ?? ''
        expect(arrived.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
        expect(arrived.replaceAll(/[\r\n ]/g, '')).toBe(raw.replaceAll(/[\r\n ]/g, ''))
      }),
      { numRuns: 15 },
    )
  })
})
