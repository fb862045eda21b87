import { describe, expect, it } from 'vitest'
import { checkedBy, isAuthentic, isProven, mayCount } from '../../src/verify/evidence.ts'
import { localVerdict } from '../../src/verify/local.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { AuthResult, Checker, SenderVerdict } from '../../src/verify/verdict.ts'

const FROM = 'shop.example'

/** `spf`, `dkim` and `dmarc` are a result and a domain, which is From's where none is named. */
function verdict(
  seal: SenderVerdict['seal'],
  by: Checker | undefined,
  { spf = 'unknown', dkim = [] as string[], dmarc = 'unknown' },
  source: SenderVerdict['source'] = by === 'postern' ? 'postern' : 'cloudflare',
): SenderVerdict {
  const finding = (text: string) => {
    const [result, domain = FROM] = text.split(' ')
    return { result: result as AuthResult, domain, ...(by === undefined ? {} : { by }) }
  }
  return {
    ...UNKNOWN_VERDICT,
    source,
    seal,
    spf: finding(spf),
    dkim: dkim.map((text) => ({ ...finding(text), selector: 's' })),
    dmarc: { ...finding(dmarc), policy: null },
  }
}

describe('isAuthentic', () => {
  const cases: [string, SenderVerdict, boolean][] = [
    ['DMARC pass, sealed', verdict('pass', 'cloudflare', { dmarc: 'pass' }), true],
    ['DMARC pass, sealed, as stored before', verdict('pass', undefined, { dmarc: 'pass' }), true],
    ['DMARC pass, unsealed', verdict('unknown', 'cloudflare', { dmarc: 'pass' }), false],
    ['DMARC pass, unsealed, as stored before', verdict('unknown', undefined, { dmarc: 'pass' }), false],
    ['DMARC pass under a broken seal', verdict('fail', 'cloudflare', { dmarc: 'pass' }), false],
    ['DMARC pass of our own', verdict('unknown', 'postern', { dmarc: 'pass' }), true],
    ['DMARC pass of our own, beside a forged block', verdict('fail', 'postern', { dmarc: 'pass' }), true],
    [
      'DMARC pass of our own, where the block was silent',
      verdict('pass', 'postern', { dmarc: 'pass' }, 'cloudflare'),
      true,
    ],
    ['DMARC pass for another', verdict('pass', 'cloudflare', { dmarc: 'pass evil.example' }), false],
    ['DKIM aligned, sealed', verdict('pass', 'cloudflare', { dkim: ['pass mail.shop.example'] }), true],
    ['DKIM aligned, of our own', verdict('unknown', 'postern', { dkim: ['fail', 'pass mail.shop.example'] }), true],
    ['DKIM of another', verdict('unknown', 'postern', { dkim: ['pass evil.example'] }), false],
    ['DKIM aligned, unsealed', verdict('unknown', 'cloudflare', { dkim: ['pass'] }), false],
    ['SPF aligned, sealed', verdict('pass', 'cloudflare', { spf: 'pass' }), true],
    ['SPF of another', verdict('pass', 'cloudflare', { spf: 'pass evil.example' }), false],
    [
      'DMARC fails, for it wants the exact domain',
      verdict('pass', 'cloudflare', { dmarc: 'fail', dkim: ['pass a.shop.example'] }),
      false,
    ],
    ['nothing passes', verdict('pass', 'cloudflare', { spf: 'fail', dkim: ['fail'], dmarc: 'fail' }), false],
    ['nobody looked', UNKNOWN_VERDICT, false],
    ['local mail', localVerdict(FROM), true],
    ['local mail of another', localVerdict('other.example'), false],
  ]
  it.each(cases)('%s', (_name, seen, want) => {
    expect(isAuthentic(seen, FROM)).toBe(want)
    expect(isAuthentic(seen, null)).toBe(false)
  })
})

describe('whose a finding is', () => {
  it('is told, or follows from the source of what was stored before', () => {
    const stored = verdict('unknown', undefined, { dmarc: 'pass' })
    expect([checkedBy(stored, stored.dmarc), checkedBy(stored, stored.spf)]).toEqual(['cloudflare', null])
    expect(checkedBy(UNKNOWN_VERDICT, { result: 'pass' })).toBeNull()
    expect(checkedBy(stored, { result: 'pass', by: 'postern' })).toBe('postern')
  })

  it('an unsealed one may count, and proves nothing', () => {
    const seen = verdict('unknown', 'cloudflare', { dmarc: 'fail' })
    expect([mayCount(seen, seen.dmarc), isProven(seen, seen.dmarc)]).toEqual([true, false])
  })
})
