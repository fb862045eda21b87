/** Hostile bytes through all of verify/: a verdict comes back, whatever they are. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../src/mime/parse.ts'
import { verifyArc } from '../../src/verify/arc.ts'
import { verifyDkim } from '../../src/verify/dkim.ts'
import { parseDmarcRecord } from '../../src/verify/dmarc.ts'
import { parseIp } from '../../src/verify/ip.ts'
import { readKeyRecords } from '../../src/verify/key.ts'
import type { Resolve } from '../../src/verify/resolve.ts'
import { readRsaKey } from '../../src/verify/rsa-key.ts'
import { checkSpf } from '../../src/verify/spf.ts'
import { parseTags } from '../../src/verify/tags.ts'
import { verifySender } from '../../src/verify/verify-sender.ts'
import { rawMessageOf } from '../verify/raw-message.ts'

const NOW_MS = Date.UTC(2026, 10, 2)

/** Pieces of the grammars, in any order. */
const piece = fc.oneof(
  fc.constantFrom(
    'v=1',
    'a=rsa-sha256',
    'a=ed25519-sha256',
    'c=relaxed/simple',
    'd=shop.example',
    's=s',
    'h=from:to',
    'l=3',
  ),
  fc.constantFrom(
    'bh=YWJj',
    'b=YWJj',
    'i=1',
    'i=2',
    'cv=none',
    'cv=pass',
    'cv=fail',
    't=1',
    'x=9',
    ';',
    '; ',
    '\r\n ',
    '=',
  ),
  fc.constantFrom(
    'mx.cloudflare.net',
    'd=cloudflare-email.net',
    'spf=pass',
    'dmarc=pass',
    'smtp.remote-ip=192.0.2.1',
    '"',
    '(',
  ),
  fc.string({ maxLength: 8 }),
)
const value = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(';'))
const names = [
  'DKIM-Signature',
  'ARC-Seal',
  'ARC-Message-Signature',
  'ARC-Authentication-Results',
  'From',
  'Received',
  'X',
]
const field = fc.tuple(fc.constantFrom(...names), value).map(([name, text]) => `${name}: ${text}\r\n`)
const mail = fc
  .tuple(fc.array(field, { maxLength: 10 }), fc.string())
  .map(([fields, body]) => `${fields.join('')}\r\n${body}`)

const term = fc.oneof(
  fc.constantFrom(
    'v=spf1',
    ' ',
    'a',
    'mx',
    'ptr',
    'include:',
    'exists:',
    'redirect=',
    'exp=',
    'ip4:',
    'ip6:',
    'all',
    '-',
    '~',
  ),
  fc.constantFrom(
    '%{',
    '}',
    '%{d}',
    '%{p}',
    '%{ir}',
    '%{l9r-}',
    '/',
    '//',
    '33',
    '192.0.2.1',
    '::1',
    'shop.example',
    'v=DMARC1',
    'p=',
    ';',
  ),
  fc.string({ maxLength: 5 }),
)
const record = fc.array(term, { maxLength: 12 }).map((terms) => `v=spf1 ${terms.join('')}`)

/** DNS that answers every question with the same records. */
const always =
  (records: string[]): Resolve =>
  async () => ({ kind: 'found', records })

describe('any bytes', () => {
  it('as a message', async () => {
    const whole = fc.asyncProperty(fc.oneof(mail, fc.string({ unit: 'binary' })), record, async (raw, text) => {
      const message = rawMessageOf(Uint8Array.from(raw, (char) => char.charCodeAt(0) & 255))
      for (const { result } of await verifyDkim(message, always([text]), NOW_MS)) expect(result).not.toBe('pass')
      expect(['pass', 'fail', 'none', 'unknown']).toContain(await verifyArc(message, always([text])))
      const arrival = {
        source: 'email-routing',
        resolve: always([text]),
        nowMs: NOW_MS,
        envelopeFrom: 'a@b.example',
      } as const
      const verdict = await verifySender({
        message: await parseMessage(message.bytes),
        bytes: message.bytes,
        ...arrival,
      })
      expect(verdict.seal).not.toBe('pass')
    })
    await fc.assert(whole, { numRuns: 400 })
  })

  it('as records', async () => {
    const ip = parseIp('192.0.2.1')
    if (!ip) throw new Error('no address')
    const any = fc.oneof(record, fc.string(), fc.string({ unit: 'binary' }))
    const whole = fc.asyncProperty(any, fc.string(), async (text, sender) => {
      await checkSpf({ ip, envelopeFrom: `${sender}@shop.example`, helo: sender }, always([text]))
      await readKeyRecords([text, `p=${text}`], 'rsa')
      parseDmarcRecord(text)
      parseTags(text)
    })
    await fc.assert(whole, { numRuns: 1_000 })
  })

  it('as a key', () => {
    const bytes = fc.array(fc.oneof(fc.constantFrom(0x30, 0x02, 0x03, 0x80, 0x82, 0, 1, 3), fc.nat(255)), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(bytes, (der) => {
        readRsaKey(Uint8Array.from(der))
      }),
      { numRuns: 2_000 },
    )
  })
})
