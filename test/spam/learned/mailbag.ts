/** Mail to learn from, made of the words of two worlds: a fruit grower's letters, and a pill seller's. */
import type { ParsedMessage } from '../../../src/mime/message.ts'
import { parseMessage } from '../../../src/mime/parse.ts'
import { featuresOf } from '../../../src/spam/learned/features.ts'
import type { Learned, Lesson, Opinion } from '../../../src/spam/learned/learned.ts'
import { learn } from '../../../src/spam/learned/learned.ts'

const ORCHARD =
  'quince pear orchard pruning ladder harvest blossom frost grafting rootstock basket cider press meadow beehive'.split(
    ' ',
  )
const PILLS =
  'pills discount pharmacy cheapest order potency shipping doctor guarantee refill bottle dose miracle offer save'.split(
    ' ',
  )
const COMMON = 'we the you and for with this that have will today now please your from about'.split(' ')

/** The n-th letter of its kind, of the n-th hour: the same each time, and unlike its neighbours. */
export function letter(as: Opinion, n: number): string {
  const words = as === 'ham' ? ORCHARD : PILLS
  const pick = (from: string[], i: number) => from[(n * 7 + i * 13 + ((n * i) % 11)) % from.length]
  const text = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? pick(words, i) : pick(COMMON, i))).join(' ')
  const date = new Date(Date.UTC(2026, 2, 1) + n * 3_600_000).toUTCString().replace('GMT', '+0000')
  const host = as === 'ham' ? 'growers.example' : `deal${n}.example`
  return [
    `Received: from mx.${host} (mx.${host} [192.0.2.${n % 250}]) by here.example; ${date}`,
    `From: ${pick(words, 1)} <${as === 'ham' ? `member${n % 5}` : `x${n}`}@${host}>`,
    'To: me@here.example',
    `Subject: ${pick(words, 2)} ${pick(COMMON, 3)} ${pick(words, 4)}`,
    `Message-ID: <${n}@${host}>`,
    `Date: ${date}`,
    '',
    text,
    '',
  ].join('\r\n')
}

export function parsed(raw: string): Promise<ParsedMessage> {
  return parseMessage(new TextEncoder().encode(raw))
}

export async function lesson(as: Opinion, n: number, over: Partial<Lesson> = {}): Promise<Lesson> {
  return { id: n, as, kind: 'report', features: featuresOf(await parsed(letter(as, n))), ...over }
}

/** Teaches so many of each, in turn. */
export async function teach(learned: Learned, counts: { ham: number; spam: number }): Promise<Learned> {
  for (let n = 0; n < Math.max(counts.ham, counts.spam); n++) {
    if (n < counts.ham) learn(learned, await lesson('ham', n))
    if (n < counts.spam) learn(learned, await lesson('spam', 1_000 + n))
  }
  return learned
}
