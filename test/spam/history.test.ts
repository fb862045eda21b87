/** What the account's own history says of a sender, and for whom: each tag, and what almost gives it. */
import { describe, expect, it } from 'vitest'
import type { SenderHistory, SenderRecord } from '../../src/spam/history.ts'
import { scoreMessage } from '../../src/spam/score.ts'
import { type Mail, spamInput } from './mail.ts'

const record = (over: Partial<SenderRecord> = {}): SenderRecord => ({
  ...{ seen: 1, ham: 0, spam: 0, written: 0, lastAt: 0 },
  ...over,
})

const history = (over: Partial<SenderHistory> = {}): SenderHistory => ({
  ...{ isProven: true, address: record(), domain: record(), answersOurs: false },
  ...over,
})

async function points(known: SenderHistory | null, mail: Mail = {}): Promise<Record<string, number>> {
  const { tags } = scoreMessage({ ...(await spamInput(mail)), history: known, withShipped: false })
  return Object.fromEntries(tags.map((tag) => [tag.name, tag.points]))
}

const CASES: [name: string, known: Partial<SenderHistory> | null, want: Record<string, number>][] = [
  ['nothing known, nothing said', null, {}],
  ['a sender seen before', {}, {}],
  ['a stranger', { address: null, domain: null }, { FIRST_CONTACT: 0 }],
  ['a stranger of a known house', { address: null }, { FIRST_CONTACT: 0 }],
  ['somebody who was written to', { address: record({ seen: 0, written: 1 }) }, { CORRESPONDENT_KNOWN: -3 }],
  ['a house where somebody was written to', { domain: record({ written: 3 }) }, {}],
  ['an answer', { answersOurs: true, address: record({ written: 1 }) }, { ANSWERS_OURS: -4 }],
  ['one good word', { address: record({ ham: 1 }) }, { SENDER_GOOD_HISTORY: -0.67 }],
  ['many good words', { domain: record({ ham: 30 }) }, { SENDER_GOOD_HISTORY: -2 }],
  ['good words, and a bad one', { address: record({ ham: 9, spam: 1 }) }, {}],
  ['one report', { address: record({ spam: 1 }) }, { SENDER_BAD_HISTORY: 1 }],
  ['two reports of the house', { domain: record({ spam: 2 }) }, { SENDER_BAD_HISTORY: 2 }],
  ['many reports', { address: record({ spam: 50 }) }, { SENDER_BAD_HISTORY: 3 }],
  ['reports, and as many good words', { address: record({ spam: 2, ham: 2 }) }, {}],
]

describe('the history of a sender', () => {
  it.each(CASES)('says of %s what it is worth', async (_, known, want) => {
    expect(await points(known && history(known))).toEqual(want)
  })

  it.each(CASES)('speaks for no %s whom nothing proves', async (_, known, want) => {
    const unproven = known && history({ ...known, isProven: false })
    const without = Object.fromEntries(Object.entries(want).filter(([, worth]) => worth >= 0))
    expect(await points(unproven)).toEqual(without)
  })

  it('says nothing of a message that names nobody, or several', async () => {
    const known = history({ address: record({ written: 1 }), answersOurs: true })
    for (const From of [null, 'a@b.example, c@d.example'])
      expect(Object.keys(await points(known, { headers: { From } })).join()).not.toMatch(/HISTORY|OURS|CONTACT|KNOWN/)
  })
})
