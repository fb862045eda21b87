/**
 * The model that comes with the server, for accounts that have taught nothing yet: the same hashed character sequences as an
 * account's own, over what a message says. CARD.md tells what it was trained on and how it measures.
 *
 * It knows old spam, and takes much honest mail of today for it: so it speaks only where it is very sure, only against a
 * message, never louder than one oddity among others, and less the more its account has taught. Anybody can read its weights,
 * so it could be talked into anything that it may say for one.
 */
import { Buffer } from 'node:buffer'
import type { ParsedMessage } from '../../mime/message.ts'
import { GRAM_LENGTH, gramAt, mix } from '../learned/grams.ts'
import { contentText } from './content.ts'
import { WEIGHTS } from './weights.ts'

const BUCKET_BITS = 16
export const SHIPPED_BUCKETS = 1 << BUCKET_BITS
/** A weight of one, as it is stored. */
export const SHIPPED_UNIT = 64
/** Logits from which on it speaks, and at which it has said all. */
const LOGIT_MIN = 1.9
const LOGIT_FULL = 3
/** Sequences from which on it says all that it may: of a line or two, a name and a subject decide, and chance with them. */
const BUCKETS_FULL = 200
/** Examples of an account at which half is said. */
const HALF_EXAMPLES = 100

let weights: Int8Array | null = null

/** How surely it is spam, 0 to 1. `examples` is how many the account has taught. */
export function shippedOpinion(message: ParsedMessage, examples: number): number {
  weights ??= new Int8Array(Buffer.from(WEIGHTS, 'base64'))
  const buckets = shippedBuckets(message)
  const logit = shippedLogit(weights, buckets)
  const sure = Math.max(0, Math.min(1, (logit - LOGIT_MIN) / (LOGIT_FULL - LOGIT_MIN)))
  const read = Math.min(1, buckets.length / BUCKETS_FULL)
  return (read * sure * HALF_EXAMPLES) / (HALF_EXAMPLES + examples)
}

/** The distinct buckets of a message, in no order. */
export function shippedBuckets(message: ParsedMessage): Uint16Array {
  const text = contentText(message)
  const marks = new Uint8Array(SHIPPED_BUCKETS)
  const buckets = new Uint16Array(text.length)
  let count = 0
  for (let at = 0; at + GRAM_LENGTH <= text.length; at++) {
    const bucket = mix(gramAt(text, at)) >>> (32 - BUCKET_BITS)
    if (marks[bucket] === 1) continue
    marks[bucket] = 1
    buckets[count++] = bucket
  }
  return buckets.subarray(0, count)
}

/** Also for the trainer, whose weights are not rounded yet. `unit` is a weight of one. */
export function shippedLogit(from: ArrayLike<number>, buckets: Uint16Array, unit: number = SHIPPED_UNIT): number {
  if (buckets.length === 0) return 0
  let sum = 0
  for (let i = 0; i < buckets.length; i++) sum += from[buckets[i] as number] as number
  return sum / unit / Math.sqrt(buckets.length)
}
