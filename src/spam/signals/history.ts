/**
 * What the account's own history says of the sender.
 *
 * What speaks for him is told only of mail that is proven to be his: a forged From rides on nobody's good name. What speaks
 * against him needs no proof, and is of mail that was as well proven as this (junk/sender-keys.ts).
 */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import type { SenderHistory, SenderRecord } from '../history.ts'

/** Words about a sender, good or bad, that say all that words can say. */
const OFTEN = 3

export function historySignals({ history, from }: Facts): Finding[] {
  if (!history || from === '') return []
  return [...contact(history, from), ...bad(history, from), ...(history.isProven ? good(history, from) : [])]
}

function contact({ address, isProven, answersOurs }: SenderHistory, from: string): Finding[] {
  if (isProven && answersOurs) return [found('ANSWERS_OURS', from)]
  if (isProven && address && address.written > 0) return [found('CORRESPONDENT_KNOWN', from)]
  return address && (address.seen > 0 || address.written > 0) ? [] : [found('FIRST_CONTACT', from)]
}

function bad({ address, domain }: SenderHistory, from: string): Finding[] {
  const worst = Math.max(excess(address), excess(domain))
  return worst > 0 ? [found('SENDER_BAD_HISTORY', from, Math.min(1, worst / OFTEN))] : []
}

// One report of a sender who was called honest before is no pattern.
function excess(record: SenderRecord | null): number {
  return record ? record.spam - record.ham : 0
}

function good({ address, domain }: SenderHistory, from: string): Finding[] {
  const records = [address, domain].filter((record) => record !== null)
  const best = Math.max(0, ...records.map(({ ham }) => ham))
  if (best === 0 || records.some(({ spam }) => spam > 0)) return []
  return [found('SENDER_GOOD_HISTORY', from, Math.min(1, best / OFTEN))]
}
