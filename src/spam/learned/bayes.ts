/**
 * Bayesian classification of words as Robinson and Fisher combine it: each word has a probability of spam from the account's
 * own examples; those far from one half are combined by a chi-square test for "this is no spam" and another for "this is
 * no ham". It says in words what it judges by, which the model of sequences cannot.
 *
 * Counts are hashed into a table of fixed size, one for each opinion. A word has two places, and counts as often as the rarer
 * of them: so that a common word which shares one place with it does not speak for it.
 */
import { countOf, lowered, raised } from './counters.ts'
import { mix } from './grams.ts'

const PLACE_BITS = 16
export const PLACES = 1 << PLACE_BITS

/** How much is needed to move a word from one half: the weight of what is assumed of an unknown one. */
const STRENGTH = 0.3
/** Words nearer to one half than this say nothing. */
const DEVIATION_MIN = 0.3
/** The strongest words of one message that are combined. */
const COMBINED_MAX = 150

/** `n` is the number of examples that were counted. */
export type Counts = { ham: Uint8Array; spam: Uint8Array; hamN: number; spamN: number }

export type Clue = {
  word: string
  /** Of spam, 0 to 1. */
  probability: number
}

export type BayesOpinion = {
  /** Towards spam: the logarithm of how many times likelier chance makes words like these in spam than in ham. */
  evidence: number
  /** The words that weigh most, the strongest first. */
  clues: Clue[]
}

export function judgeWords(counts: Counts, words: ReadonlyMap<number, string>, salt: number): BayesOpinion {
  const clues: Clue[] = []
  for (const [hash, word] of words) {
    const probability = probabilityOf(counts, hash, salt)
    if (Math.abs(probability - 0.5) >= DEVIATION_MIN) clues.push({ word, probability })
  }
  // The order of equals must not depend on where they stand in the message, or padding could choose.
  clues.sort((a, b) => Math.abs(b.probability - 0.5) - Math.abs(a.probability - 0.5) || (a.word < b.word ? -1 : 1))
  const strongest = clues.slice(0, COMBINED_MAX)
  return { evidence: combine(strongest), clues: strongest }
}

/** Counts the words of one example, or takes them back (`by` -1). `dice` is the example's own number. */
export function countWords(
  counts: Counts,
  words: ReadonlyMap<number, string>,
  isSpam: boolean,
  by: 1 | -1,
  salt: number,
  dice: number,
): void {
  const levels = isSpam ? counts.spam : counts.ham
  const change = by === 1 ? raised : lowered
  const touched = new Set<number>()
  for (const hash of words.keys()) for (const place of placesOf(hash, salt)) touched.add(place)
  for (const place of touched) levels[place] = change(levels[place] as number, mix(place ^ dice))
  if (isSpam) counts.spamN = Math.max(0, counts.spamN + by)
  else counts.hamN = Math.max(0, counts.hamN + by)
}

function probabilityOf(counts: Counts, hash: number, salt: number): number {
  const [first, second] = placesOf(hash, salt)
  const ham = countOf(Math.min(counts.ham[first] as number, counts.ham[second] as number))
  const spam = countOf(Math.min(counts.spam[first] as number, counts.spam[second] as number))
  const seen = ham + spam
  if (seen === 0) return 0.5
  const hamShare = ham / Math.max(1, counts.hamN)
  const spamShare = spam / Math.max(1, counts.spamN)
  return (STRENGTH * 0.5 + (seen * spamShare) / (hamShare + spamShare)) / (STRENGTH + seen)
}

function placesOf(hash: number, salt: number): [number, number] {
  const mixed = mix(hash ^ salt)
  return [mixed >>> (32 - PLACE_BITS), mixed & (PLACES - 1)]
}

function combine(clues: readonly Clue[]): number {
  if (clues.length === 0) return 0
  let ham = 0
  let spam = 0
  for (const { probability } of clues) {
    spam += Math.log(probability)
    ham += Math.log(1 - probability)
  }
  return lnChiSquareTail(-2 * spam, clues.length) - lnChiSquareTail(-2 * ham, clues.length)
}

/** The logarithm of the chance that a chi-square with 2n degrees of freedom is as large as x, which may be in the thousands. */
function lnChiSquareTail(x: number, n: number): number {
  const half = x / 2
  let term = -half
  let largest = term
  const terms = [term]
  for (let i = 1; i < n; i++) {
    term += Math.log(half / i)
    terms.push(term)
    if (term > largest) largest = term
  }
  let sum = 0
  for (const one of terms) sum += Math.exp(one - largest)
  return Math.min(0, largest + Math.log(sum))
}
