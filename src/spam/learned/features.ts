/** What learning takes of one message, and all that it keeps in mind while it does. */
import type { ParsedMessage } from '../../mime/message.ts'
import { gramsOf } from './grams.ts'
import { learnedText } from './text.ts'
import { wordsOf } from './words.ts'

export type Features = {
  /** Hashes of distinct character sequences (grams.ts). */
  grams: Uint32Array
  /** Distinct words by their hash (words.ts). */
  words: ReadonlyMap<number, string>
}

export function featuresOf(message: ParsedMessage): Features {
  return { grams: gramsOf(learnedText(message)), words: wordsOf(message) }
}
