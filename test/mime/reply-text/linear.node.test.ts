/**
 * Texts made to cost the square of their size. Each would take minutes if a rule looked back over it; the cap is far
 * above what a linear reading needs on a slow machine. In Node, where clocks run while code does.
 */
import { expect, test } from 'vitest'
import { htmlToText } from '../../../src/mime/html-text.ts'
import { replyText } from '../../../src/mime/reply-text.ts'

const SIZE = 1024 * 1024
const CAP_MS = 5_000
const filled = (repeated: string, start = '') => start + repeated.repeat(Math.floor(SIZE / repeated.length))

function timed(text: string, html: string | null): void {
  const source = { text, html, textIsOriginal: html === null, inReplyTo: ['a@b'], references: [], subject: 'Re: x' }
  const start = performance.now()
  const own = replyText(source)
  expect(performance.now() - start).toBeLessThan(CAP_MS)
  expect(own.length).toBeLessThanOrEqual(SIZE)
}

test.each([
  ...[
    '>',
    '> ',
    '>\n',
    '> a\nb\n',
    '>From \n',
    'A> \n',
    'On ',
    ' on x at ',
    'On\n',
    'On 3 Feb 2026 at 9:15\n',
    'wrote:\n',
    'wrote:\n>\n',
  ],
  ...[
    '1:\n',
    '| \n',
    'x\n| \n| \n',
    '<a@b>:\n',
    '<',
    '<a@',
    '2026 9:15 <a@b>:\n',
    'a:  ',
    'From: a\n',
    'From: a\n\n',
    'To: a\nSent: b\n',
    'From:\nTo:\nx\n',
  ],
  ...[
    '-',
    '-- \n',
    '--\n',
    '--- Original Message ---\n',
    '_',
    '__________\n',
    '__________\nunsubscribe\n',
    'Sent from my iPhone\n',
  ],
  ...[
    'Disclaimer: x\n\n',
    'this message ',
    'this message\n\n',
    '*',
    '* ',
    '\n',
    ' ',
    ' \n',
    '\u200b',
    '\ufdd0\n',
    ':',
    '：\n',
    'a',
    'a\n',
  ],
])('a run of %j', (unit) => {
  timed(`Yes.\n${filled(unit)}\nx`, null)
})

test.each([
  ...[
    '<blockquote type=cite>',
    '<blockquote>',
    '<div class=gmail_quote>',
    '</blockquote>',
    '<div>',
    '<div class=gmail_signature>',
  ],
  ...['<div class=yahoo_quoted></div>', '<blockquote type=cite></blockquote>', '<blockquote type=cite>a</blockquote>b'],
  ...[
    '<div class="',
    '<div class=a ',
    '<div style="border-left:   ',
    '<blockquote',
    '<',
    '</',
    '<div id=appendonsend>',
    '<p>a',
  ],
  ...[
    '<div class=gmail_quote><blockquote class=gmail_quote></blockquote></div>',
    '<a id=',
    '<!--',
    '<script>',
    '&gt;<br>',
  ],
])('HTML, a run of %j', (unit) => {
  const html = filled(unit, '<p>Yes.</p>')
  timed(htmlToText(html), html)
})
