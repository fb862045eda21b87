/**
 * Messages made to cost the rules the square of their size. Each is large enough that a quadratic reading would take
 * minutes; the cap is far above what a linear one needs on a slow machine. In Node, where clocks run while code does.
 */
import { expect, test } from 'vitest'
import { parseMessage } from '../../src/mime/parse.ts'
import { findTags } from '../../src/spam/find-tags.ts'
import { urlDomains } from '../../src/spam/url-domains.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'

const SIZE_CHARS = 1024 * 1024
const CAP_MS = 1_500

const filled = (start: string, unit: string, end = '') =>
  start + unit.repeat(Math.floor(SIZE_CHARS / unit.length)) + end

const html = (start: string, unit: string, end = '') => `Content-Type: text/html\r\n\r\n${filled(start, unit, end)}`
const field = (name: string, start: string, unit: string) => `${name}: ${filled(start, unit)}\r\n\r\nHello`
const attachment = (name: string, content: string) =>
  `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${content}\r\n--b--\r\n`
const links = (make: (n: number) => string) =>
  `Content-Type: text/html\r\n\r\n${Array.from({ length: 1_000 }, (_, n) => `<a href="${make(n)}">${make(n)}</a>`).join('')}`

const CASES: [name: string, message: string][] = [
  ['open tags', html('', '<p ')],
  ['tags with styles', html('', '<p style="font-size:')],
  ['colours', html('<p style="', ' color:#fff;background:#fff')],
  ['blanks before a colon', html('<p style="', 'font-size          ')],
  ['open comments in words', html('', 'a<!--')],
  ['comments in words', html('', 'a<!---->')],
  ['references', html('', '&#97;')],
  ['references without an end', html('', '&#9')],
  ['named references', html('', '&a')],
  ['unseen characters', html('', 'a&#8203;')],
  ['soft hyphens', html('', 'a&shy;')],
  ['anchors that are not closed', html('', '<a href=https://a.example>x')],
  ['links of many hosts', links((n) => `https://a${n}.b.c.d.e.example/`)],
  ['hosts of many labels', links((n) => `https://${'a.'.repeat(100)}${n}.example/`)],
  ['hosts of hyphens', links((n) => `https://${'paypal-'.repeat(30)}${n}.example/`)],
  ['links of hexadecimal digits', links((n) => `https://a.example/${'6d40652e'.repeat(110)}${n}`)],
  ['links of base64', links((n) => `https://a.example/${'YUBi'.repeat(220)}${n}`)],
  ['links of placeholders', links((n) => `https://a.example/${'{{%A'.repeat(220)}${n}`)],
  ['links of folders', links((n) => `https://a.example/${'images/'.repeat(120)}${n}`)],
  ['words', html('', 'verify your account ')],
  ['one word', html('', 'verif')],
  ['letters with dots', field('Subject', '', 'a.')],
  ['brands in a subject', field('Subject', '', 'pay pal ')],
  ['look-alikes in From', field('From', '"', 'rn1|0')],
  ['a signature of semicolons', field('DKIM-Signature', '', '; d = ')],
  ['an encoded subject', field('Subject', '', '=?utf-8?q?=41?= ')],
  ['exclamations', field('Subject', '', '! ')],
  ['a long date', field('Date', 'Mon, 02 Nov 2026 09:59:00 ', '(')],
  ['a date of zones', field('Date', 'Mon, 02 Nov 2026 09:59:00 ', 'A(')],
  ['a date that goes on far to the right', `Date: Mon, 02 Nov 2026 09:59:00 A${' '.repeat(150_000)}1\r\n\r\nHello`],
  ['sums of money', `\r\n${filled('', '1.000.')}`],
  ['an identity and no password', `\r\n${filled('bitcoin ', 'id: 12345 ')}`],
  ['addresses of coins', `\r\n${filled('', '1BoatSLRHtKNngkdXEeobR76b53LETtpyT')}`],
  ['garbled letters', html('', '&#195;')],
  ['an archive of empty names', attachment('a.zip', filled('', `PK\x03\x04${'\0'.repeat(26)}`))],
  ['an attached page', attachment('a.html', filled('<script>', 'document.location '))],
]

test.each(CASES)('%s', async (_name, text) => {
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0))
  const message = await parseMessage(bytes)
  const envelope = { from: 'ann@shop.example', to: 'me@here.example' }
  const start = performance.now()
  findTags({ message, bytes, verdict: UNKNOWN_VERDICT, envelope, nowMs: message.dateMs ?? 0, lists: [] })
  urlDomains(message)
  expect(performance.now() - start).toBeLessThan(CAP_MS)
})
