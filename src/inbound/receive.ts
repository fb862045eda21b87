/**
 * Receiving: from an SMTP envelope to a filed message, as one visible list of steps.
 *
 *   resolve the envelope recipient -> quota -> raw bytes into R2 -> FILE IT (file-receipt.ts) -> notify
 *
 * Mail for a forward goes the same way for each of its targets that is of this server, and then to the others (pass-on.ts); what
 * comes back for its sender goes back to him (pass-back.ts).
 *
 * Invariants:
 *  - Before R2 has the bytes, every failure throws, and the sending server tries again. Only a recipient that is refused
 *    for good is rejected: a rejection is a bounce.
 *  - Once R2 has them, the mail is accepted, whatever happens: what cannot be filed now goes to the pending queue, and
 *    what even that misses is found by the sweep. The one exception is what the account has its filter refuse: that is
 *    recorded first, and whatever fails on the way keeps the mail.
 */
import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { TemporaryError } from '../errors.ts'
import { readAccount } from '../store/account-read.ts'
import { type Receipt, type ReceiptSource, rawKey } from '../store/raw.ts'
import type { AccountRow, AddressRow } from '../store/schema.ts'
import { type Filed, fileReceipt } from './file-receipt.ts'
import { findTargets, marksFor } from './forward.ts'
import { passBack } from './pass-back.ts'
import { type Outside, passOn } from './pass-on.ts'
import { type MailboxRecipient, resolveRecipient } from './resolve.ts'

/** What is sent from here to an address of this server may be as large. Email Routing has a limit of its own, of 25 MiB. */
export const MESSAGE_BYTES_MAX = 30 * 1024 * 1024
const RECEIPT_ID_BYTES = 16

export type Incoming = {
  /** The envelope sender, '' for the null sender. */
  from: string
  /** The envelope recipient. */
  to: string
  source: ReceiptSource
  /** The whole message. Read once, as bytes. */
  read(): Promise<Uint8Array>
} & Outside

export type Received =
  | Filed
  /** In R2, and waiting to be filed. */
  | { kind: 'pending'; rawKey: string }
  | { kind: 'refused'; reply: string }
  /** Taken by all of a forward's targets: those of this server, and so many others. */
  | { kind: 'forwarded'; here: Received[]; elsewhere: number }
  /** A bounce that goes back to whom a forward had it from; or ends here, where he is not known. */
  | { kind: 'returned' }

/** Receives one message for one recipient. Throws for what the sending server should try again. */
export async function receive(deps: Deps, incoming: Incoming): Promise<Received> {
  const recipient = await resolveRecipient(deps, incoming.to)
  if (recipient.kind === 'refused') return recipient
  const bytes = await incoming.read()
  if (bytes.length > MESSAGE_BYTES_MAX) return { kind: 'refused', reply: '5.3.4 The message is larger than 30 MiB' }
  switch (recipient.kind) {
    case 'forward':
      return await receiveForward(deps, incoming, recipient.row, bytes)
    case 'return':
      return await passBack(deps, recipient, incoming, bytes)
    case 'mailbox':
      return await receiveFor(deps, recipient, incoming, bytes, true)
  }
}

async function receiveForward(deps: Deps, incoming: Incoming, row: AddressRow, bytes: Uint8Array): Promise<Received> {
  const marks = await marksFor(bytes, row)
  if ('refused' in marks) return { kind: 'refused', reply: marks.refused }
  const targets = await findTargets(deps, row)
  // One that is switched off or gone is left out while others take the mail; without any, the sender is told.
  if (targets.refused.length > 0)
    deps.log({ level: 'warn', at: 'inbound.forward', address: row.id, refused: targets.refused.length })
  if (targets.here.length + targets.elsewhere.length === 0)
    return { kind: 'refused', reply: '5.2.1 This address does not accept mail' }
  const outcomes = await eachOf(targets.here, ({ to, recipient }) =>
    // The sender cannot be told for one of the targets alone.
    receiveFor(deps, recipient, { ...incoming, to }, bytes, false),
  )
  await passOn(deps, row, targets.elsewhere, marks, incoming, bytes)
  return { kind: 'forwarded', here: outcomes, elsewhere: targets.elsewhere.length }
}

// All are tried before the first failure is thrown: one full mailbox must not keep the mail from the others.
async function eachOf<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  const failed: unknown[] = []
  for (const item of items)
    await work(item).then(
      (result) => done.push(result),
      (error) => failed.push(error),
    )
  if (failed.length > 0) throw failed[0]
  return done
}

/** Receives for one mailbox. */
async function receiveFor(
  deps: Deps,
  recipient: MailboxRecipient,
  incoming: Incoming,
  bytes: Uint8Array,
  canRefuse: boolean,
): Promise<Received> {
  const account = await checkQuota(deps, recipient.accountId, bytes.length)
  const receipt: Receipt = {
    key: rawKey(recipient.accountId, deps.now(), base32(deps.random(RECEIPT_ID_BYTES))),
    accountId: recipient.accountId,
    addressId: recipient.addressId,
    from: incoming.from,
    to: incoming.to,
    receivedAtMs: deps.now(),
    source: incoming.source,
    sha256: await sha256Hex(bytes),
  }
  await deps.stores.raw.put(receipt, bytes)
  // From here on the mail is ours.
  try {
    return await fileReceipt(deps, receipt, bytes, { account, canRefuse })
  } catch (error) {
    return await defer(deps, receipt, error)
  }
}

// A full mailbox is the owner's to empty, and until then the sender keeps the mail: 4xx, never a bounce.
async function checkQuota(deps: Deps, accountId: number, size: number): Promise<AccountRow> {
  const account = await readAccount(deps.stores.of(accountId), accountId)
  if (!account) throw new TemporaryError('4.3.5 the account is not in its database')
  if (account.quota_bytes !== null && account.used_bytes + size > account.quota_bytes) {
    throw new TemporaryError('4.2.2 the mailbox is full')
  }
  return account
}

async function defer(deps: Deps, receipt: Receipt, error: unknown): Promise<Received> {
  deps.log({
    level: 'error',
    at: 'inbound.file',
    raw_key: receipt.key,
    account: receipt.accountId,
    error: String(error),
  })
  try {
    await deps.queues.pending.send({ raw_key: receipt.key })
  } catch (queueError) {
    // The sweep lists R2 and needs no queue.
    deps.log({ level: 'error', at: 'inbound.defer', raw_key: receipt.key, error: String(queueError) })
  }
  return { kind: 'pending', rawKey: receipt.key }
}

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
