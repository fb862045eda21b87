/**
 * The spam report: the score, where it came from, and why the message stands where it stands. Stored with the message
 * and shown to its owner as it is.
 */

/** A finding, worth points. Rules emit tags; only score.ts knows points. */
export type Tag = {
  /** A stable upper-case name: 'FROM_MISSING'. */
  name: string
  points: number
  /** One sentence for the owner, with what was seen. */
  detail: string
}

export type SpamReason = 'below-threshold' | 'score' | 'allow-list' | 'block-list'

export type SpamReport = {
  score: number
  threshold: number
  verdict: 'clean' | 'junk'
  /** What decided: a list entry decides alone, otherwise the score does. */
  reason: SpamReason
  tags: Tag[]
}
