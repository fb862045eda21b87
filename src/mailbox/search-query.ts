/**
 * What a person types into a search, as an FTS5 expression: words, "quoted phrases" and prefixes*, all of which must be
 * met. Nothing typed is a syntax error or an operator: every word reaches FTS5 inside quotes.
 */
import { pairs, splitUnspaced } from './search-text.ts'

/** Longer queries are cut: a search of this many characters is a paste. */
export const QUERY_CHARS_MAX = 1_000
/** Terms in one expression; each one is a walk over the index. */
const TERMS_MAX = 32

/** A quoted phrase (its closing quote may be missing), or a word. */
const TERM = /"([^"]*)(?:"|$)(\*?)|([^\s"]+)/g
/** What the index's tokenizer takes for part of a word. */
const SEARCHABLE = /[\p{L}\p{N}\p{Co}]/u

/** The expression, or null where nothing that can be searched was typed. */
export function searchExpression(query: string): string | null {
  const terms: string[] = []
  for (const match of query.slice(0, QUERY_CHARS_MAX).toWellFormed().matchAll(TERM)) {
    const [, phrase, phraseStar, word] = match
    if (phrase !== undefined) terms.push(...phrases(phrase, phraseStar === '*'))
    else if (word !== undefined) terms.push(...phrases(word.replace(/\*+$/, ''), word.endsWith('*')))
    if (terms.length >= TERMS_MAX) break
  }
  return terms.length === 0 ? null : terms.slice(0, TERMS_MAX).join(' AND ')
}

// Runs of unspaced script stand in the index as pairs, so they are asked for as phrases of pairs; a single character is
// the beginning of a pair.
function phrases(text: string, prefix: boolean): string[] {
  const pieces = splitUnspaced(text).filter((piece) => SEARCHABLE.test(piece.text))
  return pieces.map((piece, i) => {
    const last = i === pieces.length - 1
    if (!piece.unspaced) return quote(piece.text) + (prefix && last ? '*' : '')
    const run = pairs(piece.text)
    return run.length === 0 ? `${quote(piece.text)}*` : quote(run.join(' '))
  })
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\0]/g, ' ')}"`
}
