/** Answers between and below quotes, marked quotes of every shape, and what is no quote though it is marked. */
import { expect, test } from 'vitest'
import { ofForward, ofNoReply, ofReply } from './replies.ts'

test.each([
  [
    'answers between quotes',
    'Hi Ann,\n\n> One?\n\nYes.\n\n> Two?\n> Really?\n\nNo.\n\n-- \nBob',
    'Hi Ann,\n\nYes.\n\nNo.',
  ],
  ['answers close to quotes', '> One?\nYes.\n> Two?\nNo.', 'Yes.\n\nNo.'],
  ['an answer of several paragraphs', '> One?\n\nYes.\n\nAnd more.\n\n> Two?', 'Yes.\n\nAnd more.'],
  ['an answer below', 'Ann wrote:\n> One?\n> Two?\n\nBoth.', 'Both.'],
  ['nested quotes', 'Yes.\n\n> Bob wrote:\n>> Lunch?\n> > When?\n>>> Where?\n> Noon?', 'Yes.'],
  ['quotes without a space', 'Yes.\n\n>One?\n>Two?', 'Yes.'],
  ['an indented quote', 'Yes.\n\n > One?\n > Two?', 'Yes.'],
  ['initials', 'Ann Lee wrote:\n\nAL> One?\nAL> Two?\nYes.', 'Yes.'],
  ['bars', 'On 3 February 2026 at 9:15, Ann wrote:\n| One?\n|\n| Two?\n\nYes.\n\n| Three?\n\nNo.', 'Yes.\n\nNo.'],
  ['colons', 'Ann wrote:\n: One?\n: Two?\nYes.\n:-)', 'Yes.\n:-)'],
  ['a name', 'Ann wrote:\n\nAnn> One?\nAnn> Two?\nYes.', 'Yes.'],
  ['bars of the sender', '| a | b |\n| 1 | 2 |', '| a | b |\n| 1 | 2 |'],
  ['empty quoted lines', 'Yes.\n\n>\n>\n> One?\n>', 'Yes.'],
  [
    'an answer that ends in a colon',
    '> One?\nYes, namely:\n\n- bread\n- milk\n\n> Two?\nNo.',
    'Yes, namely:\n\n- bread\n- milk\n\nNo.',
  ],
  ['an arrow', '> One?\n--> two\n-> three', '--> two\n-> three'],
  ['a sign alone', 'On Tue, Feb 3, 2026 at 9:15 AM Ann <ann@example.org> wrote:\n> Lunch?\n\n👍', '👍'],
  ['CRLF', 'Yes.\r\n\r\n> One?\r\n', 'Yes.'],
  ['blank lines of the sender', 'One.\n\n\n\nTwo.', 'One.\n\n\n\nTwo.'],
  ['indentation', '    code()\n  more', '    code()\n  more'],
])('%s', (_, text, want) => {
  expect(ofReply(text)).toBe(want)
  expect(ofReply(want), 'again').toBe(want)
})

test.each([
  ['a line that a mail store escaped', 'Look:\n>From here it is far.\nRight?'],
  ['> inside a line', 'if (a > b) { c -> d }'],
])('%s stays', (_, text) => {
  expect(ofReply(text)).toBe(text)
})

test('a typed command stays among quotes that have a space', () => {
  expect(ofReply('I tried\n>make install\nand it failed.\n\n> Did you try it?\n> Ann')).toBe(
    'I tried\n>make install\nand it failed.',
  )
})

test.each([
  ['a reply without a word', '> One?\n> Two?'],
  ['a reply with an attribution alone', 'On Tue, Feb 3, 2026 at 9:15 AM Ann <ann@example.org> wrote:\n> One?'],
])('%s is given whole', (_, text) => {
  expect(ofReply(text)).toBe(text)
  expect(ofForward(text)).toBe(text)
})

test('nothing is nothing', () => {
  expect(ofReply('')).toBe('')
  expect(ofReply('\n \n')).toBe('')
  expect(ofNoReply('')).toBe('')
})

test.each([
  ['Re: Lunch', 'Yes.'],
  ['AW: Lunch', 'Yes.'],
  ['[list] Re: Lunch', 'Yes.'],
  ['回复：午餐', 'Yes.'],
  ['[list] Lunch', 'Yes.\n\n> Lunch?'],
  ['Lunch', 'Yes.\n\n> Lunch?'],
  ['Regarding lunch', 'Yes.\n\n> Lunch?'],
  ['', 'Yes.\n\n> Lunch?'],
  [null, 'Yes.\n\n> Lunch?'],
])('the subject %j alone decides what a bare mark means', async (subject, want) => {
  const { replyText } = await import('../../../src/mime/reply-text.ts')
  const text = 'Yes.\n\n> Lunch?'
  expect(replyText({ text, html: null, textIsOriginal: true, inReplyTo: [], references: [], subject })).toBe(want)
})
