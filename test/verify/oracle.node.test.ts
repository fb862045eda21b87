/**
 * mailauth as an independent oracle, in Node: what it signs and seals holds here, and what happens to the message on the way
 * is judged alike. DNS is one table for both.
 */
import { generateKeyPairSync } from 'node:crypto'
import { arc, dkimSign, dkimVerify, dmarc, sealMessage, spf } from 'mailauth'
import { describe, expect, it } from 'vitest'
import { verifyArc } from '../../src/verify/arc.ts'
import { verifyDkim } from '../../src/verify/dkim.ts'
import { checkDmarc } from '../../src/verify/dmarc.ts'
import { parseIp } from '../../src/verify/ip.ts'
import { checkSpf } from '../../src/verify/spf.ts'
import { rawMessageOf, tableResolve, type Zone } from './raw-message.ts'

const NOW = new Date('2026-11-02T10:00:00Z')

function keyPair(type: 'rsa' | 'ed25519') {
  const { privateKey, publicKey } =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const p = (type === 'rsa' ? der : der.subarray(-32)).toString('base64')
  return { pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), record: `v=DKIM1; k=${type}; p=${p}` }
}

const KEYS = { rsa: keyPair('rsa'), ed25519: keyPair('ed25519') }
const KEY_ZONE: Zone = {
  'TXT rsa._domainkey.shop.example': [KEYS.rsa.record],
  'TXT ed25519._domainkey.shop.example': [KEYS.ed25519.record],
}

/** The same table as Node's dns.resolve. */
function nodeResolver(zone: Zone) {
  const resolve = tableResolve(zone)
  return async (name: string, type: string): Promise<string[]> => {
    const answer = await resolve(name, type as 'TXT')
    if (answer.kind !== 'found') {
      throw Object.assign(new Error(type), { code: answer.kind === 'none' ? 'ENOTFOUND' : 'ESERVFAIL' })
    }
    if (type === 'TXT') return answer.records.map((record) => [record]) as never
    if (type !== 'MX') return answer.records
    return answer.records.map((record) => {
      const [priority, exchange] = record.split(' ')
      return { priority: Number(priority), exchange }
    }) as never
  }
}

const HEADER = [
  'Received: from client.shop.example (client.shop.example [192.0.2.1])\r\n\tby mx.shop.example; Mon, 02 Nov 2026 09:00:00 +0000',
  'From:  Ann  Lee\t<ann@shop.example> ',
  'To: me@here.example,\r\n  you@here.example',
  'SUBJECT : Two  words\r\n\tand  more',
  'Date: Mon, 02 Nov 2026 09:59:00 +0000',
  'Message-ID: <1@shop.example>',
].join('\r\n')

const BODIES: [string, string][] = [
  ['plain', 'Hello\r\n\r\nthere\r\n'],
  ['empty', ''],
  ['one line end', '\r\n'],
  ['only line ends', '\r\n\r\n\r\n'],
  ['only blanks', '  \t \r\n \r\n'],
  ['no final line end', 'Hello'],
  ['many at the end', 'Hello\r\n\r\n\r\n\r\n'],
  ['blanks in and after lines', ' a  b\t\tc \t\r\n\td  \r\n\t\r\n e\r\n'],
  ['blanks at the very end', 'a\r\n \t'],
  ['8-bit and zero bytes', 'a\xff\xa0\0 b\x85\r\n\xc2\xa0\r\n'],
  ['longer than a slice', `${'0123456789 abcdef  '.repeat(20)}\r\n`.repeat(500)],
  ['one line longer than a slice', `${'x'.repeat(150_000)}  y\r\n`],
]

const FORMS = ['simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed']

const latin1 = (text: string) => Buffer.from(text, 'latin1')

async function signed(raw: string, canonicalization: string, algorithm: 'rsa' | 'ed25519'): Promise<string> {
  const { pem: privateKey } = KEYS[algorithm]
  const key = { signingDomain: 'shop.example', selector: algorithm, privateKey, algorithm: `${algorithm}-sha256` }
  const how = { ...key, canonicalization, signTime: NOW }
  const { signatures } = await dkimSign(latin1(raw), { ...how, signatureData: [how] })
  return signatures + raw
}

const ours = async (raw: string) => {
  const found = await verifyDkim(rawMessageOf(latin1(raw)), tableResolve(KEY_ZONE), NOW.getTime())
  return found.map(({ result, domain }) => `${domain} ${result}`)
}

const theirs = async (raw: string) => {
  const { results } = await dkimVerify(latin1(raw), {
    resolver: nodeResolver(KEY_ZONE),
    strict: true,
    curTime: NOW,
  } as Parameters<typeof dkimVerify>[1])
  return results.map(({ signingDomain, status }) => `${signingDomain} ${status?.result}`)
}

describe.each(FORMS)('DKIM, %s', (form) => {
  it.each(BODIES)('a body that is %s', async (_name, body) => {
    for (const algorithm of ['rsa', 'ed25519'] as const) {
      const raw = await signed(`${HEADER}\r\n\r\n${body}`, form, algorithm)
      expect([algorithm, await ours(raw)]).toEqual([algorithm, ['shop.example pass']])
      expect(await theirs(raw)).toEqual(['shop.example pass'])
    }
  })

  const changes: [string, (raw: string) => string][] = [
    ['a body word', (raw) => raw.replace('there', 'where')],
    ['a blank at the end of a body line', (raw) => raw.replace('there\r\n', 'there \r\n')],
    ['a blank more in a body line', (raw) => raw.replace('a b', 'a  b')],
    ['a tab for a blank in a body line', (raw) => raw.replace('a b', 'a\tb')],
    ['a line end more', (raw) => `${raw}\r\n\r\n`],
    ['a line more', (raw) => `${raw}more\r\n`],
    ['the line ends, to LF', (raw) => raw.replaceAll('\r\n', '\n')],
    ['a header word', (raw) => raw.replace('Two', 'Too')],
    ['a fold in a header field', (raw) => raw.replace('Two  words', 'Two\r\n words')],
    ['the case of a field name', (raw) => raw.replace('SUBJECT', 'subject')],
    ['a field that is not signed', (raw) => `X-Other: 1\r\n${raw}`],
    ['a signed field, added above', (raw) => `Subject: Other\r\n${raw}`],
    ['a signed field, added below', (raw) => raw.replace('\r\n\r\n', '\r\nSubject: Other\r\n\r\n')],
    ['a signed field, gone', (raw) => raw.replace(/SUBJECT.*\r\n\t.*\r\n/, '')],
    ['the signature, by a blank', (raw) => raw.replace(/ b=(.{9})/, ' b=$1 ')],
    ['the signature, by a byte', (raw) => raw.replace(/ b=(.)/, (_, first) => ` b=${first === 'A' ? 'B' : 'A'}`)],
    ['the time of the signature', (raw) => raw.replace(/ t=\d/, ' t=2')],
  ]
  it.each(changes)('on the way changed: %s', async (_name, change) => {
    const raw = change(await signed(`${HEADER}\r\n\r\na b\r\nthere\r\n`, form, 'rsa'))
    expect(await ours(raw)).toEqual(await theirs(raw))
  })
})

describe('ARC', () => {
  const seal = async (raw: string, cv: string, algorithm: 'rsa' | 'ed25519' = 'rsa') => {
    const how = { signingDomain: 'shop.example', selector: algorithm, privateKey: KEYS[algorithm].pem, signTime: NOW }
    const authResults = 'mx.shop.example;\r\n spf=pass smtp.mailfrom=shop.example'
    return `${await sealMessage(latin1(raw), { ...how, cv, authResults })}${raw}`
  }
  const message = `${HEADER}\r\n\r\nHello\r\n`
  const cases: [string, () => Promise<string>, string][] = [
    ['no chain', async () => message, 'none'],
    ['one set', () => seal(message, 'none'), 'pass'],
    ['one set, Ed25519', () => seal(message, 'none', 'ed25519'), 'pass'],
    ['three sets', async () => seal(await seal(await seal(message, 'none'), 'pass'), 'pass', 'ed25519'), 'pass'],
    ['a body that was changed since', async () => (await seal(message, 'none')).replace('Hello', 'Hallo'), 'fail'],
    [
      'a body that was changed, and sealed again',
      async () => seal((await seal(message, 'none')).replace('Hello', 'Hallo'), 'pass'),
      'pass',
    ],
    ['results that were changed', async () => (await seal(message, 'none')).replace('spf=pass', 'spf=fail'), 'fail'],
    [
      'results below that were changed',
      async () => seal((await seal(message, 'none')).replace('spf=pass', 'spf=fail'), 'pass'),
      'fail',
    ],
    ['a chain that was found broken', async () => seal(await seal(message, 'none'), 'fail'), 'fail'],
    ['a first set that found a chain', () => seal(message, 'pass'), 'fail'],
    [
      'a set without its seal',
      async () => (await seal(message, 'none')).replace(/^ARC-Seal:[^\0]*?\r\n(?! )/m, ''),
      'fail',
    ],
  ]
  it.each(cases)('%s', async (_name, make, want) => {
    const raw = await make()
    expect(await verifyArc(rawMessageOf(latin1(raw)), tableResolve(KEY_ZONE))).toBe(want)
    const resolver = nodeResolver(KEY_ZONE)
    const { arc: data } = (await dkimVerify(latin1(raw), { resolver })) as unknown as { arc: Parameters<typeof arc>[0] }
    expect((await arc(data, { resolver, strict: true })).status.result).toBe(want)
  })
})

describe('SPF', () => {
  const zone: Zone = {
    'A a.example': ['192.0.2.10', '192.0.2.11'],
    'AAAA a.example': ['2001:db8::10'],
    'MX a.example': ['10 mail-a.example', '20 mail-b.example'],
    'A mail-a.example': ['192.0.2.129'],
    'A mail-b.example': ['192.0.2.130'],
    'AAAA mail-b.example': ['2001:db8::20'],
    'PTR 65.2.0.192.in-addr.arpa': ['host.a.example', 'liar.b.example'],
    'A host.a.example': ['192.0.2.65'],
    'A liar.b.example': ['198.51.100.1'],
    'TXT pass.example': ['v=spf1 +all'],
    'TXT fail.example': ['v=spf1 -all'],
    'TXT broken.example': ['v=spf1 nonsense'],
    'TXT two.example': ['v=spf1 -all', 'v=spf1 +all'],
    'TXT other.example': ['not spf', 'v=spf1 ip4:192.0.2.0/24 ~all', 'v=spf10'],
    'TXT slow.example': 'unknown',
    'TXT loop.example': ['v=spf1 include:loop.example -all'],
    'A 10.2.0.192.in-addr.a.example': ['127.0.0.2'],
    'A ann.user.a.example': ['127.0.0.2'],
  }
  const terms = [
    ...[
      'a -all',
      'a/24 -all',
      'a:a.example -all',
      'a:a.example/25//64 ~all',
      'mx ?all',
      'mx:a.example/24 -all',
      'mx//32 -all',
    ],
    ...[
      'ip4:192.0.2.10 -all',
      'ip4:192.0.2.0/24 -all',
      'ip4:192.0.2.10/33 -all',
      'ip4:192.0.2 -all',
      'ip4:192.0.2.0/08 -all',
    ],
    ...[
      'ip6:2001:db8::/32 -all',
      'ip6:2001:db8::10 ~all',
      'ip6:192.0.2.1 -all',
      'ip6:2001:db8::/129 -all',
      '-ip4:0.0.0.0/0 +all',
    ],
    ...[
      'ptr -all',
      'ptr:b.example -all',
      'ptr:a.example ~all',
      'exists:%{ir}.%{v}.a.example -all',
      'exists:%{l}.user.%{d} -all',
    ],
    ...[
      'exists:%{l1r-}.user.a.example -all',
      'exists:%{ir}.%{v}._spf.%{d2} -all',
      'exists:%{c}.a.example -all',
      'exists: -all',
    ],
    ...[
      'include:pass.example -all',
      'include:fail.example ~all',
      '-include:pass.example +all',
      'include:none.example +all',
    ],
    ...[
      'include:broken.example +all',
      'include:two.example +all',
      'include:other.example -all',
      'include:slow.example +all',
    ],
    ...[
      'redirect=pass.example',
      'redirect=fail.example',
      'redirect=none.example',
      'redirect=pass.example -all',
      'redirect=slow.example',
    ],
    ...['redirect=pass.example redirect=fail.example', 'exp=none.example -all', 'unknown=%{d} -all', 'unknown=%{ -all'],
    ...[
      'include:loop.example +all',
      'A:A.EXAMPLE -ALL',
      'all',
      '',
      '+all -all',
      '-all foo',
      'foo:bar all',
      'all:x',
      'a: -all',
      'a:/24 -all',
    ],
    ...[
      'a:v1.example a:v2.example +all',
      'a:v1.example a:v2.example a:v3.example +all',
      `${'a:a.example '.repeat(11)}+all`,
    ],
    ...[
      `${'-exists:a.example '.repeat(1)}+all`,
      `${'?include:fail.example '.repeat(10)}+all`,
      'a:example -all',
      'a:1.2.3.4 -all',
    ],
  ]
  const clients = [
    '192.0.2.10',
    '192.0.2.65',
    '192.0.2.130',
    '198.51.100.7',
    '2001:db8::10',
    '2001:db8::20',
    '2001:db9::1',
  ]
  it.each(terms)('v=spf1 %s', async (term) => {
    const own = { ...zone, 'TXT a.example': [`v=spf1${term && ' '}${term}`] }
    for (const ip of clients) {
      const address = parseIp(ip)
      if (!address) throw new Error(ip)
      const { result } = await checkSpf(
        { ip: address, envelopeFrom: 'ann@a.example', helo: 'h.example' },
        tableResolve(own),
      )
      const oracle = await spf({
        sender: 'ann@a.example',
        ip,
        helo: 'h.example',
        mta: 'mx',
        resolver: nodeResolver(own),
        strict: true,
      } as Parameters<typeof spf>[0])
      const want = oracle.status.result
      expect([ip, result === 'unknown' ? 'temperror' : result]).toEqual([ip, want])
    }
  })
})

describe('DMARC', () => {
  const records = [
    ...[
      'v=DMARC1; p=reject',
      'v=DMARC1; p=none; sp=quarantine',
      'v=DMARC1;p=quarantine;adkim=s;aspf=s',
      'v=DMARC1; p=reject; aspf=s',
    ],
    ...['v=DMARC1; p=reject; adkim=s; pct=0', 'p=reject; v=DMARC1', 'v=DMARC2; p=reject', 'v=spf1 -all'],
  ]
  const senders = [
    'shop.example',
    'mail.shop.example',
    'shop.co.uk',
    'other.co.uk',
    'tenant.github.io',
    'news.tenant.github.io',
  ]
  it.each(records)('%s', async (record) => {
    const zone: Zone = {
      'TXT _dmarc.shop.example': [record],
      'TXT _dmarc.shop.co.uk': [record],
      'TXT _dmarc.tenant.github.io': [record],
    }
    for (const from of senders) {
      for (const proven of [
        'shop.example',
        'mail.shop.example',
        'shop.co.uk',
        'b.github.io',
        'tenant.github.io',
        null,
      ]) {
        for (const way of ['spf', 'dkim'] as const) {
          const domain = proven ?? 'elsewhere.example'
          const spfVerdict = { result: way === 'spf' ? ('pass' as const) : ('fail' as const), domain }
          const dkimVerdicts = way === 'dkim' ? [{ result: 'pass' as const, domain, selector: 's' }] : []
          const verdict = await checkDmarc(from, { spf: spfVerdict, dkim: dkimVerdicts }, tableResolve(zone))
          const oracle = await dmarc({
            headerFrom: from,
            spfDomains: way === 'spf' ? [domain] : [],
            dkimDomains: way === 'dkim' ? [{ id: '1', domain }] : [],
            resolver: nodeResolver(zone),
          } as Parameters<typeof dmarc>[0])
          const want = oracle ? oracle.status.result : 'none'
          expect([from, domain, way, verdict.result, verdict.policy]).toEqual([
            from,
            domain,
            way,
            want,
            (want === 'none' ? null : (oracle as { policy?: string }).policy) ?? null,
          ])
        }
      }
    }
  })
})
