/**
 * Receiving: from an SMTP envelope to a filed message, as one visible list of steps.
 *
 *   resolve the envelope recipient -> quota -> raw bytes into R2 -> FILE IT (file-receipt.ts) -> notify
 *
 * Invariants:
 *  - Before R2 has the bytes, every failure throws, and the sending server tries again. Only a recipient that is refused
 *    for good is rejected: a rejection is a bounce.
 *  - Once R2 has them, the mail is accepted, whatever happens: what cannot be filed now goes to the pending queue, and
 *    what even that misses is found by the sweep.
 */
import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { TemporaryError } from '../errors.ts'
import { readAccount } from '../store/account-read.ts'
import { type Receipt, type ReceiptSource, rawKey } from '../store/raw.ts'
import { type Filed, fileReceipt } from './file-receipt.ts'
import { resolveRecipient } from './resolve.ts'

/** Cloudflare's own limit. Larger mail from another source is refused with the same words. */
export const MESSAGE_BYTES_MAX = 25 * 1024 * 1024
const RECEIPT_ID_BYTES = 16

export type Incoming = {
  /** The envelope sender, '' for the null sender. */
  from: string
  /** The envelope recipient. */
  to: string
  source: ReceiptSource
  /** The whole message. Read once, as bytes. */
  read(): Promise<Uint8Array>
}

export type Received =
  | Filed
  /** In R2, and waiting to be filed. */
  | { kind: 'pending'; rawKey: string }
  | { kind: 'refused'; reply: string }

/** Receives one message for one recipient. Throws for what the sending server should try again. */
export async function receive(deps: Deps, incoming: Incoming): Promise<Received> {
  const recipient = await resolveRecipient(deps, incoming.to)
  if (recipient.kind === 'refused') return recipient
  const bytes = await incoming.read()
  if (bytes.length > MESSAGE_BYTES_MAX) return { kind: 'refused', reply: '5.3.4 The message is larger than 25 MiB' }
  await checkQuota(deps, recipient.accountId, bytes.length)
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
    return await fileReceipt(deps, receipt, bytes)
  } catch (error) {
    return await defer(deps, receipt, error)
  }
}

// A full mailbox is the owner's to empty, and until then the sender keeps the mail: 4xx, never a bounce.
async function checkQuota(deps: Deps, accountId: number, size: number): Promise<void> {
  const account = await readAccount(deps.stores.of(accountId), accountId)
  if (!account) throw new TemporaryError('4.3.5 the account is not in its database')
  if (account.quota_bytes !== null && account.used_bytes + size > account.quota_bytes) {
    throw new TemporaryError('4.2.2 the mailbox is full')
  }
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
