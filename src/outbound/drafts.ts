/**
 * Drafts: messages with $draft in the mailbox Drafts, under ids that stay while the message, which is immutable, is replaced by
 * each change.
 *
 *   a change   read the row and its message -> the fields as they will be -> compose -> bytes into R2 ->
 *              ONE BATCH: destroy the old message, store the new one, write the row
 *   sending    the draft's own bytes, without Bcc -> the one door (submit.ts), whose batch destroys the draft
 *
 * Invariants:
 *  - There is one message of a draft at any time, and none once it is sent: what destroys it is committed with what takes its
 *    place, under a guard that holds only while nothing else has changed.
 *  - A draft is sent once: its id names the submission, whatever the client's own key is.
 *  - Its Message-ID stays from the first writing to the sending, so that no change leaves a trace in the conversation.
 */

import { base32, hashToken } from '../access/secrets.ts'
import { resolveSender } from '../access/senders.ts'
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { append } from '../mailbox/append.ts'
import { changeAll, destruction } from '../mailbox/change.ts'
import { DRAFT, SEEN } from '../mailbox/flags.ts'
import { readMessage } from '../mailbox/read.ts'
import type { Reader } from '../mailbox/reader.ts'
import { type MessageDetail, type MessageSummary, summaryOf } from '../mailbox/view.ts'
import { splitAddress } from '../mime/addresses.ts'
import { composeKept } from '../mime/compose.ts'
import { writableAddress } from '../mime/compose-address.ts'
import { readRawMail } from '../mime/compose-raw.ts'
import { parseMessage } from '../mime/parse.ts'
import { seconds } from '../seconds.ts'
import { readRoles } from '../store/account-read.ts'
import { pageDrafts, readDraft, readDraftOf } from '../store/draft-read.ts'
import { adoptDraft as adoptRow, insertDraft, replaceDraft } from '../store/draft-write.ts'
import { readStandingRaw } from '../store/message-read.ts'
import { queueRawDelete } from '../store/outbox.ts'
import { appendedKey } from '../store/raw.ts'
import type { DraftRow } from '../store/schema.ts'
import { readSubmissionByRequest } from '../store/submission-read.ts'
import { resolveAttachments } from './attached.ts'
import { type DraftChange, type DraftFields, readDraftFields, refuseDraftFields } from './draft-fields.ts'
import { filledMail, type NewMail } from './send-message.ts'
import { type Submission, withRecipients } from './submission.ts'
import { SENT_BYTES_MAX, stampOf, submit } from './submit.ts'
import type { Timing } from './timing.ts'

/** A change that meets another is made again for what that has left. */
const ATTEMPTS = 4
const NAME_BYTES = 16

export type DraftDetail = { row: DraftRow; message: MessageDetail }
export type DraftSummary = Pick<DraftRow, 'version' | 'created_at' | 'updated_at'> & {
  id: number
  message: MessageSummary
}

export async function getDraft(deps: Deps, reader: Reader, id: number): Promise<DraftDetail | null> {
  const row = await readDraft(deps.stores.of(reader.accountId), reader.accountId, reader.addressId, id)
  const message = row && (await readMessage(deps, reader, row.message_id))
  return message && { row, message }
}

export async function listDrafts(deps: Deps, { accountId, addressId }: Reader, before: number, limit: number) {
  const rows = await pageDrafts(deps.stores.of(accountId), accountId, addressId, before, limit)
  return rows.map(({ draft_id, version, created_at, updated_at, ...row }): DraftSummary => {
    return { id: draft_id, version, created_at, updated_at, message: summaryOf(row) }
  })
}

/** `name` is unique for what is made: the same name within a day is the same draft. */
export async function createDraft(
  deps: Deps,
  reader: Reader,
  wanted: NewMail,
  name: string,
): Promise<DraftDetail | Failure> {
  const { accountId } = reader
  const db = deps.stores.of(accountId)
  const rawKey = appendedKey(accountId, deps.now(), name)
  const standing = await readStandingRaw(db, rawKey)
  if (standing) return await shownOf(deps, reader, standing.id)
  const filled = await filledMail(deps, reader, wanted)
  if (isFailure(filled)) return filled
  const from = filled.from ?? (await soleSender(deps, reader))
  if (isFailure(from)) return from
  const written = await write(deps, reader, { ...filled, from }, null)
  if (isFailure(written)) return written
  const created_at = seconds(deps)
  const row = { account_id: accountId, address_id: written.addressId, created_at }
  const appended = await store(deps, reader, written, rawKey, { also: (message) => [insertDraft(row, message)] })
  return isFailure(appended) ? appended : await shownOf(deps, reader, appended.id)
}

/** Gives an id to a message with $draft that was made elsewhere. */
export async function adoptDraft(deps: Deps, reader: Reader, messageId: number): Promise<DraftDetail | Failure> {
  const message = await readMessage(deps, reader, messageId)
  if (!message?.draft) return fail('invalid', 'There is no such message with $draft.', 'message_id')
  const { accountId, addressId } = reader
  const row = { account_id: accountId, address_id: addressId, created_at: seconds(deps) }
  await deps.stores.of(accountId).batch([adoptRow(row, messageId)])
  return await shownOf(deps, reader, messageId)
}

/** Changes a draft; with `version` only where it is still that one. */
export async function changeDraft(
  deps: Deps,
  reader: Reader,
  id: number,
  change: DraftChange | ((fields: DraftFields) => DraftChange | Failure),
  version: number | null,
): Promise<DraftDetail | Failure> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const draft = await getDraft(deps, reader, id)
    if (!draft) return gone()
    if (version !== null && draft.row.version !== version) return changed()
    const fields = await readDraftFields(deps, draft.message)
    if (isFailure(fields)) return fields
    const wanted = typeof change === 'function' ? change(fields) : change
    if (isFailure(wanted)) return wanted
    const written = await write(deps, reader, { ...fields, ...wanted }, draft.message.messageId)
    if (isFailure(written)) return written
    const rawKey = appendedKey(reader.accountId, deps.now(), base32(deps.random(NAME_BYTES)))
    const now = seconds(deps)
    const appended = await store(deps, reader, written, rawKey, {
      before: () => leaving(deps, reader, draft.row),
      also: (message) => [replaceDraft(draft.row, written.addressId, message, now)],
    })
    if (!isFailure(appended)) return await shownOf(deps, reader, appended.id)
    if (appended.failure !== 'precondition-failed') return appended
  }
  return changed()
}

/** Sends a draft: it leaves Drafts as its copy comes to stand in Sent. Once sent, the same call gives what it gave first. */
export async function sendDraft(
  deps: Deps,
  reader: Reader,
  id: number,
  version: number | null,
  timing: Timing = {},
): Promise<Submission | Failure> {
  const request = await hashToken(`${reader.accountId} draft ${id}`)
  const draft = await getDraft(deps, reader, id)
  if (!draft) return (await sentAs(deps, reader, request)) ?? gone()
  if (version !== null && draft.row.version !== version) return changed()
  const object = await deps.stores.raw.get(draft.message.rawKey)
  if (!object) throw new Error(`the raw object ${draft.message.rawKey} is missing`)
  const mail = readRawMail(object.bytes, { isDated: true })
  if (isFailure(mail)) return { failure: mail.failure, detail: mail.detail }
  const sent = await submit(deps, reader, { ...mail, ...timing }, request, {
    before: () => leaving(deps, reader, draft.row),
  })
  // Another call may have sent it in between.
  return isFailure(sent) ? ((await sentAs(deps, reader, request)) ?? sent) : sent
}

export async function deleteDraft(
  deps: Deps,
  reader: Reader,
  id: number,
  version: number | null,
): Promise<Failure | null> {
  const draft = await getDraft(deps, reader, id)
  if (!draft) return gone()
  if (version !== null && draft.row.version !== version) return changed()
  // A change in between has put another message in its place, which stays.
  const result = await changeAll(deps, reader, [draft.row.message_id], { destroy: true })
  if (isFailure(result)) return result
  return result.destroyed.length > 0 ? null : changed()
}

async function sentAs(deps: Deps, { accountId, addressId }: Reader, request: Uint8Array): Promise<Submission | null> {
  const row = await readSubmissionByRequest(deps.stores.of(accountId), accountId, request)
  if (!row || (addressId !== null && row.address_id !== addressId)) return null
  return (await withRecipients(deps, accountId, [row]))[0] ?? null
}

// The statements that destroy the message which was read; a failure where it is no longer the draft's.
async function leaving(deps: Deps, reader: Reader, { message_id }: DraftRow) {
  const statements = await destruction(deps, reader, message_id)
  return isFailure(statements) ? changed() : statements
}

type Written = { bytes: Uint8Array; addressId: number }

async function write(
  deps: Deps,
  reader: Reader,
  fields: DraftFields,
  messageId: string | null,
): Promise<Written | Failure> {
  const attachments = await resolveAttachments(deps, reader, fields.attachments)
  if (isFailure(attachments)) return attachments
  const draft = { ...fields, attachments }
  const refused = refuseDraftFields(draft)
  if (refused) return refused
  const sender = await resolveSender(deps, reader, fields.from.address)
  if (isFailure(sender)) return sender
  const { domain } = splitAddress(writableAddress(sender.address) ?? '')
  const stamp = stampOf(deps, domain)
  const bytes = composeKept(draft, messageId === null ? stamp : { ...stamp, messageId })
  if (bytes.length > SENT_BYTES_MAX) return fail('too-large', `A draft has at most ${SENT_BYTES_MAX} bytes.`)
  return { bytes, addressId: sender.addressId }
}

async function soleSender(deps: Deps, reader: Reader) {
  const sender = await resolveSender(deps, reader, null)
  return isFailure(sender) ? sender : { name: '', address: sender.address }
}

async function store(
  deps: Deps,
  { accountId }: Reader,
  { bytes, addressId }: Written,
  rawKey: string,
  beside: Pick<Parameters<typeof append>[1], 'also' | 'before'>,
) {
  const [mailbox] = await readRoles(deps.stores.of(accountId), accountId, ['drafts'])
  if (!mailbox) return fail('conflict', 'The account has no mailbox with the role drafts: make one.')
  await deps.stores.raw.putBytes(rawKey, bytes)
  const appended = await append(deps, {
    accountId,
    mailboxId: mailbox.id,
    rawKey,
    bytes,
    message: await parseMessage(bytes),
    receivedAt: null,
    flags: SEEN | DRAFT,
    keywords: [],
    addressId,
    ...beside,
  })
  if (isFailure(appended)) await deps.stores.of(accountId).batch([queueRawDelete(rawKey)])
  return appended
}

async function shownOf(deps: Deps, reader: Reader, messageId: number): Promise<DraftDetail | Failure> {
  const row = await readDraftOf(deps.stores.of(reader.accountId), reader.accountId, messageId)
  const message = row && (await readMessage(deps, reader, messageId))
  return message ? { row, message } : gone()
}

function gone(): Failure {
  return fail('not-found', 'There is no such draft.')
}

function changed(): Failure {
  return fail('precondition-failed', 'The draft has changed: read it again.')
}
