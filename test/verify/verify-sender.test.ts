/** The whole verdict: blocks sealed with a key that only the test has, forged, cut and sent again, and mail without one. */
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { parseMessage } from '../../src/mime/parse.ts'
import { authenticationRank } from '../../src/verify/authenticity.ts'
import { isAuthentic } from '../../src/verify/evidence.ts'
import type { Resolve } from '../../src/verify/resolve.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { SenderVerdict } from '../../src/verify/verdict.ts'
import { type Arrival, soleFromDomain, verifySender } from '../../src/verify/verify-sender.ts'
import { tableResolve, type Zone } from './raw-message.ts'
import { arcSet, dkimSigned, makeSigner, type Signer } from './signing.ts'

const NOW_MS = Date.UTC(2026, 10, 2, 10)
const NOW = NOW_MS / 1000
const MESSAGE = 'From: Shop <news@shop.example>\r\nTo: me@here.example\r\nSubject: Hello\r\n\r\nHello there\r\n'

let cloudflare: Signer
let shop: Signer
let stranger: Signer
let zone: Zone

beforeAll(async () => {
  cloudflare = await makeSigner('cloudflare-email.net', 'cf2024-1')
  shop = await makeSigner('shop.example', 's1')
  stranger = await makeSigner('cloudflare-email.net', 'mine')
  zone = {
    [cloudflare.question]: [cloudflare.record],
    [shop.question]: [shop.record],
    'TXT shop.example': ['v=spf1 ip4:192.0.2.10 -all'],
    'TXT _dmarc.shop.example': ['v=DMARC1; p=reject'],
  }
})

type Block = {
  signer?: Signer
  results?: string
  instance?: number
  cv?: string
  t?: number
  /** Fields of the block that are left out, by name. */
  without?: string[]
  /** What follows the ARC set: Received-SPF, the plain copy, the score. */
  unsealed?: string[]
}

const RECEIVED =
  'Received: from mail.shop.example (192.0.2.10)\r\n by cloudflare-email.net (cloudflare) id x; Mon, 02 Nov 2026 10:00:00 +0000'
const RESULTS =
  'mx.cloudflare.net; dkim=pass header.d=shop.example header.s=s1; dmarc=pass header.from=shop.example policy.dmarc=reject; spf=pass smtp.mailfrom=news@shop.example; arc=none smtp.remote-ip=192.0.2.10'
const FAILING = RESULTS.replaceAll('=pass', '=fail')
const UNSEALED = [
  'Received-SPF: pass receiver=mx.cloudflare.net; client-ip=192.0.2.10; helo=mail.shop.example',
  `Authentication-Results: ${RESULTS}`,
  'X-CF-SpamH-Score: 1',
]

async function withBlock(raw: string, block: Block = {}): Promise<string> {
  const { signer = cloudflare, results = RESULTS, instance, cv, t, without = [], unsealed = UNSEALED } = block
  const set = await arcSet(raw, signer, { results, ...(instance && { instance }), ...(cv && { cv }), ...(t && { t }) })
  const fields = [RECEIVED, set.seal, set.signature, set.results, ...unsealed]
  const kept = fields.filter((field) => !without.some((name) => field.startsWith(`${name}:`)))
  return `${kept.join('\r\n')}\r\n${raw}`
}

async function arrive(
  raw: string,
  over: Partial<Arrival> = {},
): Promise<SenderVerdict & { rank: number; authentic: boolean }> {
  const bytes = Uint8Array.from(raw, (char) => char.charCodeAt(0))
  const message = await parseMessage(bytes)
  const usual = {
    source: 'email-routing',
    resolve: tableResolve(zone),
    nowMs: NOW_MS,
    envelopeFrom: 'news@shop.example',
  } as const
  const verdict = await verifySender({ message, bytes, ...usual, ...over })
  const from = soleFromDomain(message)
  return { ...verdict, rank: authenticationRank(verdict, from), authentic: isAuthentic(verdict, from) }
}

const realTimeout = setTimeout

/** Waits until somebody has set a timer, then lets so much time pass. */
async function passTime(ms: number): Promise<void> {
  while (vi.getTimerCount() === 0) await new Promise((done) => realTimeout(done, 0))
  await vi.advanceTimersByTimeAsync(ms)
}

const noDns: Resolve = async () => ({ kind: 'unknown' })
const cloudflares = { by: 'cloudflare', result: 'pass' }
const own = { by: 'postern', result: 'pass' }
const nothing = { spf: { result: 'unknown', by: null }, client: { ip: null, helo: null }, cloudflareSpamScore: null }

describe("Cloudflare's block, sealed", () => {
  it('speaks for itself, and spares every other question', async () => {
    const asked: string[] = []
    const signed = await dkimSigned(MESSAGE, shop)
    const verdict = await arrive(await withBlock(signed, { t: NOW }), { resolve: tableResolve(zone, asked) })
    expect(verdict).toMatchObject({
      source: 'cloudflare',
      seal: 'pass',
      spf: { ...cloudflares, domain: 'shop.example' },
      dkim: [{ ...cloudflares, domain: 'shop.example', selector: 's1' }],
      dmarc: { ...cloudflares, domain: 'shop.example', policy: 'reject' },
      arc: { result: 'none', by: 'cloudflare' },
      client: { ip: '192.0.2.10', helo: 'mail.shop.example' },
      cloudflareSpamScore: 1,
      rank: 2,
      authentic: true,
    })
    expect(asked).toEqual([cloudflare.question])
  })

  it('that accuses is believed as well', async () => {
    const signed = await dkimSigned(MESSAGE, shop)
    expect(await arrive(await withBlock(signed, { results: FAILING }))).toMatchObject({
      seal: 'pass',
      dmarc: { result: 'fail', by: 'cloudflare' },
      rank: 0,
      authentic: false,
    })
  })

  it('is the newest of a chain, whoever sealed before', async () => {
    const relay = await makeSigner('relay.example', 'r')
    const first = await arcSet(MESSAGE, relay, { results: 'relay.example; spf=pass' })
    const raw = `${first.seal}\r\n${first.signature}\r\n${first.results}\r\n${MESSAGE}`
    expect(await arrive(await withBlock(raw, { instance: 2, cv: 'pass' }))).toMatchObject({ seal: 'pass', rank: 2 })
    // It found the chain broken, and sealed its own set alone.
    const broken = raw.replace('ARC-Seal', 'X-Gone')
    expect(await arrive(await withBlock(broken, { instance: 2, cv: 'fail' }))).toMatchObject({ seal: 'pass' })
    expect(await arrive(await withBlock(broken, { instance: 2, cv: 'pass' }))).toMatchObject({ seal: 'fail' })
  })

  it('silent about something: we look ourselves, by the client that it names', async () => {
    const results = 'mx.cloudflare.net; arc=none smtp.remote-ip=192.0.2.10'
    const verdict = await arrive(await withBlock(await dkimSigned(MESSAGE, shop), { results }))
    expect(verdict).toMatchObject({ source: 'cloudflare', seal: 'pass', spf: own, dkim: [own], dmarc: own, rank: 2 })
    const elsewhere = results.replace('192.0.2.10', '198.51.100.1')
    expect(await arrive(await withBlock(MESSAGE, { results: elsewhere }))).toMatchObject({
      spf: { result: 'fail', by: 'postern', domain: 'shop.example' },
      dmarc: { result: 'fail', by: 'postern' },
      client: { ip: '198.51.100.1', helo: null },
    })
  })
})

describe('what a sender adds below voids no block', () => {
  const fails = { source: 'cloudflare', dmarc: { result: 'fail', by: 'cloudflare' }, rank: 0, authentic: false }
  const additions: [string, () => Promise<string> | string][] = [
    ['a field of ARC that cannot be read', () => 'ARC-Seal: nonsense\r\n'],
    ['fields of a set that is not whole', () => 'ARC-Seal: i=1; cv=none; b=YWJj\r\nARC-Seal: i=1; cv=none; b=YWJj\r\n'],
    [
      'a set of a later instance',
      async () => {
        const { seal, signature, results } = await arcSet(MESSAGE, stranger, { instance: 2, cv: 'pass', results: 'x' })
        return [seal, signature, results, ''].join('\r\n')
      },
    ],
    ['a block of his own', async () => (await withBlock(MESSAGE, { signer: stranger })).slice(0, -MESSAGE.length)],
  ]
  it.each(additions)('%s', async (_name, make) => {
    const raw = await withBlock((await make()) + MESSAGE, { results: FAILING })
    expect(await arrive(raw)).toMatchObject({ ...fails, seal: 'pass' })
  })

  const odd: [string, (raw: string) => string][] = [
    ['a body that we read otherwise', (raw) => raw.replace('Hello there', 'Hello  \rthere')],
    ['a header too long to be read', (raw) => raw.replace('\r\n\r\n', `\r\n${'X: 1\r\n'.repeat(5_100)}\r\n`)],
  ]
  it.each(odd)('%s: what speaks against him stands, and nothing else', async (_name, change) => {
    const raw = await withBlock(MESSAGE, { results: FAILING })
    expect(await arrive(change(raw))).toMatchObject({
      ...fails,
      seal: 'unknown',
      spf: { result: 'fail', by: 'cloudflare' },
      dkim: [],
      client: { ip: null },
    })
  })

  it('many signatures, whose results stand before all others', async () => {
    const many = 'dkim=fail header.d=a.example header.s=s header.b=abcdefgh; '.repeat(500)
    const raw = await withBlock(MESSAGE, {
      results: FAILING.replace('mx.cloudflare.net; ', `mx.cloudflare.net; ${many}`),
    })
    expect(await arrive(raw)).toMatchObject({ ...fails, seal: 'pass', client: { ip: '192.0.2.10' } })
  })

  it('our own proof outweighs what was found of another state of the message', async () => {
    const raw = await withBlock(await dkimSigned(MESSAGE, shop, { h: 'from' }), { results: FAILING })
    expect(await arrive(raw)).toMatchObject(fails)
    const changed = await arrive(raw.replace('To: me@', 'To: you@'))
    expect(changed).toMatchObject({ source: 'postern', seal: 'fail', dmarc: own, rank: 2, authentic: true })
  })
})

describe('what no seal covers, under a good one', () => {
  const spf = (ip: string) => `Received-SPF: pass receiver=mx.cloudflare.net; client-ip=${ip}; helo=other.example`
  const cases: [string, Block, object][] = [
    ['another client', { unsealed: [spf('198.51.100.1')] }, { client: { ip: '192.0.2.10', helo: null } }],
    [
      'a client that the sealed line does not name',
      { results: RESULTS.replace(/arc=.*/, 'arc=none'), unsealed: [spf('198.51.100.1')] },
      { client: { ip: null, helo: null } },
    ],
    ['another plain copy', { results: FAILING, unsealed: UNSEALED }, { dmarc: { result: 'fail' } }],
    ['no score', { unsealed: UNSEALED.slice(0, 2) }, { cloudflareSpamScore: null }],
  ]
  it.each(cases)('%s', async (_name, block, want) => {
    expect(await arrive(await withBlock(MESSAGE, block))).toMatchObject({ seal: 'pass', ...want })
  })
})

describe('a forged block is worth nothing', () => {
  const cases: [string, () => Promise<string>][] = [
    ['a signature that is none', async () => (await withBlock(MESSAGE)).replace(/ b=.*/, ' b=YWJj')],
    ['sealed with a key of his own', () => withBlock(MESSAGE, { signer: stranger })],
    [
      "sealed with a key of his own under Cloudflare's selector",
      () => withBlock(MESSAGE, { signer: { ...stranger, selector: 'cf2024-1' } }),
    ],
    ['a selector that is no name', () => withBlock(MESSAGE, { signer: { ...stranger, selector: 'a'.repeat(70) } })],
    [
      'other results in a good set',
      async () => (await withBlock(MESSAGE, { results: FAILING })).replace('dmarc=fail', 'dmarc=pass'),
    ],
    ['a good set over another body', async () => (await withBlock(MESSAGE)).replace('Hello there', 'Send money')],
    [
      'a good set over another From',
      async () => (await withBlock(MESSAGE)).replace('From: Shop <news@', 'From: Shop <boss@'),
    ],
    ['a good set of another day', () => withBlock(MESSAGE, { t: NOW - 2 * 86_400 })],
    [
      'a good set of a time that is none',
      async () => (await withBlock(MESSAGE, { t: NOW })).replace(`t=${NOW}`, 't=x'),
    ],
    ['a seal without its signature', () => withBlock(MESSAGE, { without: ['ARC-Message-Signature'] })],
    ['results without a seal', () => withBlock(MESSAGE, { without: ['ARC-Seal', 'ARC-Message-Signature'] })],
    [
      'a plain copy alone',
      () => withBlock(MESSAGE, { without: ['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results'] }),
    ],
    [
      'a header too long to be read',
      async () => (await withBlock(MESSAGE)).replace('\r\n\r\n', `\r\n${'X: 1\r\n'.repeat(5_100)}\r\n`),
    ],
  ]
  it.each(cases)('%s', async (_name, make) => {
    expect(await arrive(await make())).toMatchObject({
      ...nothing,
      source: 'postern',
      seal: 'fail',
      dkim: [],
      rank: 0,
      authentic: false,
    })
  })

  it('and what we find ourselves still counts', async () => {
    const signed = await dkimSigned(MESSAGE, shop)
    expect(await arrive(await withBlock(signed, { signer: stranger }))).toMatchObject({
      ...nothing,
      source: 'postern',
      seal: 'fail',
      dkim: [own],
      dmarc: { ...own, policy: 'reject' },
      rank: 2,
      authentic: true,
    })
  })
})

describe('without a block', () => {
  it('an aligned signature is a DMARC pass', async () => {
    expect(await arrive(await dkimSigned(MESSAGE, shop))).toMatchObject({
      ...nothing,
      source: 'postern',
      seal: 'unknown',
      dkim: [{ ...own, domain: 'shop.example', selector: 's1' }],
      dmarc: own,
      arc: { result: 'none', by: 'postern' },
      rank: 2,
      authentic: true,
    })
  })

  it('nothing signed: DMARC is unknown, since SPF cannot be asked', async () => {
    expect(await arrive(MESSAGE)).toMatchObject({
      source: 'postern',
      dmarc: { result: 'unknown', policy: 'reject', by: 'postern' },
      rank: 0,
      authentic: false,
    })
  })

  it('a signature of another domain proves that domain alone', async () => {
    const other = await makeSigner('other.example', 'o')
    const resolve = tableResolve({ ...zone, [other.question]: [other.record] })
    const verdict = await arrive(await dkimSigned(MESSAGE, other), { resolve })
    expect(verdict).toMatchObject({ dkim: [own], dmarc: { result: 'unknown' }, rank: 1, authentic: false })
  })

  it('a tenant below a domain that wants exact alignment does not speak for it', async () => {
    const tenant = await makeSigner('tenant.shop.example', 't')
    const signed = await dkimSigned(MESSAGE, tenant)
    const withPolicy = (policy: string) =>
      tableResolve({ ...zone, [tenant.question]: [tenant.record], 'TXT _dmarc.shop.example': [policy] })
    const exact = await arrive(signed, { resolve: withPolicy('v=DMARC1; p=reject; adkim=s') })
    expect(exact).toMatchObject({ dkim: [own], dmarc: { result: 'unknown' }, authentic: false })
    const relaxed = await arrive(signed, { resolve: withPolicy('v=DMARC1; p=reject') })
    expect(relaxed).toMatchObject({ dmarc: own, authentic: true })
  })

  it("a second From makes it nobody's", async () => {
    const raw = `From: Boss <boss@here.example>\r\n${await dkimSigned(MESSAGE, shop)}`
    expect(await arrive(raw)).toMatchObject({ dkim: [own], dmarc: { result: 'permerror' }, authentic: false })
  })

  it("Cloudflare's Received alone claims nothing", async () => {
    const raw = `${RECEIVED}\r\n${await dkimSigned(MESSAGE, shop)}`
    expect(await arrive(raw)).toMatchObject({
      source: 'cloudflare',
      seal: 'unknown',
      dmarc: own,
      rank: 2,
      authentic: true,
    })
  })

  it('an import is left as it is, and costs no question', async () => {
    const asked: string[] = []
    const raw = await withBlock(await dkimSigned(MESSAGE, shop))
    const verdict = await arrive(raw, { source: 'untrusted', resolve: tableResolve(zone, asked) })
    expect(verdict).toMatchObject(UNKNOWN_VERDICT)
    expect(asked).toEqual([])
  })
})

describe('where DNS cannot be asked', () => {
  it('the block stands, unsealed', async () => {
    for (const without of [[], ['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results']]) {
      expect(await arrive(await withBlock(MESSAGE, { without }), { resolve: noDns })).toMatchObject({
        source: 'cloudflare',
        seal: 'unknown',
        dmarc: cloudflares,
        rank: 1,
        authentic: false,
      })
    }
  })

  it('a mail without a block is unknown', async () => {
    const verdict = await arrive(await dkimSigned(MESSAGE, shop), { resolve: noDns })
    expect(verdict).toMatchObject({
      source: 'none',
      dkim: [{ result: 'unknown', by: null, reason: 'DNS could not be asked' }],
      dmarc: { result: 'unknown', by: null },
      rank: 0,
      authentic: false,
    })
  })

  it('nobody waits: what takes too long is unknown', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const never: Resolve = () => new Promise(() => {})
      const waiting = arrive(await dkimSigned(MESSAGE, shop), { resolve: never })
      await Promise.all([waiting, passTime(5_000)])
      expect(await waiting).toMatchObject({ source: 'none', dmarc: { result: 'unknown' } })
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('a message asks for no more than its share', async () => {
    let queries = 0
    const resolve: Resolve = async (name) => {
      queries++
      return {
        kind: 'found',
        records: [`v=spf1 ${Array.from({ length: 9 }, (_, i) => `mx:m${i}.${name}`).join(' ')} -all`],
      }
    }
    const results = 'mx.cloudflare.net; arc=none smtp.remote-ip=192.0.2.10'
    const verdict = await arrive(await withBlock(MESSAGE, { results }), {
      resolve: async (name, type) =>
        name.includes('_domainkey') ? tableResolve(zone)(name, type) : resolve(name, type),
    })
    expect(verdict.seal).toBe('pass')
    expect(queries).toBeLessThanOrEqual(30)
  })
})
