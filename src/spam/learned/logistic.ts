/**
 * Logistic regression over hashed character sequences, learned one example at a time: the part of the account's filter that
 * ranks best, and cannot say why.
 *
 * Weights are integers of 1/1024, so that a model is 32 KB and every machine learns the same.
 */
import { mix } from './grams.ts'

const BUCKET_BITS = 14
export const BUCKETS = 1 << BUCKET_BITS
const UNIT = 1_024
const WEIGHT_MAX = 32_767
/** An example that is judged as right as this teaches nothing more (the error of its probability). */
const ERROR_MIN = 0.1

/** The distinct buckets of a message, ascending. The salt is the account's: a stranger cannot know what falls together. */
export function bucketsOf(grams: Uint32Array, salt: number): Uint16Array {
  const marks = new Uint8Array(BUCKETS)
  let count = 0
  for (let i = 0; i < grams.length; i++) {
    const bucket = mix((grams[i] as number) ^ salt) >>> (32 - BUCKET_BITS)
    count += 1 - (marks[bucket] as number)
    marks[bucket] = 1
  }
  const buckets = new Uint16Array(count)
  for (let bucket = 0, at = 0; at < count; bucket++) if (marks[bucket] === 1) buckets[at++] = bucket
  return buckets
}

/** The logit of "this is spam": 0 where nothing is known. */
export function logitOf(weights: Int16Array, buckets: Uint16Array): number {
  if (buckets.length === 0) return 0
  let sum = 0
  for (let i = 0; i < buckets.length; i++) sum += weights[buckets[i] as number] as number
  return sum / UNIT / Math.sqrt(buckets.length)
}

/** One step towards the label, the larger the further the model was off. */
export function step(weights: Int16Array, buckets: Uint16Array, isSpam: boolean, rate: number): void {
  if (buckets.length === 0) return
  const probability = 1 / (1 + Math.exp(-logitOf(weights, buckets)))
  const error = (isSpam ? 1 : 0) - probability
  if (Math.abs(error) <= ERROR_MIN) return
  const delta = Math.round((rate * error * UNIT) / Math.sqrt(buckets.length))
  for (let i = 0; i < buckets.length; i++) {
    const bucket = buckets[i] as number
    weights[bucket] = Math.max(-WEIGHT_MAX, Math.min(WEIGHT_MAX, (weights[bucket] as number) + delta))
  }
}
