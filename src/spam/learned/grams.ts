/**
 * Hashed character sequences of a text: each distinct run of four characters as a 32-bit number. Misspelt words, other
 * languages and the shape of headers leave their traces in these, where a list of words is blind.
 *
 * Linear in the text, which learnedText bounds; a set by marks in a typed array, so that no choice of text makes it slow.
 */
export const GRAM_LENGTH = 4
/** Places that remember the last sequence that fell on each: well above the sequences of one message. */
const MARKS = 1 << 16

/** The sequences of the text, most repetitions left out; those that remain fall into one bucket later. */
export function gramsOf(text: string): Uint32Array {
  const seen = new Uint32Array(MARKS)
  const grams = new Uint32Array(Math.max(0, text.length - GRAM_LENGTH + 1))
  let count = 0
  for (let at = 0; at + GRAM_LENGTH <= text.length; at++) {
    const hash = gramAt(text, at)
    const mark = hash >>> 16
    if (seen[mark] === hash) continue
    seen[mark] = hash
    grams[count++] = hash
  }
  return grams.slice(0, count)
}

/** The hash of the sequence that begins there; all of it lies in the text. */
export function gramAt(text: string, at: number): number {
  let hash = 0
  for (let i = at; i < at + GRAM_LENGTH; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995) ^ (hash >>> 15)
  return mix(hash)
}

/** Spreads a number over all 32 bits, so that its upper ones can name a bucket. */
export function mix(number: number): number {
  let hash = Math.imul(number ^ (number >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return (hash ^ (hash >>> 16)) >>> 0
}
