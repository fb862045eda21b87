/**
 * The quarantine as its owner sees it: what is held back and why, read safely, released or deleted. Records of mail that was
 * refused stand beside it; of those there is nothing left to read or to release.
 *
 * A release is a delivery: the object is filed anew by the way of all mail, into the Inbox, and leaves the quarantine in the
 * same batch. So it can happen once, whatever fails and however often it is asked for.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { deliver } from '../mailbox/deliver.ts'
import type { Content, Readable } from '../mailbox/read.ts'
import { readContent } from '../mailbox/read.ts'
import type { Reader } from '../mailbox/reader.ts'
import type { Attachment, Defect, Envelope } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { deserializeStructure } from '../mime/structure.ts'
import { seconds } from '../seconds.ts'
import type { SpamReason, SpamReport } from '../spam/report.ts'
import type { Statement } from '../store/database.ts'
import type { WithheldRow } from '../store/schema.ts'
import { putLessonOf } from '../store/teaching-write.ts'
import { pageWithheld, readWithheld, type WithheldSummaryRow } from '../store/withheld-read.ts'
import { deleteWithheld, releaseWithheld } from '../store/withheld-write.ts'
import type { AuthenticationRank } from '../verify/authenticity.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { countDelivered } from './history.ts'
import { listStatement } from './lists.ts'
import { senderOf } from './sender-keys.ts'
import { teachSoon } from './teach.ts'

/** Held mail and records of refusals are kept so long. */
export const HELD_SECONDS = 30 * 86_400

/** Times are epoch seconds. */
export type HeldSummary = {
  id: number
  kind: 'quarantine' | 'rejected'
  receivedAt: number
  expiresAt: number
  size: number
  recipient: string | null
  from: { name: string; address: string }
  to: string
  subject: string
  preview: string
  score: number
  reason: SpamReason
}

export type HeldDetail = HeldSummary &
  Readable & {
    returnPath: string | null
    attachments: Attachment[]
    authentication: SenderVerdict
    report: SpamReport
    defects: Defect[]
  }

/** What is held back below the id `before`, newest first, as far as the reader may see it. */
export async function listHeld(deps: Deps, reader: Reader, before: number, limit: number): Promise<HeldSummary[]> {
  const { accountId, addressId } = reader
  return (await pageWithheld(deps.stores.of(accountId), accountId, addressId, before, limit)).map(summaryOf)
}

export async function readHeld(deps: Deps, reader: Reader, id: number): Promise<HeldDetail | null> {
  const row = await find(deps, reader, id)
  return row && detailOf(row)
}

/** The text, the HTML and the header of what is in quarantine; null of what was refused. */
export async function readHeldContent(deps: Deps, held: HeldDetail): Promise<Content | null> {
  return held.kind === 'rejected' ? null : await readContent(deps, held)
}

export type Release = {
  /** Whether it is taught as ham. */
  learn: boolean
  /** Whether its sender is allowed from now on. */
  allowSender: boolean
}

/** Delivers a message out of quarantine; gives its id. Not found, too, where it was released before. */
export async function releaseHeld(deps: Deps, reader: Reader, id: number, wanted: Release): Promise<number | Failure> {
  if (wanted.allowSender && reader.addressId !== null)
    return fail('forbidden', "The lists are the account's: a key of one address cannot change them.")
  const row = await find(deps, reader, id)
  if (!row) return notHeld()
  if (row.kind === 'rejected') return fail('conflict', 'The message was refused: nothing of it was kept.')
  const listed = wanted.allowSender ? allowSender(deps, row) : []
  if ('failure' in listed) return listed
  const raw = await deps.stores.raw.get(row.raw_key)
  if (!raw) throw new Error(`the raw object ${row.raw_key} is missing`)
  const now = seconds(deps)
  const verdict = JSON.parse(row.auth) as SenderVerdict
  const message = await parseMessage(raw.bytes)
  const { identity, rank } = identityOf(row)
  const delivered = await deliver(deps, {
    accountId: row.account_id,
    role: 'inbox',
    rawKey: row.raw_key,
    bytes: raw.bytes,
    message,
    envelope: { from: row.return_path ?? '', to: row.recipient ?? '', addressId: row.address_id },
    receivedAtMs: row.received_at * 1000,
    identity,
    rank,
    verdict,
    report: JSON.parse(row.spam_report) as SpamReport,
    releasedId: row.id,
    also: (messageId) => [
      ...releaseWithheld(row),
      ...countDelivered(row.account_id, senderOf(message.envelope.from, verdict), now),
      ...(wanted.learn ? [putLessonOf(row.account_id, messageId, 'ham', now)] : []),
      ...listed,
    ],
  })
  switch (delivered.kind) {
    case 'stored':
      teachSoon(deps, row.account_id)
      return delivered.id
    case 'duplicate':
      // An equal message came by another way and stands in a mailbox; where it is this very one, it was just released.
      if (!delivered.sameReceipt) await deps.stores.of(row.account_id).batch([...deleteWithheld([row]), ...listed])
      return delivered.id
    default:
      return notHeld()
  }
}

/** Deletes held mail, or the record of a refusal, for good. False where the reader has no such thing. */
export async function deleteHeld(deps: Deps, reader: Reader, id: number): Promise<boolean> {
  const row = await find(deps, reader, id)
  if (!row) return false
  await deps.stores.of(row.account_id).batch(deleteWithheld([row]))
  return true
}

async function find(deps: Deps, { accountId, addressId }: Reader, id: number): Promise<WithheldRow | null> {
  const row = await readWithheld(deps.stores.of(accountId), accountId, id)
  return row && (addressId === null || row.address_id === addressId) ? row : null
}

function notHeld(): Failure {
  return fail('not-found', 'There is no such message in quarantine.')
}

function allowSender(deps: Deps, row: WithheldRow): Statement[] | Failure {
  const sender = senderOf((JSON.parse(row.envelope) as Envelope).from, JSON.parse(row.auth) as SenderVerdict)
  if (!sender) return fail('invalid', 'The message names no one sender who could be allowed.', 'allow_sender')
  return [listStatement(row.account_id, sender.address, 'allow', seconds(deps))]
}

// The key is the identity and one byte of rank (mailbox/deliver.ts). D1 gives bytes as a list of numbers.
function identityOf(row: WithheldRow): { identity: Uint8Array; rank: AuthenticationRank } {
  const key = Uint8Array.from(row.dedupe)
  return { identity: key.slice(0, -1), rank: (key.at(-1) ?? 0) as AuthenticationRank }
}

function summaryOf(row: WithheldSummaryRow): HeldSummary {
  return {
    id: row.id,
    kind: row.kind,
    receivedAt: row.received_at,
    expiresAt: row.created_at + HELD_SECONDS,
    size: row.size,
    recipient: row.recipient,
    from: { name: row.from_name, address: row.from_addr },
    to: row.to_text,
    subject: row.subject,
    preview: row.preview,
    score: row.score,
    reason: row.reason as SpamReason,
  }
}

function detailOf(row: WithheldRow): HeldDetail {
  return {
    ...summaryOf(row),
    rawKey: row.raw_key,
    envelope: JSON.parse(row.envelope) as Envelope,
    structure: deserializeStructure(row.structure),
    returnPath: row.return_path,
    attachments: JSON.parse(row.attachments) as Attachment[],
    authentication: JSON.parse(row.auth) as SenderVerdict,
    report: JSON.parse(row.spam_report) as SpamReport,
    defects: JSON.parse(row.defects) as Defect[],
  }
}
