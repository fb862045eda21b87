import { describe, expect, it } from 'vitest'
import { featuresOf } from '../../../src/spam/learned/features.ts'
import {
  emptyLearned,
  isActive,
  isShortOfHam,
  type Learned,
  learn,
  openLearned,
  sealLearned,
  unlearn,
} from '../../../src/spam/learned/learned.ts'
import { opinionOf } from '../../../src/spam/learned/opinion.ts'
import { lesson, letter, parsed, teach } from './mailbag.ts'

const opinion = async (learned: Learned, raw: string) => opinionOf(learned, featuresOf(await parsed(raw)))
const NEW_HAM = letter('ham', 500)
const NEW_SPAM = letter('spam', 500)

describe('what an account has learned', () => {
  it('says nothing before five examples of each', async () => {
    const learned = await teach(emptyLearned(), { ham: 4, spam: 50 })
    expect(isActive(learned)).toBe(false)
    expect(await opinion(learned, NEW_SPAM)).toEqual({ sequences: 0, words: 0, clues: [] })
    learn(learned, await lesson('ham', 90))
    expect(isActive(learned)).toBe(true)
  })

  it('tells new mail of both kinds apart, and says by which words', async () => {
    const learned = await teach(emptyLearned(), { ham: 20, spam: 20 })
    const [ham, spam] = [await opinion(learned, NEW_HAM), await opinion(learned, NEW_SPAM)]
    expect(ham.sequences).toBeLessThan(-0.3)
    expect(ham.words).toBeLessThan(-0.3)
    expect(spam.sequences).toBeGreaterThan(0.3)
    expect(spam.words).toBeGreaterThan(0.3)
    const speaking = spam.clues.filter(({ probability }) => probability > 0.9).map(({ word }) => word)
    expect(speaking.some((word) => /pills|pharmacy|dose|bottle|discount|cheapest|refill/.test(word))).toBe(true)
  })

  it('is the same after the same lessons, and after a night in the database', async () => {
    const [one, other] = [
      await teach(emptyLearned(), { ham: 8, spam: 8 }),
      await teach(emptyLearned(), { ham: 8, spam: 8 }),
    ]
    expect(sealLearned(one)).toEqual(sealLearned(other))
    const opened = openLearned(sealLearned(one))
    expect(sealLearned(opened)).toEqual(sealLearned(one))
    learn(opened, await lesson('spam', 77))
    learn(one, await lesson('spam', 77))
    expect(sealLearned(opened)).toEqual(sealLearned(one))
  })

  it('can be asked without its examples', async () => {
    const row = sealLearned(await teach(emptyLearned(), { ham: 8, spam: 8 }))
    const [whole, bare] = [openLearned(row), openLearned({ ...row, buffer: '' })]
    expect(await opinion(bare, NEW_SPAM)).toEqual(await opinion(whole, NEW_SPAM))
  })

  it.each([
    ['weights cut short', { weights: 'AAAA' }],
    ['counts cut short', { counts: '' }],
    ['stats that are no JSON', { stats: '{' }],
    ['stats that are null', { stats: 'null' }],
  ])('is empty where its row has %s', async (_name, damage) => {
    const row = { ...sealLearned(await teach(emptyLearned(), { ham: 8, spam: 8 })), ...damage }
    expect(sealLearned(openLearned(row))).toEqual(sealLearned(emptyLearned()))
  })

  it.each(['{', '[1, null, "x"]', '[[1, 0, "/////w=="]]', '{"0": 1}'])('leaves out examples that read %s', (buffer) => {
    expect(openLearned({ ...sealLearned(emptyLearned()), buffer }).buffer).toEqual([])
  })

  it('takes a lesson back: the words are as they were, and the example is gone', async () => {
    const learned = await teach(emptyLearned(), { ham: 12, spam: 12 })
    const before = sealLearned(learned)
    const wrong = await lesson('spam', 600)
    learn(learned, wrong)
    expect(sealLearned(learned).counts).not.toBe(before.counts)
    unlearn(learned, wrong)
    const after = sealLearned(learned)
    expect({ ham: after.ham, spam: after.spam, counts: after.counts }).toEqual({
      ham: before.ham,
      spam: before.spam,
      counts: before.counts,
    })
    expect(learned.buffer.some(({ id }) => id === 600)).toBe(false)
  })

  it('takes back nothing that it was never taught', async () => {
    const learned = emptyLearned()
    unlearn(learned, await lesson('spam', 1))
    expect(sealLearned(learned)).toEqual(sealLearned(emptyLearned()))
  })

  it('learns the opposite of what it was told wrongly', async () => {
    const learned = await teach(emptyLearned(), { ham: 10, spam: 10 })
    const said = await lesson('ham', 700)
    const wrongly = { ...said, as: 'spam' as const }
    learn(learned, wrongly)
    unlearn(learned, wrongly)
    learn(learned, said)
    expect((await opinion(learned, letter('ham', 700))).words).toBeLessThan(-0.3)
    expect((await opinion(learned, letter('ham', 700))).sequences).toBeLessThan(-0.3)
  })

  it('counts how often the filter had been right', async () => {
    const learned = emptyLearned()
    learn(learned, await lesson('spam', 1, { judged: 'inbox' }))
    learn(learned, await lesson('spam', 2, { judged: 'junk' }))
    learn(learned, await lesson('ham', 3, { judged: 'junk' }))
    learn(learned, await lesson('ham', 4, { kind: 'implicit', judged: 'inbox' }))
    expect(learned.corrections).toEqual({ ham: 1, hamLost: 1, spam: 2, spamMissed: 1 })
  })

  it('wants what was kept only where it has less ham than spam', async () => {
    expect(isShortOfHam(emptyLearned())).toBe(false)
    expect(isShortOfHam(await teach(emptyLearned(), { ham: 0, spam: 1 }))).toBe(true)
    expect(isShortOfHam(await teach(emptyLearned(), { ham: 6, spam: 1 }))).toBe(false)
  })

  it('keeps as many examples of each as it may, and no more', async () => {
    const learned = await teach(emptyLearned(), { ham: 70, spam: 60 })
    expect(learned.buffer.filter(({ isSpam }) => isSpam)).toHaveLength(48)
    expect(learned.buffer.filter(({ isSpam }) => !isSpam)).toHaveLength(48)
    expect(sealLearned(learned).buffer.length).toBeLessThan(200_000)
  })
})
