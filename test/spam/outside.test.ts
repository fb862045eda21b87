/** What the opinions of others may do to a score, and what not. */
import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY, type SpamInput } from '../../src/spam/input.ts'
import type { OutsideOpinions } from '../../src/spam/outside.ts'
import { scoreMessage } from '../../src/spam/score.ts'
import { WORTH } from '../../src/spam/worth.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import { spamInput } from './mail.ts'

const score = async (outside?: OutsideOpinions, over: Partial<SpamInput> = {}) =>
  scoreMessage(await spamInput({}, { ...over, ...(outside ? { outside } : {}) }))

describe('opinions in the score', () => {
  it.each([
    'DNSBL_LISTED',
    'DNSBL_LISTED_STRONGLY',
    'URL_DNSBL_LISTED',
    'URL_DNSBL_LISTED_STRONGLY',
    'CLASSIFIER_SPAM',
  ])('%s alone sends nothing to Junk', (name) => {
    expect(WORTH[name as keyof typeof WORTH].points).toBeLessThan(DEFAULT_POLICY.junk)
  })

  it('a model that is sure of harmlessness changes nothing', async () => {
    expect(await score({ listings: [], classifier: { spam: 0, model: 'm' } })).toEqual(await score())
  })

  it('a hundred listings are told as the worst of them', async () => {
    const listings = Array.from({ length: 100 }, (_, i) => ({
      zone: i % 2 ? 'bl.example' : 'zen.example',
      kind: 'domain' as const,
      value: `bad${i - (i === 77 ? 1 : 0)}.example`,
      code: '127.0.1.2',
      weight: 1 as const,
    }))
    const report = await score({ listings, classifier: null })
    expect(report.tags).toEqual([
      {
        name: 'URL_DNSBL_LISTED_STRONGLY',
        points: WORTH.URL_DNSBL_LISTED_STRONGLY.points,
        detail:
          'Blocklists agree on where a link leads: bad76.example by zen.example (127.0.1.2), bl.example (127.0.1.2).',
      },
    ])
  })

  it('a blocked HELO name decides, after all other entries', async () => {
    const helo = { list: 'block', scope: 'account', kind: 'helo', value: 'bad.example' } as const
    const client = { list: 'allow', scope: 'account', kind: 'ip', value: '192.0.2.1' } as const
    expect(await score(undefined, { lists: [helo] })).toMatchObject({
      reason: 'block-list',
      tags: [{ detail: 'The sender is blocked: HELO bad.example, your own list.' }],
    })
    const verdict = { ...UNKNOWN_VERDICT, source: 'cloudflare', seal: 'pass' } as const
    expect((await score(undefined, { lists: [helo, client], verdict })).reason).toBe('allow-list')
  })

  it('an allowed HELO name decides nothing, since anybody may use it', async () => {
    const helo = { list: 'allow', scope: 'account', kind: 'helo', value: 'good.example' } as const
    expect((await score(undefined, { lists: [helo] })).reason).toBe('below-threshold')
  })
})
