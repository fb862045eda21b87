/**
 * The score: all that was found of a message, what it is worth (worth.ts), and the verdict.
 *
 * The fourth step of inbound mail: parse -> verify -> SCORE -> file. Pure: the same input gives the same report.
 *
 * Invariants:
 *  - A list entry decides alone (lists.ts); the tags and the score are told all the same.
 *  - The report is bounded: at most one tag a name, each sentence with at most 80 characters of what a stranger wrote.
 */
import { findTags } from './find-tags.ts'
import type { Finding, TagName } from './finding.ts'
import { DEFAULT_POLICY, type Policy, type SpamInput } from './input.ts'
import type { Clue } from './learned/bayes.ts'
import { featuresOf } from './learned/features.ts'
import { opinionOf } from './learned/opinion.ts'
import { decideByLists, type ListDecision } from './lists.ts'
import type { SpamReport, Tag } from './report.ts'
import { showSeen } from './seen.ts'
import { learnedSignals } from './signals/learned.ts'
import { shippedSignals } from './signals/shipped.ts'
import { WORTH } from './worth.ts'

/** More than there are names: a bound for what is stored, whatever the rules do. */
export const TAGS_MAX = 150

type Judgement = Pick<SpamReport, 'verdict' | 'reason'>

/** What no honest mail does: programs dressed up as something else, or put out of sight. Whatever the score, they are held back, but for an allow entry. */
const MALWARE: ReadonlySet<string> = new Set<TagName>([
  'ATTACHMENT_DOUBLE_EXTENSION',
  'ATTACHMENT_BIDI_NAME',
  'ATTACHMENT_DISGUISED_PROGRAM',
  'ARCHIVE_HOLDS_PROGRAM',
])

export function scoreMessage(input: SpamInput): SpamReport {
  const lists = decideByLists(input)
  const learned = input.learned ?? null
  const opinion = opinionOf(learned, learned && (input.features ?? featuresOf(input.message)))
  const tags = toTags([...lists.findings, ...findTags(input), ...learnedSignals(opinion), ...shippedSignals(input)])
  const score = rounded(tags.reduce((sum, tag) => sum + tag.points, 0))
  const policy = input.policy ?? DEFAULT_POLICY
  return {
    score,
    threshold: policy.junk,
    ...judge(lists, tags, score, policy),
    tags,
    clues: opinion.clues.map(showClue),
  }
}

function judge({ decided }: ListDecision, tags: Tag[], score: number, policy: Policy): Judgement {
  if (decided?.list === 'allow') return { verdict: 'inbox', reason: 'allow-list' }
  if (decided?.list === 'block') return { verdict: policy.reject === 'never' ? 'junk' : 'reject', reason: 'block-list' }
  if (tags.some(({ name }) => MALWARE.has(name)))
    return { verdict: policy.reject === 'lists-and-malware' ? 'reject' : 'quarantine', reason: 'malware' }
  if (policy.quarantine !== null && score >= policy.quarantine)
    return { verdict: 'quarantine', reason: 'quarantine-score' }
  return score >= policy.junk ? { verdict: 'junk', reason: 'score' } : { verdict: 'inbox', reason: 'below-threshold' }
}

/** One tag a name, as the owner reads it. */
function toTags(findings: Finding[]): Tag[] {
  const tags = new Map<TagName, Tag>()
  for (const { name, seen, share = 1 } of findings) {
    if (tags.has(name) || tags.size >= TAGS_MAX) continue
    const { sentence } = WORTH[name]
    const points = rounded(WORTH[name].points * share)
    // A function, since '$&' in a replacement string is not what the sender wrote.
    tags.set(name, { name, points, detail: sentence.replace('{seen}', () => showSeen(seen)) })
  }
  return [...tags.values()]
}

/** A word is the sender's, as all that a report repeats of him. */
function showClue({ word, probability }: Clue): Clue {
  return { word: showSeen(word), probability: rounded(probability) }
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100
}
