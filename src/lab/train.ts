#!/usr/bin/env node
/**
 * `npm run spam:train -- LIST [LIST ...] [--out FILE]`: trains the shipped model on lists of labelled mail, and writes
 * src/spam/shipped/weights.ts, or FILE. The lists' mail is not kept; src/spam/shipped/CARD.md says what it was, and is written by hand.
 *
 * Both opinions weigh the same, whatever their numbers: otherwise the commoner one becomes what is assumed of the unknown.
 */
import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseMessage } from '../mime/parse.ts'
import { SHIPPED_BUCKETS, SHIPPED_UNIT, shippedBuckets, shippedLogit } from '../spam/shipped/shipped.ts'
import { readMailList, shuffled } from './mail-list.ts'

const PASSES = 2
const RATE = 1
/** An example that is judged as right as this teaches nothing more. */
const ERROR_MIN = 0.1
const TARGET = join(import.meta.dirname, '../spam/shipped/weights.ts')

type Example = { isSpam: boolean; buckets: Uint16Array }

const { values, positionals: lists } = parseArgs({
  options: { out: { type: 'string', default: TARGET } },
  allowPositionals: true,
})
if (lists.length === 0) {
  console.error('usage: npm run spam:train -- LIST [LIST ...] [--out FILE]   (lines of path<TAB>ham|spam)')
  process.exit(2)
}

const examples: Example[] = []
for (const mail of lists.flatMap(readMailList)) {
  const message = await parseMessage(mail.bytes())
  examples.push({ isSpam: mail.label === 'spam', buckets: shippedBuckets(message) })
}
const hams = examples.filter(({ isSpam }) => !isSpam).length
const rates = { ham: rateOf(hams), spam: rateOf(examples.length - hams) }
const weights = new Float32Array(SHIPPED_BUCKETS)
for (let pass = 1; pass <= PASSES; pass++) for (const example of shuffled(examples, pass)) step(example)
const rounded = Int8Array.from(weights, (weight) => Math.max(-127, Math.min(127, Math.round(weight * SHIPPED_UNIT))))
writeFileSync(values.out, sourceOf(Buffer.from(rounded.buffer).toString('base64')))
console.log(`trained on ${hams} ham and ${examples.length - hams} spam; ${wrong()} of them judged wrong`)

function rateOf(count: number): number {
  return (RATE * examples.length) / 2 / Math.max(1, count)
}

function step({ isSpam, buckets }: Example): void {
  if (buckets.length === 0) return
  const error = (isSpam ? 1 : 0) - 1 / (1 + Math.exp(-shippedLogit(weights, buckets, 1)))
  if (Math.abs(error) <= ERROR_MIN) return
  const delta = ((isSpam ? rates.spam : rates.ham) * error) / Math.sqrt(buckets.length)
  for (const bucket of buckets) weights[bucket] = (weights[bucket] as number) + delta
}

function wrong(): number {
  return examples.filter(({ isSpam, buckets }) => shippedLogit(rounded, buckets) > 0 !== isSpam).length
}

function sourceOf(text: string): string {
  const head =
    '/** Written by `npm run spam:train`: the shipped model, one signed byte a bucket. CARD.md tells what it learned from. */'
  return `${head}\nexport const WEIGHTS =\n  '${text}'\n`
}
