/** HTML made to cost the square of its size when it is written out for a model. In Node, where clocks run while code does. */
import { expect, test } from 'vitest'
import { AGENT_TEXT_CHARS_MAX, agentText } from '../../src/mime/agent-text.ts'

const SIZE_CHARS = 1024 * 1024
/** Far above what a linear reading needs on a slow machine; a square would take minutes. */
const CAP_MS = 8_000

const filled = (repeated: string) => repeated.repeat(Math.floor(SIZE_CHARS / repeated.length))

test.each([
  ['nested elements', filled('<div>')],
  ['end tags of nothing below open elements', `${'<b>'.repeat(300)}${filled('</i>')}`],
  ['paragraphs below open elements', `${'<b>'.repeat(250)}${filled('<p><i>')}`],
  ['comments in CSS', `<style>${filled('/*/')}</style>`],
  ['rules', `<style>${filled('.a{color:red}')}</style>`],
  ['conditions in CSS', `<style>${filled('@media x{')}`],
  ['selectors', `<style>${filled('.a,')}{color:red}</style>`],
  ['a style without an end', `<a style="${filled('color:')}`],
  ['style elements', filled('<style>')],
  ['classes', `<style>.a{color:red}</style>${filled('<b class="a a a a a a a a">')}`],
  ['blanks', `<p>${filled(' \u00a0')}x`],
  ['blanks in a link', `<a href="https://x.example/">${filled(' ')}</a>`],
  ['hidden cells', filled('<table><tr><td style="display:none">x')],
  ['links', filled('<a href="http://x.example/">y</a>')],
  ['references', filled('&amp;')],
  ['lines', filled('a<br>')],
])('a megabyte of %s', (_name, html) => {
  const body = { html, text: null, textIsOriginal: false, inReplyTo: [], references: [], truncated: false }
  const began = performance.now()
  const text = agentText({ facts: [], fields: [], attachments: [], body }, () => 'name')
  expect(performance.now() - began).toBeLessThan(CAP_MS)
  expect(text.length).toBeLessThan(AGENT_TEXT_CHARS_MAX * 4)
})
