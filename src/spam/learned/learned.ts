/**
 * What one account has taught its filter: the weights of character sequences, the counts of words, the examples that are
 * met again. One row of the database (junk/ keeps it); everything here is pure.
 *
 *   lesson -> both models learn it -> some kept examples are gone over again -> it is kept itself
 *
 * Invariants:
 *  - The same lessons in the same order give the same model: what looks like chance is drawn from the lesson.
 *  - A row that cannot be read is an empty model. It is no reason to lose mail.
 *  - The salt, by which sequences and words fall into places, comes from the account's first lesson: nobody else knows which that was.
 */
import { Buffer } from 'node:buffer'
import { type Counts, countWords, PLACES } from './bayes.ts'
import { EXAMPLES_MAX, type Example, keep, openBuffer, sealBuffer } from './buffer.ts'
import type { Features } from './features.ts'
import { mix } from './grams.ts'
import { BUCKETS, bucketsOf, step } from './logistic.ts'

export type Opinion = 'spam' | 'ham'

/** As the database holds it: numbers of examples, and text. `buffer` may be '' where a model is only asked. */
export type LearnedRow = { ham: number; spam: number; weights: string; counts: string; buffer: string; stats: string }

/** How often the filter had been right about what people then reported. */
export type Corrections = { ham: number; hamLost: number; spam: number; spamMissed: number }

export type Learned = {
  salt: number
  weights: Int16Array
  counts: Counts
  buffer: Example[]
  corrections: Corrections
}

export type Lesson = {
  /** The message's id; 0 for one that is not stored. */
  id: number
  as: Opinion
  /** A person's own word, what their doing tells, or one of many at once. */
  kind: 'report' | 'implicit' | 'bulk'
  features: Features
  /** What the filter had said of it, for a report. */
  judged?: 'inbox' | 'junk' | null
}

/** How far one lesson moves the weights, by how sure it is meant. */
const RATES: Readonly<Record<Lesson['kind'], number>> = { report: 2, bulk: 2, implicit: 1 }
/** Kept examples that are gone over again with each lesson, of both opinions in turn. */
const REPLAYED = 8
/** Below this many of either opinion a model says nothing. */
export const EXAMPLES_MIN = 5

export function emptyLearned(): Learned {
  return {
    salt: 0,
    weights: new Int16Array(BUCKETS),
    counts: { ham: new Uint8Array(PLACES), spam: new Uint8Array(PLACES), hamN: 0, spamN: 0 },
    buffer: [],
    corrections: { ham: 0, hamLost: 0, spam: 0, spamMissed: 0 },
  }
}

export function isActive({ counts }: Learned): boolean {
  return counts.hamN >= EXAMPLES_MIN && counts.spamN >= EXAMPLES_MIN
}

/** Whether mail that its owner kept should be taken for ham: people report spam, and seldom say what is none. */
export function isShortOfHam({ counts }: { counts: Pick<Counts, 'hamN' | 'spamN'> }): boolean {
  return counts.spamN > 0 && counts.hamN < counts.spamN + EXAMPLES_MIN
}

export function learn(learned: Learned, lesson: Lesson): void {
  const { features, as } = lesson
  const isSpam = as === 'spam'
  if (learned.salt === 0) learned.salt = saltFrom(features)
  const buckets = bucketsOf(features.grams, learned.salt)
  const dice = diceOf(features)
  if (lesson.kind === 'report' && lesson.judged) noteCorrection(learned.corrections, as, lesson.judged, 1)
  step(learned.weights, buckets, isSpam, RATES[lesson.kind])
  replay(learned, dice ^ (learned.counts.hamN + learned.counts.spamN))
  keep(learned.buffer, { id: lesson.id, isSpam, buckets }, mix(dice + learned.counts.hamN + learned.counts.spamN))
  countWords(learned.counts, features.words, isSpam, 1, learned.salt, dice)
}

/**
 * Takes a lesson back: its words' counts, its place among the examples, and what it told of the filter. Weights only move on by
 * what is taught next.
 */
export function unlearn(learned: Learned, { id, as, kind, features, judged }: Lesson): void {
  const isSpam = as === 'spam'
  if (learned.salt === 0 || (isSpam ? learned.counts.spamN : learned.counts.hamN) === 0) return
  if (kind === 'report' && judged) noteCorrection(learned.corrections, as, judged, -1)
  if (id !== 0) learned.buffer = learned.buffer.filter((one) => one.id !== id)
  countWords(learned.counts, features.words, isSpam, -1, learned.salt, diceOf(features))
}

/** A model from its row; an empty one where there is none, or none that can be read. */
export function openLearned(row: LearnedRow | null): Learned {
  const learned = emptyLearned()
  if (!row) return learned
  const weights = Buffer.from(row.weights, 'base64')
  const counts = Buffer.from(row.counts, 'base64')
  const stats = readStats(row.stats)
  if (weights.length !== BUCKETS * 2 || counts.length !== PLACES * 2 || !stats) return learned
  // Copied: a view into the pool of buffers may not be aligned.
  learned.weights = new Int16Array(new Uint8Array(weights).buffer)
  learned.counts = {
    ham: new Uint8Array(counts.subarray(0, PLACES)),
    spam: new Uint8Array(counts.subarray(PLACES)),
    hamN: wholeNumber(row.ham),
    spamN: wholeNumber(row.spam),
  }
  return { ...learned, ...stats, buffer: openBuffer(row.buffer) }
}

export function sealLearned(learned: Learned): LearnedRow {
  const { weights, counts, buffer, salt, corrections } = learned
  return {
    ham: counts.hamN,
    spam: counts.spamN,
    weights: Buffer.from(weights.buffer).toString('base64'),
    counts: Buffer.concat([counts.ham, counts.spam]).toString('base64'),
    buffer: sealBuffer(buffer),
    stats: JSON.stringify({ salt, corrections }),
  }
}

// From the buffer's halves in turn, so that neither opinion is gone over more often than the other.
function replay(learned: Learned, seed: number): void {
  const halves = [true, false].map((isSpam) => learned.buffer.filter((one) => one.isSpam === isSpam))
  let dice = mix(seed)
  for (let i = 0; i < REPLAYED; i++) {
    const half = halves[i % 2] as Example[]
    dice = mix(dice + 0x9e3779b9)
    const example = half[dice % Math.max(1, Math.min(half.length, EXAMPLES_MAX))]
    if (example) step(learned.weights, example.buckets, example.isSpam, RATES.report)
  }
}

function noteCorrection(corrections: Corrections, as: Opinion, judged: 'inbox' | 'junk', by: 1 | -1): void {
  const count = (name: keyof Corrections) => {
    corrections[name] = Math.max(0, corrections[name] + by)
  }
  count(as)
  if (as === 'ham' && judged === 'junk') count('hamLost')
  if (as === 'spam' && judged === 'inbox') count('spamMissed')
}

function saltFrom(features: Features): number {
  return diceOf(features) || 1
}

/** A number that belongs to the message, whatever comes before and after it. */
function diceOf({ grams, words }: Features): number {
  let hash = grams.length
  for (const gram of grams) hash = Math.imul(hash ^ gram, 0x01000193)
  for (const word of words.keys()) hash = Math.imul(hash ^ word, 0x01000193)
  return mix(hash)
}

function readStats(text: string): { salt: number; corrections: Corrections } | null {
  try {
    const { salt, corrections = {} } = JSON.parse(text) as { salt?: unknown; corrections?: Record<string, unknown> }
    const number = (name: keyof Corrections) => wholeNumber(corrections[name])
    return {
      salt: wholeNumber(salt),
      corrections: {
        ham: number('ham'),
        hamLost: number('hamLost'),
        spam: number('spam'),
        spamMissed: number('spamMissed'),
      },
    }
  } catch {
    return null
  }
}

function wholeNumber(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}
