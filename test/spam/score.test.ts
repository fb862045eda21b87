import { describe, expect, it } from 'vitest'
import type { ParsedMessage } from '../../src/mime/message.ts'
import { DEFAULT_POLICY, type ListHit, type SpamInput } from '../../src/spam/input.ts'
import { scoreMessage, TAGS_MAX } from '../../src/spam/score.ts'
import { WORTH } from '../../src/spam/worth.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { AuthResult, SenderVerdict } from '../../src/verify/verdict.ts'
import { type Mail, spamInput } from './mail.ts'

const score = async (mail: Mail, over: Partial<SpamInput> = {}) => scoreMessage(await spamInput(mail, over))

const JUNK: Mail = {
  headers: {
    From: null,
    'Reply-To': 'prince@gmail.com',
    Subject: 'YOU HAVE WON $5,000,000',
    To: 'undisclosed-recipients:;',
    'Message-ID': null,
    'X-Priority': '1',
  },
}

describe('scoreMessage', () => {
  it('finds an ordinary message clean', async () => {
    expect(await score({})).toEqual({
      score: 0,
      threshold: DEFAULT_POLICY.junk,
      verdict: 'inbox',
      reason: 'below-threshold',
      tags: [],
      clues: [],
    })
  })

  it('adds up the points and tells why', async () => {
    const report = await score(JUNK)
    expect(report).toMatchObject({ verdict: 'junk', reason: 'score' })
    expect(report.score).toBeCloseTo(report.tags.reduce((sum, tag) => sum + tag.points, 0))
    expect(report.tags.find((tag) => tag.name === 'SUBJECT_CURRENCY')?.detail).toBe(
      'The subject names an amount of money: $5.',
    )
  })

  it('is junk from the threshold on', async () => {
    const { score: points } = await score(JUNK)
    expect((await score(JUNK, { policy: { ...DEFAULT_POLICY, junk: points } })).verdict).toBe('junk')
    expect(await score(JUNK, { policy: { ...DEFAULT_POLICY, junk: points + 0.01 } })).toMatchObject({
      verdict: 'inbox',
      reason: 'below-threshold',
    })
  })

  it('does not send mail to Junk for one oddity, but for attachments made to deceive', () => {
    const alone = Object.entries(WORTH).filter(([, worth]) => worth.points >= DEFAULT_POLICY.junk)
    expect(alone.map(([name]) => name)).toEqual([
      'ATTACHMENT_DOUBLE_EXTENSION',
      'ATTACHMENT_BIDI_NAME',
      'LEARNED_SPAM',
      'WORDS_SPAM',
    ])
  })

  it('lowers a score only for what the account has taught or done itself: nobody buys himself free', () => {
    const lowering = Object.entries(WORTH).filter(([, worth]) => worth.points < 0)
    expect(lowering.map(([name]) => name)).toEqual([
      'LEARNED_HAM',
      'WORDS_HAM',
      'ANSWERS_OURS',
      'CORRESPONDENT_KNOWN',
      'SENDER_GOOD_HISTORY',
    ])
  })

  it('scores a forged pass like no verdict', async () => {
    const verdict: SenderVerdict = {
      ...UNKNOWN_VERDICT,
      source: 'cloudflare',
      dmarc: { result: 'pass', domain: 'shop.example', policy: 'reject' },
    }
    expect((await score(JUNK, { verdict })).score).toBe((await score(JUNK)).score)
  })
})

describe('the report is safe and bounded', () => {
  it('shows what was seen shortly, on one line, without what hides or reorders', async () => {
    const name = `${'a'.repeat(300)}\u202e\u0000\n$&\u200b.pdf.exe`
    const report = await score({ attachment: name })
    const detail = report.tags[0]?.detail ?? ''
    expect(detail.length).toBeLessThan(200)
    expect(detail).not.toMatch(/[\p{C}\n]/u)
  })

  it('repeats a replacement pattern as it was written', async () => {
    const report = await score({ headers: { From: "$& $' $1" } })
    expect(report.tags[0]?.detail).toBe("The From field holds no readable address: $& $' $1.")
  })

  it('keeps whole characters when it cuts', async () => {
    const report = await score({
      headers: { Subject: `A ${'=?utf-8?q?=F0=9F=98=80?= '.repeat(60)}YOU HAVE WON A PRIZE` },
    })
    expect(report.tags.every((tag) => tag.detail.isWellFormed())).toBe(true)
  })

  it('tells each name once', async () => {
    const report = await score(JUNK)
    expect(new Set(report.tags.map((tag) => tag.name)).size).toBe(report.tags.length)
    expect(Object.keys(WORTH).length).toBeLessThanOrEqual(TAGS_MAX)
  })

  it('stays quick on hostile input', async () => {
    const { message } = await spamInput({})
    const big = 2_000_000
    const hostile: Partial<ParsedMessage>[] = [
      '<',
      '<a',
      '<a href="',
      '<style>',
      '<!--',
      '&#',
      '</',
      '<a href=http://x.example/ ',
      '<img ',
      'http://',
      '\u200b',
      '>',
      ' ',
    ].map((unit) => ({
      html: unit.repeat(big / unit.length),
      text: unit.repeat(big / unit.length),
      textIsOriginal: false,
    }))
    const names = ['a@', 'а', 'aа', 'a.', '@', '𝗮', 'xn--'].map((unit) => unit.repeat(10_000))
    for (const name of names) {
      const attachment = {
        part: '1',
        filename: name,
        contentType: 'a/b',
        charset: null,
        disposition: 'attachment',
        contentId: null,
        encodedSize: 1,
        size: 1,
      }
      hostile.push({
        envelope: {
          ...message.envelope,
          subject: name,
          from: [{ name, address: `a@${name}` }],
          replyTo: [{ name, address: name }],
        },
        attachments: Array.from({ length: 500 }, () => attachment),
      })
    }
    for (const part of hostile) {
      const input = await spamInput({})
      const started = Date.now()
      scoreMessage({ ...input, message: { ...message, ...part } })
      expect(Date.now() - started).toBeLessThan(500)
    }
  })
})

describe('lists decide', () => {
  // One oddity is enough here, so that the mail is plain junk wherever no entry decides.
  const score = async (mail: Mail, over: Partial<SpamInput> = {}) =>
    scoreMessage(await spamInput(mail, { policy: { ...DEFAULT_POLICY, junk: 3 }, verdict: PROVEN, ...over }))

  /** Ann's own mail, by Cloudflare's sealed word. */
  const PROVEN: SenderVerdict = {
    ...UNKNOWN_VERDICT,
    source: 'cloudflare',
    seal: 'pass',
    dmarc: { result: 'pass', domain: 'shop.example', policy: null },
  }

  const hit = (list: ListHit['list'], scope: ListHit['scope'], value: string): ListHit => {
    const kind = value.includes('@') ? 'address' : /^[\d.:/]+$/.test(value) ? 'ip' : 'domain'
    return { list, scope, kind, value }
  }
  const allow = (value: string, scope: ListHit['scope'] = 'account') => hit('allow', scope, value)
  const block = (value: string, scope: ListHit['scope'] = 'account') => hit('block', scope, value)

  const precedence: [string, ListHit[], 'allow-list' | 'block-list'][] = [
    ['an allow entry', [allow('shop.example')], 'allow-list'],
    ['a block entry', [block('shop.example')], 'block-list'],
    ['the account before the server', [block('ann@shop.example', 'server'), allow('192.0.2.0/24')], 'allow-list'],
    [
      'the account before the server, the other way',
      [allow('ann@shop.example', 'server'), block('192.0.2.0/24')],
      'block-list',
    ],
    ['an address before a domain', [block('shop.example'), allow('ann@shop.example')], 'allow-list'],
    ['a domain before a client', [block('192.0.2.1'), allow('shop.example')], 'allow-list'],
    ['the longer domain', [allow('example.example'), block('mail.shop.example'), allow('shop.example')], 'block-list'],
    ['the smaller network', [block('192.0.2.0/24'), allow('192.0.2.0/28')], 'allow-list'],
    ['a client before its networks', [block('192.0.2.0/31'), allow('192.0.2.1')], 'allow-list'],
    ['block before allow of the same value', [allow('shop.example'), block('shop.example')], 'block-list'],
  ]
  it.each(precedence)('%s', async (_name, lists, reason) => {
    for (const order of [lists, [...lists].reverse()]) {
      const report = await score(reason === 'allow-list' ? JUNK_FROM_ANN : {}, { lists: order })
      expect(report).toMatchObject({ reason, verdict: reason === 'allow-list' ? 'inbox' : 'junk' })
    }
  })

  const JUNK_FROM_ANN: Mail = { attachment: 'invoice.exe' }

  it('names the entry, and tells the score all the same', async () => {
    const report = await score(JUNK_FROM_ANN, { lists: [allow('shop.example', 'server')] })
    expect(report.tags.map((tag) => [tag.name, tag.detail])).toEqual([
      ['ALLOW_LISTED', "The sender is allowed: domain shop.example, the server's list."],
      ['ATTACHMENT_EXECUTABLE', 'An attachment is a program: invoice.exe.'],
    ])
    expect(report.score).toBe(3.5)
  })

  /** A domain stands behind its result; without one the result is about the From domain. */
  const proven = (text: string): [AuthResult, string] => {
    const [result, domain = 'shop.example'] = text.split(' ')
    return [result as AuthResult, domain]
  }
  const verdict = (
    spf: string,
    dkim: string[],
    dmarc: string,
    seal: SenderVerdict['seal'] = 'pass',
  ): SenderVerdict => ({
    ...UNKNOWN_VERDICT,
    source: 'cloudflare',
    seal,
    spf: { result: proven(spf)[0], domain: proven(spf)[1] },
    dkim: dkim.map((one) => ({ result: proven(one)[0], domain: proven(one)[1], selector: 's' })),
    dmarc: { result: proven(dmarc)[0], domain: proven(dmarc)[1], policy: null },
  })
  /** The same, found by this server's own checks. */
  const own = (seen: SenderVerdict, policy: string | null = null): SenderVerdict => ({
    ...seen,
    source: 'postern',
    spf: { ...seen.spf, by: 'postern' },
    dkim: seen.dkim.map((one) => ({ ...one, by: 'postern' })),
    dmarc: { ...seen.dmarc, policy, by: 'postern' },
  })
  type Outcome = 'ALLOW_LISTED' | 'ALLOW_NOT_PROVEN' | 'ALLOW_NOT_AUTHENTIC'
  const authenticity: [string, SenderVerdict, Outcome][] = [
    ['nobody looked', UNKNOWN_VERDICT, 'ALLOW_NOT_PROVEN'],
    ['DMARC passes', verdict('fail', [], 'pass'), 'ALLOW_LISTED'],
    ['DMARC fails', verdict('pass', ['pass'], 'fail'), 'ALLOW_NOT_AUTHENTIC'],
    ['no DMARC, SPF and DKIM fail', verdict('fail', ['fail'], 'none'), 'ALLOW_NOT_AUTHENTIC'],
    ['no DMARC, SPF fails and nothing is signed', verdict('softfail', [], 'none'), 'ALLOW_NOT_AUTHENTIC'],
    ['no DMARC, SPF fails and DKIM holds', verdict('fail', ['fail', 'pass'], 'none'), 'ALLOW_LISTED'],
    ['no DMARC, SPF passes and DKIM fails', verdict('pass', ['fail'], 'none'), 'ALLOW_LISTED'],
    [
      'no DMARC, and DKIM holds for a host under From',
      verdict('none', ['pass mail.shop.example'], 'none'),
      'ALLOW_LISTED',
    ],
    [
      'no DMARC, SPF fails and DKIM holds for another',
      verdict('fail', ['pass evil.example'], 'none'),
      'ALLOW_NOT_AUTHENTIC',
    ],
    [
      'no DMARC, DKIM holds for another and nothing fails',
      verdict('none', ['pass evil.example'], 'none'),
      'ALLOW_NOT_AUTHENTIC',
    ],
    ['no DMARC, SPF passes for another', verdict('pass evil.example', [], 'none'), 'ALLOW_NOT_AUTHENTIC'],
    ['no DMARC, SPF passes for what ends alike', verdict('pass evilshop.example', [], 'none'), 'ALLOW_NOT_AUTHENTIC'],
    ['no DMARC, SPF knows nothing of another', verdict('none evil.example', [], 'none'), 'ALLOW_NOT_AUTHENTIC'],
    ['DMARC passes for another From', verdict('pass evil.example', [], 'pass evil.example'), 'ALLOW_NOT_AUTHENTIC'],
    ['nothing is published', verdict('none', [], 'none'), 'ALLOW_NOT_PROVEN'],
    ['DMARC could not be asked', verdict('temperror', [], 'temperror'), 'ALLOW_NOT_PROVEN'],
    [
      'DMARC passes in a block whose seal nobody could check',
      verdict('pass', ['pass'], 'pass', 'unknown'),
      'ALLOW_NOT_PROVEN',
    ],
    ['the block is forged', verdict('pass', ['pass'], 'pass', 'fail'), 'ALLOW_NOT_AUTHENTIC'],
    ['we found DMARC to pass', own(verdict('unknown', ['pass'], 'pass')), 'ALLOW_LISTED'],
    [
      'we found DMARC to pass for another From',
      own(verdict('unknown', [], 'pass evil.example')),
      'ALLOW_NOT_AUTHENTIC',
    ],
    [
      'we found DKIM to hold beside a forged block',
      own(verdict('unknown', ['pass'], 'unknown', 'fail')),
      'ALLOW_LISTED',
    ],
    [
      'we found nothing to hold beside a forged block',
      own(verdict('unknown', [], 'none', 'fail')),
      'ALLOW_NOT_AUTHENTIC',
    ],
    ['we found nothing to hold, and a policy', own(verdict('unknown', [], 'unknown'), 'reject'), 'ALLOW_NOT_AUTHENTIC'],
    ['we found nothing published', own(verdict('unknown', [], 'none')), 'ALLOW_NOT_PROVEN'],
    [
      'we found DKIM to hold for another',
      own(verdict('unknown', ['pass evil.example'], 'none')),
      'ALLOW_NOT_AUTHENTIC',
    ],
  ]
  it.each(authenticity)('an allow entry where %s', async (_name, seen, outcome) => {
    for (const value of ['ann@shop.example', 'shop.example']) {
      const report = await score(JUNK_FROM_ANN, { lists: [allow(value)], verdict: seen })
      expect(report.reason).toBe(outcome === 'ALLOW_LISTED' ? 'allow-list' : 'score')
      expect(report.tags[0]?.name).toBe(outcome)
    }
  })

  it('a block entry decides whatever the verdict', async () => {
    const report = await score(
      {},
      { lists: [allow('ann@shop.example'), block('shop.example')], verdict: verdict('fail', [], 'fail') },
    )
    expect(report.reason).toBe('block-list')
    expect(report.tags.map((tag) => tag.name)).toEqual(expect.arrayContaining(['ALLOW_NOT_AUTHENTIC', 'BLOCK_LISTED']))
  })

  it('an allowed client decides where the block that names it is sealed', async () => {
    const lists = [allow('192.0.2.0/24')]
    expect((await score(JUNK_FROM_ANN, { lists, verdict: verdict('fail', [], 'fail') })).reason).toBe('allow-list')
    for (const seal of ['fail', 'unknown'] as const)
      expect((await score(JUNK_FROM_ANN, { lists, verdict: verdict('fail', [], 'fail', seal) })).reason).toBe('score')
  })

  it('an allow entry is not for the envelope sender alone', async () => {
    const mail: Mail = { headers: { From: 'x@evil.example' }, attachment: 'invoice.exe' }
    const lists = [allow('ann@shop.example'), allow('shop.example')]
    expect((await score(mail, { lists })).reason).toBe('score')
  })

  it('an allow entry is not for one of several From addresses', async () => {
    const lists = [allow('shop.example')]
    for (const From of ['ann@shop.example, x@evil.example', ['ann@shop.example', 'x@evil.example']]) {
      expect((await score({ headers: { From }, attachment: 'invoice.exe' }, { lists })).reason).toBe('score')
    }
  })

  it('compares the From address folded', async () => {
    const mail: Mail = { headers: { From: 'Ann <ANN@Shop.Example>' }, attachment: 'invoice.exe' }
    expect((await score(mail, { lists: [allow('ann@shop.example')] })).reason).toBe('allow-list')
  })

  it('a domain that only ends alike is not covered', async () => {
    const mail: Mail = { headers: { From: 'a@evilshop.example' }, attachment: 'invoice.exe' }
    expect((await score(mail, { lists: [allow('shop.example')] })).reason).toBe('score')
  })
})
