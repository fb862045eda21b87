/**
 * Dead letters: what a queue gave up on, kept where the admin sees it and never dropped but by an admin's hand.
 *
 * For the pending queue the raw message still stands in R2 under `subject`; the sweep leaves it alone while its dead
 * letter stands.
 */

import { hashToken } from '../access/secrets.ts'
import type { Deps, PendingMessage, WakeMessage } from '../deps.ts'
import { lessonsOf } from '../junk/teach.ts'
import { drainOutbox } from '../notify/outbox.ts'
import { seconds } from '../seconds.ts'
import { pageDeadLetters, readDeadLetter } from '../store/directory-read.ts'
import { deleteDeadLetter, keepDeadLetter } from '../store/directory-write.ts'
import { shardOf } from '../store/ids.ts'
import { queueRawDelete } from '../store/outbox.ts'
import { accountOfKey, type Receipt } from '../store/raw.ts'
import type { DeadLetterRow } from '../store/schema.ts'
import { filePending } from './pending.ts'

export type DeadLetter = {
  id: number
  queue: DeadLetterQueue
  /** The raw object of the message it is about, or a digest of a body that names none. */
  subject: string
  reason: string
  attempts: number
  createdAt: number
}

export type DeadLetterQueue = 'pending' | 'events'

export async function listDeadLetters(deps: Deps, after: number, limit: number): Promise<DeadLetter[]> {
  return (await pageDeadLetters(deps.stores.directory, after, limit)).map(deadLetter)
}

export type DeadLetterDetail = DeadLetter & {
  /** The queue's message, JSON. */
  body: string
  /** Whether it is about a raw message. */
  isAboutRaw: boolean
  /** Of that one: its size and envelope, never its content. Null where R2 has none. */
  raw: { size: number; receipt: Receipt | null } | null
}

/** One dead letter with what it is about; null where there is none. */
export async function inspectDeadLetter(deps: Deps, id: number): Promise<DeadLetterDetail | null> {
  const row = await readDeadLetter(deps.stores.directory, id)
  if (!row) return null
  const isAboutRaw = row.queue === 'pending' && accountOfKey(row.subject) !== null
  const raw = isAboutRaw ? await deps.stores.raw.head(row.subject) : null
  return { ...deadLetter(row), body: row.body, isAboutRaw, raw }
}

/** Throws a dead letter away for good, with the raw message that it is about, unless that was filed after all. */
export async function discardDeadLetter(deps: Deps, id: number): Promise<boolean> {
  const row = await readDeadLetter(deps.stores.directory, id)
  if (!row) return false
  const accountId = row.queue === 'pending' ? accountOfKey(row.subject) : null
  // The object is marked first: in any other order a crash between the two would let the sweep find the message again.
  const shard = accountId === null ? null : deps.stores.find(accountId)
  if (shard) await shard.batch([queueRawDelete(row.subject)])
  await deps.stores.directory.batch([deleteDeadLetter(id)])
  if (accountId !== null) await deps.queues.events.send({ shard: shardOf(accountId) })
  return true
}

/** Tries a dead letter's message once more; it is a dead letter no longer where that succeeds. Null where there is none. */
export async function retryDeadLetter(deps: Deps, id: number): Promise<'done' | 'failed' | null> {
  const row = await readDeadLetter(deps.stores.directory, id)
  if (!row) return null
  try {
    if (row.queue === 'pending') await filePending(deps, row.subject)
    else await drainOutbox(deps, (JSON.parse(row.body) as WakeMessage).shard, lessonsOf)
  } catch (error) {
    deps.log({ level: 'error', at: 'inbound.retry', subject: row.subject, error: String(error) })
    return 'failed'
  }
  await deps.stores.directory.batch([deleteDeadLetter(id)])
  return 'done'
}

/** Keeps what the dead-letter queue hands over. Throws where it cannot, so that the queue hands it over again. */
export async function keepDead(deps: Deps, body: unknown, attempts: number): Promise<void> {
  const pending = body as Partial<PendingMessage & WakeMessage>
  const text = JSON.stringify(body) ?? 'null'
  const isPending = typeof pending?.raw_key === 'string'
  const subject = isPending
    ? (pending.raw_key as string)
    : Array.from((await hashToken(text)).slice(0, 16), hex).join('')
  const row = {
    queue: isPending ? 'pending' : 'events',
    subject,
    body: text,
    reason: isPending ? 'filing failed at every attempt' : 'the outbox could not be told at every attempt',
    attempts,
  }
  await deps.stores.directory.batch([keepDeadLetter(row, seconds(deps))])
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function deadLetter(row: DeadLetterRow): DeadLetter {
  return {
    id: row.id,
    queue: row.queue === 'pending' ? 'pending' : 'events',
    subject: row.subject,
    reason: row.reason,
    attempts: row.attempts,
    createdAt: row.created_at,
  }
}
