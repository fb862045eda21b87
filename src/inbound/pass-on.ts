/**
 * Passing mail for a forward on to addresses of other servers. Email Routing itself is asked first: it hands the message on as
 * it is, to destinations that its owner has verified. What it does not take, and what came another way, goes by the queue.
 *
 *   a submission of the server's own, once a message -> Email Routing, while the sender waits -> the queue for the rest
 *
 * Invariants:
 *  - The submission is committed before anything is handed on, under a name that the sender's next attempt has too: a target
 *    that had the message does not get it again because another one failed.
 *  - While Email Routing is asked, the recipient is 'sending'. An answer that could not be written down leaves it so, and it
 *    becomes 'unknown', which the admin sees. Where the sender tries again before, so do we: he has the mail still.
 *  - Where no provider is set up, the queue could send nothing: then whatever is not taken throws, and the sender tries again.
 */

import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { TemporaryError } from '../errors.ts'
import { sendableAddress } from '../mime/compose-address.ts'
import { MARK_FIELD, withCrlf, withMarks } from '../mime/forwarded.ts'
import { fieldValues, parseHeaderBlock } from '../mime/headers.ts'
import { messageIdentity } from '../mime/identity.ts'
import { enqueue } from '../outbound/enqueue.ts'
import { recordOutcome } from '../outbound/record.ts'
import { wakeOutbound } from '../outbound/wake.ts'
import { seconds } from '../seconds.ts'
import { isUniqueViolation } from '../store/database.ts'
import { claimForHandingOn, requeueRecipient } from '../store/forward-write.ts'
import { SERVER_ACCOUNT, shardOf } from '../store/ids.ts'
import type { ReceiptSource } from '../store/raw.ts'
import type { AddressRow, SubmissionRecipientRow } from '../store/schema.ts'
import { readRecipients, readSubmissionByRequest } from '../store/submission-read.ts'
import type { Marks } from './loops.ts'

const MESSAGE_ID_BYTES = 16
/** Email Routing answers in seconds: a row that is 'sending' for longer has lost its worker. */
const HANDING_ON_SECONDS = 30 * 60

export type Outside = {
  /** Hands the message on to an address of another server, with fields added. Throws where it is not taken. */
  forward?: ((target: string, headers: Record<string, string>) => Promise<unknown>) | undefined
}

type Passed = Outside & { from: string; source: ReceiptSource }

/** Throws where the message must be offered again. */
export async function passOn(
  deps: Deps,
  forward: AddressRow,
  targets: string[],
  marks: Marks,
  incoming: Passed,
  bytes: Uint8Array,
): Promise<void> {
  const isQueueable = (target: string) => sendableAddress(target) !== null
  const canQueue = deps.providers.inOrder(null).length > 0
  const queued = canQueue ? targets.filter(isQueueable) : []
  if (queued.length > 0) await passByQueue(deps, forward, queued, marks, incoming, bytes)
  for (const target of targets.filter((one) => !queued.includes(one))) await handOn(deps, target, marks, incoming)
}

async function passByQueue(
  deps: Deps,
  forward: AddressRow,
  targets: string[],
  marks: Marks,
  incoming: Passed,
  bytes: Uint8Array,
): Promise<void> {
  const request = await requestOf(deps, forward, incoming, bytes)
  const recipients =
    (await readQueued(deps, request)) ?? (await queue(deps, forward, targets, marks, incoming, bytes, request))
  for (const recipient of recipients)
    if (recipient.status === 'sending') await handOnOrQueue(deps, recipient, marks, incoming)
  deps.background(wakeOutbound(deps, shardOf(SERVER_ACCOUNT)))
}

/** What the sender's every attempt at this message has in common, and nothing else has. */
async function requestOf(deps: Deps, forward: AddressRow, { from }: Passed, bytes: Uint8Array): Promise<Uint8Array> {
  const { fields } = parseHeaderBlock(bytes)
  // As of a mailbox's: what has neither Date nor Message-ID may be sent again and mean something new on another day.
  const isNamed = ['message-id', 'date'].some((key) => fieldValues(fields, key).length > 0)
  const day = isNamed ? '' : new Date(deps.now()).toISOString().slice(0, 10)
  return await messageIdentity(bytes, JSON.stringify(['forward', forward.address, from, day]))
}

async function readQueued(deps: Deps, request: Uint8Array): Promise<SubmissionRecipientRow[] | null> {
  const db = deps.stores.of(SERVER_ACCOUNT)
  const row = await readSubmissionByRequest(db, SERVER_ACCOUNT, request)
  return row && (await readRecipients(db, [row.id]))
}

async function queue(
  deps: Deps,
  forward: AddressRow,
  targets: string[],
  marks: Marks,
  { from, source, forward: isHandedOn }: Passed,
  bytes: Uint8Array,
  request: Uint8Array,
): Promise<SubmissionRecipientRow[]> {
  const made = await enqueue(deps, {
    accountId: SERVER_ACCOUNT,
    kind: 'forward',
    addressId: forward.id,
    sender: from,
    domain: forward.domain,
    messageId: `${base32(deps.random(MESSAGE_ID_BYTES))}@${forward.domain}`,
    recipients: targets,
    raw: withMarks(withCrlf(bytes), marks.own, forward.address),
    source,
    request,
  })
  if (!made) return []
  const claim = claimForHandingOn(made.rawKey, seconds(deps) + HANDING_ON_SECONDS)
  try {
    await deps.stores.of(SERVER_ACCOUNT).batch([...made.statements, ...(isHandedOn ? [claim] : [])])
  } catch (error) {
    await made.abandon().catch(() => undefined)
    // Another attempt at the same message came first, and is at it.
    if (isUniqueViolation(error)) return []
    throw error
  }
  return (await readQueued(deps, request)) ?? []
}

async function handOnOrQueue(
  deps: Deps,
  recipient: SubmissionRecipientRow,
  marks: Marks,
  incoming: Passed,
): Promise<void> {
  const { submission_id: submissionId, n, address } = recipient
  const now = seconds(deps)
  try {
    await handOn(deps, address, marks, incoming)
  } catch {
    await deps.stores.of(SERVER_ACCOUNT).batch([requeueRecipient(recipient, now)])
    return
  }
  const taken = {
    status: 'delivered',
    at: now,
    provider: 'email-routing',
    smtp: null,
    code: null,
    detail: null,
  } as const
  await recordOutcome(deps, { accountId: SERVER_ACCOUNT, submissionId, n }, taken).catch((error) =>
    deps.log({ level: 'error', at: 'inbound.forward', submission: submissionId, n, error: String(error) }),
  )
}

/** Hands the message on while its sender waits. */
async function handOn(deps: Deps, target: string, marks: Marks, { forward }: Passed): Promise<void> {
  if (!forward) throw new TemporaryError('4.3.5 mail from this source cannot be forwarded')
  try {
    await forward(target, { [MARK_FIELD]: marks.all })
  } catch (error) {
    deps.log({ level: 'warn', at: 'inbound.forward', error: String(error) })
    throw new TemporaryError('4.4.0 the message could not be forwarded', { cause: error })
  }
}
