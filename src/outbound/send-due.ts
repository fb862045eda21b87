/**
 * Sending what is due: each recipient by its route, once.
 *
 *   read the due -> claim one -> deliver it locally, or hand it to the provider -> write what became of it
 *
 * Invariants:
 *  - A provider is never handed a recipient twice: 'sending' is committed before it is asked, and a row that is found so
 *    later becomes 'unknown'. Only a provider's own word that it did not take the message lets it be tried again.
 *  - Local delivery may be repeated, since the second copy of one message is dropped (mailbox/deliver.ts).
 *  - A wake-up is a hint. The sweep comes by in any case, so what is due is sent.
 */
import type { Deps } from '../deps.ts'
import { wakeOutbox } from '../notify/outbox.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import { type DueRow, readDue } from '../store/submission-read.ts'
import { claimRecipient, postponeRecipient, settleRecipient } from '../store/submission-write.ts'
import { formatReference } from './correlation.ts'
import { shapeFor } from './forwarded.ts'
import { GIVE_UP_SECONDS, type Outcome, resultOf } from './outcome.ts'
import { wakeOutbound } from './wake.ts'

/** Recipients in one round. Each takes some 25 queries where it is local, of the 1,000 that an invocation may make. */
const ROUND = 20
/** A provider answers in seconds, and an invocation lives 15 minutes: a row that is 'sending' for longer has lost its worker. */
export const SENDING_SECONDS_MAX = 30 * 60
/** When a local delivery whose worker died is tried again. */
const LOCAL_LEASE_SECONDS = 10 * 60
/** An attempt that was due in time may begin late. */
const EXPIRED_AFTER_SECONDS = 6 * 3_600
/** How often mail of a suspended account is looked at. */
const SUSPENDED_SECONDS = 3_600

type Raws = Map<string, Promise<Uint8Array | null>>

/** Sends what is due in a shard. One recipient's failure does not stop the others. */
export async function sendDue(deps: Deps, shard: number): Promise<void> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const due = await readDue(db, seconds(deps), ROUND)
  const raws: Raws = new Map()
  let settled = 0
  let delaySeconds: number | null = null
  for (const row of due) {
    try {
      const nextAt = await sendOne(deps, row, raws)
      settled++
      const wait = nextAt === null ? null : Math.max(nextAt - seconds(deps), 0)
      if (wait !== null) delaySeconds = Math.min(delaySeconds ?? wait, wait)
    } catch (error) {
      deps.log({ level: 'error', at: 'outbound.send', submission: row.submission_id, n: row.n, error: String(error) })
    }
  }
  // Where nothing at all succeeded, more haste would not help: the sweep comes back to it.
  if (due.length === ROUND && settled > 0) delaySeconds = 0
  if (due.length > 0) deps.background(wakeOutbox(deps, shard))
  if (delaySeconds !== null) deps.background(wakeOutbound(deps, shard, delaySeconds))
}

/** Gives when the recipient is to be looked at again, or null. Throws where storage fails. */
async function sendOne(deps: Deps, row: DueRow, raws: Raws): Promise<number | null> {
  const now = seconds(deps)
  const db = deps.stores.of(row.account_id)
  if (row.status === 'sending') return await settle(deps, row, LOST)
  if (row.gone) return await settle(deps, row, { kind: 'permanent', code: '5.7.1', detail: 'The account was deleted.' })
  if (row.suspended) {
    await db.batch([postponeRecipient(row, now + SUSPENDED_SECONDS)])
    return null
  }
  if (row.attempts > 0 && now > row.created_at + GIVE_UP_SECONDS + EXPIRED_AFTER_SECONDS)
    return await settle(deps, row, EXPIRED)
  const isLocal = row.route === 'local'
  const nextAt = now + (isLocal ? LOCAL_LEASE_SECONDS : SENDING_SECONDS_MAX)
  // Read before the claim: bytes that R2 does not give now must not make a recipient unknown.
  const raw = await rawOf(deps, row.raw_key, raws)
  if (!raw) return await settle(deps, row, GONE)
  if (!(await db.first(claimRecipient(row, isLocal ? 'queued' : 'sending', nextAt, now)))) return null
  const attempt = { ...row, attempts: row.attempts + 1 }
  const outcome = isLocal ? await deliver(deps, row, raw) : await handOver(deps, row, raw)
  return await settle(deps, attempt, outcome)
}

// A worker that dies at every attempt writes no outcome that could end it.
const EXPIRED: Outcome = { kind: 'permanent', code: '5.4.7', detail: 'It could not be delivered in two days.' }
const GONE: Outcome = { kind: 'permanent', code: '5.3.0', detail: 'The bytes that were to be sent are gone.' }
const LOST: Outcome = {
  kind: 'unknown',
  code: null,
  detail: 'Nobody knows whether the provider took it. It is not tried again, so that it does not come twice.',
}

async function settle(deps: Deps, row: DueRow, outcome: Outcome): Promise<number | null> {
  const now = seconds(deps)
  const result = resultOf(outcome, { attempts: row.attempts, createdAt: row.created_at, now })
  await deps.stores.of(row.account_id).batch(settleRecipient(row, result, now))
  deps.log({ level: 'info', at: 'outbound.settled', submission: row.submission_id, n: row.n, status: result.status })
  return result.next_at
}

async function deliver(deps: Deps, row: DueRow, raw: Uint8Array): Promise<Outcome> {
  try {
    const delivery = await deps.deliverLocal(row.sender, row.address, raw, row.source ?? 'local')
    if (delivery.kind === 'delivered') return { kind: 'delivered', providerId: null }
    return { kind: 'permanent', ...splitReply(delivery.reply) }
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    // Only what is meant for an SMTP reply is shown; anything else is ours, and stands in the log.
    if (/^4\.\d\.\d /.test(text)) return { kind: 'temporary', ...splitReply(text) }
    deps.log({ level: 'error', at: 'outbound.local', submission: row.submission_id, n: row.n, error: String(error) })
    return { kind: 'temporary', code: '4.3.0', detail: 'The server could not store it for now.' }
  }
}

function splitReply(reply: string): { code: string; detail: string } {
  const space = reply.indexOf(' ')
  return { code: reply.slice(0, space), detail: reply.slice(space + 1) }
}

async function handOver(deps: Deps, row: DueRow, raw: Uint8Array): Promise<Outcome> {
  const [provider] = deps.providers.inOrder(null)
  if (!provider) return { kind: 'temporary', code: '4.3.5', detail: 'No sending provider is configured.' }
  try {
    const shaped = await shapeFor(deps, row, raw, provider)
    const [outcome] = await provider.send({
      ...shaped,
      recipients: [row.address],
      messageId: row.message_id,
      domain: row.domain,
      key: `${row.submission_id}-${row.n}-${row.attempts}`,
      reference: formatReference({ accountId: row.account_id, submissionId: row.submission_id }),
    })
    return outcome ?? LOST
  } catch (error) {
    deps.log({ level: 'error', at: 'outbound.provider', submission: row.submission_id, n: row.n, error: String(error) })
    return LOST
  }
}

/** The bytes of one submission are read once, however many recipients it has. */
function rawOf(deps: Deps, key: string, raws: Raws): Promise<Uint8Array | null> {
  const known = raws.get(key)
  if (known) return known
  raws.clear()
  const reading = deps.stores.raw.get(key).then((object) => object?.bytes ?? null)
  raws.set(key, reading)
  return reading
}

function seconds(deps: Deps): number {
  return Math.floor(deps.now() / 1000)
}
