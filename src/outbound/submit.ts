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
import { resolveSender } from '../access/senders.ts'
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { type Appended, append } from '../mailbox/append.ts'
import { SEEN } from '../mailbox/flags.ts'
import type { Reader } from '../mailbox/reader.ts'
import { splitAddress } from '../mime/addresses.ts'
import { compose, type Draft, type Stamp } from '../mime/compose.ts'
import { writableAddress } from '../mime/compose-address.ts'
import { refuseDraft, refuseMailbox } from '../mime/compose-check.ts'
import type { RawMail } from '../mime/compose-raw.ts'
import { needsSmtpUtf8 } from '../mime/international.ts'
import type { Address } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { seconds } from '../seconds.ts'
import { readAccount, readRoles } from '../store/account-read.ts'
import type { Statement } from '../store/database.ts'
import { shardOf } from '../store/ids.ts'
import { queueRawDelete } from '../store/outbox.ts'
import { appendedKey, outgoingKey } from '../store/raw.ts'
import type { SubmissionRow } from '../store/schema.ts'
import { readSubmissionByKey, readSubmissionByRequest } from '../store/submission-read.ts'
import { abandonOutgoing, announceSubmission, insertSubmission } from '../store/submission-write.ts'
import { readSuppressed } from '../store/suppression-read.ts'
import { countWritten } from '../store/teaching-write.ts'
import { allowancesOf, countAllowed, refuseAlways, refusedFor, type Submitter } from './allowance.ts'
import { ableTo, providersOf } from './provider-order.ts'
import { type RoutedRecipient, routesOf } from './recipient-routes.ts'
import { type Submission, withRecipients } from './submission.ts'
import { type Timing, timeOf } from './timing.ts'
import { wakeOutbound } from './wake.ts'

/** Of a whole message, as it is sent: files of 20 MiB in base64, and what is written. A provider may take less. */
export const SENT_BYTES_MAX = 30 * 1024 * 1024
const NAME_BYTES = 16
/** What is to be sent later than the sweep comes by is woken for by the sweep. */
const WAKE_SECONDS_MAX = 15 * 60

/** What is to be composed. From may be left to be the only address that there is. */
export type WrittenMail = Omit<Draft, 'from'> & { from: Address | null }

/** What is to be sent: to be composed, or whole already. */
export type Wanted = (WrittenMail | RawMail) & Timing

/** What a caller has to say of the copy in Sent. */
export type Placing = {
  /** Committed ahead of it, in the same batch (mailbox/append.ts): what it takes the place of. */
  before?: () => Promise<Statement[] | Failure>
}

/** `request` names the client's call, so that its repetition is known; null where the client gave it no name. */
export async function submit(
  deps: Deps,
  reader: Submitter,
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
  const now = seconds(deps)
  const sendAt = timeOf(wanted, now)
  if (isFailure(sendAt)) return sendAt
  const sender = await resolve(deps, reader, wanted.from)
  if (isFailure(sender)) return sender
  const writable = ready(wanted, sender)
  if (isFailure(writable)) return writable
  const recipients = await recipientsOf(deps, accountId, writable.recipients)
  const allowances = allowancesOf(account, reader)
  const unable = refuseAlways(account, allowances, recipients.length)
  if (unable) return unable
  const mail = write(deps, writable, sender.address, sendAt)
  const unsendable = await refuseRoutes(deps, sender, recipients, mail.bytes)
  if (unsendable) return unsendable
  const counts = countAllowed(accountId, allowances, recipients.length, now)
  const times = { now, sendAt }
  const standing = await commit(deps, reader, { ...mail, ...sender, ...placing, ...times, recipients, counts, request })
  if (isFailure(standing)) return standing
  if (sendAt - now <= WAKE_SECONDS_MAX) deps.background(wakeOutbound(deps, shardOf(accountId), sendAt - now))
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
  const address = writableAddress(sender.address)
  if (address === null) return fail('invalid', 'Mail cannot be sent from this address.', 'from')
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

function tooLarge(size: number, max = SENT_BYTES_MAX): Failure {
  return fail('too-large', `A message may have at most ${max} bytes as it is sent; this one has ${size} or more.`)
}

/** Each recipient once, in the order of the call; those whom the account does not write to are marked. */
async function recipientsOf(deps: Deps, accountId: number, addresses: Address[]): Promise<RoutedRecipient[]> {
  const routed = await routesOf(
    deps,
    addresses.map(({ address }) => address),
  )
  const folded = routed.map((one) => one.folded)
  const rows = await readSuppressed(deps.stores.of(accountId), accountId, folded, seconds(deps))
  const suppressed = new Set(rows.map(({ address }) => address))
  return routed.map((one) => ({ ...one, isSuppressed: suppressed.has(one.folded) }))
}

/** Where nobody could take it to other servers, now or later. */
async function refuseRoutes(
  deps: Deps,
  sender: From,
  recipients: RoutedRecipient[],
  raw: Uint8Array,
): Promise<Failure | null> {
  const size = raw.length
  if (size > SENT_BYTES_MAX) return tooLarge(size)
  if (!recipients.some(({ route, isSuppressed }) => route === 'provider' && !isSuppressed)) return null
  const providers = await providersOf(deps, splitAddress(sender.address).domain)
  if (providers.length === 0)
    return fail('not-configured', 'No provider is configured that could send mail to other servers.')
  const most = Math.max(...providers.map(({ bytesMax }) => bytesMax))
  if (size > most) return tooLarge(size, most)
  const addresses = recipients.map(({ address }) => address)
  const isInternational = needsSmtpUtf8({ sender: sender.address, recipients: addresses, raw })
  if (ableTo(providers, { kind: 'mail', size, isInternational }).length > 0) return null
  return fail(
    'invalid',
    'An address in it is not ASCII, which only a provider by SMTP can carry: none of the sending providers can.',
    'to',
  )
}

type Mail = { bytes: Uint8Array; messageId: string }

// Dated as it is sent, not as it is written.
function write(deps: Deps, writable: Writable, sender: string, sendAt: number): Mail {
  return writable.write({ ...stampOf(deps, splitAddress(sender).domain), nowMs: Math.max(sendAt * 1000, deps.now()) })
}

/** What a new message is given: an id of our own at the sender's domain, the time, and a token for its boundaries. */
export function stampOf(deps: Deps, domain: string): Stamp {
  const [id, unique] = [base32(deps.random(NAME_BYTES)), base32(deps.random(NAME_BYTES))]
  return { messageId: `${id}@${domain}`, nowMs: deps.now(), unique }
}

type Commitment = Mail &
  From &
  Placing & {
    recipients: RoutedRecipient[]
    /** Statements that count it, and roll all back where it is one too many. */
    counts: Statement[]
    now: number
    sendAt: number
    request: Uint8Array | null
  }

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
    const refused = refusedFor(error, commitment.now)
    if (refused) return refused
    throw error
  })
  const row = await standing()
  if (row?.raw_key !== rawKey) await db.batch([queueRawDelete(sentKey), abandonOutgoing(rawKey)])
  if (appended && isFailure(appended)) return appended
  if (!row) throw new Error('the submission was not stored')
  return row
}

async function appendSent(
  deps: Deps,
  accountId: number,
  { bytes, messageId, addressId, address, recipients, counts, now, sendAt, request, before }: Commitment,
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
    created_at: now,
    send_at: sendAt,
  }
  return await append(deps, {
    accountId,
    mailboxId: mailbox.id,
    rawKey: sentKey,
    isFresh: true,
    bytes,
    message: await parseMessage(bytes),
    receivedAt: null,
    flags: SEEN,
    keywords: [],
    addressId,
    ...(before ? { before } : {}),
    also: (message) => [
      ...counts,
      ...insertSubmission(submission, recipients, message),
      ...announceSubmission(submission, recipients),
      ...countWritten(
        accountId,
        recipients.filter(({ isSuppressed }) => !isSuppressed).map(({ folded }) => folded),
        now,
      ),
    ],
  })
}
