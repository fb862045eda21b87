/** What an account knows of a message's sender: read when the message is judged, counted when it is stored. */

import type { Deps } from '../deps.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { seconds } from '../seconds.ts'
import type { SenderHistory, SenderRecord } from '../spam/history.ts'
import { isFreemail } from '../spam/known-hosts.ts'
import type { Statement } from '../store/database.ts'
import { readState } from '../store/directory-read.ts'
import { putState } from '../store/directory-write.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import type { SenderRow } from '../store/schema.ts'
import { hasWritten, pageSenderKeys, readSenders } from '../store/teaching-read.ts'
import { countSenders, forgetSenders } from '../store/teaching-write.ts'
import { addressKey, domainKey, type Sender, senderKeys } from './sender-keys.ts'

/** References that are looked up: the newest ones. Each is a probe of an index. */
const REFERENCES_MAX = 5
/** How long a sender is remembered of whom nobody said anything. */
const STRANGER_SECONDS = 180 * 86_400
/** Senders looked at in one run: with 96 runs a day, some 48,000. */
const SENDERS_A_RUN = 500
const PLACE = 'senders.place'

/** What is counted of a sender, under its key (sender-keys.ts). */
export type SenderCounts = Pick<SenderRow, 'key' | 'seen' | 'ham' | 'spam' | 'written' | 'last_at'>

/** Null where the message has no one sender. */
export async function readHistory(
  deps: Deps,
  accountId: number,
  sender: Sender | null,
  message: Pick<ParsedMessage, 'inReplyTo' | 'references'>,
): Promise<SenderHistory | null> {
  if (!sender) return null
  const db = deps.stores.of(accountId)
  const { address, domain, isProven } = sender
  // Message-IDs of public lists can be had by anybody: one counts where the sender is whom it was sent to, or of his house.
  const house = isFreemail(domain) ? null : domain
  const [rows, answersOurs] = await Promise.all([
    readSenders(db, accountId, senderKeys(sender)),
    isProven ? hasWritten(db, accountId, mentioned(message), address, house) : false,
  ])
  return historyOf(sender, rows, answersOurs)
}

/** The history that these rows tell of a sender. Pure. */
export function historyOf(sender: Sender, rows: readonly SenderCounts[], answersOurs: boolean): SenderHistory {
  const recordOf = (key: string | null) => record(rows.find((row) => row.key === key))
  const [address, domain] = [recordOf(addressKey(sender)), recordOf(domainKey(sender))]
  return { isProven: sender.isProven, address, domain, answersOurs }
}

/** The statements that count a delivered message for its sender. */
export function countDelivered(accountId: number, sender: Sender | null, now: number): Statement[] {
  return countSenders(accountId, senderKeys(sender), { seen: 1 }, now)
}

/**
 * The statements that forget senders of whom nobody said anything and who were last met half a year ago: some of a shard's senders at a time, in turn, so
 * that a run's cost does not grow with them.
 */
export async function forgetStrangers(deps: Deps, shard: number): Promise<Statement[]> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const [accountId, key] = JSON.parse((await readState(db, PLACE)) ?? '[0,""]') as [number, string]
  const page = await pageSenderKeys(db, accountId, key, SENDERS_A_RUN)
  const last = page.length < SENDERS_A_RUN ? undefined : page.at(-1)
  const before = seconds(deps) - STRANGER_SECONDS
  return [...forgetSenders(page, before), putState(PLACE, JSON.stringify(last ? [last.account_id, last.key] : [0, '']))]
}

function mentioned({ inReplyTo, references }: Pick<ParsedMessage, 'inReplyTo' | 'references'>): string[] {
  return [...new Set([...references, ...inReplyTo])].slice(-REFERENCES_MAX)
}

function record(row: SenderCounts | undefined): SenderRecord | null {
  if (!row) return null
  const { seen, ham, spam, written, last_at } = row
  return { seen, ham, spam, written, lastAt: last_at }
}
