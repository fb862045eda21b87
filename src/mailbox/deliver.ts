/**
 * Delivery: one parsed message into one mailbox, in one D1 batch. Everything that must be true together is written
 * together: row, placement, counts, change number, thread, search text, outbox.
 *
 * Invariants:
 *  - Exactly once: the account's dedupe key and the unique raw key both refuse a second row, inside the batch.
 *  - What is held in quarantine keeps nothing out of a mailbox but itself: an equal message that is to be delivered takes its
 *    place. Otherwise somebody who has a message early could have a copy of it held, and the real one with it.
 *  - The caller has the raw bytes in R2 under `rawKey` already; nothing here reads or writes them.
 */
import type { Deps } from '../deps.ts'
import type { PosternEvent } from '../events.ts'
import type { ParsedMessage } from '../mime/message.ts'
import type { SpamReport } from '../spam/report.ts'
import { readAccount, readRoles } from '../store/account-read.ts'
import { isStaleGuard, isUniqueViolation, type Statement } from '../store/database.ts'
import { idAt } from '../store/ids.ts'
import { readStanding, type Standing } from '../store/message-read.ts'
import { type InsertedRow, type Insertion, insertMessage } from '../store/message-write.ts'
import { deleteWithheld } from '../store/withheld-write.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { rowOf } from './insertion.ts'

export type Delivery = {
  accountId: number
  /** The mailbox's role: filing decides between them, and every account begins with them. */
  role: 'inbox' | 'junk' | 'trash'
  /** flags.ts; none where it is absent. */
  flags?: number
  rawKey: string
  bytes: Uint8Array
  message: ParsedMessage
  envelope: { from: string; to: string; addressId: number | null }
  receivedAtMs: number
  /** mime/identity.ts, and how well this copy is authenticated: a better one than what is stored is a new message. */
  identity: Uint8Array
  rank: number
  verdict: SenderVerdict
  report: SpamReport
  /** Of `withheld`, where it is released from there by this delivery. */
  releasedId?: number
  /** Committed with it, in one batch: `id` is the new message's. */
  also?: (id: Statement) => Statement[]
}

export type Delivered =
  | { kind: 'stored'; id: number; threadId: number; modseq: number; mailboxId: number }
  /** An equal message is stored; `sameReceipt` where it is this very receipt, filed before. */
  | { kind: 'duplicate'; id: number; sameReceipt: boolean }
  /** It is held in quarantine; or, where it is itself to be held, an equal message is. */
  | { kind: 'withheld'; id: number; sameReceipt: boolean }
  /** The receipt's message was destroyed, or it was a duplicate before: it is not to be filed again. */
  | { kind: 'discarded' }
  | { kind: 'account-deleted' }

/** Stores the message, or says why not. Throws where the database fails; trying again is safe. */
export async function deliver(deps: Deps, delivery: Delivery): Promise<Delivered> {
  const db = deps.stores.of(delivery.accountId)
  const { rawKey, releasedId } = delivery
  const dedupe = dedupeKeys(delivery.identity, delivery.rank)
  const [standing, roles] = await Promise.all([
    readStanding(db, delivery.accountId, dedupe, rawKey, releasedId),
    readRoles(db, delivery.accountId, [delivery.role, 'inbox']),
  ])
  const replaced = standing?.kind === 'withheld' && standing.rawKey !== rawKey ? standing.id : null
  if (standing && replaced === null) return notStored(standing, rawKey)
  // The owner may have deleted Junk or Trash. The Inbox cannot be deleted.
  const mailbox = roles.find((row) => row.role === delivery.role) ?? roles[0]
  if (!mailbox) return await refuseWithoutMailbox(deps, delivery.accountId)
  try {
    const results = await db.batch([
      ...insertMessage(insertionOf(deps, delivery, mailbox.id, dedupe)),
      ...(replaced === null ? [] : deleteWithheld([{ id: replaced, account_id: delivery.accountId }])),
    ])
    const row = results[1]?.[0] as InsertedRow | undefined
    if (!row) throw new Error('the delivery was not returned')
    return { kind: 'stored', id: row.id, threadId: row.thread_id, modseq: row.modseq, mailboxId: mailbox.id }
  } catch (error) {
    // Another attempt at the same message may have committed in between; the guard has rolled this one back.
    if (!isStaleGuard(error) && !isUniqueViolation(error)) throw error
    const now = await readStanding(db, delivery.accountId, dedupe, rawKey, releasedId)
    if (now) return notStored(now, rawKey)
    return await refuseWithoutMailbox(deps, delivery.accountId)
  }
}

/** What has become of a message that something stands in the way of. */
export function notStored(standing: Standing, rawKey: string): Exclude<Delivered, { kind: 'stored' }> {
  if (standing.kind === 'discarded') return { kind: 'discarded' }
  if (standing.kind === 'withheld')
    return { kind: 'withheld', id: standing.id, sameReceipt: standing.rawKey === rawKey }
  return { kind: 'duplicate', id: standing.id, sameReceipt: standing.kind === 'filed' }
}

// Only a record of its deletion makes an account deleted. One that is merely not there (a database restored to an earlier
// hour, a wrong binding) is trouble that passes, and its mail waits.
async function refuseWithoutMailbox(deps: Deps, accountId: number): Promise<Delivered> {
  const account = await readAccount(deps.stores.of(accountId), accountId)
  if (account?.deleted_at) return { kind: 'account-deleted' }
  throw new Error(`account ${accountId} has no mailbox to deliver into`)
}

// A key is the identity and one byte of rank, so that "equal or better" is a range of the index.
export function dedupeKeys(identity: Uint8Array, rank: number) {
  const keyOf = (byte: number) => {
    const key = new Uint8Array(identity.length + 1)
    key.set(identity)
    key[identity.length] = byte
    return key
  }
  return { key: keyOf(rank), upTo: keyOf(0xff) }
}

function typeOf({ releasedId, role }: Pick<Delivery, 'releasedId' | 'role'>): PosternEvent['type'] {
  if (releasedId !== undefined) return 'message.released'
  return role === 'junk' ? 'message.junked' : 'message.received'
}

function insertionOf(deps: Deps, delivery: Delivery, mailboxId: number, dedupe: Insertion['dedupe']): Insertion {
  const { envelope, receivedAtMs } = delivery
  const row = rowOf({
    ...delivery,
    receivedAt: Math.floor(receivedAtMs / 1000),
    flags: delivery.flags ?? 0,
    keywords: [],
    addressId: envelope.addressId,
  })
  return {
    ...row,
    mailboxId,
    dedupe,
    id: { kind: 'live', floor: idAt(delivery.accountId, deps.now() / 1000) },
    event: { type: typeOf(delivery) },
    releasedId: delivery.releasedId,
    also: delivery.also,
  }
}
