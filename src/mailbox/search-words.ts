/**
 * Words as the search index is asked for them. Every word reaches FTS5 inside quotes, so that nothing typed is an operator
 * or a syntax error.
 */
import { pairs, splitUnspaced } from './search-text.ts'

/** A shorter prefix would read a good part of the index, the mail of others on the shard included: it is a word. */
const PREFIX_CHARS_MIN = 2

/** What the index's tokenizer takes for part of a word. */
const SEARCHABLE = /[\p{L}\p{N}\p{Co}]/u

/** Columns of the index that a field narrows a search to. */
export type Column = 'subject' | 'sender' | 'recipients' | 'attachments'

/** A phrase that the index can be asked for; `isPrefix` where its last word may go on. */
export type Phrase = { text: string; isPrefix: boolean }

/** The phrases of a word or of a quoted text; none where nothing of it can be searched. All of them must be met. */
export function phrasesOf(text: string, isPrefix: boolean): Phrase[] {
  // Runs of unspaced script stand in the index as pairs and as single characters, and are asked for so.
  const pieces = splitUnspaced(text).filter((piece) => SEARCHABLE.test(piece.text))
  return pieces.map((piece, i) => {
    if (piece.unspaced) return { text: pairs(piece.text).join(' ') || piece.text, isPrefix: false }
    const last = i === pieces.length - 1
    return { text: piece.text, isPrefix: isPrefix && last && isLongPrefix(piece.text) }
  })
}

/** The phrase as an FTS5 expression. */
export function matchOf({ text, isPrefix }: Phrase, column: Column | null): string {
  const quoted = `"${text.replaceAll(/["\0]/g, ' ')}"${isPrefix ? '*' : ''}`
  return column === null ? quoted : `${column} : ${quoted}`
}

// The tokenizer drops accents and splits at what is no letter or digit, other marks among it; the star belongs to the last
// word of what it makes.
function isLongPrefix(text: string): boolean {
  const bare = text.normalize('NFKD').replaceAll(/[\u0300-\u036f]/g, '')
  const last = bare.split(/[^\p{L}\p{N}\p{Co}]+/u).findLast((word) => word !== '')
  return last !== undefined && [...last].length >= PREFIX_CHARS_MIN
}
