/** What a stranger, or a person in error, may try on what is learned: each bounded in the harm that it does. */
import { describe, expect, it } from 'vitest'
import { featuresOf } from '../../../src/spam/learned/features.ts'
import { emptyLearned, learn } from '../../../src/spam/learned/learned.ts'
import { bucketsOf } from '../../../src/spam/learned/logistic.ts'
import { opinionOf } from '../../../src/spam/learned/opinion.ts'
import { scoreMessage } from '../../../src/spam/score.ts'
import { WORTH } from '../../../src/spam/worth.ts'
import { UNKNOWN_VERDICT } from '../../../src/verify/trusted-block.ts'
import { lesson, letter, parsed, teach } from './mailbag.ts'

const SPAM = letter('spam', 500)
const HAM_TEXT = letter('ham', 501).split('\r\n\r\n')[1] as string

const opinion = async (learned: Parameters<typeof opinionOf>[0], raw: string) =>
  opinionOf(learned, featuresOf(await parsed(raw)))

const html = (raw: string, body: string) =>
  raw.replace('\r\n\r\n', '\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n').replace(/<\/?p>|$/, () => body)

describe('attacks on what is learned', () => {
  it('a salad of honest words behind the text changes nothing that is read', async () => {
    const learned = await teach(emptyLearned(), { ham: 30, spam: 30 })
    const padded = SPAM + 'dear friend '.repeat(500) + `${HAM_TEXT} `.repeat(50)
    const plain = await opinion(learned, SPAM + 'dear friend '.repeat(500))
    expect(await opinion(learned, padded)).toEqual(plain)
  })

  it('a salad among the text is one opinion among others, and can take back no more than that', async () => {
    const learned = await teach(emptyLearned(), { ham: 30, spam: 30 })
    const message = await parsed(`${SPAM}${HAM_TEXT} ${HAM_TEXT}`)
    const input = {
      message,
      verdict: UNKNOWN_VERDICT,
      envelope: { from: 'x@y.example', to: 'me@here.example' },
      nowMs: 0,
      lists: [],
    }
    const lowered = scoreMessage(input).score - scoreMessage({ ...input, learned }).score
    expect(lowered).toBeLessThanOrEqual(-WORTH.LEARNED_HAM.points - WORTH.WORDS_HAM.points)
  })

  it.each(['display:none', 'visibility:hidden'])('honest text that is hidden by %s is not read', async (style) => {
    const learned = await teach(emptyLearned(), { ham: 30, spam: 30 })
    const words = async (body: string) => [...featuresOf(await parsed(html(SPAM, body))).words.values()]
    expect(await words(`<div style="${style}">grafting rootstock beehive</div>`)).toEqual(await words(''))
    expect((await opinion(learned, html(SPAM, `<div style="${style}">${HAM_TEXT}</div>`))).words).toBeGreaterThan(0)
  })

  it('a flood of distinct words is cut to what a message may have', async () => {
    const flood = Array.from({ length: 200_000 }, (_, i) => `w${i.toString(36)}`).join(' ')
    const { grams, words } = featuresOf(await parsed(SPAM + flood))
    expect(words.size).toBeLessThanOrEqual(600)
    expect(grams.length).toBeLessThanOrEqual(8_000)
  })

  it('what falls together in one account does not in another: nobody can aim at a place', async () => {
    const { grams } = featuresOf(await parsed(SPAM))
    const [one, other] = [
      await teach(emptyLearned(), { ham: 1, spam: 0 }),
      await teach(emptyLearned(), { ham: 0, spam: 1 }),
    ]
    expect(one.salt).not.toBe(other.salt)
    expect([...bucketsOf(grams, one.salt)]).not.toEqual([...bucketsOf(grams, other.salt)])
  })

  it('a hundred reports of spam and a handful of ham do not send new ham to Junk', async () => {
    const learned = await teach(emptyLearned(), { ham: 6, spam: 100 })
    for (let n = 500; n < 520; n++) {
      const { sequences, words } = await opinion(learned, letter('ham', n))
      expect(sequences * WORTH.LEARNED_SPAM.points + words * WORTH.WORDS_SPAM.points).toBeLessThan(2)
    }
  })

  it('the same report a thousand times leaves the rest of the mail where it was', async () => {
    const learned = await teach(emptyLearned(), { ham: 60, spam: 60 })
    const again = await lesson('spam', 900)
    for (let i = 0; i < 1_000; i++) learn(learned, again)
    for (let n = 500; n < 510; n++) {
      const { sequences, words } = await opinion(learned, letter('ham', n))
      expect(sequences * WORTH.LEARNED_SPAM.points + words * WORTH.WORDS_SPAM.points).toBeLessThan(2)
    }
    const spam = await opinion(learned, SPAM)
    expect(spam.sequences * WORTH.LEARNED_SPAM.points + spam.words * WORTH.WORDS_SPAM.points).toBeGreaterThan(0.5)
  })

  it('one label in twenty that is wrong does not turn the filter over', async () => {
    const learned = emptyLearned()
    for (let n = 0; n < 200; n++) {
      const as = n % 2 === 0 ? 'ham' : 'spam'
      const isWrong = n % 20 === 7
      learn(learned, { ...(await lesson(as, n)), ...(isWrong ? { as: as === 'ham' ? 'spam' : 'ham' } : {}) })
    }
    for (let n = 500; n < 520; n++) {
      const [ham, spam] = [await opinion(learned, letter('ham', n)), await opinion(learned, letter('spam', n))]
      expect(spam.sequences + spam.words - ham.sequences - ham.words).toBeGreaterThan(0.5)
    }
  })
})
