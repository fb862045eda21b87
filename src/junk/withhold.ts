/**
 * Holding mail back: a message that is not delivered, but kept in quarantine, or refused with nothing left of it but the record.
 *
 * Invariants:
 *  - What is in quarantine has no row in `messages`, and so is shown by no list, search, count or change.
 *  - Exactly once, by the same guards as a delivery. An equal message that is to be held too is the one that is held; one that
 *    is to be delivered takes its place (mailbox/deliver.ts).
 *  - A refusal is recorded before the sender is told, and its object deleted after. What fails between leaves the object, which
 *    the sweep then files into quarantine: rather told twice than lost.
 */

import type { Deps } from '../deps.ts'
import { type Delivered, type Delivery, dedupeKeys, notStored } from '../mailbox/deliver.ts'
import { rowOf } from '../mailbox/insertion.ts'
import type { Address, ParsedMessage } from '../mime/message.ts'
import { seconds } from '../seconds.ts'
import { readAccount } from '../store/account-read.ts'
import { isStaleGuard, isUniqueViolation, type Statement } from '../store/database.ts'
import { readStanding } from '../store/message-read.ts'
import {
  type Dedupe,
  insertQuarantined,
  insertRejected,
  type NewWithheld,
  negativeIdOf,
} from '../store/withheld-write.ts'

/** The first digest tells what came in an hour, not the first message alone. */
const DIGEST_AFTER_SECONDS = 3_600

/** What the record of a refusal keeps of each list. It counts for no quota, and a sender may be refused as often as he likes. */
const REMEMBERED_MAX = 5

export type Withheld =
  | { kind: 'held'; id: number }
  /** It is recorded, and the sender can be told. */
  | { kind: 'refused' }
  | Exclude<Delivered, { kind: 'stored' }>

/**
 * Holds a message back, or says why not. Throws where the database fails; trying again is safe. `also` is committed with what
 * is held; it is given an id that no message has: the negative of the one in quarantine.
 */
export async function withhold(
  deps: Deps,
  delivery: Omit<Delivery, 'role'>,
  kind: 'quarantine' | 'rejected',
  also: (id: Statement) => Statement[] = () => [],
): Promise<Withheld> {
  const { accountId, rawKey } = delivery
  const db = deps.stores.of(accountId)
  const dedupe = dedupeKeys(delivery.identity, delivery.rank)
  const standing = await readStanding(db, accountId, dedupe, rawKey)
  if (standing) return notStored(standing, rawKey)
  try {
    return await commit(deps, delivery, kind, dedupe, also)
  } catch (error) {
    if (!isStaleGuard(error) && !isUniqueViolation(error)) throw error
    const now = await readStanding(db, accountId, dedupe, rawKey)
    if (now) return notStored(now, rawKey)
    if ((await readAccount(db, accountId))?.deleted_at) return { kind: 'account-deleted' }
    throw error
  }
}

async function commit(
  deps: Deps,
  delivery: Omit<Delivery, 'role'>,
  kind: 'quarantine' | 'rejected',
  dedupe: Dedupe,
  also: (id: Statement) => Statement[],
): Promise<Withheld> {
  const now = seconds(deps)
  const row = rowFor(delivery, kind, now)
  const statements =
    kind === 'rejected'
      ? insertRejected(row, dedupe)
      : [...insertQuarantined(row, dedupe, now + DIGEST_AFTER_SECONDS), ...also(negativeIdOf(row.raw_key))]
  const results = await deps.stores.of(delivery.accountId).batch(statements)
  // Only the record of its deletion makes an account deleted: one that is not there is trouble that passes.
  if (results[0]?.length !== 1) throw new Error(`account ${delivery.accountId} has no row`)
  if (kind === 'rejected') return { kind: 'refused' }
  const [held] = results[1] as { id: number }[]
  if (!held) throw new Error('the held message was not returned')
  return { kind: 'held', id: held.id }
}

function rowFor(delivery: Omit<Delivery, 'role'>, kind: 'quarantine' | 'rejected', now: number): NewWithheld {
  const { envelope, report } = delivery
  const { message } = rowOf({
    ...delivery,
    message: kind === 'rejected' ? remembered(delivery.message) : delivery.message,
    receivedAt: Math.floor(delivery.receivedAtMs / 1000),
    flags: 0,
    keywords: [],
    addressId: envelope.addressId,
  })
  return {
    kind,
    account_id: message.account_id,
    raw_key: message.raw_key,
    received_at: message.received_at,
    size: message.size,
    address_id: message.address_id,
    recipient: message.recipient,
    return_path: message.return_path,
    from_addr: message.from_addr,
    from_name: message.from_name,
    to_text: message.to_text,
    subject: message.subject,
    preview: message.preview,
    score: report.score,
    reason: report.reason,
    envelope: message.envelope,
    structure: message.structure,
    attachments: message.attachments,
    spam_report: JSON.stringify(report),
    auth: message.auth,
    defects: message.defects,
    created_at: now,
  }
}

/** A message as the record of its refusal knows it: who, to whom and what, and nothing of which a stranger chooses the length. */
function remembered(message: ParsedMessage): ParsedMessage {
  const { structure, envelope, attachments } = message
  const some = (addresses: Address[]) => addresses.slice(0, REMEMBERED_MAX)
  return {
    ...message,
    structure: { ...structure, params: {}, dispositionParams: {}, description: null, location: null, parts: [] },
    attachments: attachments.slice(0, REMEMBERED_MAX),
    envelope: {
      ...envelope,
      from: some(envelope.from),
      sender: some(envelope.sender),
      replyTo: some(envelope.replyTo),
      to: some(envelope.to),
      cc: some(envelope.cc),
      bcc: some(envelope.bcc),
    },
  }
}
