import { describe, expect, it } from 'vitest'
import { type IpAddress, parseIp } from '../../src/verify/ip.ts'
import { checkSpf } from '../../src/verify/spf.ts'
import { expandMacros, isMacroString } from '../../src/verify/spf-macro.ts'
import { tableResolve, type Zone } from './raw-message.ts'

const ipOf = (text: string): IpAddress => {
  const ip = parseIp(text)
  if (!ip) throw new Error(text)
  return ip
}

const check = (ip: string, zone: Zone, envelopeFrom = 'joe@example.com', asked: string[] = []) =>
  checkSpf({ ip: ipOf(ip), envelopeFrom, helo: 'mail.example.com' }, tableResolve(zone, asked))

/** RFC 7208 appendix A. */
const APPENDIX: Zone = {
  'MX example.com': ['10 mail-a.example.com', '20 mail-b.example.com'],
  'A example.com': ['192.0.2.10', '192.0.2.11'],
  'A amy.example.com': ['192.0.2.65'],
  'A bob.example.com': ['192.0.2.66'],
  'A mail-a.example.com': ['192.0.2.129'],
  'A mail-b.example.com': ['192.0.2.130'],
  'MX example.org': ['10 mail-c.example.org'],
  'A mail-c.example.org': ['192.0.2.140'],
  'PTR 10.2.0.192.in-addr.arpa': ['example.com'],
  'PTR 65.2.0.192.in-addr.arpa': ['amy.example.com'],
  'PTR 66.2.0.192.in-addr.arpa': ['bob.example.com'],
  'PTR 140.2.0.192.in-addr.arpa': ['mail-c.example.org'],
  'PTR 4.3.2.10.in-addr.arpa': ['bob.example.com'],
}

describe("the RFC's own examples (RFC 7208 appendix A)", () => {
  const cases: [string, string[], string[]][] = [
    ['v=spf1 +all', ['192.0.2.10', '203.0.113.1'], []],
    ['v=spf1 a -all', ['192.0.2.10', '192.0.2.11'], ['192.0.2.12']],
    ['v=spf1 a:example.org -all', [], ['192.0.2.10', '192.0.2.140']],
    ['v=spf1 mx -all', ['192.0.2.129', '192.0.2.130'], ['192.0.2.140']],
    ['v=spf1 mx:example.org -all', ['192.0.2.140'], ['192.0.2.129']],
    ['v=spf1 mx mx:example.org -all', ['192.0.2.129', '192.0.2.130', '192.0.2.140'], ['192.0.2.10']],
    ['v=spf1 mx/30 mx:example.org/30 -all', ['192.0.2.131', '192.0.2.143'], ['192.0.2.132', '192.0.2.144']],
    ['v=spf1 ptr -all', ['192.0.2.65'], ['192.0.2.140', '10.2.3.4']],
    ['v=spf1 ip4:192.0.2.128/28 -all', ['192.0.2.129'], ['192.0.2.65']],
  ]
  it.each(cases)('%s', async (record, passing, failing) => {
    const zone = { ...APPENDIX, 'TXT example.com': [record] }
    for (const ip of passing) expect([ip, (await check(ip, zone)).result]).toEqual([ip, 'pass'])
    for (const ip of failing) expect([ip, (await check(ip, zone)).result]).toEqual([ip, 'fail'])
  })

  it('two requirements at once (A.4)', async () => {
    const zone = {
      ...APPENDIX,
      'TXT example.com': ['v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all'],
      'TXT ip4._spf.example.com': ['v=spf1 -ip4:192.0.2.0/24 +all'],
      'TXT ptr._spf.example.com': ['v=spf1 -ptr:example.com +all'],
    }
    const results = await Promise.all(['192.0.2.65', '192.0.2.140', '10.2.3.4'].map((ip) => check(ip, zone)))
    expect(results.map(({ result }) => result)).toEqual(['pass', 'fail', 'fail'])
  })

  it('users by name (A.3)', async () => {
    const zone = {
      'TXT example.com': ['v=spf1 mx include:mobile-users._spf.%{d} -all'],
      'TXT mobile-users._spf.example.com': ['v=spf1 exists:%{l1r+}.%{d}'],
      'A mary.mobile-users._spf.example.com': ['127.0.0.2'],
    }
    expect((await check('203.0.113.1', zone, 'mary+news@example.com')).result).toBe('pass')
    expect((await check('203.0.113.1', zone, 'fred@example.com')).result).toBe('fail')
  })
})

describe('macros (RFC 7208 §7.4)', () => {
  const values = (ip: string) => ({
    ip: ipOf(ip),
    sender: 'strong-bad@email.example.com',
    localPart: 'strong-bad',
    senderDomain: 'email.example.com',
    helo: 'mx.example.org',
    domain: 'email.example.com',
    clientName: async () => 'mx.example.org',
  })
  const cases: [string, string][] = [
    ['%{s}', 'strong-bad@email.example.com'],
    ['%{S}', 'strong-bad%40email.example.com'],
    ['%{o}', 'email.example.com'],
    ['%{d}', 'email.example.com'],
    ['%{d4}', 'email.example.com'],
    ['%{d3}', 'email.example.com'],
    ['%{d2}', 'example.com'],
    ['%{d1}', 'com'],
    ['%{dr}', 'com.example.email'],
    ['%{d2r}', 'example.email'],
    ['%{l}', 'strong-bad'],
    ['%{l-}', 'strong.bad'],
    ['%{lr}', 'strong-bad'],
    ['%{lr-}', 'bad.strong'],
    ['%{l1r-}', 'strong'],
    ['%{h}', 'mx.example.org'],
    ['%{p}', 'mx.example.org'],
    ['%{ir}.%{v}._spf.%{d2}', '3.2.0.192.in-addr._spf.example.com'],
    ['%{lr-}.lp._spf.%{d2}', 'bad.strong.lp._spf.example.com'],
    ['%{lr-}.lp.%{ir}.%{v}._spf.%{d2}', 'bad.strong.lp.3.2.0.192.in-addr._spf.example.com'],
    ['%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}', '3.2.0.192.in-addr.strong.lp._spf.example.com'],
    ['%{d2}.trusted-domains.example.net', 'example.com.trusted-domains.example.net'],
    ['%%a%_b%-c', '%a b%20c'],
  ]
  it.each(cases)('%s', async (text, want) => {
    expect(isMacroString(text)).toBe(true)
    expect(await expandMacros(text, values('192.0.2.3'))).toBe(want)
  })

  it('IPv6, digit by digit', async () => {
    const name = '1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com'
    expect(await expandMacros('%{ir}.%{v}._spf.%{d2}', values('2001:db8::cb01'))).toBe(name)
  })

  it('what is too long is cut from the left, at a dot', async () => {
    const long = await expandMacros('%{l}.%{d}', { ...values('192.0.2.3'), localPart: `${'a'.repeat(60)}.`.repeat(9) })
    expect(long.length).toBeLessThanOrEqual(253)
    expect(long).toMatch(/^a{60}\..*\.email\.example\.com$/)
  })

  it.each(['%', '%{', '%{x}', '%{d0}', '%{d', '%{r}', '%a', 'a b', 'a\x7f', 'ä'])('no macro string: %s', (text) => {
    expect(isMacroString(text)).toBe(false)
  })
})

describe('limits', () => {
  const includes = (count: number): Zone =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `TXT ${i === 0 ? '' : `n${i}.`}example.com`,
        [i === count - 1 ? 'v=spf1 +all' : `v=spf1 include:n${i + 1}.example.com`],
      ]),
    )
  const exchangers = (count: number): Zone => ({
    'TXT example.com': ['v=spf1 mx -all'],
    'MX example.com': Array.from({ length: count }, (_, i) => `10 m${i}.example.com`),
    'A m9.example.com': ['192.0.2.1'],
  })
  const many = (term: string, count: number): Zone => ({ 'TXT example.com': [`v=spf1 ${term.repeat(count)}+all`] })
  const cases: [string, Zone, string][] = [
    ['ten includes, one in the other', includes(11), 'pass'],
    ['eleven includes', includes(12), 'permerror'],
    ['ten exchangers', exchangers(10), 'pass'],
    ['eleven exchangers', exchangers(11), 'permerror'],
    ['two void lookups', many('a:none.example ', 2), 'pass'],
    ['three void lookups', many('a:none.example ', 3), 'permerror'],
    ['eleven lookups that find something', { ...many('-a ', 11), 'A example.com': ['192.0.2.99'] }, 'permerror'],
    ['ten lookups that find something', { ...many('-a ', 10), 'A example.com': ['192.0.2.99'] }, 'pass'],
    ['many addresses, which ask nothing', many('-ip4:192.0.2.99 ', 100), 'pass'],
    ['a record that includes itself', { 'TXT example.com': ['v=spf1 include:example.com -all'] }, 'permerror'],
    ['a record that redirects to itself', { 'TXT example.com': ['v=spf1 redirect=example.com'] }, 'permerror'],
    ['a record that is too long', { 'TXT example.com': [`v=spf1 ${'ip4:192.0.2.1 '.repeat(700)}-all`] }, 'permerror'],
  ]
  it.each(cases)('%s', async (_name, zone, want) => {
    const asked: string[] = []
    expect((await check('192.0.2.1', zone, 'joe@example.com', asked)).result).toBe(want)
    expect(asked.length).toBeLessThanOrEqual(12)
  })
})

describe('whose record is asked for', () => {
  const zone: Zone = { 'TXT mail.example.com': ['v=spf1 a -all'], 'A mail.example.com': ['192.0.2.1'] }
  it('the HELO name where the envelope sender is empty', async () => {
    expect(await check('192.0.2.1', zone, '')).toMatchObject({ result: 'pass', domain: 'mail.example.com' })
  })

  it.each(['joe@localhost', 'joe', 'joe@[192.0.2.1]', 'joe@a..b', '@'])('nobody for %s', async (sender) => {
    expect(await check('192.0.2.1', zone, sender)).toMatchObject({ result: 'none', domain: null })
  })

  it('a domain without a record', async () => {
    expect(await check('192.0.2.1', zone)).toMatchObject({ result: 'none', domain: 'example.com', by: 'postern' })
  })

  it('unknown where DNS cannot be asked, here or in an include', async () => {
    const unknown = { result: 'unknown', by: null, reason: 'DNS could not be asked' }
    expect(await check('192.0.2.1', { 'TXT example.com': 'unknown' })).toMatchObject(unknown)
    const included: Zone = { 'TXT example.com': ['v=spf1 include:a.example +all'], 'TXT a.example': 'unknown' }
    expect(await check('192.0.2.1', included)).toMatchObject(unknown)
  })
})
