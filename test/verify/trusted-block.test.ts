import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHeaderBlock } from '../../src/mime/headers.ts'
import { readTrustedBlock, UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { SenderVerdict } from '../../src/verify/verdict.ts'
import { headerFields } from './header-fields.ts'

const RECEIVED = `Received: from mail.shop.example (192.0.2.10)
        by cloudflare-email.net (cloudflare) id Ab3dEf
        for <me@here.example>; Mon, 02 Nov 2026 10:00:00 +0000`
const SEAL = 'ARC-Seal: i=1; a=rsa-sha256; s=cf2024-1; d=cloudflare-email.net; cv=none;\n\tb=YWJj;'
const SIGNATURE =
  'ARC-Message-Signature: i=1; a=rsa-sha256; s=cf2024-1; d=cloudflare-email.net;\n\th=To:From; bh=YQ==; b=YQ==;'

const results = (dmarc: string, spf: string) => `mx.cloudflare.net;
\tdkim=${dmarc} header.d=shop.example header.s=s1 header.b=abc;
\tdmarc=${dmarc} header.from=shop.example policy.dmarc=quarantine;
\tspf=none (mx.cloudflare.net: no SPF records found for postmaster@mail.shop.example) smtp.helo=mail.shop.example;
\tspf=${spf} (mx.cloudflare.net: domain of bounce@shop.example) smtp.mailfrom=bounce@shop.example;
\tarc=none smtp.remote-ip=192.0.2.10`

const spfLine = (result: string, ip = '192.0.2.10') =>
  `Received-SPF: ${result} (mx.cloudflare.net: domain of bounce@shop.example)
\treceiver=mx.cloudflare.net; client-ip=${ip}; envelope-from="bounce@shop.example"; helo=mail.shop.example;`

const block = (dmarc: string, spf: string, score = '0') => [
  RECEIVED,
  SEAL,
  SIGNATURE,
  `ARC-Authentication-Results: i=1; ${results(dmarc, spf)}`,
  spfLine(spf),
  `Authentication-Results: ${results(dmarc, spf)}`,
  `X-CF-SpamH-Score: ${score}`,
]

const MESSAGE = ['From: Shop <news@shop.example>', 'To: me@here.example', 'Subject: Hello']
const FAILING = block('fail', 'softfail', '4')
const PASSING = block('pass', 'pass')

const read = (...lines: string[]) => readTrustedBlock(headerFields(...lines), 'email-routing')
const failed = read(...FAILING, ...MESSAGE)

describe('readTrustedBlock', () => {
  it('reads the whole block', () => {
    expect(read(...PASSING, ...MESSAGE)).toEqual<SenderVerdict>({
      source: 'cloudflare',
      seal: 'unknown',
      spf: { result: 'pass', domain: 'shop.example' },
      dkim: [{ result: 'pass', domain: 'shop.example', selector: 's1' }],
      dmarc: { result: 'pass', domain: 'shop.example', policy: 'quarantine' },
      arc: { result: 'none', by: 'cloudflare' },
      client: { ip: '192.0.2.10', helo: 'mail.shop.example' },
      cloudflareSpamScore: 0,
    })
    expect(failed).toMatchObject({ spf: { result: 'softfail' }, dmarc: { result: 'fail' }, cloudflareSpamScore: 4 })
  })

  it('passes on the outcome of a check of the seal', () => {
    expect(readTrustedBlock(headerFields(...PASSING), 'email-routing', 'pass').seal).toBe('pass')
  })

  it('takes an import, SMTP or APPEND for unknown, whatever it says', () => {
    expect(readTrustedBlock(headerFields(...PASSING, ...MESSAGE), 'untrusted', 'pass')).toEqual(UNKNOWN_VERDICT)
  })

  it('reads the HELO result where the envelope sender is empty', () => {
    const line = 'Authentication-Results: mx.cloudflare.net; spf=pass smtp.helo=mail.shop.example'
    expect(read(RECEIVED, line, ...MESSAGE).spf).toEqual({ result: 'pass', domain: 'mail.shop.example' })
  })

  it('keeps the passes of many signatures', () => {
    const many = `${'dkim=fail header.d=x.example; '.repeat(20)}dkim=pass header.i=@shop.example`
    const { dkim } = read(RECEIVED, `Authentication-Results: mx.cloudflare.net; ${many}`, ...MESSAGE)
    expect(dkim).toHaveLength(10)
    expect(dkim[0]).toEqual({ result: 'pass', domain: 'shop.example', selector: null })
  })

  it('reads an IPv6 client', () => {
    const { client } = read(RECEIVED, spfLine('pass', '2001:DB8:0::1'), ...MESSAGE)
    expect(client.ip).toBe('2001:db8::1')
  })
})

describe('what is absent is unknown', () => {
  const cases: [string, string[]][] = [
    ['no block at all', MESSAGE],
    ['no fields', []],
    ['no Received above the block', PASSING.slice(1)],
    ['another Received above the block', ['Received: from a by relay.example; x', ...PASSING]],
    ['another field above the block', ['X-Anything: 1', ...PASSING]],
  ]
  it.each(cases)('%s', (_name, lines) => {
    expect(read(...lines)).toEqual(UNKNOWN_VERDICT)
  })

  it('a Received alone says only that Cloudflare received it', () => {
    expect(read(RECEIVED, ...MESSAGE)).toEqual({ ...UNKNOWN_VERDICT, source: 'cloudflare' })
  })

  const impostors: [string, string][] = [
    ['a longer domain', 'from a by cloudflare-email.net.evil.example (x) id 1; x'],
    ['a shorter domain', 'from a by email.net; x'],
    ['a domain in a comment', 'from a (by cloudflare-email.net) by evil.example; x'],
    ['a HELO name that says so', 'from by (by cloudflare-email.net) cloudflare-email.net by evil.example; x'],
    ['a domain behind the date', 'from a by evil.example; by cloudflare-email.net'],
    ['a domain in quotes', 'from "x by cloudflare-email.net" by evil.example; x'],
    ['a second by', 'from a by evil.example by cloudflare-email.net; x'],
    ['an open comment', 'from a (by evil.example by cloudflare-email.net; x'],
    ['8-bit blanks', 'from a\xa0by cloudflare-email.net id x; x'],
  ]
  it.each(impostors)('a Received that only looks like Cloudflare: %s', (_name, value) => {
    expect(read(`Received: ${value}`, ...PASSING.slice(1), ...MESSAGE)).toEqual(UNKNOWN_VERDICT)
  })
})

describe('forged lines change nothing', () => {
  const forgedResults = `Authentication-Results: ${results('pass', 'pass')}`
  const forgedArc = `ARC-Authentication-Results: i=1; ${results('pass', 'pass')}`
  const below: [string, string[]][] = [
    ['one line right below the block', [forgedResults]],
    ['a whole block right below', PASSING],
    ['a block in the middle of the message', ['X-Mailer: x', ...PASSING]],
    ['a sealed line right below', [forgedArc]],
    ['a score of 0 below', ['X-CF-SpamH-Score: 0']],
    ['another client below', [spfLine('pass', '198.51.100.1')]],
    ['folded oddly', [forgedResults.replaceAll(' ', '\n \n\t')]],
    ['with 8-bit bytes', [forgedResults.replace('dkim', '\xff\xa0dkim'), 'X-CF-SpamH-Score: \xb2']],
    ['with a blank before the colon', [forgedResults.replace(':', ' :')]],
  ]
  it.each(below)('%s', (_name, lines) => {
    expect(read(...FAILING, ...lines, ...MESSAGE)).toEqual(failed)
  })

  it('a repeated name inside the block ends it', () => {
    const [received, seal, signature, arc, spf, plain, score] = FAILING as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    const client = { ip: '192.0.2.10', helo: null }
    // The client's address stands in the sealed line too.
    expect(read(received, seal, signature, arc, forgedArc, spf, plain, score)).toEqual({
      ...failed,
      client,
      cloudflareSpamScore: null,
    })
    expect(read(received, received, ...PASSING.slice(1))).toEqual({ ...UNKNOWN_VERDICT, source: 'cloudflare' })
    expect(read(received, seal, signature, arc, spf, plain, plain, score)).toEqual({
      ...failed,
      cloudflareSpamScore: null,
    })
  })

  it('a name out of order ends the block', () => {
    expect(read(RECEIVED, 'X-CF-SpamH-Score: 4', forgedResults).dmarc.result).toBe('unknown')
  })

  it('a foreign ARC set ends the block, as where a forwarder sealed and Cloudflare did not', () => {
    const foreign = SEAL.replace('cloudflare-email.net', 'relay.example')
    expect(read(RECEIVED, foreign, SIGNATURE, forgedArc, ...MESSAGE).dmarc.result).toBe('unknown')
    expect(read(RECEIVED, SEAL.replace('d=', 'd=relay.example; d='), SIGNATURE, forgedArc).dmarc.result).toBe('unknown')
  })

  const lookalikes = [
    'mx.cloudflare.net.evil.example',
    'MX.cloudflare.net',
    'mx.cloudflare.net.',
    'mx-cloudflare.net',
    'evil.example mx.cloudflare.net',
    '(mx.cloudflare.net) evil.example',
    'mx.cloudflare.net\xa0',
  ]
  it.each(lookalikes)('a server that only looks like Cloudflare: %s', (id) => {
    const line = forgedResults.replace('mx.cloudflare.net', id)
    expect(read(RECEIVED, line, ...MESSAGE)).toEqual({ ...UNKNOWN_VERDICT, source: 'cloudflare' })
    expect(read(RECEIVED, line.replace(':', ': i=1;').replace('A', 'ARC-A'))).toEqual({
      ...UNKNOWN_VERDICT,
      source: 'cloudflare',
    })
  })

  it('the plain copy cannot mend the sealed line', () => {
    const bare = 'ARC-Authentication-Results: i=1; mx.cloudflare.net; arc=none'
    expect(read(RECEIVED, SEAL, SIGNATURE, bare, forgedResults, ...MESSAGE).dmarc.result).toBe('unknown')
  })

  it('another client in the plain copy of the address changes nothing', () => {
    const [received, seal, signature, arc] = FAILING as [string, string, string, string]
    const { client } = read(received, seal, signature, arc, spfLine('pass', '198.51.100.1'), ...MESSAGE)
    expect(client).toEqual({ ip: '192.0.2.10', helo: null })
  })

  const insideValues: [string, string][] = [
    [
      'a quoted local part',
      'spf=fail smtp.mailfrom="a); dmarc=pass header.from=shop.example"@evil.example; dmarc=fail',
    ],
    ['an escaped quote', 'spf=fail smtp.mailfrom="a\\"; dmarc=pass; \\""@evil.example; dmarc=fail'],
    ['a comment', 'dmarc=fail (was dmarc=pass; (dmarc=pass)) ; spf=fail'],
    ['a quoted local part in a comment', 'dmarc=fail; spf=fail (of "a); dmarc=pass ("@evil.example) smtp.mailfrom=a@b'],
    ['a reason', 'dmarc=fail reason="x; dmarc=pass"; spf=fail'],
    ['a property', 'dmarc=fail header.from=x.dmarc=pass; spf=fail'],
    ['a second result', 'dmarc=fail; spf=fail; dmarc=pass'],
  ]
  it.each(insideValues)('a pass in %s', (_name, value) => {
    const verdict = read(RECEIVED, `Authentication-Results: mx.cloudflare.net; ${value}`, ...MESSAGE)
    expect(verdict.dmarc.result).toBe('fail')
    expect(verdict.spf.result).not.toBe('pass')
  })

  it('whatever stands below, and however often', () => {
    const name = fc.constantFrom(
      'Received',
      'ARC-Seal',
      'ARC-Authentication-Results',
      'Received-SPF',
      'Authentication-Results',
      'X-CF-SpamH-Score',
      'Subject',
    )
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom(results('pass', 'pass'), `i=1; ${results('pass', 'pass')}`, '0', 'pass client-ip=198.51.100.1'),
    )
    const line = fc.tuple(name, value).map(([key, text]) => `${key}: ${text}`)
    const changesNothing = (lines: string[]) => {
      expect(read(...FAILING, ...lines)).toEqual(failed)
    }
    fc.assert(fc.property(fc.array(line, { maxLength: 8 }), changesNothing), { numRuns: 200 })
  })

  it('results that differ without a fail are unknown', () => {
    const value = 'mx.cloudflare.net; dmarc=none; dmarc=pass; spf=PASSED'
    const verdict = read(RECEIVED, `Authentication-Results: ${value}`)
    expect([verdict.dmarc.result, verdict.spf.result]).toEqual(['unknown', 'unknown'])
  })

  it.each(['999.1.1.1', '010.0.0.1', 'localhost', '192.0.2.1; x', '::1::', ''])(
    'a client that is no address: %s',
    (ip) => {
      const line = `Received-SPF: pass client-ip="${ip}"; helo=h.example`
      expect(read(RECEIVED, line).client).toEqual({ ip: null, helo: 'h.example' })
    },
  )

  it.each(['-1', '1e9', '3,3', '٣', '', 'NaN', '99999'])('a score that is no number: %s', (score) => {
    expect(read(RECEIVED, `X-CF-SpamH-Score: ${score}`).cloudflareSpamScore).toBeNull()
  })
})

describe('from raw bytes', () => {
  const readRaw = (lines: string[], lineEnd = '\r\n') => {
    const raw = `${lines.join('\n')}\n\nHello\n`.replaceAll('\n', lineEnd)
    const bytes = Uint8Array.from(raw, (char) => char.charCodeAt(0))
    return readTrustedBlock(parseHeaderBlock(bytes).fields, 'email-routing')
  }

  it('reads the same block with either line end', () => {
    expect(readRaw([...FAILING, ...MESSAGE])).toEqual(failed)
    expect(readRaw([...FAILING, ...MESSAGE], '\n')).toEqual(failed)
  })

  const forged = `Authentication-Results: ${results('pass', 'pass')}`
  const bare = { ...UNKNOWN_VERDICT, source: 'cloudflare' }
  const cases: [string, string[], unknown][] = [
    ['a line that is no field ends the block', [RECEIVED, 'no field at all', forged, ...MESSAGE], bare],
    [
      'a line that is no field above it leaves none',
      ['From someone Mon Nov  2', ...PASSING, ...MESSAGE],
      UNKNOWN_VERDICT,
    ],
    ['an empty line above it leaves none', ['', ...PASSING, ...MESSAGE], UNKNOWN_VERDICT],
    ['a line of blanks folds and forges nothing (RFC 5322 §4.2)', [...FAILING, ' ', '\t', forged, ...MESSAGE], failed],
    [
      'a first line folded into the block changes nothing',
      [...FAILING.slice(0, -1), `X-CF-SpamH-Score: 4\n ${forged}`, ...MESSAGE],
      failed,
    ],
    ['8-bit bytes below change nothing', [...FAILING, `${forged}\xff\xfe\xa0`, 'X-\xe9: 1', ...MESSAGE], failed],
    ['a bare CR makes no line', [...FAILING, `Subject: x\r${forged}`, ...MESSAGE], failed],
    ['a zero byte changes nothing', [...FAILING, `\0${forged}`, forged.replace('mx', '\0mx'), ...MESSAGE], failed],
  ]
  it.each(cases)('%s', (_name, lines, want) => {
    expect(readRaw(lines)).toEqual(want)
  })
})
