/**
 * A reply's own words: the text without quotes, the lines that introduce them, signatures and legal footers. What an
 * agent reads instead of the whole thread.
 *
 * Our own rules. The one library of this kind that is kept up (email-reply-parser) reads no HTML, and its patterns
 * backtrack unless the native RE2 stands in for the runtime's, which workerd cannot load: 18 KB of ' on x at ' cost it
 * 20 seconds. The others have not moved in years or want a DOM.
 *
 * Invariants:
 *  - Words are only left out, never changed, and keep their order.
 *  - In doubt a line stays. What could be the sender's own words is worth more than a clean answer, so bare marks count
 *    only in a reply, and a mail that would be left without a word (a forward without a comment) is given whole.
 *  - A mail that is no reply keeps all but its signature and footers, and what follows an unmistakable forward header.
 *  - Linear in the text, whatever it is: rules look at lines of bounded length, and at a bounded number of them.
 *  - A closing ("Best regards, Ann") stays: no mark tells it from a last sentence.
 */
import { baseSubject, SUBJECT_CHARS_MAX } from './base-subject.ts'
import { HTML_CHARS_MAX } from './html-text.ts'
import type { ParsedMessage } from './message.ts'
import { markFooters } from './reply-text-footers.ts'
import { textWithoutQuotes } from './reply-text-html.ts'
import { Lines } from './reply-text-lines.ts'
import { markQuotes } from './reply-text-quotes.ts'
import { clip, storable } from './storable.ts'

/** What of a parsed message, or of a body that was read back, decides which of its words are its sender's. */
export type ReplySource = Pick<ParsedMessage, 'html' | 'textIsOriginal' | 'inReplyTo' | 'references'> & {
  text: string | null
  subject?: string | null
}

export function replyText(message: ReplySource): string {
  const answers = isAnswer(message)
  const whole = message.text ?? ''
  const plain = ownWords(whole, answers)
  const all = () => storable(clip(whole, HTML_CHARS_MAX)).trim()
  if (message.textIsOriginal && plain.quotes) return plain.text || all()
  // Without a text part, or with one that does not mark what it quotes, the HTML's containers tell.
  const unquoted = message.html === null ? null : textWithoutQuotes(message.html, answers)
  const marked = unquoted === null ? null : ownWords(unquoted, answers)
  return marked?.text || plain.text || all()
}

/** Whether the headers say that something is answered or passed on. */
function isAnswer({ inReplyTo, references, subject }: ReplySource): boolean {
  if (inReplyTo.length > 0 || references.length > 0) return true
  const line = (subject ?? '').slice(0, SUBJECT_CHARS_MAX).toWellFormed().replace(/\s+/g, ' ').trim()
  const withoutBlobs = line.replace(/^(?:\[[^[\]]*\] ?)+/, '')
  return baseSubject(line).length < withoutBlobs.length
}

function ownWords(text: string, answers: boolean): { text: string; quotes: boolean } {
  const lines = new Lines(storable(clip(text, HTML_CHARS_MAX)).replace(/\r\n?/g, '\n'))
  markQuotes(lines, answers)
  const quotes = lines.dropped()
  markFooters(lines)
  return { text: lines.kept(), quotes }
}
