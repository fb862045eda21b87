/** Time is linear in what a stranger writes. In Node, where clocks run while code does. */
import { describe, expect, it } from 'vitest'
import { verifyArc } from '../../src/verify/arc.ts'
import { verifyDkim } from '../../src/verify/dkim.ts'
import type { Resolve } from '../../src/verify/resolve.ts'
import { rawMessageOf } from './raw-message.ts'

const NOW_MS = Date.UTC(2026, 10, 2)
const TIME_MS_MAX = 1_500

const resolve: Resolve = async () => ({ kind: 'found', records: [KEY] })

// A good key, so that nothing is left out: that of RFC 8463 appendix A.
const KEY =
  'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB'

describe('the longest of each', () => {
  const LONG = 1_000_000
  const cases: [string, string][] = [
    ['tags', `DKIM-Signature: ${'a=b;'.repeat(LONG / 4)}`],
    ['blanks in a signature', `DKIM-Signature: v=1;${' '.repeat(LONG)}b=`],
    ['signatures', 'DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=s; h=from; bh=YWJj; b=YWJj\r\n'.repeat(4_000)],
    [
      'signed names',
      `DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=s; h=${'from:'.repeat(2_000)}from; bh=YWJj; b=YWJj`,
    ],
    ['sets of a chain', 'ARC-Seal: i=1; cv=none\r\n'.repeat(4_000)],
    [
      'blanks in a signed field',
      `From: a${' '.repeat(LONG)}b\r\nDKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=s; h=from; bh=YWJj; b=YWJj`,
    ],
  ]
  it.each(cases)('%s', async (_name, header) => {
    const message = rawMessageOf(`${header}\r\n\r\n${' \t'.repeat(LONG)}`)
    const startedAt = performance.now()
    await verifyDkim(message, resolve, NOW_MS)
    await verifyArc(message, resolve)
    expect(performance.now() - startedAt).toBeLessThan(TIME_MS_MAX)
  })
})
