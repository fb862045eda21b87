/** Whether the plain text beside the HTML says the same: filters read the one, people the other. */
import type { Part } from '../../mime/message.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

const TEXT_CHARS_MAX = 3_000
/** Fewer words are a note to look at the HTML. */
const TEXT_WORDS_MIN = 12
const EMPTY_WORDS_MAX = 4
const HTML_WORDS_MIN = 20
/** Words of the text that the HTML has too; the two are rarely word for word the same. */
const SHARED_MIN = 0.25

export function alternativesSignals({ message, html, parts, isList }: Facts): Finding[] {
  if (message.html === null || !message.textIsOriginal || isList || !parts.some(holdsBoth)) return []
  const text = wordsOf(message.text.slice(0, TEXT_CHARS_MAX).replace(/https?:\/\/\S+/g, ' '))
  const shown = wordsOf(html.text)
  if (shown.size < HTML_WORDS_MIN) return []
  if (text.size < TEXT_WORDS_MIN) {
    // A short text that says where to read on is one of the honest.
    return text.size <= EMPTY_WORDS_MAX && !/https?:/.test(message.text) ? [found('ALTERNATIVE_TEXT_EMPTY')] : []
  }
  const shared = [...text].filter((word) => shown.has(word)).length
  return shared < text.size * SHARED_MIN ? [found('ALTERNATIVES_DIFFER')] : []
}

function holdsBoth({ type, subtype, parts }: Part): boolean {
  if (type !== 'multipart' || subtype !== 'alternative') return false
  return ['html', 'plain'].every((one) => parts.some((part) => part.type === 'text' && part.subtype === one))
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/\p{L}{3,20}/gu) ?? [])
}
