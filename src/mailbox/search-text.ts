/**
 * Text as the search index keeps it. Scripts that write without spaces (Chinese, Japanese, Korean, Thai and their
 * neighbours) are cut into overlapping pairs of characters, in the index and in the query alike, since the index's
 * tokenizer knows words only by what separates them. All else is left to the tokenizer.
 */

/** What the index holds of one message's body, in UTF-8 bytes: the search of a mailbox must not pay for one mail. */
export const INDEXED_BYTES_MAX = 256 * 1024

const UNSPACED =
  /[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]&&[\p{L}\p{M}\p{N}]]+/gv
const ASCII = /^[\x00-\x7f]*$/

/** Text for the index: each unspaced run becomes its pairs, and then its characters, so that one alone finds it too. */
export function indexText(text: string): string {
  if (ASCII.test(text)) return text
  return text.normalize('NFKC').replaceAll(UNSPACED, (run) => ` ${[...pairs(run), ...new Set(run)].join(' ')} `)
}

/** Splits a query's word into what was spaced and the runs that were not, in order. */
export function splitUnspaced(word: string): { text: string; unspaced: boolean }[] {
  const normal = word.normalize('NFKC')
  const pieces: { text: string; unspaced: boolean }[] = []
  let end = 0
  for (const match of normal.matchAll(UNSPACED)) {
    if (match.index > end) pieces.push({ text: normal.slice(end, match.index), unspaced: false })
    pieces.push({ text: match[0], unspaced: true })
    end = match.index + match[0].length
  }
  if (end < normal.length) pieces.push({ text: normal.slice(end), unspaced: false })
  return pieces
}

/** The overlapping pairs of a run; none for a single character. */
export function pairs(run: string): string[] {
  const characters = [...run]
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`)
}

/** Cuts text to a number of UTF-8 bytes, at a character. */
export function cutToBytes(text: string, bytesMax: number): string {
  // A UTF-16 unit is at most three bytes of UTF-8, so most text needs no encoding to be known to fit.
  if (text.length * 3 <= bytesMax) return text
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax))
  return text.slice(0, read)
}
