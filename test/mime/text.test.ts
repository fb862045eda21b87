import { expect, test } from 'vitest'
import { parseDate } from '../../src/mime/date.ts'
import { unflow } from '../../src/mime/flowed.ts'
import { htmlToText } from '../../src/mime/html-text.ts'
import { previewOf } from '../../src/mime/preview.ts'

test.each([
  ['Tue, 3 Feb 2026 09:15:00 +0100', '2026-02-03T08:15:00.000Z'],
  ['3 Feb 2026 09:15 -0030', '2026-02-03T09:45:00.000Z'],
  ['Tue,  3 Feb 26 09:15:00 EST', '2026-02-03T14:15:00.000Z'],
  ['3 Feb 99 09:15:00 GMT', '1999-02-03T09:15:00.000Z'],
  ['3 Feb 126 09:15:00 Z', '2026-02-03T09:15:00.000Z'],
  ['Tue, 03 Feb 2026 09:15:00 +0100 (CET)', '2026-02-03T08:15:00.000Z'],
  ['Tue, (a comment) 3 Feb 2026 09 : 15 : 00 +0100', '2026-02-03T08:15:00.000Z'],
  ['Tuesday, 3-February-2026 09.15.00 GMT+01:00', '2026-02-03T08:15:00.000Z'],
  ['Tue Feb  3 09:15:00 2026', '2026-02-03T09:15:00.000Z'],
  ['Tue Feb  3 09:15:00 PST 2026', '2026-02-03T17:15:00.000Z'],
  ['3 Feb 26 9:15:00 PM', '2026-02-03T21:15:00.000Z'],
  ['3 Feb 26 12:15 am +0100', '2026-02-02T23:15:00.000Z'],
  ['Tue, 3 Feb 2026 09:15:00 GMT+1', '2026-02-03T08:15:00.000Z'],
  ['Tue, 3 Feb 2026 09:15:00 -05-30', '2026-02-03T14:45:00.000Z'],
  ['2026-02-03T09:15:00+01:00', '2026-02-03T08:15:00.000Z'],
  ['2026-02-03 09:15:00.123', '2026-02-03T09:15:00.000Z'],
  ['Tue, 3 Feb 2026 23:59:60 +0000', '2026-02-04T00:00:00.000Z'],
  ['Tue, 3 Feb 2026 25:00:00 +0000', null],
  ['32 Feb 2026 09:15:00 +0000', null],
  ['3 Foo 2026 09:15:00 +0000', null],
  ['02-03-2026', null],
  ['yesterday', null],
  ['', null],
])('the date %s', (raw, want) => {
  const ms = parseDate(raw)
  expect(ms === null ? null : new Date(ms).toISOString()).toBe(want)
})

test.each([
  ['<p>one</p><p>two</p>', 'one\n\ntwo'],
  ['a<br>b<br/><br>c', 'a\nb\n\nc'],
  ['<b>a</b> <i>b</i>c', 'a bc'],
  ['  a \n\t b  ', 'a b'],
  ['<pre>a\n  b</pre>c', 'a\n  b\n\nc'],
  ['&lt;b&gt; &amp; &eacute;&#x1F600;&nbsp;x', '<b> & é😀\u00a0x'],
  ['a<script>b</script>c<style>d</style>e', 'ace'],
  ['a<span style="DISPLAY : none">b<span>c</span></span>d', 'ad'],
  ['a<p hidden>b</p>c', 'ac'],
  ['<td style="font-size:0">seen</td>', 'seen'],
  ['a<div style="display:none">b<body>c', 'a'],
  ['<a href="https://x.org">link</a> text', 'link text'],
  ['<!-- no --><!doctype html><title>no</title>yes', 'yes'],
  ['<p>unclosed <b>and <i>more', 'unclosed and more'],
  ['a < b > c', 'a < b > c'],
  ['a\0b\ud800c', 'ab\ufffdc'],
  ['', ''],
])('the text of %j', (html, want) => {
  expect(htmlToText(html)).toBe(want)
})

test.each([
  ['Hello   world\n\nnext', 'Hello world next'],
  ['> quoted\nanswer', 'answer'],
  ['On Monday Ann wrote:\n> quoted\n\nanswer', 'answer'],
  ['text\n-- \nAnn\nCompany', 'text'],
  ['> all\n> quoted', '> all > quoted'],
  ['-- \nonly a signature', '-- only a signature'],
  ['a\u200b\u200b\u00ad\u00a0\u200c\u00a0b', 'a b'],
  ['', ''],
])('the preview of %j', (text, want) => {
  expect(previewOf(text)).toBe(want)
})

test('a preview has 200 characters at most and halves no pair', () => {
  expect(previewOf('x'.repeat(500))).toHaveLength(200)
  expect(previewOf(`x${'😀'.repeat(200)}`)).toBe(`x${'😀'.repeat(99)}`)
})

test.each([
  ['a \nb', false, 'a b'],
  ['a \nb', true, 'ab'],
  ['> a \n> b\nc', false, '> a b\nc'],
  ['> a \n>> b', false, '> a \n>> b'],
  ['a \n-- \nb', false, 'a \n-- \nb'],
  [' >stuffed', false, '>stuffed'],
  ['a\n\nb\n', false, 'a\n\nb\n'],
])('%j unflows', (text, deleteSpaces, want) => {
  expect(unflow(text, deleteSpaces)).toBe(want)
})
