/**
 * Changing messages: flags, keywords, placements, destruction; one message or five hundred, in one batch.
 *
 * Read the messages and the rows that count them, plan every new value here, commit under a guard that holds only while
 * the account's change number has not moved; where it has, read again. So no count is ever wrong, and a plan is a pure
 * function that a test can hold in one table.
 *
 * Invariants:
 *  - A message that would stand in no mailbox is destroyed (RFC 8621 §4.1.1: one mailbox at least).
 *  - A change that changes nothing takes no change number and writes nothing.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail, TemporaryError } from '../errors.ts'
import { seconds } from '../seconds.ts'
import { type ChangeableRow, readCounts, readSnapshot } from '../store/change-read.ts'
import { changeMessages } from '../store/change-write.ts'
import { isStaleGuard, type Statement } from '../store/database.ts'
import { type Edit, hasTooManyKeywords, KEYWORDS_MAX, planChange, planKeys } from './change-plan.ts'
import type { Reader } from './reader.ts'
import { tellSoon } from './tell-soon.ts'

/** Messages in one call. */
export const CHANGE_MAX = 500
/** A race is lost to one other change at a time; this many in a row is a flood, and the client tries again later. */
const ATTEMPTS = 8
/** The first wait after a lost race; each further one is up to twice as long. */
const BACKOFF_MS = 5

/** `modseq` is the change's number, or null where nothing changed. `notFound` are ids that the account does not have. */
export type Changed = { modseq: number | null; changed: number[]; destroyed: number[]; notFound: number[] }

/** What is committed with a change, or not at all. */
export type Companion = {
  /** Whether it was made for the messages as they stand now: otherwise nothing happens, and 'precondition-failed' says so. */
  holds(messages: ChangeableRow[]): boolean
  /** Left out where the change changes nothing. */
  statements: Statement[]
}

/** The companion of an If-Match: each message's change number is still the one that was seen. */
export function unchangedSince(modseq: number): Companion {
  return { holds: (messages) => messages.every((message) => message.modseq === modseq), statements: [] }
}

/** Applies one edit to messages that the reader may see. A target mailbox of another account is not found. */
export async function changeAll(
  deps: Deps,
  reader: Reader,
  ids: number[],
  edit: Edit,
  companion: Companion | null = null,
): Promise<Changed | Failure> {
  if (ids.length > CHANGE_MAX) return fail('too-large', `At most ${CHANGE_MAX} messages can be changed in one call.`)
  if (ids.length === 0) return { modseq: null, changed: [], destroyed: [], notFound: [] }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const outcome = await tryChange(deps, reader, [...new Set(ids)], edit, companion)
    if (outcome !== 'stale') return outcome
    await pause(deps, BACKOFF_MS * 2 ** attempt)
  }
  throw new TemporaryError('the account is changing too fast')
}

/**
 * The statements that destroy one message as it stands now, the guard first, for a batch that puts another in its place.
 * They hold for the account's present change number only: where the guard is stale, they are asked for again.
 */
export async function destruction(deps: Deps, { accountId, addressId }: Reader, id: number) {
  const db = deps.stores.of(accountId)
  const gone = fail('not-found', 'There is no such message.')
  const snapshot = await readSnapshot(db, accountId, [id])
  const messages = (snapshot?.messages ?? []).filter((one) => addressId === null || one.address_id === addressId)
  if (!snapshot || messages.length === 0) return gone
  const edit = { destroy: true }
  const counts = await readCounts(db, accountId, planKeys(messages, edit))
  const plan = planChange({ ...snapshot, accountId, messages, counts }, edit, seconds(deps))
  return plan ? changeMessages(plan) : gone
}

async function tryChange(
  deps: Deps,
  { accountId, addressId }: Reader,
  ids: number[],
  edit: Edit,
  companion: Companion | null,
): Promise<Changed | Failure | 'stale'> {
  const db = deps.stores.of(accountId)
  const snapshot = await readSnapshot(db, accountId, ids)
  if (!snapshot) return fail('not-found', 'There is no such account.')
  const messages = snapshot.messages.filter((message) => addressId === null || message.address_id === addressId)
  const known = new Set(messages.map((message) => message.id))
  const notFound = ids.filter((id) => !known.has(id))
  if (companion && !companion.holds(messages))
    return fail('precondition-failed', 'The message has just changed: read it again.')
  if (messages.some((message) => hasTooManyKeywords(message, edit)))
    return fail('conflict', `A message has at most ${KEYWORDS_MAX} keywords.`)
  const keys = planKeys(messages, edit)
  const counts = await readCounts(db, accountId, keys)
  // What is being deleted takes no mail: it would go with the mailbox.
  if (edit.add?.some((id) => counts.mailboxes.get(id)?.emptying !== null))
    return fail('not-found', 'There is no such mailbox.')
  const plan = planChange({ ...snapshot, accountId, messages, counts }, edit, seconds(deps))
  if (!plan) return { modseq: null, changed: [], destroyed: [], notFound }
  try {
    await db.batch([...changeMessages(plan), ...(companion?.statements ?? [])])
  } catch (error) {
    if (isStaleGuard(error)) return 'stale'
    throw error
  }
  // Who follows the account hears of it soon, and what a move says of spam is learned: not at the next sweep.
  tellSoon(deps, accountId)
  return {
    modseq: plan.expected + 1,
    changed: plan.messages.map(([id]) => id),
    destroyed: plan.destroyed.map(([id]) => id),
    notFound,
  }
}

// Somewhere between none and all of the time, so that two who lost the same race do not meet again.
function pause(deps: Deps, msMax: number): Promise<void> {
  const [random = 0] = deps.random(1)
  return new Promise((resolve) => setTimeout(resolve, (msMax * random) / 256))
}
