/** What is written for filters and not for readers: text that nobody sees, words that something unseen breaks. */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { countSplitWords } from '../html-text-facts.ts'
import { mixedScriptWord } from '../mixed-scripts.ts'

/** More than the line that newsletters hide for the list of messages. */
const HIDDEN_CHARS_MIN = 250
/** One may slip in where a word was copied from a page. */
const SPLIT_WORDS_MIN = 3
/** Some generators write umlauts and quotes as numbers, none writes letters so; an address hidden from robots may be. */
const LETTER_REFERENCES_MIN = 40
const TEXT_CHARS_MAX = 5_000

export function hiddenSignals({ html, message, isList }: Facts): Finding[] {
  const findings: Finding[] = []
  // Word processors leave such elements in what people paste and send to lists.
  if (!isList && html.hiddenChars >= HIDDEN_CHARS_MIN) findings.push(found('HIDDEN_TEXT', `${html.hiddenChars}`))
  const text = message.text.slice(0, TEXT_CHARS_MAX)
  const splitWords = message.html === null ? countSplitWords(text) : html.splitWords
  if (splitWords >= SPLIT_WORDS_MIN) findings.push(found('WORDS_SPLIT', `${splitWords}`))
  const mixed = isList ? null : mixedWord(message.html === null ? text : html.text, message.envelope.subject ?? '')
  if (mixed) findings.push(found('TEXT_MIXED_SCRIPTS', mixed))
  if (html.letterReferences >= LETTER_REFERENCES_MIN)
    findings.push(found('LETTERS_AS_NUMBERS', `${html.letterReferences}`))
  return findings
}

/** Words of the subject and of the text's beginning: mixedScriptWord reads 500 characters. */
function mixedWord(text: string, subject: string): string | null {
  const start = text.replace(/\s+/g, ' ')
  return mixedScriptWord(subject) ?? mixedScriptWord(start) ?? mixedScriptWord(start.slice(500))
}
