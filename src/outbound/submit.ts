/**
 * The one door: whatever this server sends for an account goes through here, from whichever server it came.
 *
 *   the request's first answer -> who may send -> CHECK -> compose -> bytes into R2, twice -> ONE BATCH -> wake send-due.ts
 *
 * Invariants:
 *  - From is an address of the account. Local delivery vouches for it (verify/local.ts).
 *  - The copy in Sent, the submission and its recipients are committed together, or none of them.
 *  - A request makes one submission: the unique `submissions.request` refuses a second, whatever has failed between.
 */

import { base32 } from '../access/secrets.ts'
import { localDomains, resolveSender } from '../access/senders.ts'
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { type Appended, append } from '../mailbox/append.ts'
import { SEEN } from '../mailbox/flags.ts'
import type { Reader } from '../mailbox/reader.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { compose, type Draft, type Stamp } from '../mime/compose.ts'
import { sendableAddress } from '../mime/compose-address.ts'
import { refuseDraft, refuseMailbox } from '../mime/compose-check.ts'
import type { RawMail } from '../mime/compose-raw.ts'
import type { Address } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { readAccount, readRoles } from '../store/account-read.ts'
import type { Statement } from '../store/database.ts'
import { shardOf } from '../store/ids.ts'
import { queueRawDelete } from '../store/outbox.ts'
import { appendedKey, outgoingKey } from '../store/raw.ts'
import type { SubmissionRow } from '../store/schema.ts'
import { readSubmissionByKey, readSubmissionByRequest } from '../store/submission-read.ts'
import { insertSubmission, type NewRecipient } from '../store/submission-write.ts'
import { countWritten } from '../store/teaching-write.ts'
import { type Submission, withRecipients } from './submission.ts'
import { wakeOutbound } from './wake.ts'

/** Cloudflare's limit on a whole message, and the smallest among the providers. */
export const SENT_BYTES_MAX = 5 * 1024 * 1024
const NAME_BYTES = 16

/** What is to be composed. From may be left to be the only address that there is. */
export type WrittenMail = Omit<Draft, 'from'> & { from: Address | null }

/** What is to be sent: to be composed, or whole already. */
export type Wanted = WrittenMail | RawMail

/** What a caller has to say of the copy in Sent. */
export type Placing = {
  /** Committed ahead of it, in the same batch (mailbox/append.ts): what it takes the place of. */
  before?: () => Promise<Statement[] | Failure>
}

/** `request` names the client's call, so that its repetition is known; null where the client gave it no name. */
export async function submit(
  deps: Deps,
  reader: Reader,
  wanted: Wanted,
  request: Uint8Array | null,
  placing: Placing = {},
): Promise<Submission | Failure> {
  const { accountId } = reader
  const first = await findFirst(deps, accountId, request)
  if (first) return first
  const account = await readAccount(deps.stores.of(accountId), accountId)
  if (!account || account.suspended_at !== null)
    return fail('forbidden', 'The account is suspended: it receives mail, but sends none.')
  const sender = await resolve(deps, reader, wanted.from)
  if (isFailure(sender)) return sender
  const writable = ready(wanted, sender)
  if (isFailure(writable)) return writable
  const recipients = await routesOf(deps, writable.recipients)
  if (isFailure(recipients)) return recipients
  const mail = write(deps, writable, sender.address)
  if (mail.bytes.length > SENT_BYTES_MAX) return tooLarge(mail.bytes.length)
  const standing = await commit(deps, reader, { ...mail, ...sender, ...placing, recipients, request })
  if (isFailure(standing)) return standing
  deps.background(wakeOutbound(deps, shardOf(accountId)))
  return await shown(deps, standing)
}

async function findFirst(deps: Deps, accountId: number, request: Uint8Array | null): Promise<Submission | null> {
  const row = request && (await readSubmissionByRequest(deps.stores.of(accountId), accountId, request))
  return row && (await shown(deps, row))
}

async function shown(deps: Deps, row: SubmissionRow): Promise<Submission> {
  const [submission] = await withRecipients(deps, row.account_id, [row])
  if (!submission) throw new Error('the submission was not returned')
  return submission
}

type From = { addressId: number; address: string }

async function resolve(deps: Deps, reader: Reader, from: Address | null): Promise<From | Failure> {
  const refused = from && refuseMailbox(from, 'from')
  if (refused) return refused
  const sender = await resolveSender(deps, reader, from?.address ?? null)
  if (isFailure(sender)) return sender
  const address = sendableAddress(sender.address)
  if (address === null) return fail('invalid', 'Mail cannot be sent from this address: its name is not ASCII.', 'from')
  return { addressId: sender.addressId, address }
}

/** Checked, and ready to be written once it has a Message-ID. */
type Writable = { recipients: Address[]; write(stamp: Stamp): Mail }

function ready(wanted: Wanted, sender: From): Writable | Failure {
  if ('finish' in wanted) return { recipients: wanted.recipients, write: (stamp) => wanted.finish(stamp) }
  const draft: Draft = { ...wanted, from: { name: wanted.from?.name ?? '', address: sender.address } }
  const refused = refuseDraft(draft) ?? refuseSize(draft)
  if (refused) return refused
  const write = (stamp: Stamp) => ({ bytes: compose(draft, stamp), messageId: stamp.messageId })
  return { recipients: [...draft.to, ...draft.cc, ...draft.bcc], write }
}

// Before composing, so that what is far too large costs nothing.
function refuseSize({ attachments, text, html }: Draft): Failure | null {
  const attached = attachments.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const size = attached + (text?.length ?? 0) + (html?.length ?? 0)
  return size > SENT_BYTES_MAX ? tooLarge(size) : null
}

function tooLarge(size: number): Failure {
  return fail(
    'too-large',
    `A message may have at most ${SENT_BYTES_MAX} bytes as it is sent; this one has ${size} or more.`,
  )
}

/** Each recipient once, in the order of the call. */
async function routesOf(deps: Deps, addresses: Address[]): Promise<NewRecipient[] | Failure> {
  const byFolded = new Map<string, string>()
  for (const { address } of addresses) {
    const folded = foldAddress(address) as string
    if (!byFolded.has(folded)) byFolded.set(folded, sendableAddress(address) as string)
  }
  const domainOf = (folded: string) => splitAddress(folded).domain
  const local = await localDomains(deps, [...new Set([...byFolded.keys()].map(domainOf))])
  const routes = [...byFolded].map(([folded, address]): NewRecipient => {
    return { address, route: local.has(domainOf(folded)) ? 'local' : 'provider' }
  })
  if (deps.providers.inOrder(null).length === 0 && routes.some(({ route }) => route === 'provider'))
    return fail('not-configured', 'No provider is configured that could send mail to other servers.')
  return routes
}

type Mail = { bytes: Uint8Array; messageId: string }

function write(deps: Deps, writable: Writable, sender: string): Mail {
  return writable.write(stampOf(deps, splitAddress(sender).domain))
}

/** What a new message is given: an id of our own at the sender's domain, the time, and a token for its boundaries. */
export function stampOf(deps: Deps, domain: string): Stamp {
  const [id, unique] = [base32(deps.random(NAME_BYTES)), base32(deps.random(NAME_BYTES))]
  return { messageId: `${id}@${domain}`, nowMs: deps.now(), unique }
}

type Commitment = Mail & From & Placing & { recipients: NewRecipient[]; request: Uint8Array | null }

// The bytes lie in R2 before anything refers to them. Names are drawn anew at each attempt: a repetition must never write
// over bytes that are stored already.
async function commit(deps: Deps, { accountId }: Reader, commitment: Commitment): Promise<SubmissionRow | Failure> {
  const { bytes, request } = commitment
  const name = base32(deps.random(NAME_BYTES))
  const sentKey = appendedKey(accountId, deps.now(), name)
  const rawKey = outgoingKey(accountId, deps.now(), name)
  await Promise.all([deps.stores.raw.putBytes(sentKey, bytes), deps.stores.raw.putBytes(rawKey, bytes)])
  const db = deps.stores.of(accountId)
  const standing = () => (request ? readSubmissionByRequest(db, accountId, request) : readSubmissionByKey(db, rawKey))
  const appended = await appendSent(deps, accountId, commitment, sentKey, rawKey).catch(async (error) => {
    // It may have been committed and its answer lost, or another call of the same request may have come first.
    if (await standing()) return null
    throw error
  })
  const row = await standing()
  if (row?.raw_key !== rawKey) await db.batch([queueRawDelete(sentKey), queueRawDelete(rawKey)])
  if (appended && isFailure(appended)) return appended
  if (!row) throw new Error('the submission was not stored')
  return row
}

async function appendSent(
  deps: Deps,
  accountId: number,
  { bytes, messageId, addressId, address, recipients, request, before }: Commitment,
  sentKey: string,
  rawKey: string,
): Promise<Appended | Failure> {
  const roles = await readRoles(deps.stores.of(accountId), accountId, ['sent', 'inbox'])
  // The owner may have deleted Sent. The Inbox cannot be deleted.
  const mailbox = roles.find(({ role }) => role === 'sent') ?? roles[0]
  if (!mailbox) return fail('not-found', 'There is no such account.')
  const submission = {
    account_id: accountId,
    address_id: addressId,
    message_id: messageId,
    kind: 'mail' as const,
    sender: address,
    domain: splitAddress(address).domain,
    raw_key: rawKey,
    size: bytes.length,
    request,
    created_at: Math.floor(deps.now() / 1000),
    send_at: Math.floor(deps.now() / 1000),
  }
  return await append(deps, {
    accountId,
    mailboxId: mailbox.id,
    rawKey: sentKey,
    bytes,
    message: await parseMessage(bytes),
    receivedAt: null,
    flags: SEEN,
    keywords: [],
    addressId,
    ...(before ? { before } : {}),
    also: (message) => [
      ...insertSubmission(submission, recipients, message),
      ...countWritten(accountId, foldedOf(recipients), submission.created_at),
    ],
  })
}

// Whom the account writes to is no stranger when he answers. They are all distinct: routesOf has seen to it.
function foldedOf(recipients: NewRecipient[]): string[] {
  return recipients.flatMap(({ address }) => foldAddress(address) ?? [])
}
