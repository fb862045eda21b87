/**
 * What an account's models say of a message, as a share of the most that they may say.
 *
 * The most is held back while there are few examples: a model that has seen a hundred spams and six honest messages takes
 * whatever is new for spam. So what speaks for spam counts by the honest examples, and what speaks for a message by the spam; and
 * the middle, between what is called spam and what is not, lies further towards spam the less that is honest was shown.
 */
import { type Clue, type Counts, judgeWords } from './bayes.ts'
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
const HALF_TRUST = 2
/** How fast either comes near the most it may say: by the logit, and by the logarithm of the evidence. */
const LOGIT_SLOPE = 1.2
const EVIDENCE_SLOPE = 0.4
/** Evidence that is as good as none: a word or two. */
const EVIDENCE_UNIT = 3
/** How much a model leans to spam for each doubling by which spam outnumbers ham among its examples, as a logit. */
const LEAN = 0.3
/** A flood of reports must not make it blind either. */
const LEAN_MAX = 1
/**
 * How far mail of a kind that was never shown to a model lies on the side of spam, as a logit, and the ham at which half of it
 * is left: what is honest and new looks like spam to a model that has seen little that is honest.
 */
const NEWNESS = 0.8
const NEWNESS_HALF = 200
/** Clues that are shown. */
const CLUES_MAX = 12

const SILENT: LearnedOpinion = { sequences: 0, words: 0, clues: [] }

export function opinionOf(learned: Learned | null, features: Features | null): LearnedOpinion {
  if (!learned || !features || !isActive(learned)) return SILENT
  const { weights, counts, salt } = learned
  const logit = logitOf(weights, bucketsOf(features.grams, salt)) - leanOf(counts) - newnessOf(counts)
  const { evidence, clues } = judgeWords(counts, features.words, salt)
  const trusted = (towardsSpam: number) => towardsSpam * trustOf(towardsSpam > 0 ? counts.hamN : counts.spamN)
  return {
    sequences: trusted(Math.tanh(logit * LOGIT_SLOPE)),
    words: trusted(Math.tanh(compressed(evidence) * EVIDENCE_SLOPE)),
    clues: clues.slice(0, CLUES_MAX),
  }
}

function trustOf(examples: number): number {
  return examples < EXAMPLES_MIN ? 0 : examples / (examples + HALF_TRUST)
}

/** A model that was shown much more spam than ham takes what is new for spam. */
function leanOf({ hamN, spamN }: Counts): number {
  return Math.min(LEAN_MAX, LEAN * Math.max(0, Math.log2((spamN + 1) / (hamN + 1))))
}

function newnessOf({ hamN }: Counts): number {
  return (NEWNESS * NEWNESS_HALF) / (NEWNESS_HALF + hamN)
}

/** Likelihoods of independent words pile up into numbers that nobody should believe as they are. */
function compressed(evidence: number): number {
  return Math.sign(evidence) * Math.log1p(Math.abs(evidence) / EVIDENCE_UNIT)
}
