/**
 * The spam report: the score, where it came from, and why the message stands where it stands. Stored with the message
 * and shown to its owner as it is.
 */

import type { Clue } from './learned/bayes.ts'

/** A finding, worth points. Rules emit tags; only score.ts knows points. */
export type Tag = {
  /** A stable upper-case name: 'FROM_MISSING'. */
  name: string
  points: number
  /** One sentence for the owner, with what was seen. */
  detail: string
}

export type SpamReason = 'below-threshold' | 'score' | 'allow-list' | 'block-list' | 'malware' | 'quarantine-score'

/** Where a message goes: kept back from every mailbox in 'quarantine', not accepted at all with 'reject'. */
export type Verdict = 'inbox' | 'junk' | 'quarantine' | 'reject'

export type SpamReport = {
  score: number
  threshold: number
  verdict: Verdict
  /** What decided: a list entry decides alone, then a disguised program, otherwise the score. */
  reason: SpamReason
  tags: Tag[]
  /** The words by which the account's classifier judged, the strongest first; empty where it was silent. */
  clues: Clue[]
}
