/** What the account's own models say: one tag for the sequences, one for the words, whichever way they point. */
import { type Finding, found } from '../finding.ts'
import type { LearnedOpinion } from '../learned/opinion.ts'

/** Shares nearer to nothing than this are not worth a line. */
const SHARE_MIN = 0.02
/** Words that the sentence repeats. */
const WORDS_SHOWN = 3

export function learnedSignals({ sequences, words, clues }: LearnedOpinion): Finding[] {
  const findings: Finding[] = []
  if (Math.abs(sequences) >= SHARE_MIN)
    findings.push(found(sequences > 0 ? 'LEARNED_SPAM' : 'LEARNED_HAM', '', Math.abs(sequences)))
  if (Math.abs(words) >= SHARE_MIN) {
    const speaking = clues.filter(({ probability }) => probability > 0.5 === words > 0)
    const shown = speaking.slice(0, WORDS_SHOWN).map(({ word }) => word)
    findings.push(found(words > 0 ? 'WORDS_SPAM' : 'WORDS_HAM', shown.join(', '), Math.abs(words)))
  }
  return findings
}
