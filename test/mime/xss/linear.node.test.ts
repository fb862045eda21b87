/**
 * HTML made to cost a sanitiser the square of its size, at its limit. The cap is far above what linear work needs on a
 * slow machine. In Node, where clocks run while code does.
 */
import { expect, test } from 'vitest'
import { HTML_CHARS_MAX } from '../../../src/mime/html-text.ts'
import { sanitiseHtml } from '../../../src/mime/sanitise.ts'

const CAP_MS = 5_000

const filled = (start: string, repeated: string, end = '') =>
  start + repeated.repeat(Math.floor((HTML_CHARS_MAX - start.length - end.length) / repeated.length)) + end

const deep = '<span>'.repeat(250)

test.each([
  ['open tags', filled('', '<div>')],
  ['end tags of what is not open', filled('<b>'.repeat(100_000), '</i>')],
  ['end tags of what is out of reach', filled(`<b><table><tr><td>${deep}`, '</b>')],
  ['paragraphs out of reach', filled(`<p><table><tr><td>${deep}`, '<p></p>')],
  ['items of a list with all open', filled(`<ul><li>${deep}`, '<li>')],
  ['tables in tables', filled('', '<table><tr><td>')],
  ['links', filled('', '<a href=http:a>')],
  ['attributes', filled('<a ', 'a=1 ', '>')],
  ['one attribute, many times', filled('<td ', 'style=color:red ', '>')],
  ['declarations', filled('<p style="', 'color:red;', '">')],
  ['open brackets in a style', filled('<p style="background:', 'url(', '">')],
  ['blanks in a style', filled('<p style="color:', ' ! ', '">')],
  ['blanks in an address', filled('<img src="', ' \t', 'x">')],
  ['a picture', filled('<img src="data:image/png;base64,', 'A', '">')],
  ['ampersands', filled('', '&')],
  ['brackets', filled('', '<')],
  ['open comments', filled('', '<!--')],
  ['svg in svg', filled('', '<svg>')],
])('%s', (_, html) => {
  const start = performance.now()
  sanitiseHtml(html, { remote: 'allow', cid: () => null })
  expect(performance.now() - start).toBeLessThan(CAP_MS)
})
