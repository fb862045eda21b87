/**
 * Sending what is due: each recipient by its route, once.
 *
 *   read the due -> by submission: is its sender still the account's? -> whom the account does not write to -> deliver those here (deliver-here.ts)
 *     -> hand the others to providers (hand-over.ts) -> those found as 'sending' (found-sending.ts)
 *   then write what its sender is to be told of it (bounce-message.ts)
 *
 * Invariants:
 *  - A provider is never handed a recipient twice, but where it takes the repetition for what it is. Only a provider's own
 *    word that it did not take the message lets it be tried again.
 *  - A wake-up is a hint. The sweep comes by in any case, so what is due is sent.
 */

import { resolveSender } from '../access/senders.ts'
import type { Deps } from '../deps.ts'
import { isFailure } from '../errors.ts'
import { foldAddress } from '../mime/addresses.ts'
import { needsSmtpUtf8 } from '../mime/international.ts'
import { wakeOutbox } from '../notify/outbox.ts'
import { seconds } from '../seconds.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import { type DueRow, readDue, readDueMinutes } from '../store/submission-read.ts'
import { postponeRecipients } from '../store/submission-write.ts'
import { readSuppressed } from '../store/suppression-read.ts'
import { writeBounceMessages } from './bounce-message.ts'
import { deliverHere } from './deliver-here.ts'
import { resumeCall } from './found-sending.ts'
import { handOver, soonest } from './hand-over.ts'
import { GIVE_UP_SECONDS, type Outcome } from './outcome.ts'
import type { Provider } from './provider.ts'
import { ableTo, providersOf } from './provider-order.ts'
import { settle } from './settle.ts'
import { wakeOutbound } from './wake.ts'

/** Recipients in one round. */
const ROUND = 100
/** Of the 1,000 queries that an invocation may make: a local delivery takes some 25, a call to a provider a dozen. */
const QUERIES_MAX = 600
const QUERIES_LOCAL = 25
const QUERIES_CALL = 12
/** An attempt that was due in time may begin late. */
const EXPIRED_AFTER_SECONDS = 6 * 3_600
/** How often mail of an account that may not send for now is looked at. */
const SUSPENDED_SECONDS = 3_600
/** An address may have gone to somebody else while mail from it waited for longer. */
const SENDER_KNOWN_SECONDS = 3_600
/** The sweep comes by so often; what is due before it does is woken for. */
const SWEEP_SECONDS = 15 * 60
const MINUTES_MAX = 20

const EXPIRED: Outcome = { kind: 'permanent', code: '5.4.7', detail: 'It could not be delivered in five days.' }
const GONE: Outcome = { kind: 'permanent', code: '5.3.0', detail: 'The bytes that were to be sent are gone.' }
const CUT_OFF: Outcome = { kind: 'permanent', code: '5.7.1', detail: 'The account was deleted.' }
const NOT_ITS: Outcome = {
  kind: 'permanent',
  code: '5.7.1',
  detail: 'The address that it is from is not the account\u2019s any more.',
}
const SUPPRESSED: Outcome = {
  kind: 'suppressed',
  detail: 'The account does not write to this address: see its suppressions.',
}

type Round = { deps: Deps; orders: Map<string, Provider[]>; queries: number }

/** Sends what is due in a shard. One submission's failure does not stop the others. */
export async function sendDue(deps: Deps, shard: number): Promise<void> {
  const due = await readDue(deps.stores.of(shard * ACCOUNTS_PER_SHARD), seconds(deps), ROUND)
  const round: Round = { deps, orders: new Map(), queries: 0 }
  let settled = 0
  let nextAt: number | null = null
  const groups = [...Map.groupBy(due, (row) => row.submission_id).values()]
  let isMore = due.length === ROUND
  for (const rows of groups) {
    if (round.queries >= QUERIES_MAX) {
      isMore = true
      break
    }
    try {
      nextAt = soonest(nextAt, await sendSubmission(round, rows))
      settled++
    } catch (error) {
      deps.log({ level: 'error', at: 'outbound.send', submission: rows[0]?.submission_id, error: String(error) })
    }
  }
  if (await writeBounceMessages(deps, shard)) nextAt = soonest(nextAt, seconds(deps))
  if (due.length > 0) deps.background(wakeOutbox(deps, shard))
  // Where nothing at all succeeded, more haste would not help: the sweep comes back to it.
  const delaySeconds = isMore && settled > 0 ? 0 : nextAt === null ? null : Math.max(nextAt - seconds(deps), 0)
  if (delaySeconds !== null && delaySeconds <= SWEEP_SECONDS) deps.background(wakeOutbound(deps, shard, delaySeconds))
}

/** What the sweep does: sends what is due, and has a wake-up for each minute in which something becomes due before it comes again. */
export async function sendDueBySweep(deps: Deps, shard: number): Promise<void> {
  await sendDue(deps, shard)
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const now = seconds(deps)
  for (const at of await readDueMinutes(db, now, now + SWEEP_SECONDS, MINUTES_MAX))
    await wakeOutbound(deps, shard, Math.max(at - now, 0))
}

/** Gives when a recipient is to be looked at again, or null. Throws where storage fails. */
async function sendSubmission(round: Round, rows: DueRow[]): Promise<number | null> {
  const { deps } = round
  const [first] = rows as [DueRow]
  const settleAll = (which: DueRow[], outcome: Outcome) =>
    settle(
      deps,
      which.map((row) => ({ row, outcome })),
    )
  const found = rows.filter((row) => row.status === 'sending' && row.route === 'provider')
  const fresh = rows.filter((row) => !found.includes(row))
  if (first.gone) {
    await resumeCalls(round, found, null)
    return await settleAll(fresh, CUT_OFF)
  }
  // A call that was found is not repeated either: it may be the first that the provider hears of it.
  if (first.suspended) {
    await deps.stores.of(first.account_id).batch([postponeRecipients(rows, seconds(deps) + SUSPENDED_SECONDS)])
    return null
  }
  const raw = (await deps.stores.raw.get(first.raw_key))?.bytes ?? null
  let nextAt = await resumeCalls(round, found, raw)
  if (fresh.length > 0 && !(await isStillItsSender(round, first)))
    return soonest(nextAt, await settleAll(fresh, NOT_ITS))
  // A worker that dies at every attempt writes no outcome that could end it. Who waits to be tried after attempts was sent to
  // again by a person's word, however late: once more it is tried.
  const isExpired = (row: DueRow) =>
    row.attempts > 0 && row.status !== 'queued' && seconds(deps) > row.send_at + GIVE_UP_SECONDS + EXPIRED_AFTER_SECONDS
  nextAt = soonest(nextAt, await settleAll(fresh.filter(isExpired), EXPIRED))
  const alive = fresh.filter((row) => !isExpired(row))
  // Read before any claim: bytes that R2 does not give now must not make a recipient unknown.
  if (!raw) return soonest(nextAt, await settleAll(alive, GONE))
  const suppressed = await suppressedOf(deps, alive)
  await settleAll(suppressed, SUPPRESSED)
  const left = alive.filter((row) => !suppressed.includes(row))
  const here = left.filter(({ route }) => route === 'local')
  round.queries += here.length * QUERIES_LOCAL
  nextAt = soonest(nextAt, await deliverHere(deps, here, raw))
  const outside = left.filter(({ route }) => route === 'provider')
  if (outside.length === 0) return nextAt
  const all = await orderOf(round, first.domain)
  const addresses = outside.map(({ address }) => address)
  const isInternational = needsSmtpUtf8({ sender: first.sender, recipients: addresses, raw })
  const able = ableTo(all, { ...first, isInternational })
  round.queries += Math.ceil(outside.length / (able[0]?.recipientsMax ?? 1)) * QUERIES_CALL
  return soonest(nextAt, await handOver(deps, outside, raw, { all, able }))
}

// What waits a year speaks for whoever has the address then. What the server sends by itself is from nobody's.
async function isStillItsSender(round: Round, { account_id, kind, sender, created_at }: DueRow): Promise<boolean> {
  const { deps } = round
  if (kind !== 'mail' || seconds(deps) - created_at <= SENDER_KNOWN_SECONDS) return true
  round.queries++
  return !isFailure(await resolveSender(deps, { accountId: account_id, addressId: null }, sender))
}

async function resumeCalls(round: Round, found: DueRow[], raw: Uint8Array | null): Promise<number | null> {
  let nextAt: number | null = null
  for (const rows of Map.groupBy(found, ({ call }) => call).values()) {
    round.queries += QUERIES_CALL
    nextAt = soonest(nextAt, await resumeCall(round.deps, rows, raw))
  }
  return nextAt
}

async function orderOf(round: Round, domain: string): Promise<Provider[]> {
  const known = round.orders.get(domain)
  if (known) return known
  round.queries++
  const order = await providersOf(round.deps, domain)
  round.orders.set(domain, order)
  return order
}

/** Asked again here: much may have come back since it was submitted. */
async function suppressedOf(deps: Deps, rows: DueRow[]): Promise<DueRow[]> {
  const [first] = rows
  if (!first) return []
  const folded = new Map(rows.map((row) => [foldAddress(row.address) ?? row.address, row]))
  const found = await readSuppressed(
    deps.stores.of(first.account_id),
    first.account_id,
    [...folded.keys()],
    seconds(deps),
  )
  return found.flatMap(({ address }) => folded.get(address) ?? [])
}
