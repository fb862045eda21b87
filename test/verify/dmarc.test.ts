import { describe, expect, it } from 'vitest'
import { isAligned, organizationalDomain } from '../../src/verify/alignment.ts'
import { checkDmarc } from '../../src/verify/dmarc.ts'
import type { AuthResult } from '../../src/verify/verdict.ts'
import { tableResolve, type Zone } from './raw-message.ts'

const zone: Zone = {
  'TXT _dmarc.shop.example': ['v=DMARC1; p=reject; sp=quarantine'],
  'TXT _dmarc.strict.example': ['v=DMARC1; p=reject; adkim=s; aspf=s'],
  'TXT _dmarc.own.shop.example': ['v=DMARC1; p=none'],
  'TXT _dmarc.two.example': ['v=DMARC1; p=reject', 'v=DMARC1; p=none'],
  'TXT _dmarc.beside.example': ['other', 'v=DMARC1; p=reject'],
  'TXT _dmarc.reports.example': ['v=DMARC1; rua=mailto:a@reports.example'],
  'TXT _dmarc.odd.example': ['v=DMARC1; p=perhaps'],
  'TXT _dmarc.tried.example': ['v=DMARC1; p=reject; pct=0'],
  'TXT _dmarc.slow.example': 'unknown',
}

/** `spf` and `dkim` are a result and a domain. */
function check(from: string | null, spf: string, dkim = '') {
  const [spfResult, spfDomain = null] = spf.split(' ')
  const [dkimResult, dkimDomain = null] = dkim.split(' ')
  const signatures = dkim ? [{ result: dkimResult as AuthResult, domain: dkimDomain, selector: 's' }] : []
  return checkDmarc(
    from,
    { spf: { result: spfResult as AuthResult, domain: spfDomain }, dkim: signatures },
    tableResolve(zone),
  )
}

describe('checkDmarc', () => {
  const cases: [string, string | null, string, string, string, string | null][] = [
    ['SPF aligned', 'shop.example', 'pass shop.example', '', 'pass', 'reject'],
    ['SPF of another', 'shop.example', 'pass evil.example', '', 'fail', 'reject'],
    ['DKIM aligned', 'shop.example', 'fail', 'pass mail.shop.example', 'pass', 'reject'],
    ['DKIM of another', 'shop.example', 'fail', 'pass evil.example', 'fail', 'reject'],
    ['a host below, by its organisation', 'a.shop.example', 'none', 'pass b.shop.example', 'pass', 'quarantine'],
    ['a host below, and nothing proven', 'a.shop.example', 'none', '', 'fail', 'quarantine'],
    ['a host below with a record of its own', 'own.shop.example', 'none', '', 'fail', 'none'],
    ['strict, exact', 'strict.example', 'pass strict.example', '', 'pass', 'reject'],
    ['strict SPF, below', 'strict.example', 'pass a.strict.example', '', 'fail', 'reject'],
    ['strict DKIM, below', 'strict.example', 'fail', 'pass a.strict.example', 'fail', 'reject'],
    ['SPF not asked', 'shop.example', 'unknown', '', 'unknown', 'reject'],
    ['SPF not asked, DKIM fails', 'shop.example', 'unknown', 'fail shop.example', 'unknown', 'reject'],
    ['SPF not asked, DKIM aligned', 'shop.example', 'unknown', 'pass shop.example', 'pass', 'reject'],
    [
      'an aligned signature not checked',
      'shop.example',
      'fail shop.example',
      'unknown shop.example',
      'unknown',
      'reject',
    ],
    ['a signature of another not checked', 'shop.example', 'fail shop.example', 'unknown x.example', 'fail', 'reject'],
    ['no record', 'free.example', 'fail', '', 'none', null],
    ['several records', 'two.example', 'fail', '', 'none', null],
    ['a record beside others', 'beside.example', 'fail', '', 'fail', 'reject'],
    ['reports without a policy', 'reports.example', 'fail', '', 'fail', 'none'],
    ['a policy that is none of three', 'odd.example', 'fail', '', 'none', null],
    ['a record of no percent', 'tried.example', 'fail', '', 'fail', 'reject'],
    ['DNS does not tell', 'slow.example', 'pass slow.example', '', 'unknown', null],
    ['DNS tells of no host, and not of its organisation', 'a.slow.example', 'pass slow.example', '', 'unknown', null],
    ['no From, or several', null, 'pass shop.example', '', 'permerror', null],
  ]
  it.each(cases)('%s', async (_name, from, spf, dkim, result, policy) => {
    expect(await check(from, spf, dkim)).toMatchObject({ result, policy, domain: from })
  })
})

describe('alignment', () => {
  const cases: [string, string, boolean, boolean][] = [
    ['shop.example', 'shop.example', true, true],
    ['a.shop.example', 'shop.example', true, false],
    ['a.shop.example', 'b.shop.example', true, false],
    ['evilshop.example', 'shop.example', false, false],
    ['example', 'shop.example', false, false],
    ['co.uk', 'shop.co.uk', false, false],
    ['other.co.uk', 'shop.co.uk', false, false],
    ['mail.shop.co.uk', 'shop.co.uk', true, false],
    ['evil.github.io', 'good.github.io', false, false],
    ['github.io', 'good.github.io', false, false],
    ['xn--bcher-kva.example', 'mail.xn--bcher-kva.example', true, false],
  ]
  it.each(cases)('%s for %s', (domain, from, relaxed, strict) => {
    expect([isAligned(domain, from), isAligned(domain, from, 'strict')]).toEqual([relaxed, strict])
    expect(isAligned(from, domain)).toBe(relaxed)
  })

  it.each([
    ['a.b.shop.example', 'shop.example'],
    ['a.b.shop.co.jp', 'shop.co.jp'],
    ['co.uk', null],
    ['com', null],
  ])('the organisation of %s', (domain, want) => {
    expect(organizationalDomain(domain)).toBe(want)
  })

  it('nobody speaks for nobody', () => {
    expect([isAligned(null, null), isAligned(null, 'a.example'), isAligned('a.example', null)]).toEqual([
      false,
      false,
      false,
    ])
  })
})
