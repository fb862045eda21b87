import { describe, expect, it } from 'vitest'
import { findTags } from '../../src/spam/find-tags.ts'
import type { TagName } from '../../src/spam/finding.ts'
import type { SpamInput } from '../../src/spam/input.ts'
import { WORTH } from '../../src/spam/worth.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { SenderVerdict } from '../../src/verify/verdict.ts'
import { BODY_CASES } from './cases/body.ts'
import { type Case, headers, html, link, long } from './cases/case.ts'
import { LINK_CASES } from './cases/links.ts'
import { LURE_CASES } from './cases/lures.ts'
import { SENDER_CASES } from './cases/sender.ts'
import { type Mail, spamInput, utf8 } from './mail.ts'
import { HELO_CASES, OUTSIDE_CASES } from './outside-cases.ts'

const attachment = (filename: string): Mail => ({ attachment: filename })
const alternativeOf = (type: string): Mail => ({
  headers: { 'Content-Type': 'multipart/alternative; boundary=b' },
  body: `--b\r\nContent-Type: ${type}\r\n\r\nhello\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>hello</p>\r\n--b--\r\n`,
})

const CASES: Case[] = [
  ['FROM_MISSING', 'no From', headers({ From: null }), headers({ From: 'ann@shop.example' })],
  [
    'FROM_MALFORMED',
    'a From without an address',
    headers({ From: 'Your Bank' }),
    headers({ From: '"Your Bank" <a@b.example>' }),
  ],
  ['FROM_MULTIPLE', 'two From fields', headers({ From: ['a@b.example', 'c@d.example'] }), {}],
  [
    'FROM_MULTIPLE',
    'two addresses in one From',
    headers({ From: 'a@b.example, c@d.example' }),
    headers({ From: '"a, c" <c@d.example>' }),
  ],
  ['HEADER_DUPLICATE', 'two subjects', headers({ Subject: ['One', 'Two'] }), headers({ Subject: ['One', 'One'] })],
  [
    'HEADER_DUPLICATE',
    'two dates',
    headers({ Date: ['Mon, 02 Nov 2026 09:00:00 +0000', 'Mon, 02 Nov 2026 09:01:00 +0000'] }),
    headers({ Received: ['from a', 'from b'] }),
  ],
  [
    'FROM_8BIT',
    'raw bytes in From',
    headers({ From: utf8('Zoë <z@b.example>') }),
    headers({ From: '=?utf-8?q?Zo=C3=AB?= <z@b.example>' }),
  ],
  [
    'SUBJECT_8BIT',
    'raw bytes in the subject',
    headers({ Subject: 'caf\xe9' }),
    headers({ Subject: '=?iso-8859-1?q?caf=E9?=' }),
  ],
  [
    'MESSAGE_ID_MISSING',
    'no Message-ID',
    headers({ 'Message-ID': null }),
    headers({ 'Message-ID': null, 'Message-Id': '<1@b.example>' }),
  ],
  ['MESSAGE_ID_MALFORMED', 'a Message-ID that is none', headers({ 'Message-ID': 'one two three' }), {}],
  ['DATE_MISSING', 'no Date', headers({ Date: null }), {}],
  ['DATE_MALFORMED', 'a Date that is none', headers({ Date: 'soon' }), headers({ Date: '2 Nov 26 10:00 GMT' })],
  ['RECIPIENT_MISSING', 'neither To nor Cc', headers({ To: null }), headers({ To: null, Cc: 'me@here.example' })],
  ['SUBJECT_MISSING', 'no Subject', headers({ Subject: null }), headers({ Subject: '' })],
  [
    'DATE_IN_FUTURE',
    'a week ahead',
    headers({ Date: 'Mon, 09 Nov 2026 09:00:00 +0000' }),
    headers({ Date: 'Tue, 03 Nov 2026 23:00:00 +0000' }),
  ],
  [
    'UNDISCLOSED_RECIPIENTS',
    'hidden recipients',
    headers({ To: 'undisclosed-recipients:;' }),
    headers({ To: 'Undisclosed Ltd <me@here.example>' }),
  ],
  [
    'UNDISCLOSED_RECIPIENTS',
    'hidden recipients in words',
    headers({ To: '"Undisclosed recipients" <a@b.example>' }),
    headers({ To: 'friends: me@here.example;' }),
  ],

  [
    'NAME_HOLDS_ADDRESS',
    "another's address",
    headers({ From: '"help@bank.example" <x@evil.example>' }),
    headers({ From: '"help@bank.example" <help@mail.bank.example>' }),
  ],
  [
    'NAME_HOLDS_ADDRESS',
    'an address, but not through a list',
    headers({ From: '"ann@bank.example via Group" <g@lists.example>' }),
    headers({ From: '"ann@bank.example via Group" <g@lists.example>', 'List-Id': '<g.lists.example>' }),
  ],
  [
    'NAME_MIXED_SCRIPTS',
    'a Cyrillic letter in a Latin word',
    headers({ From: `=?utf-8?q?${qp('Pаypal')}?= <a@b.example>` }),
    headers({ From: `=?utf-8?q?${qp('Иван_Smith')}?= <a@b.example>` }),
  ],
  [
    'FROM_DOMAIN_MIXED_SCRIPTS',
    'a mixed label',
    headers({ From: 'a@xn--pypal-4ve.example' }),
    headers({ From: 'a@xn--bcher-kva.example' }),
  ],
  [
    'REPLY_TO_FREEMAIL',
    'answers to a free mailbox',
    headers({ 'Reply-To': 'prince@gmail.com' }),
    headers({ 'Reply-To': 'desk@support.example' }),
  ],
  [
    'REPLY_TO_FREEMAIL',
    'not on lists',
    headers({ 'Reply-To': 'prince@gmail.com' }),
    headers({ 'Reply-To': 'bob@gmail.com', 'List-Id': '<l.example>' }),
  ],
  [
    'REPLY_TO_FREEMAIL',
    "not one's own other mailbox",
    headers({ 'Reply-To': 'zed@gmail.com' }),
    headers({ 'Reply-To': 'ann@gmail.com' }),
  ],

  ['SUBJECT_CAPITALS', 'shouting', headers({ Subject: 'YOU HAVE WON A PRIZE' }), headers({ Subject: 'RFC 5322 ABNF' })],
  [
    'SUBJECT_CAPITALS',
    'shouting behind Re:',
    headers({ Subject: 'Re: URGENT BUSINESS PROPOSAL' }),
    headers({ Subject: '[URGENT BUSINESS] [PROPOSALS] hi' }),
  ],
  [
    'SUBJECT_CURRENCY',
    'an amount',
    headers({ Subject: 'Your $5,000,000 are ready' }),
    headers({ Subject: 'Your $PATH is wrong' }),
  ],
  [
    'SUBJECT_CURRENCY',
    'an amount in words',
    headers({ Subject: 'USD 500 for you' }),
    headers({ Subject: 'Europa 2000' }),
  ],
  [
    'SUBJECT_HIDDEN_CHARACTERS',
    'a broken word',
    headers({ Subject: `=?utf-8?q?${qp('Pay\u200bpal')}?=` }),
    headers({ Subject: `=?utf-8?q?${qp('می\u200cخواهم 👨\u200d👩')}?=` }),
  ],
  ['PRIORITY_HIGH', 'marked as urgent', headers({ 'X-Priority': '1 (Highest)' }), headers({ 'X-Priority': '3' })],
  ['PRIORITY_HIGH', 'marked as important', headers({ Importance: 'High' }), headers({ Importance: 'normal' })],

  ['URL_IP_HOST', 'an IPv4 host', link('http://198.51.100.7/login'), link('http://192.168.1.1/login')],
  ['URL_IP_HOST', 'an IPv4 host as a number', link('http://3325256711/login'), link('http://1.2.3.4.example/')],
  ['URL_IP_HOST', 'an IPv6 host', link('http://[2001:db8::7]/'), link('http://[fd00::7]/')],
  [
    'URL_IP_HOST',
    'in plain text',
    { text: 'see http://198.51.100.7/login now' },
    { text: 'see 198.51.100.7/login now' },
  ],
  ['URL_SHORTENER', 'a shortener', link('https://bit.ly/3xYz'), link('https://habit.ly/3xYz')],
  [
    'URL_SHORTENER',
    'not a service with its own',
    link('https://t.co/3xYz'),
    { ...link('https://t.co/3xYz'), headers: { From: 'info@e.twitter.com' } },
  ],
  ['URL_FREE_HOSTING', 'free hosting', link('https://bank-login.web.app/'), link('https://web.application.example/')],
  [
    'URL_ZERO_WIDTH',
    'a hidden character in a host',
    link('https://ba\u200bnk.example/'),
    link('https://bank.example/\u200b'),
  ],
  ['URL_ZERO_WIDTH', 'as a reference', link('https://ba&#x200b;nk.example/'), link('https://ba&amp;nk.example/')],
  ['URL_MIXED_SCRIPTS', 'a mixed host', link('https://pаypal.example/'), link('https://пример.example/')],
  [
    'URL_MIXED_SCRIPTS',
    'a mixed host as A-labels',
    link('https://www.xn--pypal-4ve.example/'),
    link('https://www.xn--e1afmkfd.example/'),
  ],
  [
    'URL_USER_LOOKS_LIKE_HOST',
    'a host before @',
    link('https://www.bank.example@evil.example/'),
    link('https://www.bank.example/@evil.example/'),
  ],
  [
    'URL_USER_LOOKS_LIKE_HOST',
    'a host with a port before @',
    link('https://bank.example:x@evil.example/'),
    link('https://ann@intern.example/'),
  ],

  ['BODY_8BIT_IN_7BIT', 'bytes without an encoding', { body: 'caf\xe9' }, { text: 'café' }],
  [
    'IMAGE_LINK_LITTLE_TEXT',
    'a picture to click',
    html('<a href="https://a.example/"><img src="https://a.example/1.png"></a> Hi'),
    html(`<a href="https://a.example/"><img src="https://a.example/1.png"></a> ${long}${long}`),
  ],
  [
    'IMAGE_LINK_LITTLE_TEXT',
    'padding does not count',
    html(`<style>${long}</style><a href="https://a.example/"><img src=x></a>${'&nbsp;&#8203;\u200c '.repeat(200)}`),
    html('<img src="https://a.example/1.png"> Hi'),
  ],
  [
    'IMAGE_LINK_LITTLE_TEXT',
    'a map to click, and not a logo under a short letter',
    html('<img src=x usemap="#m"><map name=m><area href="https://a.example/"></map>'),
    html('<p>Lunch at noon?</p><img src="cid:logo"> <a href="https://a.example/">our site</a>'),
  ],
  ['HTML_ONLY', 'HTML alone', { html: '<p>hello</p>' }, html('<p>hello</p>')],
  [
    'STYLED_LETTERS',
    'a word of formula letters',
    { text: 'Your 𝗮𝗰𝗰𝗼𝘂𝗻𝘁 is locked' },
    { text: 'so that 𝑎 + 𝑏 = 𝑐 holds' },
  ],
  [
    'ALTERNATIVE_WITHOUT_TEXT',
    'an alternative without text',
    alternativeOf('text/calendar'),
    alternativeOf('text/plain'),
  ],

  ['ATTACHMENT_EXECUTABLE', 'a program', attachment('setup.exe'), attachment('setup.exe.pdf')],
  ['ATTACHMENT_EXECUTABLE', 'a shortcut with dots behind', attachment('invoice.LNK. .'), attachment('link.txt')],
  [
    'ATTACHMENT_DOUBLE_EXTENSION',
    'a program dressed as a document',
    attachment('invoice.pdf.exe'),
    attachment('invoice.v2.exe'),
  ],
  [
    'ATTACHMENT_DOUBLE_EXTENSION',
    'with blanks between',
    attachment(`invoice.pdf${' '.repeat(40)}.scr`),
    attachment('backup.tar.gz'),
  ],
  ['ATTACHMENT_BIDI_NAME', 'a name read backwards', attachment('invoice_\u202efdp.exe'), attachment('חשבונית.pdf')],
  [
    'ATTACHMENT_BIDI_NAME',
    'a program set apart, and no document',
    attachment('\u202bfdp.exe\u202c'),
    attachment('\u202bفاتورة\u202c.pdf'),
  ],
  [
    'ATTACHMENT_BIDI_NAME',
    'a copied path, of a program only',
    attachment('\u202areport.exe'),
    attachment('\u202areport.pdf'),
  ],
  ['ATTACHMENT_HTML', 'a web page', attachment('login.html'), attachment('login.html.txt')],
  ...SENDER_CASES,
  ...LURE_CASES,
  ...LINK_CASES,
  ...BODY_CASES,
]

function qp(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) => `=${byte.toString(16).padStart(2, '0').toUpperCase()}`)
    .join('')
}

const seen = (over: Partial<SenderVerdict>): Partial<SpamInput> => ({
  verdict: { ...UNKNOWN_VERDICT, source: 'cloudflare', ...over },
})
const spf = (result: 'pass' | 'fail' | 'softfail' | 'none') => ({ spf: { result, domain: 'shop.example' } })
const dkim = (...results: ('pass' | 'fail' | 'none')[]) => ({
  dkim: results.map((result) => ({ result, domain: 'shop.example', selector: 's' })),
})
const dmarc = (result: 'pass' | 'fail' | 'none') => ({ dmarc: { result, domain: 'shop.example', policy: null } })
const LIST: Mail = headers({ 'List-Id': '<list.example>' })

const VERDICTS: [TagName, string, Partial<SenderVerdict>, Partial<SenderVerdict>, Mail?][] = [
  ['SPF_FAIL', 'SPF fails', spf('fail'), spf('none')],
  ['SPF_SOFTFAIL', 'SPF softfails', spf('softfail'), spf('pass')],
  ['DKIM_FAIL', 'no signature holds', dkim('fail', 'none'), dkim('fail', 'pass')],
  ['DMARC_FAIL', 'DMARC fails', dmarc('fail'), dmarc('none')],
  [
    'DMARC_FAIL',
    'DMARC and SPF fail on what says it is a list',
    { ...dmarc('fail'), ...spf('fail') },
    { ...dmarc('fail'), ...spf('pass') },
    LIST,
  ],
  [
    'DMARC_FAIL_BY_LIST',
    'DMARC fails through a list',
    { ...dmarc('fail'), ...spf('pass') },
    { ...dmarc('pass'), ...spf('pass') },
    LIST,
  ],
  ['CLOUDFLARE_SCORE', 'Cloudflare scores high', { cloudflareSpamScore: 3 }, { cloudflareSpamScore: 2 }],
]

const names = async (mail: Mail, over?: Partial<SpamInput>) =>
  findTags(await spamInput(mail, over)).map((one) => one.name)

describe('findTags', () => {
  it.each(CASES)('%s: %s', async (tag, _name, fires, misses, over) => {
    expect(await names(fires, over)).toContain(tag)
    expect(await names(misses, over)).not.toContain(tag)
  })

  it.each([...VERDICTS, ...HELO_CASES])('%s: %s', async (tag, _name, fires, misses, mail = {}) => {
    expect(await names(mail, seen(fires))).toContain(tag)
    expect(await names(mail, seen(misses))).not.toContain(tag)
    // What nobody trustworthy said, or a forged block, counts neither way.
    expect(await names(mail, { verdict: { ...UNKNOWN_VERDICT, ...fires } })).not.toContain(tag)
    expect(await names(mail, seen({ ...fires, seal: 'fail' }))).not.toContain(tag)
    // What this server found itself counts, beside a forged block too.
    const isOwn = /^(?:SPF|DKIM|DMARC)_/.test(tag)
    if (isOwn) expect(await names(mail, seen({ ...fires, source: 'postern', seal: 'fail' }))).toContain(tag)
  })

  it.each(OUTSIDE_CASES)('%s: %s', async (tag, _name, fires, misses) => {
    expect(await names({}, { outside: fires })).toContain(tag)
    expect(await names({}, { outside: misses })).not.toContain(tag)
  })

  it('has a case for every tag but those of the lists, of what learns, and of the history', () => {
    const tested = new Set<string>([...CASES, ...VERDICTS, ...HELO_CASES, ...OUTSIDE_CASES].map(([tag]) => tag)).add(
      'URL_LISTED',
    )
    const untested = Object.keys(WORTH).filter((name) => !tested.has(name))
    const elsewhere =
      /^(?:ALLOW_|BLOCK_|SHIPPED_|LEARNED_|WORDS_|ANSWERS_OURS|CORRESPONDENT_|FIRST_CONTACT|SENDER_(?:GOOD|BAD)_)/
    expect(untested.filter((name) => !elsewhere.test(name))).toEqual([])
  })

  it('finds nothing in an ordinary message', async () => {
    expect(await names({})).toEqual([])
    expect(await names(html(`<p>${long}<a href="https://shop.example/">here</a></p>`))).toEqual([])
  })

  it('finds nothing in a pass: it only never speaks for the sender', async () => {
    expect(
      await names({}, seen({ ...spf('pass'), ...dkim('pass'), ...dmarc('pass'), cloudflareSpamScore: 0 })),
    ).toEqual([])
  })

  it('names the first listed host', async () => {
    const urlListings = [
      { host: 'evil.example', source: 'your own list' },
      { host: 'b.example', source: "the server's list" },
    ]
    const found = findTags(await spamInput(link('https://shop.example/'), { urlListings }))
    expect(found).toMatchObject([{ name: 'URL_LISTED', seen: 'evil.example, your own list' }])
    expect(await names(link('https://shop.example/'), { urlListings: [] })).toEqual([])
  })

  it('spares bounces what mail servers leave out', async () => {
    const bounce: Mail = {
      headers: {
        'Message-ID': null,
        Date: null,
        To: null,
        From: 'MAILER-DAEMON@mx.example',
        'Content-Type': 'multipart/report; boundary=b',
      },
      body: '--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n--b--\r\n',
    }
    expect(await names(bounce, { envelope: { from: '', to: 'me@here.example' } })).toEqual([])
    expect(await names(bounce)).toContain('DATE_MISSING')
  })

  it('spares the notices of old mail servers, unless they lead somewhere', async () => {
    const over = { envelope: { from: '', to: 'me@here.example' } }
    const From = 'MAILER-DAEMON <>'
    const text = 'Your mail could not be delivered to <a@b.example>: the final address was rejected.'
    expect(await names({ headers: { From }, text }, over)).toEqual([])
    expect(await names({ headers: { From }, ...html(`<a href="https://evil.example/">${text}</a>`) }, over)).toContain(
      'FROM_MALFORMED',
    )
  })

  it('tells the same kind of link once', async () => {
    const many = html(
      `<p>${long}</p>${Array.from({ length: 300 }, (_, i) => `<a href="https://bit.ly/${i}">x</a>`).join('')}`,
    )
    expect(await names(many)).toEqual(['URL_SHORTENER', 'LINKS_ALL_SHORTENED'])
  })
})
