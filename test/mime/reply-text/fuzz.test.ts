/** Whatever comes in: no word that was not there, none out of order, and a string that can be stored. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { htmlToText } from '../../../src/mime/html-text.ts'
import { replyText } from '../../../src/mime/reply-text.ts'

const LINES = [
  ...[
    'Yes.',
    'No, never.',
    '',
    '',
    '> quoted',
    '>> deeper',
    '>From here',
    ' > x',
    'AL> y',
    '>',
    '-- ',
    '--',
    '_'.repeat(30),
  ],
  ...[
    'On Tue, Feb 3, 2026 at 9:15 AM Ann <ann@example.org> wrote:',
    'wrote:',
    'On 3 Feb 2026 at 9:15, Ann',
    'Ann wrote:',
  ],
  ...[
    '-----Original Message-----',
    'From: Ann <ann@example.org>',
    'Sent: today',
    'To: Bob',
    'Subject: Lunch',
    'Von: x',
  ],
  ...[
    'Sent from my iPhone',
    'Talk mailing list',
    'Disclaimer: x',
    '\ufdd0',
    '\0',
    '\ud800',
    '\u202b',
    '：',
    '2026年2月3日 9:15 <a@b>:',
  ],
]
const TAGS = [
  ...[
    '<div>',
    '</div>',
    '<blockquote type="cite">',
    '</blockquote>',
    '<blockquote class=gmail_quote>',
    '<p>',
    '</p>',
    '<br>',
  ],
  ...[
    '<div class="gmail_quote">',
    '<div class="yahoo_quoted">',
    '<div id=appendonsend></div>',
    '<div class="gmail_signature">',
  ],
  ...[
    '<hr id="zwchr">',
    '</body>',
    '<pre>',
    '</pre>',
    '<!-- x -->',
    '<',
    '>',
    '&gt; quoted',
    '&#xFDD0;',
    '<li>',
    '<blockquote',
  ],
]
const line = fc.oneof(fc.constantFrom(...LINES), fc.string(), fc.string({ unit: 'binary' }))
const text = fc.array(line, { maxLength: 25 }).map((lines) => lines.join('\n'))
const html = fc
  .array(fc.oneof(fc.constantFrom(...TAGS), fc.constantFrom(...LINES)), { maxLength: 30 })
  .map((all) => all.join(' '))
const headers = fc.record({
  inReplyTo: fc.constantFrom<string[]>([], ['a@b']),
  subject: fc.constantFrom(null, 'Lunch', 'Re: Lunch'),
})

const words = (all: string) => all.split(/\s+/).filter((word) => word !== '')

function isSubsequence(part: string[], whole: string[]): boolean {
  let at = 0
  for (const word of whole) if (part[at] === word) at++
  return at === part.length
}

const storableText = (all: string) => all.toWellFormed().replaceAll('\0', '')

test('a text', () => {
  fc.assert(
    fc.property(text, headers, (text, { inReplyTo, subject }) => {
      const own = replyText({ text, html: null, textIsOriginal: true, inReplyTo, references: [], subject })
      expect(isSubsequence(words(own), words(storableText(text)))).toBe(true)
      expect(own.isWellFormed() && !own.includes('\0')).toBe(true)
      expect(own === '').toBe(storableText(text).trim() === '')
    }),
    { interruptAfterTimeLimit: 700, numRuns: 5_000, markInterruptAsFailure: false },
  )
})

test('an HTML body', () => {
  fc.assert(
    fc.property(html, headers, (html, { inReplyTo, subject }) => {
      const text = htmlToText(html)
      const own = replyText({ text, html, textIsOriginal: false, inReplyTo, references: [], subject })
      expect(isSubsequence(words(own), words(text))).toBe(true)
      expect(own === '').toBe(text.trim() === '')
    }),
    { interruptAfterTimeLimit: 700, numRuns: 5_000, markInterruptAsFailure: false },
  )
})
