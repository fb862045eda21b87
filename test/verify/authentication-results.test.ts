import { describe, expect, it } from 'vitest'
import {
  domainOf,
  parseArcAuthenticationResults,
  parseAuthenticationResults,
  parseReceivedSpf,
} from '../../src/verify/authentication-results.ts'

/** `method=result property=value ...`, one string a method: tables stay readable. */
function read(value: string): string[] | undefined {
  const results = parseAuthenticationResults(value)
  return results?.methods.map((method) =>
    [`${method.method}=${method.result}`, ...method.properties.map((p) => `${p.name}=${p.value}`)].join(' '),
  )
}

describe('parseAuthenticationResults', () => {
  const cases: [string, string, string[] | null][] = [
    ['reads a method with a property', 'mx.test; dkim=pass header.d=a.example', ['dkim=pass header.d=a.example']],
    ['reads several methods', 'mx.test; spf=none; dmarc=fail', ['spf=none', 'dmarc=fail']],
    ['reads no result', 'mx.test; none', []],
    ['reads an id alone', 'mx.test', []],
    ['reads a version', 'mx.test 1; spf=pass', ['spf=pass']],
    ['refuses words after the id', 'mx.test evil; spf=pass', null],
    ['refuses an empty field', '', null],
    ['refuses a field that begins with a result', '; spf=pass', null],
    ['drops the version of a method', 'mx.test; dkim/1=pass', ['dkim=pass']],
    ['lowers methods, results and names', 'mx.test; DKIM=Pass Header.D=A.example', ['dkim=pass header.d=A.example']],
    [
      'reads a reason',
      'mx.test; dkim=fail reason="bad; dmarc=pass" header.d=a',
      ['dkim=fail reason=bad; dmarc=pass header.d=a'],
    ],
    [
      'passes over nested comments',
      'mx.test (a (b) c); spf=pass (x (y); dmarc=pass) smtp.helo=h',
      ['spf=pass smtp.helo=h'],
    ],
    ['takes escapes in comments', 'mx.test; spf=pass (a \\) b; dmarc=pass) smtp.helo=h', ['spf=pass smtp.helo=h']],
    [
      'lets blanks and comments stand around = and .',
      'mx.test; spf = pass smtp (c) . mailfrom = a@b',
      ['spf=pass smtp.mailfrom=a@b'],
    ],
    ['keeps = in values', 'mx.test; dkim=pass header.b=ab/c==', ['dkim=pass header.b=ab/c==']],
    [
      'reads a quoted local part with )',
      'mx.test; spf=fail smtp.mailfrom="a); dmarc=pass"@evil.example; dmarc=fail',
      ['spf=fail smtp.mailfrom=a); dmarc=pass@evil.example', 'dmarc=fail'],
    ],
    [
      'reads escaped quotes',
      'mx.test; spf=fail smtp.mailfrom="a\\"; dmarc=pass; x=\\""@evil.example',
      ['spf=fail smtp.mailfrom=a"; dmarc=pass; x="@evil.example'],
    ],
    ['drops what an open quote swallows', 'mx.test; spf=pass; dkim=pass header.d="a; dmarc=pass', ['spf=pass']],
    ['drops what an open comment swallows', 'mx.test; spf=pass; dkim=pass (a; dmarc=pass', ['spf=pass']],
    ['keeps a result whose properties break off', 'mx.test; spf=pass stray; dkim=fail', ['spf=pass', 'dkim=fail']],
    ['passes over a stray )', 'mx.test; spf=fail ) header.d=x; dmarc=none', ['spf=fail', 'dmarc=none']],
    ['passes over an empty result', 'mx.test; spf=; =pass; ;dkim=none', ['dkim=none']],
    [
      'takes 0xA0 for a letter',
      'mx.test; spf=pass smtp.mailfrom=\xc3\xa0@b.example',
      ['spf=pass smtp.mailfrom=\xc3\xa0@b.example'],
    ],
    [
      'believes nothing that a quoted local part slips out of a comment',
      'mx.test; dmarc=fail; spf=fail (domain of "a); dmarc=pass header.from=bank.example; x=y ("@evil.example no) smtp.mailfrom=x@y',
      ['dmarc=fail'],
    ],
    [
      'believes nothing behind a comment that an odd quote would extend',
      'mx.test; dkim=none; spf=none (domain of 5" nail) smtp.helo=h; dmarc=pass',
      ['dkim=none'],
    ],
    [
      'believes a quoted local part in a comment that stays inside it',
      'mx.test; spf=pass (of "a b"@c) smtp.helo=h',
      ['spf=pass smtp.helo=h'],
    ],
  ]
  it.each(cases)('%s', (_name, value, want) => {
    expect(read(value) ?? null).toEqual(want)
  })

  it('reads the id as it stands', () => {
    const ids = ['mx.cloudflare.net.evil.example', 'MX.cloudflare.net', '"mx.cloudflare.net"', 'mx.cloudflare.net(c)']
    expect(ids.map((id) => parseAuthenticationResults(`${id}; spf=pass`)?.authservId)).toEqual([
      'mx.cloudflare.net.evil.example',
      'MX.cloudflare.net',
      'mx.cloudflare.net',
      'mx.cloudflare.net',
    ])
  })

  it('stays quick and bounded on hostile fields', () => {
    const hostile = ['(', '((((', '"', '\\', 'a=', ';', ' ', 'dkim=pass;', 'dkim=pass a=b ', '(")"', 'a . '].map(
      (unit) => `mx.test; ${unit.repeat(16_000 / unit.length)}`.slice(0, 16_000),
    )
    const started = Date.now()
    for (const value of hostile)
      expect(parseAuthenticationResults(value)?.methods.length ?? 0).toBeLessThanOrEqual(1_000)
    expect(Date.now() - started).toBeLessThan(2_000)
    expect(parseAuthenticationResults(`mx.test; spf=pass ${' '.repeat(70_000)}`)).toBeNull()
  })
})

describe('parseArcAuthenticationResults', () => {
  const cases: [string, string, number | undefined][] = [
    ['reads the instance', 'i=2; mx.test; spf=pass', 2],
    ['lets blanks stand', ' i = 1 ; mx.test; spf=pass', 1],
    ['refuses no instance', 'mx.test; spf=pass', undefined],
    ['refuses an instance of 0', 'i=0; mx.test', undefined],
    ['refuses an instance over 50', 'i=51; mx.test', undefined],
    ['refuses an instance that is no number', 'i=1x; mx.test', undefined],
  ]
  it.each(cases)('%s', (_name, value, want) => {
    expect(parseArcAuthenticationResults(value)?.instance ?? undefined).toBe(want)
  })
})

describe('parseReceivedSpf', () => {
  const read = (value: string) => {
    const spf = parseReceivedSpf(value)
    return spf && [spf.result, spf.receiver, spf.clientIp, spf.helo]
  }
  const cases: [string, string, (string | null)[] | null][] = [
    [
      'reads client and helo',
      'pass (ok) receiver=mx.test; client-ip=192.0.2.1; helo=h.example;',
      ['pass', 'mx.test', '192.0.2.1', 'h.example'],
    ],
    [
      'reads quoted values',
      'Fail client-ip="2001:db8::1"; envelope-from="a; helo=x"@y; helo="h.example"',
      ['fail', null, '2001:db8::1', 'h.example'],
    ],
    ['takes the first of a name', 'pass client-ip=192.0.2.1; client-ip=192.0.2.2', ['pass', null, '192.0.2.1', null]],
    ['reads no pairs', 'none', ['none', null, null, null]],
    ['refuses an empty field', '', null],
    [
      'believes no client that slips out of a comment',
      'fail (of "a) client-ip=192.0.2.9; x=("@evil.example) client-ip=192.0.2.1; helo=h',
      ['fail', null, null, 'h'],
    ],
  ]
  it.each(cases)('%s', (_name, value, want) => {
    expect(read(value)).toEqual(want)
  })
})

describe('domainOf', () => {
  const cases: [string | null, string | null][] = [
    ['a@B.example', 'b.example'],
    ['B.example.', 'b.example'],
    ['@b.example', 'b.example'],
    ['x@bank.example@evil.example', 'evil.example'],
    ['', null],
    ['a@', null],
    ['a b', null],
    [null, null],
  ]
  it.each(cases)('%s -> %s', (value, want) => {
    expect(domainOf(value)).toBe(want)
  })
})
