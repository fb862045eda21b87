/**
 * A receipt becomes a message: parse -> verify -> ask others -> score -> file -> store, with what is sent on and
 * answered (onward.ts) -> notify. The same for mail that just came, for
 * the pending queue and for the sweep, since the raw object carries its own envelope.
 *
 * Doing it twice is safe: the store refuses the second copy, and a receipt whose message is stored under another raw
 * object is deleted here, as nothing will ever refer to it.
 */
import { settingsOf } from '../access/settings.ts'
import type { Deps } from '../deps.ts'
import { countDelivered, readHistory } from '../junk/history.ts'
import { findListings } from '../junk/lists.ts'
import { readForScoring } from '../junk/model.ts'
import { policyOf } from '../junk/policy.ts'
import { type Sender, senderOf } from '../junk/sender-keys.ts'
import { type Withheld, withhold } from '../junk/withhold.ts'
import { type Delivered, type Delivery, deliver } from '../mailbox/deliver.ts'
import { SEEN } from '../mailbox/flags.ts'
import { foldAddress } from '../mime/addresses.ts'
import { messageIdentity } from '../mime/identity.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { wakeOutbox } from '../notify/outbox.ts'
import { askOutside } from '../opinions/ask.ts'
import { type NotedReport, noteOf, noteStatement, type ReportMessage } from '../outbound/mail-reports.ts'
import type { SpamInput } from '../spam/input.ts'
import type { SpamReport } from '../spam/report.ts'
import { scoreMessage } from '../spam/score.ts'
import { urlDomains } from '../spam/url-domains.ts'
import { readAccount } from '../store/account-read.ts'
import type { Statement } from '../store/database.ts'
import { shardOf } from '../store/ids.ts'
import { queueRawDelete } from '../store/outbox.ts'
import type { Receipt } from '../store/raw.ts'
import type { AccountRow } from '../store/schema.ts'
import { authenticationRank } from '../verify/authenticity.ts'
import { localVerdict } from '../verify/local.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { soleFromDomain, verifySender } from '../verify/verify-sender.ts'
import { fileMessage } from './file.ts'
import { NOTHING_MORE, type Onward, planOnward } from './onward.ts'
import { openReturnAddress } from './return-address.ts'

export type Filed =
  | { kind: 'filed'; id: number; mailbox: 'inbox' | 'junk' }
  | { kind: 'duplicate'; id: number }
  /** Its message was destroyed, or it was a duplicate: a queue has handed it over once more. */
  | { kind: 'discarded' }
  /** In quarantine; `id` is its own there. */
  | { kind: 'withheld'; id: number }
  /** Recorded as refused: the sender is to be told so. Only where he can be. */
  | { kind: 'refused'; reply: string }
  /** The account was deleted after the mail was accepted. */
  | { kind: 'account-deleted' }

export type Filing = {
  /** The account's row, where the caller has it already. */
  account?: AccountRow
  /** Whether the sender still waits for an answer. Where he does not, what would be refused is held in quarantine. */
  canRefuse?: boolean
}

/** Files a receipt whose bytes are in R2. Throws where storage fails; trying again is safe. */
export async function fileReceipt(
  deps: Deps,
  receipt: Receipt,
  bytes: Uint8Array,
  { account: known, canRefuse = false }: Filing = {},
): Promise<Filed> {
  const account = known ?? (await readAccount(deps.stores.of(receipt.accountId), receipt.accountId))
  const message = await parseMessage(bytes)
  const verdict = await verdictOf(deps, receipt, message, bytes)
  const sender = senderOf(message.envelope.from, verdict)
  const input: SpamInput = {
    message,
    bytes,
    verdict,
    envelope: { from: receipt.from, to: receipt.to },
    nowMs: receipt.receivedAtMs,
    policy: policyOf(account && settingsOf(account), deps.policy),
    ...(await knownOf(deps, receipt, message, verdict, sender)),
  }
  const others = receipt.source === 'email-routing' ? await askOutside(deps, input) : {}
  const report = scoreMessage({ ...input, ...others })
  const place = fileMessage(report, canRefuse)
  const onward =
    account && place === 'inbox' ? await planOnward(deps, { account, receipt, message, verdict }, bytes) : NOTHING_MORE
  const delivery = {
    accountId: receipt.accountId,
    rawKey: receipt.key,
    bytes,
    message,
    envelope: { from: receipt.from, to: receipt.to, addressId: receipt.addressId },
    receivedAtMs: receipt.receivedAtMs,
    identity: await messageIdentity(bytes, identityScope(receipt, message)),
    rank: authenticationRank(verdict, soleFromDomain(message)),
    verdict,
    report,
    also: () => [
      ...countDelivered(receipt.accountId, sender, Math.floor(receipt.receivedAtMs / 1000)),
      ...onward.statements,
    ],
  }
  const noted =
    place === 'rejected' ? null : await reportIn(deps, receipt, { bytes, message, verdict, isJunk: place !== 'inbox' })
  if (place === 'inbox' || place === 'junk') {
    const also = (id: Statement) => [
      ...delivery.also(),
      ...(noted ? [noteStatement(receipt.accountId, id, noted)] : []),
    ]
    return await afterDelivery(
      deps,
      receipt,
      await deliverWith(deps, onward, { ...delivery, also, role: place }),
      place,
    )
  }
  const held = await withhold(deps, delivery, place, (id) =>
    noted ? [noteStatement(receipt.accountId, id, noted)] : [],
  )
  return await afterWithholding(deps, receipt, held, report)
}

// A bounce or a complaint is applied later (outbound/mail-reports.ts). What an account of this server sent is never one.
async function reportIn(
  deps: Deps,
  { source, to, receivedAtMs }: Receipt,
  filed: Pick<ReportMessage, 'bytes' | 'message' | 'verdict' | 'isJunk'>,
): Promise<NotedReport | null> {
  if (source === 'local') return null
  const path = await openReturnAddress(deps, to)
  const verp = path?.kind === 'verp' ? { submissionId: path.submissionId, n: path.n } : null
  return noteOf({ ...filed, verp, receivedAt: Math.floor(receivedAtMs / 1000) })
}

async function deliverWith(deps: Deps, onward: Onward, delivery: Delivery): Promise<Delivered> {
  try {
    const delivered = await deliver(deps, onward.isKept ? delivery : { ...delivery, role: 'trash', flags: SEEN })
    if (delivered.kind === 'stored') onward.done()
    else await onward.undone()
    return delivered
  } catch (error) {
    await onward.undone()
    throw error
  }
}

// What the account has taught its filter, what it knows of the sender, and what it has listed.
async function knownOf(
  deps: Deps,
  { accountId, from }: Receipt,
  message: ParsedMessage,
  { client }: SenderVerdict,
  sender: Sender | null,
) {
  const fromAddresses = senderAddresses(message)
  const [learned, history, listings] = await Promise.all([
    readForScoring(deps, accountId),
    readHistory(deps, accountId, sender, message),
    findListings(deps, accountId, { fromAddresses, envelopeFrom: foldAddress(from), ...client }, urlDomains(message)),
  ])
  return { learned, history, ...listings }
}

// What an account of this server sent carries no block that could be trusted: the proof is that this server took it.
async function verdictOf(
  { resolve }: Deps,
  { source, from, receivedAtMs }: Receipt,
  message: ParsedMessage,
  bytes: Uint8Array,
): Promise<SenderVerdict> {
  if (source === 'local') return localVerdict(soleFromDomain(message))
  const trust = source === 'email-routing' ? 'email-routing' : 'untrusted'
  return await verifySender({ message, bytes, source: trust, resolve, nowMs: receivedAtMs, envelopeFrom: from })
}

async function afterDelivery(
  deps: Deps,
  receipt: Receipt,
  delivered: Delivered,
  role: 'inbox' | 'junk',
): Promise<Filed> {
  const shard = shardOf(receipt.accountId)
  switch (delivered.kind) {
    case 'stored':
      deps.background(wakeOutbox(deps, shard))
      return { kind: 'filed', id: delivered.id, mailbox: role }
    case 'duplicate':
      if (!delivered.sameReceipt) await deleteRaw(deps, receipt, shard)
      return { kind: 'duplicate', id: delivered.id }
    case 'withheld':
      if (!delivered.sameReceipt) await deleteRaw(deps, receipt, shard)
      return { kind: 'withheld', id: delivered.id }
    case 'discarded':
      return delivered
    case 'account-deleted':
      await deleteRaw(deps, receipt, shard)
      return delivered
  }
}

async function afterWithholding(deps: Deps, receipt: Receipt, held: Withheld, report: SpamReport): Promise<Filed> {
  if (held.kind === 'held') {
    deps.background(wakeOutbox(deps, shardOf(receipt.accountId)))
    return { kind: 'withheld', id: held.id }
  }
  if (held.kind !== 'refused') return await afterDelivery(deps, receipt, held, 'junk')
  // The refusal is recorded. An object that cannot be marked now is found by the sweep, and held in quarantine.
  await deleteRaw(deps, receipt, shardOf(receipt.accountId)).catch((error) =>
    deps.log({ level: 'error', at: 'inbound.refuse', raw_key: receipt.key, error: String(error) }),
  )
  return { kind: 'refused', reply: replyOf(report) }
}

// RFC 3463 §3.8: refused by policy. It says as little as the sender needs to tell it from a mistake.
function replyOf({ reason }: SpamReport): string {
  return reason === 'malware'
    ? '5.7.1 The message carries a program that is not accepted here'
    : '5.7.1 The recipient does not accept mail from this sender'
}

// The mark is written first and the object deleted by the outbox's worker, so that no crash can leave the object to be
// found and filed again.
async function deleteRaw(deps: Deps, receipt: Receipt, shard: number): Promise<void> {
  await deps.stores.of(receipt.accountId).batch([queueRawDelete(receipt.key)])
  deps.background(wakeOutbox(deps, shard))
}

// Devices send the very same alarm again and again, without a Date or a Message-ID to tell one from the next. Such a
// message is a duplicate within a day only: a retry comes within hours, the next alarm is news.
function identityScope(receipt: Receipt, message: ParsedMessage): string {
  const recipient = foldAddress(receipt.to) ?? receipt.to
  if (message.envelope.messageId !== null || message.envelope.date !== null) return recipient
  return `${recipient} ${new Date(receipt.receivedAtMs).toISOString().slice(0, 10)}`
}

function senderAddresses(message: ParsedMessage): string[] {
  return message.envelope.from.flatMap((from) => foldAddress(from.address) ?? [])
}
