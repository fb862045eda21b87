/**
 * What judging costs beside reading: the rules, both models and the shipped one on a message of 40 KB, and one lesson, each
 * against a bare postal-mime parse of the same message, in one run.
 */
import PostalMime from 'postal-mime'
import { expect, it } from 'vitest'
import { parseMessage } from '../../src/mime/parse.ts'
import { featuresOf } from '../../src/spam/learned/features.ts'
import { emptyLearned, learn, openLearned, sealLearned } from '../../src/spam/learned/learned.ts'
import { scoreMessage } from '../../src/spam/score.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import { teach } from '../spam/learned/mailbag.ts'

/** Bars as multiples of the parse. */
const SCORE_MAX = 2.5
const LESSON_MAX = 6
const ROUNDS = 5
const REPEATS = 40

const WORDS =
  'figures harbour town quarter nobody looked closely went again while small our the of and up at them'.split(' ')

/** A newsletter of 40 KB: a short text, and HTML with a hundred rows and links. */
function newsletter(): Uint8Array {
  const prose = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => WORDS[(from * 7 + i * 5 + ((i * i) % 7)) % WORDS.length]).join(' ')
  const rows = Array.from(
    { length: 120 },
    (_, i) =>
      `<tr><td style="color:#333;font-size:14px"><p>${prose(i, 38)}</p><a href="https://news.example/${i}">more</a></td></tr>`,
  )
  const part = (type: string, body: string) => `--b\r\nContent-Type: ${type}; charset=utf-8\r\n\r\n${body}\r\n`
  const head =
    'Received: from mx.news.example by here.example; Sun, 01 Mar 2026 11:59:00 +0000\r\nFrom: News <letter@news.example>\r\nTo: demo@postern.test\r\nSubject: The figures\r\nDate: Sun, 01 Mar 2026 11:59:00 +0000\r\nMessage-ID: <1@news.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n'
  return new TextEncoder().encode(
    `${head}${part('text/plain', prose(1, 500))}${part('text/html', `<html><body><table>${rows.join('\r\n')}</table></body></html>`)}--b--\r\n`,
  )
}

/** CPU microseconds of one call: the best round of some, the first of which warms up. */
async function cpuOf(work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < REPEATS; i++) await work()
    const { user, system } = process.cpuUsage(before)
    if (round > 0) best = Math.min(best, (user + system) / REPEATS)
  }
  return best
}

it('judges a message, and learns one, for a few times what reading it costs', async () => {
  const bytes = newsletter()
  const message = await parseMessage(bytes)
  const row = sealLearned(await teach(emptyLearned(), { ham: 60, spam: 60 }))
  const envelope = { from: 'letter@news.example', to: 'demo@postern.test' }
  const bare = await cpuOf(() => new PostalMime().parse(bytes))
  const score = await cpuOf(() => {
    const learned = openLearned({ ...row, buffer: '' })
    // A message of its own each time: what was read of one before is remembered.
    return scoreMessage({
      message: { ...message },
      verdict: UNKNOWN_VERDICT,
      envelope,
      nowMs: 1_772_366_400_000,
      lists: [],
      learned,
    })
  })
  const lesson = await cpuOf(() => {
    const learned = openLearned(row)
    learn(learned, { id: 1, as: 'ham', kind: 'report', features: featuresOf({ ...message }) })
    return sealLearned(learned)
  })
  const each = (us: number) => `${us.toFixed(0)} us (${(us / bare).toFixed(2)})`
  console.log(
    `CPU for ${(bytes.length / 1000).toFixed(0)} KB: postal-mime ${bare.toFixed(0)} us, opening the model and scoring ${each(score)}, one lesson with its row ${each(lesson)}; bars ${SCORE_MAX} and ${LESSON_MAX} times the parse`,
  )
  expect(score / bare).toBeLessThanOrEqual(SCORE_MAX)
  expect(lesson / bare).toBeLessThanOrEqual(LESSON_MAX)
})
