import { beforeAll, describe, expect, it } from 'vitest'
import { SIGNATURES_MAX, verifyDkim } from '../../src/verify/dkim.ts'
import { rawMessageOf, tableResolve, type Zone } from './raw-message.ts'
import { base64, dkimSigned, makeSigner, type Signer, type TagChanges } from './signing.ts'

const NOW_MS = Date.UTC(2026, 10, 2, 10)
const NOW = NOW_MS / 1000
const MESSAGE =
  'From: Ann <ann@shop.example>\r\nTo: me@here.example\r\nSubject: Lunch\r\n\r\nSee you there.\r\n\r\nAnn\r\n'
const BODY_BYTES = 'See you there.\r\n\r\nAnn\r\n'.length

let rsa: Signer
let ed25519: Signer
const zone: Zone = {}

beforeAll(async () => {
  rsa = await makeSigner('shop.example', 'r')
  ed25519 = await makeSigner('shop.example', 'e', 'ed25519')
  zone[rsa.question] = [rsa.record]
  zone[ed25519.question] = [ed25519.record]
})

const verify = (raw: string, records: Zone = zone) => verifyDkim(rawMessageOf(raw), tableResolve(records), NOW_MS)

async function outcome(raw: string, records?: Zone): Promise<string> {
  const [only] = await verify(raw, records)
  return only ? `${only.result}${only.reason === null ? '' : `: ${only.reason}`}` : 'no signature'
}

describe("the RFCs' own examples", () => {
  const dinner = [
    'From: Joe SixPack <joe@football.example.com>',
    'To: Suzie Q <suzie@shopping.example.net>',
    'Subject: Is dinner ready?',
    'Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)',
    'Message-ID: <20030712040037.46341.5F8J@football.example.com>',
    '',
    'Hi.',
    '',
    'We lost the game.  Are you hungry yet?',
    '',
    'Joe.',
    '',
  ]

  // As verified errata have it: one space after the full stop.
  it('RFC 6376 appendix A', async () => {
    const signature = [
      'DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;',
      '      c=simple/simple; q=dns/txt; i=joe@football.example.com;',
      '      h=Received : From : To : Subject : Date : Message-ID;',
      '      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
      '      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB',
      '      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut',
      '      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV',
      '      4bmp/YzhwvcubU4=;',
      'Received: from client1.football.example.com  [192.0.2.1]',
      '      by submitserver.example.com with SUBMISSION;',
      '      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)',
    ]
    const key =
      'v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB'
    const raw = [...signature, ...dinner].join('\r\n').replace('game.  Are', 'game. Are')
    expect(await outcome(raw, { 'TXT brisbane._domainkey.example.com': [key] })).toBe('pass')
  })

  it('RFC 8463 appendix A, signed twice', async () => {
    const signatures = [
      'DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;',
      ' d=football.example.com; i=@football.example.com;',
      ' q=dns/txt; s=brisbane; t=1528637909; h=from : to :',
      ' subject : date : message-id : from : subject : date;',
      ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
      ' b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus',
      ' Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==',
      'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;',
      ' d=football.example.com; i=@football.example.com;',
      ' q=dns/txt; s=test; t=1528637909; h=from : to : subject :',
      ' date : message-id : from : subject : date;',
      ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;',
      ' b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3',
      ' DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz',
      ' dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=',
    ]
    const found = await verify([...signatures, ...dinner].join('\r\n'), {
      'TXT brisbane._domainkey.football.example.com': [
        'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
      ],
      'TXT test._domainkey.football.example.com': [
        'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB',
      ],
    })
    expect(found.map(({ result, selector }) => `${selector} ${result}`)).toEqual(['brisbane pass', 'test pass'])
  })
})

describe('a signature whose cryptography is good', () => {
  const cases: [string, TagChanges, string][] = [
    ['as it should be', {}, 'pass'],
    ['identity of the domain', { i: 'ann@shop.example' }, 'pass'],
    ['identity below the domain', { i: '@mail.shop.example' }, 'pass'],
    ['identity folded inside its domain', { i: 'ann@mail\r\n\t.shop.example' }, 'pass'],
    ['identity of another', { i: '@evil.example' }, 'permerror: identity is outside the domain'],
    ['identity that ends alike', { i: '@evilshop.example' }, 'permerror: identity is outside the domain'],
    ['not expired', { t: `${NOW - 60}`, x: `${NOW + 60}` }, 'pass'],
    ['expired', { t: `${NOW - 60}`, x: `${NOW - 1}` }, 'fail: signature expired'],
    ['expired before it was made', { t: `${NOW}`, x: `${NOW}` }, 'neutral: signature malformed'],
    ['a time that is none', { t: 'now' }, 'neutral: signature malformed'],
    ['another version', { v: '2' }, 'neutral: signature malformed'],
    ['no version', { v: null }, 'neutral: signature malformed'],
    ['query by dns/txt', { q: 'other : dns/txt' }, 'pass'],
    ['query by something else', { q: 'other' }, 'neutral: signature malformed'],
    ['another form', { c: 'nowsp' }, 'neutral: signature malformed'],
    ['SHA-1', { a: 'rsa-sha1' }, 'permerror: algorithm rsa-sha1 is not accepted'],
    ['another algorithm', { a: 'rsa-sha512' }, 'neutral: algorithm unknown'],
    ['From not signed', { h: 'to:subject' }, 'permerror: From is not signed'],
    ['an empty name', { h: 'from::to' }, 'neutral: signature malformed'],
    ['names that the message lacks', { h: 'from:cc:x-none:to' }, 'pass'],
    ['oversigned', { h: 'from:from:to:to:subject:subject' }, 'pass'],
    ['itself among its names', { h: 'from:dkim-signature:dkim-signature' }, 'pass'],
    ['all of the body, counted', { l: `${BODY_BYTES}` }, 'pass'],
    ['a part of the body', { l: '16' }, 'policy: end of the body is not signed'],
    ['nothing of the body', { l: '0' }, 'policy: end of the body is not signed'],
    ['more than the body', { l: `${BODY_BYTES + 1}` }, 'fail: body was changed'],
    ['a length that is none', { l: '-1' }, 'neutral: signature malformed'],
    ['a domain of one label', { d: 'example' }, 'neutral: signature malformed'],
    ['no selector', { s: null }, 'neutral: signature malformed'],
    ['a selector that is no name', { s: 'a..b' }, 'neutral: signature malformed'],
    ['an unknown tag', { zz: 'anything' }, 'pass'],
    ['a name in other case', { h: 'From:SUBJECT' }, 'pass'],
  ]
  it.each(cases)('%s', async (_name, changes, want) => {
    for (const signer of [rsa, ed25519]) {
      if (signer === ed25519 && changes.a) continue
      expect([signer.algorithm, await outcome(await dkimSigned(MESSAGE, signer, changes))]).toEqual([
        signer.algorithm,
        want,
      ])
    }
  })

  it('a tag that stands twice', async () => {
    expect(await outcome(await dkimSigned(MESSAGE, rsa, {}, ' d=evil.example;'))).toBe('neutral: signature malformed')
  })

  it('a signature that is not base64, or of a wrong length', async () => {
    const raw = await dkimSigned(MESSAGE, ed25519)
    expect(await outcome(raw.replace(/ b=.*/, ' b=?'))).toBe('neutral: signature malformed')
    expect(await outcome(raw.replace(/ b=.*/, ' b=YWJj'))).toBe('fail: header was changed')
  })
})

describe('a message that was changed', () => {
  it.each([
    ['a From added above one that is signed once', { h: 'from' }, 'From: evil@evil.example\r\n', 'pass'],
    [
      'a From added above one that is oversigned',
      { h: 'from:from' },
      'From: evil@evil.example\r\n',
      'fail: header was changed',
    ],
    [
      'a field that an oversigner knew to be absent',
      { h: 'from:cc' },
      'Cc: evil@evil.example\r\n',
      'fail: header was changed',
    ],
  ])('%s', async (_name, changes, field, want) => {
    expect(await outcome(field + (await dkimSigned(MESSAGE, rsa, changes)))).toBe(want)
  })

  it('a header too long to be read whole', async () => {
    const raw = await dkimSigned(MESSAGE, rsa)
    const fields = 'X: 1\r\n'.repeat(5_100)
    expect(await outcome(raw.replace('\r\n\r\n', `\r\n${fields}\r\n`))).toBe('policy: header is too long')
  })
})

describe('the key record', () => {
  const der = (modulusBits: number, exponent: number[]) => {
    const integer = (bytes: number[]) => sequence(2, (bytes[0] ?? 0) > 127 ? [0, ...bytes] : bytes)
    const sequence = (tag: number, content: number[]) => [
      tag,
      0x82,
      content.length >> 8,
      content.length & 255,
      ...content,
    ]
    const modulus = Array.from({ length: Math.ceil(modulusBits / 8) }, () => 0xff)
    if (modulusBits % 8) modulus[0] = 2 ** (modulusBits % 8) - 1
    return base64(Uint8Array.from(sequence(0x30, [...integer(modulus), ...integer(exponent)])))
  }
  const cases: [string, (own: Signer) => string[], string][] = [
    ['bare', ({ p }) => [`p=${p}`], 'pass'],
    ['of any hash and service', ({ p }) => [`v=DKIM1; h=sha1:sha256; s=other:email; p=${p}`], 'pass'],
    ['split and folded', ({ p }) => [`v=DKIM1; p=${p.slice(0, 50)} ${p.slice(50)}`], 'pass'],
    ['beside records that are no keys', ({ record }) => ['v=spf1 -all', 'hello', record], 'pass'],
    ['with notes', ({ p }) => [`v=DKIM1; n=anything; zz=1; p=${p};`], 'pass'],
    ['absent', () => [], 'permerror: no key is published'],
    ['of no key', () => ['v=spf1 -all'], 'permerror: no key is published'],
    ['of another version', ({ p }) => [`v=DKIM2; p=${p}`], 'permerror: no key is published'],
    ['with its version last', ({ p }) => [`p=${p}; v=DKIM1`], 'permerror: no key is published'],
    ['revoked', () => ['v=DKIM1; p='], 'permerror: key revoked'],
    ['not base64', () => ['v=DKIM1; p=?'], 'permerror: key malformed'],
    ['cut short', ({ p }) => [`v=DKIM1; p=${p.slice(0, 40)}`], 'permerror: key malformed'],
    ['of another key type', ({ p }) => [`v=DKIM1; k=ed25519; p=${p}`], 'permerror: key does not allow this use'],
    ['of SHA-1 alone', ({ p }) => [`v=DKIM1; h=sha1; p=${p}`], 'permerror: key does not allow this use'],
    ['of another service', ({ p }) => [`v=DKIM1; s=other; p=${p}`], 'permerror: key does not allow this use'],
    ['for the exact domain, which i= names', ({ p }) => [`v=DKIM1; t=s; p=${p}`], 'pass'],
    ['of a domain that is trying', ({ p }) => [`v=DKIM1; t=y; p=${p}`], 'pass'],
    ['of 1023 bits', () => [`p=${der(1023, [1, 0, 1])}`], 'fail: key shorter than 1024 bits'],
    ['of 512 bits', () => [`p=${der(512, [3])}`], 'fail: key shorter than 1024 bits'],
    ['of 4097 bits', () => [`p=${der(4097, [3])}`], 'permerror: key longer than 4096 bits'],
    ['of 4096 bits that did not sign', () => [`p=${der(4096, [1, 0, 1])}`], 'fail: header was changed'],
    ['with an exponent of 1', () => [`p=${der(2048, [1])}`], 'permerror: key malformed'],
  ]
  it.each(cases)('%s', async (_name, records, want) => {
    const raw = await dkimSigned(MESSAGE, rsa)
    expect(await outcome(raw, { [rsa.question]: records(rsa) })).toBe(want)
  })

  it('for the exact domain, where i= is below it', async () => {
    const raw = await dkimSigned(MESSAGE, rsa, { i: '@mail.shop.example' })
    const records = { [rsa.question]: [`v=DKIM1; t=s; p=${rsa.p}`] }
    expect(await outcome(raw, records)).toBe('permerror: identity is not the exact domain')
  })

  it('of a domain that is trying, and fails', async () => {
    const raw = (await dkimSigned(MESSAGE, rsa)).replace('Lunch', 'Dinner')
    expect(await outcome(raw, { [rsa.question]: [`v=DKIM1; t=y; p=${rsa.p}`] })).toBe('neutral: header was changed')
  })

  it('of 1024 bits, and as a bare RSAPublicKey (RFC 6376 §3.6.1)', async () => {
    const small = await makeSigner('shop.example', 'small', 'rsa', 1024)
    // The bare key is what the SubjectPublicKeyInfo of a 1024-bit key has from its 22nd byte on.
    const bare = base64(Uint8Array.from(atob(small.p), (char) => char.charCodeAt(0)).subarray(22))
    const raw = await dkimSigned(MESSAGE, small)
    expect(await outcome(raw, { [small.question]: [small.record] })).toBe('pass')
    expect(await outcome(raw, { [small.question]: [`p=${bare}`] })).toBe('pass')
  })

  it('that DNS does not tell is unknown, and nobody looked', async () => {
    const [found] = await verify(await dkimSigned(MESSAGE, rsa), { [rsa.question]: 'unknown' })
    expect(found).toMatchObject({ result: 'unknown', by: null, reason: 'DNS could not be asked' })
  })
})

describe('many signatures', () => {
  it('each stands for itself', async () => {
    const raw = await dkimSigned(await dkimSigned(MESSAGE, rsa, { h: 'to' }), ed25519)
    expect((await verify(raw)).map(({ result }) => result)).toEqual(['pass', 'permerror'])
  })

  it('no more are looked at than the limit', async () => {
    const one = (await dkimSigned('', rsa)).trimEnd()
    const asked: string[] = []
    const raw = `${`${one}\r\n`.repeat(50)}${MESSAGE}`
    const found = await verifyDkim(rawMessageOf(raw), tableResolve(zone, asked), NOW_MS)
    expect([found.length, asked.length]).toEqual([SIGNATURES_MAX, SIGNATURES_MAX])
  })

  it('the body is not hashed to ever other lengths', async () => {
    let raw = MESSAGE
    for (let l = 1; l <= 8; l++) raw = await dkimSigned(raw, rsa, { l: `${l}` })
    const reasons = (await verify(raw)).map(({ reason }) => reason)
    expect(reasons.filter((reason) => reason === 'too many signatures')).toHaveLength(4)
  })
})
