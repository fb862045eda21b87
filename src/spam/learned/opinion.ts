/**
 * What an account's models say of a message, as a share of the most that they may say.
 *
 * The most is held back while there are few examples: a model that has seen a hundred spams and six honest messages takes
 * whatever is new for spam. So what speaks for spam counts by the honest examples, and what speaks for a message by the spam.
 */
import { type Clue, judgeWords } from './bayes.ts'
import type { Features } from './features.ts'
import { EXAMPLES_MIN, isActive, type Learned } from './learned.ts'
import { bucketsOf, logitOf } from './logistic.ts'

export type LearnedOpinion = {
  /** Of the sequences and of the words, each from -1 (surely ham) to 1 (surely spam); 0 where the models are silent. */
  sequences: number
  words: number
  /** The words that decided, the strongest first; told whatever is counted. */
  clues: Clue[]
}

/** Examples of one opinion with which half of the most is said of the other. */
const HALF_TRUST = 12
/** Logits at which nothing, and at which all is said. Ham is given the benefit of the doubt: zero lies above the middle. */
const LOGIT_ZERO = 0.2
const LOGIT_FULL = 1.2
/** Evidence of the words, in logarithms of a likelihood, at which all is said. */
const EVIDENCE_FULL = 40
/** Clues that are shown. */
const CLUES_MAX = 12

const SILENT: LearnedOpinion = { sequences: 0, words: 0, clues: [] }

export function opinionOf(learned: Learned | null, features: Features | null): LearnedOpinion {
  if (!learned || !features || !isActive(learned)) return SILENT
  const { weights, counts, salt } = learned
  const logit = logitOf(weights, bucketsOf(features.grams, salt)) - LOGIT_ZERO
  const { evidence, clues } = judgeWords(counts, features.words, salt)
  const trusted = (towardsSpam: number) =>
    towardsSpam > 0 ? towardsSpam * trustOf(counts.hamN) : towardsSpam * trustOf(counts.spamN)
  return {
    sequences: trusted(clamp(logit / LOGIT_FULL)),
    words: trusted(clamp(evidence / EVIDENCE_FULL)),
    clues: clues.slice(0, CLUES_MAX),
  }
}

function trustOf(examples: number): number {
  return examples < EXAMPLES_MIN ? 0 : examples / (examples + HALF_TRUST)
}

function clamp(share: number): number {
  return Math.max(-1, Math.min(1, share))
}
