/** What proves that a message is from the domain in its From field, and what only looks like it. */
import { describe, expect, it } from 'vitest'
import { localVerdict } from '../../src/verify/local.ts'
import { isProven } from '../../src/verify/proven.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { SenderVerdict } from '../../src/verify/verdict.ts'

const sealed = (over: Partial<SenderVerdict>): SenderVerdict => ({
  ...UNKNOWN_VERDICT,
  source: 'cloudflare',
  seal: 'pass',
  ...over,
})
const dmarc = (result: 'pass' | 'fail' | 'none', domain = 'shop.example') => ({
  dmarc: { result, domain, policy: null },
})
const dkim = (domain: string) => ({ dkim: [{ result: 'pass' as const, domain, selector: 's' }] })
const spf = (domain: string) => ({ spf: { result: 'pass' as const, domain } })

const CASES: [name: string, verdict: SenderVerdict, from: string | null, proven: boolean][] = [
  ['mail of this server', localVerdict('shop.example'), 'shop.example', true],
  ['mail of this server without one sender', localVerdict(null), null, false],
  ['a sealed DMARC pass', sealed(dmarc('pass')), 'shop.example', true],
  ['a sealed DMARC pass of another domain', sealed(dmarc('pass', 'pest.example')), 'shop.example', false],
  ['a sealed, aligned signature', sealed({ ...dmarc('none'), ...dkim('mail.shop.example') }), 'shop.example', true],
  [
    'a sealed signature of another domain',
    sealed({ ...dmarc('none'), ...dkim('pest.example') }),
    'shop.example',
    false,
  ],
  ['a sealed, aligned SPF pass', sealed({ ...dmarc('none'), ...spf('shop.example') }), 'shop.example', true],
  [
    'a sealed DMARC fail beside a signature',
    sealed({ ...dmarc('fail'), ...dkim('shop.example') }),
    'shop.example',
    false,
  ],
  ['the same without a checked seal', sealed({ ...dmarc('pass'), seal: 'unknown' }), 'shop.example', false],
  ['the same under a broken seal', sealed({ ...dmarc('pass'), seal: 'fail' }), 'shop.example', false],
  ['a pass for a message of several senders', sealed(dmarc('pass')), null, false],
  ['nothing', UNKNOWN_VERDICT, 'shop.example', false],
]

describe('proof of a sender', () => {
  it.each(CASES)('%s', (_, verdict, from, proven) => {
    expect(isProven(verdict, from)).toBe(proven)
  })
})
