/**
 * What a person types into a search, as an FTS5 expression: words, "quoted phrases" and prefixes*, all of which must be
 * met. Nothing typed is a syntax error or an operator: every word reaches FTS5 inside quotes.
 */
import { pairs, splitUnspaced } from './search-text.ts'

/** Longer queries are cut: a search of this many characters is a paste. */
export const QUERY_CHARS_MAX = 1_000
/** Terms in one expression; each one is a walk over the index. */
const TERMS_MAX = 32
/** A shorter prefix would read a good part of the index, the mail of others on the shard included: it is a word. */
const PREFIX_CHARS_MIN = 2
/** Prefixes in one query, each a merge of many words' postings. Further ones are words. */
const PREFIXES_MAX = 3

/** A quoted phrase (its closing quote may be missing), or a word. */
const TERM = /"([^"]*)(?:"|$)(\*?)|([^\s"]+)/g
/** What the index's tokenizer takes for part of a word. */
const SEARCHABLE = /[\p{L}\p{N}\p{Co}]/u

/** The expression, or null where nothing that can be searched was typed. */
export function searchExpression(query: string): string | null {
  const terms: Term[] = []
  for (const match of query.slice(0, QUERY_CHARS_MAX).toWellFormed().matchAll(TERM)) {
    const [, phrase, phraseStar, word] = match
    if (phrase !== undefined) terms.push(...termsOf(phrase, phraseStar === '*'))
    else if (word !== undefined) terms.push(...termsOf(word.replace(/\*+$/, ''), word.endsWith('*')))
    if (terms.length >= TERMS_MAX) break
  }
  let prefixes = 0
  const written = terms.slice(0, TERMS_MAX).map(({ text, isPrefix }) => {
    const star = isPrefix && ++prefixes <= PREFIXES_MAX ? '*' : ''
    return quote(text) + star
  })
  return written.length === 0 ? null : written.join(' AND ')
}

type Term = { text: string; isPrefix: boolean }

// Runs of unspaced script stand in the index as pairs and as single characters, and are asked for so.
function termsOf(text: string, isPrefix: boolean): Term[] {
  const pieces = splitUnspaced(text).filter((piece) => SEARCHABLE.test(piece.text))
  return pieces.map((piece, i) => {
    if (piece.unspaced) return { text: pairs(piece.text).join(' ') || piece.text, isPrefix: false }
    const last = i === pieces.length - 1
    return { text: piece.text, isPrefix: isPrefix && last && isLongPrefix(piece.text) }
  })
}

// The tokenizer splits at what is no letter or digit; the star belongs to the last word of what it makes.
function isLongPrefix(text: string): boolean {
  const last = text.split(/[^\p{L}\p{M}\p{N}\p{Co}]+/u).findLast((word) => word !== '')
  return last !== undefined && [...last].length >= PREFIX_CHARS_MIN
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\0]/g, ' ')}"`
}
