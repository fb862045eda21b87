import { describe, expect, it } from 'vitest'
import { authenticationRank } from '../../src/verify/authenticity.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { AuthResult, SenderVerdict } from '../../src/verify/verdict.ts'

type Seen = {
  spf?: AuthResult
  spfDomain?: string
  dkim?: AuthResult
  dmarc?: AuthResult
  dmarcDomain?: string | null
  seal?: SenderVerdict['seal']
}

function verdict({
  spf = 'none',
  spfDomain = 'shop.example',
  dkim,
  dmarc = 'none',
  dmarcDomain = 'shop.example',
  seal = 'unknown',
}: Seen): SenderVerdict {
  return {
    ...UNKNOWN_VERDICT,
    source: 'cloudflare',
    seal,
    spf: { result: spf, domain: spfDomain },
    dkim: dkim ? [{ result: dkim, domain: 'other.example', selector: 's' }] : [],
    dmarc: { result: dmarc, domain: dmarcDomain, policy: null },
  }
}

describe('authenticationRank', () => {
  const cases: [string, Seen, 0 | 1 | 2][] = [
    ['nothing published', {}, 0],
    ['DMARC fails', { dmarc: 'fail' }, 0],
    ['DMARC fails beside a DKIM pass of somebody else', { dmarc: 'fail', dkim: 'pass' }, 0],
    ['SPF passes for the From domain', { spf: 'pass' }, 1],
    ['SPF passes for a host under the From domain', { spf: 'pass', spfDomain: 'mail.shop.example' }, 1],
    ['SPF passes for a domain of his own', { spf: 'pass', spfDomain: 'evil.example' }, 0],
    ['SPF passes for a domain that ends alike', { spf: 'pass', spfDomain: 'evilshop.example' }, 0],
    ['SPF passes for a top-level domain', { spf: 'pass', spfDomain: 'example' }, 0],
    ['DKIM passes', { dkim: 'pass' }, 1],
    ['DKIM fails', { dkim: 'fail' }, 0],
    ['DMARC passes, unsealed', { dmarc: 'pass' }, 1],
    ['DMARC passes, sealed', { dmarc: 'pass', seal: 'pass' }, 2],
    ['DKIM passes, sealed', { dkim: 'pass', seal: 'pass' }, 1],
    ['DMARC passes under a broken seal', { dmarc: 'pass', seal: 'fail' }, 0],
  ]
  it.each(cases)('%s', (_name, seen, want) => {
    expect(authenticationRank(verdict(seen))).toBe(want)
  })

  const found = (over: Partial<SenderVerdict>): SenderVerdict => ({ ...UNKNOWN_VERDICT, source: 'postern', ...over })
  const own: [string, SenderVerdict, 0 | 1 | 2][] = [
    ['DMARC pass', found({ dmarc: { result: 'pass', domain: 'shop.example', policy: null, by: 'postern' } }), 2],
    [
      'DMARC pass beside a forged block',
      found({ seal: 'fail', dmarc: { result: 'pass', domain: 'shop.example', policy: null, by: 'postern' } }),
      2,
    ],
    ['DKIM pass', found({ dkim: [{ result: 'pass', domain: 'other.example', selector: 's', by: 'postern' }] }), 1],
    ['SPF pass for From', found({ spf: { result: 'pass', domain: 'shop.example', by: 'postern' } }), 1],
    ['SPF pass for another', found({ spf: { result: 'pass', domain: 'evil.example', by: 'postern' } }), 0],
    ['DMARC fail', found({ dmarc: { result: 'fail', domain: 'shop.example', policy: null, by: 'postern' } }), 0],
    ['nothing', found({}), 0],
  ]
  it.each(own)('our own %s', (_name, seen, want) => {
    expect(authenticationRank(seen, 'shop.example')).toBe(want)
  })

  it('ranks no higher where DNS did not answer than where it did, and a real pass never below a failure', () => {
    const sealed = authenticationRank(verdict({ dmarc: 'pass', seal: 'pass' }))
    const unanswered = authenticationRank(verdict({ dmarc: 'pass', seal: 'unknown' }))
    const failed = authenticationRank(verdict({ dmarc: 'fail', seal: 'pass' }))
    expect([sealed, unanswered, failed]).toEqual([2, 1, 0])
  })

  const unnamed: [string, string | null, string, 0 | 1][] = [
    ['for the From domain', 'shop.example', 'shop.example', 1],
    ['for a host under it', 'shop.example', 'mail.shop.example', 1],
    ['for a domain of his own', 'shop.example', 'evil.example', 0],
    ['where no From domain is known', null, 'evil.example', 0],
  ]
  it.each(unnamed)('SPF passes %s, and the block names no DMARC domain', (_name, from, spfDomain, want) => {
    expect(authenticationRank(verdict({ spf: 'pass', spfDomain, dmarcDomain: null }), from)).toBe(want)
  })

  it('an unknown sender proves nothing', () => {
    expect(authenticationRank(UNKNOWN_VERDICT)).toBe(0)
  })

  it('a plain early forgery does not outrank the real message, which does not outrank its own retry', () => {
    const forged = authenticationRank(verdict({ spf: 'pass', spfDomain: 'evil.example', dkim: 'fail', dmarc: 'fail' }))
    const real = authenticationRank(verdict({ spf: 'pass', dkim: 'pass', dmarc: 'pass' }))
    expect(real).toBeGreaterThan(forged)
    const forgedBlock = real
    expect(authenticationRank(verdict({ dmarc: 'pass', seal: 'pass' }))).toBeGreaterThan(forgedBlock)
  })
})
