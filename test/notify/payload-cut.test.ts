/** Payloads are cut to size, whatever they hold, and say what of them is not whole. */
import { describe, expect, it } from 'vitest'
import { cutContent } from '../../src/servers/http/payload-cut.ts'

const size = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length
const MAX = 1_000

describe('a content', () => {
  it.each([
    ['small enough', { id: 'a', text: 'b' }, []],
    ['long text', { id: 'a', text: 'word '.repeat(1_000), extracted_text: 'word' }, ['text']],
    ['two long texts', { text: 'a'.repeat(5_000), extracted_text: 'a'.repeat(5_000) }, ['text', 'extracted_text']],
    ['text of wide letters', { text: '\u6f22'.repeat(1_000) }, ['text']],
    ['text of pairs', { text: '\u{1f600}'.repeat(1_000) }, ['text']],
    ['text that is all escaped', { text: '\u0001'.repeat(1_000) }, ['text']],
    [
      'many attachments',
      { text: 'short', attachments: Array(100).fill({ url: 'x'.repeat(50) }) },
      ['text', 'attachments'],
    ],
    ['a long report', { text: 'a', spam: { tags: Array(100).fill('tag '.repeat(10)) } }, ['text', 'spam']],
    ['a subject that nobody bounds', { subject: 'a'.repeat(5_000), text: 'a' }, ['content']],
    ['nothing to cut', { text: null, attachments: [], extracted_text: '', subject: 'a'.repeat(5_000) }, ['content']],
  ])('of %s', (_, content, want) => {
    const cut = cutContent(content, MAX)
    expect(cut.truncated).toEqual(want)
    expect(size(cut.content)).toBeLessThanOrEqual(MAX)
    expect(JSON.stringify(cut.content)).not.toMatch(/\\ud[89a-f]/i)
  })

  it('keeps as much as there is room for', () => {
    for (const letter of ['a', '\u6f22', '\u{1f600}', '"'])
      expect(size(cutContent({ text: letter.repeat(5_000) }, MAX).content)).toBeGreaterThan(MAX * 0.85)
  })
})
