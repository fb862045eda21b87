/** One table over all providers that are called by HTTP: what arrives, what failures mean, and what is never told. */
import { decodeWords } from 'postal-mime'
import { describe, expect, it } from 'vitest'
import { compose, type Draft, type DraftAttachment } from '../../../src/mime/compose.ts'
import type { Outgoing } from '../../../src/outbound/provider.ts'
import type { ProviderTools } from '../../../src/outbound/providers/configure.ts'
import { NO_ANSWER } from '../../../src/outbound/providers/health.ts'
import type { Double, Seen } from './double.ts'
import { cloudflareRest } from './doubles/cloudflare-rest.ts'
import { mailchannels } from './doubles/mailchannels.ts'
import { mailgun } from './doubles/mailgun.ts'
import { postmark } from './doubles/postmark.ts'
import { resend } from './doubles/resend.ts'
import { sendgrid } from './doubles/sendgrid.ts'
import { ses } from './doubles/ses.ts'

const DOUBLES: Double[] = [cloudflareRest, resend, postmark, mailgun, ses, sendgrid, mailchannels]
const STRUCTURED = [resend, postmark, sendgrid, mailchannels]
const RAW = [cloudflareRest, mailgun, ses]
const NOON = Date.UTC(2026, 2, 1, 12)

const EVERY_BYTE = Uint8Array.from({ length: 256 * 5 + 1 }, (_, n) => n % 256)
const PICTURE = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 254])
const TEXT = 'Größe: 42 µm\n\n.dot\nFrom here\n日本語のテキスト\n'
const HTML = '<p>Größe: <b>42 µm</b> <img src="cid:logo@a.example"></p>'

const anyone = (address: string, name = '') => ({ name, address })
const file = (filename: string, bytes: Uint8Array, contentId: string | null = null): DraftAttachment => ({
  ...{ filename, bytes, contentId },
  contentType: contentId === null ? 'application/octet-stream' : 'image/png',
})

const DRAFT: Draft = {
  from: anyone('ann@a.example', 'Änn "A." Example, Jr.'),
  to: [anyone('to@b.example', 'Bäcker, Bob'), anyone('other@b.example')],
  cc: [anyone('cc@b.example', 'Ćić')],
  bcc: [anyone('hidden@c.example')],
  replyTo: [anyone('replies@a.example', 'Réplies')],
  subject: 'Grüße — 日本語 and a "quote" that is somewhat longer than one encoded word may be',
  text: TEXT,
  html: HTML,
  headers: [
    { name: 'X-Ticket', value: 'Nr. 7 für Änn' },
    { name: 'In-Reply-To', value: '<asked@b.example>' },
    { name: 'References', value: '<first@b.example> <asked@b.example>' },
    { name: 'List-Unsubscribe', value: '<https://a.example/out>' },
  ],
  attachments: [file('Übersicht 2026.bin', EVERY_BYTE), file('logo.png', PICTURE, 'logo@a.example')],
}
const RECIPIENTS = ['to@b.example', 'other@b.example', 'cc@b.example', 'hidden@c.example']

let serial = 0

function outgoing(over: Partial<Outgoing & { draft: Partial<Draft> }> = {}): Outgoing {
  const { draft, ...rest } = over
  const messageId = `message-${++serial}@a.example`
  return {
    sender: 'ann@a.example',
    recipients: RECIPIENTS,
    raw: compose({ ...DRAFT, ...draft }, { messageId, nowMs: NOON, unique: `u${serial}` }),
    ...{ messageId, domain: 'a.example', key: `${serial}-0-1`, reference: 'p1-2s' },
    ...rest,
  }
}

/** A message to one who stands in no field. */
function toOne(over: Partial<Outgoing> = {}): Outgoing {
  return outgoing({ recipients: ['x@b.example'], draft: { attachments: [] }, ...over })
}

function tools(fetch: ProviderTools['fetch'], timeoutMs = 5_000): ProviderTools {
  return { fetch, now: () => NOON, timeoutMs }
}

/** The provider before its double, and what came out on the other side. */
function open(double: Double, secret = double.secret) {
  const sent: Seen[] = []
  const requests: Request[] = []
  const fetch: ProviderTools['fetch'] = async (url, init) => {
    const request = new Request(url, init)
    requests.push(request.clone())
    return await double.handle(request, sent)
  }
  return { provider: double.make(tools(fetch), secret), sent, requests }
}

/** The provider before something that answers so. */
function answering(double: Double, answer: () => Response | Promise<Response>, timeoutMs?: number) {
  return double.make(
    tools(async () => await answer(), timeoutMs),
    double.secret,
  )
}

const delivered = { kind: 'delivered' }
const trimmed = (text: string | null) => text?.replaceAll('\r\n', '\n').trimEnd()

describe.each(DOUBLES.map((double) => [double.name, double] as const))('%s', (_name, double) => {
  it('carries the whole message, and nobody sees who is hidden', async () => {
    const { provider, sent } = open(double)
    const message = outgoing()
    expect(await provider.send(message)).toEqual(RECIPIENTS.map(() => expect.objectContaining(delivered)))
    expect(sent).toHaveLength(1)
    const [seen] = sent
    if (!seen) throw new Error('nothing was sent')
    expect(seen.recipients.toSorted()).toEqual(RECIPIENTS.toSorted())
    expect(seen.from).toEqual({ name: DRAFT.from.name, address: 'ann@a.example' })
    expect(seen.to).toEqual(['to@b.example', 'other@b.example'])
    expect(seen.cc).toEqual(['cc@b.example'])
    expect(seen.replyTo).toEqual(['replies@a.example'])
    expect(seen.subject).toBe(DRAFT.subject)
    expect(trimmed(seen.text)).toBe(TEXT.trimEnd())
    expect(trimmed(seen.html)).toBe(HTML)
    expect(seen.files).toEqual([
      { filename: 'logo.png', bytes: PICTURE, contentId: 'logo@a.example' },
      { filename: 'Übersicht 2026.bin', bytes: EVERY_BYTE, contentId: null },
    ])
    expect(decodeWords(seen.headers['x-ticket'] ?? '')).toBe('Nr. 7 für Änn')
    expect(seen.headers).toMatchObject({
      'in-reply-to': '<asked@b.example>',
      'list-unsubscribe': '<https://a.example/out>',
    })
    expect(seen.shown).not.toContain('hidden@c.example')
    if (double !== cloudflareRest) expect(seen.reference).toBe('p1-2s')
  })

  it('keeps the thread, by the Message-ID or by References', async () => {
    const { provider, sent } = open(double)
    const message = outgoing()
    await provider.send(message)
    const headers = sent[0]?.headers ?? {}
    if (double.keepsMessageId) expect(headers['message-id']).toBe(`<${message.messageId}>`)
    const ids = headers.references?.split(/\s+/)
    expect(ids).toEqual([
      '<first@b.example>',
      '<asked@b.example>',
      ...(double.keepsMessageId ? [] : [`<${message.messageId}>`]),
    ])
  })

  it('sends to recipients of this call only, and to many whom nobody sees one by one', async () => {
    const { provider, sent } = open(double)
    const some = await provider.send(outgoing({ recipients: ['other@b.example', 'hidden@c.example'] }))
    expect(some).toMatchObject([delivered, delivered])
    expect(sent.flatMap(({ recipients }) => recipients).toSorted()).toEqual(['hidden@c.example', 'other@b.example'])
    sent.splice(0)
    const hidden = ['h1@c.example', 'h2@c.example', 'h3@c.example']
    expect(await provider.send(outgoing({ recipients: hidden }))).toMatchObject([delivered, delivered, delivered])
    expect(sent.flatMap(({ recipients }) => recipients)).toEqual(hidden)
    for (const { shown, recipients } of sent)
      for (const other of hidden.filter((one) => !recipients.includes(one) || recipients.length > 1))
        expect(shown).not.toContain(other)
  })

  it('carries a message of nothing but a file, and one from the null sender', async () => {
    const { provider, sent } = open(double)
    const bare = { text: '', html: null, subject: '', headers: [], replyTo: [], attachments: [file('a.bin', PICTURE)] }
    const message = outgoing({ sender: '', recipients: ['to@b.example'], draft: bare })
    expect(await provider.send(message)).toMatchObject([delivered])
    expect(sent[0]?.files.map(({ bytes }) => bytes)).toEqual([PICTURE])
    expect(sent[0]?.from.address).toBe('ann@a.example')
  })

  it('refuses what is over its limits, before it is called', async () => {
    const { provider, requests } = open(double)
    const tooLarge = outgoing({ raw: new Uint8Array(provider.bytesMax + 1) })
    expect(await provider.send(tooLarge)).toMatchObject(
      RECIPIENTS.map(() => ({ kind: 'permanent', code: '5.3.4', isProviders: true })),
    )
    const many = Array.from({ length: provider.recipientsMax + 1 }, (_, n) => `r${n}@b.example`)
    expect((await provider.send(outgoing({ recipients: many })))[0]).toMatchObject({ kind: 'permanent', code: '5.5.3' })
    expect(requests).toHaveLength(0)
  })

  it.each(double.errors)('marks $name', async ({ answer, outcome }) => {
    const outcomes = await answering(double, answer).send(toOne())
    expect(outcomes.map((one) => ({ isProviders: undefined, ...one }))).toMatchObject([outcome])
  })

  it('says that a wrong key is the provider’s affair, and never repeats it', async () => {
    const { provider, sent } = open(double, 'a-key-that-is-not-the-right-one')
    const [outcome] = await provider.send(toOne())
    expect(outcome).toMatchObject({ kind: 'later', isProviders: true })
    expect(sent).toEqual([])
    const basic = btoa(`api:${double.secret}`)
    const words = `no key ${double.secret}${double === mailgun ? `, no Basic ${basic}` : ''}`
    const echo = () => new Response(JSON.stringify({ message: words, errors: [{ message: words }] }), { status: 403 })
    const thrown = () => Promise.reject(new Error(words))
    for (const answer of [echo, thrown]) {
      const told = JSON.stringify(await answering(double, answer).send(toOne()))
      expect([told.includes(double.secret), told.includes(basic)]).toEqual([false, false])
    }
  })

  const html = (status: number) => () => new Response('<html>gateway</html>', { status })
  const endless = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(120)) }))
  const hanging = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))
  const torn = () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) }))

  it.each([
    ['nothing, for ever', () => new Promise<Response>(() => {}), { kind: 'unknown', code: NO_ANSWER }],
    ['a reset connection', () => Promise.reject(new TypeError('reset')), { kind: 'unknown', code: NO_ANSWER }],
    ['a body that never comes', hanging, { kind: 'unknown', code: NO_ANSWER }],
    ['a body that is torn off', torn, { kind: 'unknown', code: NO_ANSWER }],
    ['200 and a body without end', endless, { kind: 'unknown' }],
    ['200 and no JSON', html(200), { kind: 'unknown' }],
    ['200 and JSON of another kind', () => new Response('[null]'), { kind: 'unknown' }],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://x' } }), { kind: 'unknown' }],
    ['500 of a gateway', html(500), { kind: 'unknown' }],
    ['502', html(502), { kind: 'unknown' }],
    ['504', html(504), { kind: 'unknown' }],
    ['503 of a gateway', html(503), { kind: 'temporary', isProviders: true }],
    ['an origin that is down', html(521), { kind: 'temporary', isProviders: true }],
    ['429 of a gateway', html(429), { kind: 'temporary', isProviders: true }],
    ['401 of a gateway', html(401), { kind: 'later', isProviders: true }],
    ['413 of a gateway', html(413), { kind: 'permanent', isProviders: true }],
  ] as const)('makes of %s what is known', async (_, answer, outcome) => {
    const [made] = await answering(double, answer, 50).send(toOne())
    expect(made).toMatchObject(outcome)
    if (made?.kind === 'unknown') expect(made.isProviders).toBeUndefined()
    expect((made?.kind !== 'delivered' && made?.detail.length) || 0).toBeLessThanOrEqual(400)
  })

  it('finds what it has taken where it can be asked, and says nothing of what it has not', async () => {
    const { provider } = open(double)
    const message = outgoing()
    if (!double.isFound) {
      expect(provider.lookUp).toBeUndefined()
      return
    }
    expect(await provider.lookUp?.(message)).toBeNull()
    await provider.send({ ...message, recipients: RECIPIENTS.slice(0, 3) })
    const found = await provider.lookUp?.(message)
    expect(found?.map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'delivered', 'unknown'])
    const lostAnswer = answering(double, () => Promise.reject(new Error('reset')))
    expect(await lostAnswer.lookUp?.(message)).toBeNull()
    expect(await answering(double, () => new Response('{"items":7,"Messages":[null,7]}')).lookUp?.(message)).toBeNull()
  })
})

describe('a message that is put together again', () => {
  it.each(STRUCTURED.map((double) => [double.name, double] as const))(
    'by %s is refused where it would lose',
    async (_, double) => {
      const { provider, requests } = open(double)
      const types = ['multipart/signed', 'multipart/encrypted', 'multipart/report; report-type=delivery-status']
      for (const type of types) {
        const raw = `From: a@a.example\r\nContent-Type: ${type}; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b--\r\n`
        const [outcome] = await provider.send(toOne({ raw: new TextEncoder().encode(raw) }))
        expect(outcome).toMatchObject({ kind: 'permanent', code: '5.6.1', isProviders: true })
      }
      const long = new TextEncoder().encode(`From: a@a.example\r\n\r\n${`${'x'.repeat(98)}\r\n`.repeat(11_000)}`)
      expect(await provider.send(toOne({ raw: long }))).toMatchObject([{ kind: 'permanent', code: '5.3.4' }])
      const nobody = new TextEncoder().encode('Subject: x\r\n\r\nHi\r\n')
      expect(await provider.send(toOne({ raw: nobody }))).toMatchObject([{ kind: 'permanent', code: '5.6.0' }])
      expect(requests).toHaveLength(0)
    },
  )

  it.each(STRUCTURED.map((double) => [double.name, double] as const))(
    'by %s has attached messages as files',
    async (_, double) => {
      const { provider, sent } = open(double)
      const inner = 'From: b@b.example\r\nSubject: inner\r\n\r\nInside.'
      const raw = [
        ...['From: a@a.example', 'To: x@b.example', 'Content-Type: multipart/mixed; boundary=b', ''],
        ...['--b', '', 'See below.', '--b', 'Content-Type: message/rfc822', '', inner, '--b--', ''],
      ].join('\r\n')
      expect(await provider.send(toOne({ raw: new TextEncoder().encode(raw) }))).toMatchObject([delivered])
      expect(sent[0]?.files.map(({ filename, bytes }) => [filename, new TextDecoder().decode(bytes)])).toEqual([
        ['attachment-1.eml', inner],
      ])
    },
  )

  it.each(RAW.map((double) => [double.name, double] as const))(
    'is none by %s: it takes any form',
    async (_, double) => {
      const { provider, sent } = open(double)
      const raw = 'From: a@a.example\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b--\r\n'
      expect(await provider.send(toOne({ raw: new TextEncoder().encode(raw) }))).toMatchObject([delivered])
      expect(sent[0]?.shown).toContain('multipart/signed')
    },
  )
})

describe('what is peculiar to one', () => {
  it('Resend takes the same call once, and tells servers apart that share an account', async () => {
    const { provider, sent } = open(resend)
    const message = outgoing()
    expect(await provider.send(message)).toEqual(await provider.send(message))
    expect(sent).toHaveLength(1)
    await provider.send(outgoing({ key: message.key }))
    expect(sent).toHaveLength(2)
    expect(provider.idempotentSeconds).toBe(86_400)
  })

  it('Resend stops calling once it is in trouble', async () => {
    let calls = 0
    const busy = answering(resend, () => {
      calls++
      return new Response('', { status: 429 })
    })
    const outcomes = await busy.send(outgoing({ recipients: ['h1@c.example', 'h2@c.example'] }))
    expect(outcomes).toMatchObject([{ kind: 'temporary' }, { kind: 'temporary', code: 'not-asked' }])
    expect(calls).toBe(1)
  })

  it('Postmark leaves out those who are inactive', async () => {
    const words =
      'Message OK, but will not deliver to these inactive addresses: cc@b.example, other@b.example. Inactive...'
    const answer = () => Response.json({ ErrorCode: 0, Message: words, MessageID: 'm' })
    const outcomes = await answering(postmark, answer).send(outgoing())
    expect(outcomes.map(({ kind }) => kind)).toEqual(['delivered', 'permanent', 'permanent', 'delivered'])
  })

  it('Cloudflare is not given bytes that JSON cannot carry, nor fields over its limits', async () => {
    const { provider, requests } = open(cloudflareRest)
    const bytes = Uint8Array.from('From: a@a.example\r\n\r\nGr\xfc\xdfe\r\n', (one) => one.charCodeAt(0))
    expect(await provider.send(toOne({ raw: bytes }))).toMatchObject([{ kind: 'permanent', code: '5.6.1' }])
    const fields = [
      `X-Long: ${'y'.repeat(2_049)}`,
      Array.from({ length: 21 }, (_, n) => `Keywords-${n}: y`).join('\r\n'),
      Array.from({ length: 9 }, (_, n) => `X-${n}: ${'y'.repeat(2_000)}`).join('\r\n'),
      `Subject: ${'y'.repeat(999)}`,
    ]
    for (const field of fields) {
      const raw = new TextEncoder().encode(`From: a@a.example\r\n${field}\r\n\r\nHi\r\n`)
      expect(await provider.send(toOne({ raw }))).toMatchObject([{ kind: 'permanent', isProviders: true }])
    }
    expect(requests).toHaveLength(0)
  })

  it('Cloudflare has References cut to what it takes, with the oldest and the newest', async () => {
    const { provider, sent } = open(cloudflareRest)
    const ids = Array.from({ length: 60 }, (_, n) => `<${n}-${'x'.repeat(60)}@b.example>`)
    const headers = [{ name: 'References', value: ids.slice(0, 20).join(' ') }]
    const composed = new TextDecoder().decode(outgoing({ draft: { headers } }).raw)
    const raw = new TextEncoder().encode(composed.replace(ids.slice(0, 20).join('\r\n '), ids.join('\r\n ')))
    const message = outgoing({ raw })
    expect(await provider.send(message)).toMatchObject(RECIPIENTS.map(() => delivered))
    const kept = sent[0]?.headers.references?.split(/\s+/) ?? []
    expect([kept[0], kept.at(-2), kept.at(-1)]).toEqual([ids[0], ids[59], `<${message.messageId}>`])
    expect(kept.length).toBeGreaterThan(20)
  })
})
