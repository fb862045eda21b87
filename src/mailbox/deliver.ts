/**
 * Delivery: one parsed message into one mailbox, in one D1 batch. Everything that must be true together is written
 * together: row, placement, counts, change number, thread, search text, outbox.
 *
 * Invariants:
 *  - Exactly once: the account's dedupe key and the unique raw key both refuse a second row, inside the batch.
 *  - The caller has the raw bytes in R2 under `rawKey` already; nothing here reads or writes them.
 *  - What one message may cost the table is bounded (the limits below), so that no header makes a row too big to store.
 */
import type { Deps } from '../deps.ts'
import { headerBlockText } from '../mime/headers.ts'
import type { Address, ParsedMessage } from '../mime/message.ts'
import { previewOf } from '../mime/preview.ts'
import { clip, clipFilename } from '../mime/storable.ts'
import { serializeStructure } from '../mime/structure.ts'
import { threadKeys } from '../mime/threading.ts'
import type { SpamReport } from '../spam/report.ts'
import { readAccount, readRoles } from '../store/account-read.ts'
import { isStaleGuard, isUniqueViolation } from '../store/database.ts'
import { idAt } from '../store/ids.ts'
import { readStanding, type Standing } from '../store/message-read.ts'
import { type InsertedRow, type Insertion, insertMessage } from '../store/message-write.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { cutToBytes, INDEXED_BYTES_MAX, indexText } from './search-text.ts'

/** A subject longer than what RFC 5322 §2.1.1 lets one line hold is cut in lists; the header block keeps it whole. */
const SUBJECT_CHARS_MAX = 1_000
const NAME_CHARS_MAX = 250
const ADDRESS_CHARS_MAX = 500
const RECIPIENTS_CHARS_MAX = 2_000
/** Addresses of one field, and attachments, that are kept in the row; the raw message has them all. */
const ENTRIES_MAX = 512
/** Envelope and attachments as JSON, each: D1 takes rows of 2 MB, and the structure and the report are in it too. */
const COLUMN_BYTES_MAX = 128 * 1024
const MESSAGE_ID_CHARS_MAX = 998
const ATTACHMENT_NAMES_CHARS_MAX = 4_000

export type Delivery = {
  accountId: number
  /** The mailbox's role: filing decides between them, and every account has both. */
  role: 'inbox' | 'junk'
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
}

export type Delivered =
  | { kind: 'stored'; id: number; threadId: number; modseq: number; mailboxId: number }
  /** An equal message is stored; `sameReceipt` where it is this very receipt, filed before. */
  | { kind: 'duplicate'; id: number; sameReceipt: boolean }
  /** The receipt's message was destroyed, or it was a duplicate before: it is not to be filed again. */
  | { kind: 'discarded' }
  | { kind: 'account-deleted' }

/** Stores the message, or says why not. Throws where the database fails; trying again is safe. */
export async function deliver(deps: Deps, delivery: Delivery): Promise<Delivered> {
  const db = deps.stores.of(delivery.accountId)
  const dedupe = dedupeKeys(delivery.identity, delivery.rank)
  const [standing, roles] = await Promise.all([
    readStanding(db, delivery.accountId, dedupe, delivery.rawKey),
    readRoles(db, delivery.accountId, [delivery.role, 'inbox']),
  ])
  if (standing) return notStored(standing)
  // The owner may have deleted the Junk mailbox. The Inbox cannot be deleted.
  const mailbox = roles.find((row) => row.role === delivery.role) ?? roles[0]
  if (!mailbox) return await refuseWithoutMailbox(deps, delivery.accountId)
  try {
    const results = await db.batch(insertMessage(insertionOf(deps, delivery, mailbox.id, dedupe)))
    const row = results[1]?.[0] as InsertedRow | undefined
    if (!row) throw new Error('the delivery was not returned')
    return { kind: 'stored', id: row.id, threadId: row.thread_id, modseq: row.modseq, mailboxId: mailbox.id }
  } catch (error) {
    // Another attempt at the same message may have committed in between; the guard has rolled this one back.
    if (!isStaleGuard(error) && !isUniqueViolation(error)) throw error
    const now = await readStanding(db, delivery.accountId, dedupe, delivery.rawKey)
    if (now) return notStored(now)
    return await refuseWithoutMailbox(deps, delivery.accountId)
  }
}

function notStored(standing: Standing): Delivered {
  if (standing.kind === 'discarded') return standing
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
function dedupeKeys(identity: Uint8Array, rank: number) {
  const keyOf = (byte: number) => {
    const key = new Uint8Array(identity.length + 1)
    key.set(identity)
    key[identity.length] = byte
    return key
  }
  return { key: keyOf(rank), upTo: keyOf(0xff) }
}

function insertionOf(deps: Deps, delivery: Delivery, mailboxId: number, dedupe: Insertion['dedupe']): Insertion {
  const { message, envelope } = delivery
  const subject = clip(message.envelope.subject ?? '', SUBJECT_CHARS_MAX)
  const from = message.envelope.from[0] ?? { name: '', address: '' }
  const recipients = clip(displayOf([...message.envelope.to, ...message.envelope.cc]), RECIPIENTS_CHARS_MAX)
  const headers = headerBlockText(message.fields, delivery.bytes)
  return {
    message: {
      account_id: delivery.accountId,
      raw_key: delivery.rawKey,
      received_at: Math.floor(delivery.receivedAtMs / 1000),
      size: delivery.bytes.length,
      flags: 0,
      keywords: '[]',
      has_attachment: message.attachments.length > 0 ? 1 : 0,
      address_id: envelope.addressId,
      recipient: clip(envelope.to, ADDRESS_CHARS_MAX),
      return_path: clip(envelope.from, ADDRESS_CHARS_MAX),
      message_id: message.envelope.messageId && clip(message.envelope.messageId, MESSAGE_ID_CHARS_MAX),
      from_addr: clip(from.address, ADDRESS_CHARS_MAX),
      from_name: clip(from.name, NAME_CHARS_MAX),
      to_text: recipients,
      subject,
      preview: previewOf(message.text),
      sent_at: message.dateMs === null ? null : Math.floor(message.dateMs / 1000),
      score: delivery.report.score,
      verdict: delivery.report.verdict,
      headers: headers.text,
      headers_complete: headers.complete ? 1 : 0,
      envelope: envelopeJson(message),
      structure: serializeStructure(message.structure),
      attachments: attachmentsJson(message),
      spam_report: JSON.stringify(delivery.report),
      auth: JSON.stringify(delivery.verdict),
      defects: JSON.stringify(message.defects),
    },
    mailboxId,
    dedupe,
    id: { kind: 'live', floor: idAt(delivery.accountId, deps.now() / 1000) },
    refs: threadKeys(message),
    index: {
      subject: indexText(subject),
      sender: indexText(clip(displayOf(message.envelope.from), RECIPIENTS_CHARS_MAX)),
      recipients: indexText(recipients),
      // Cut before, so that a huge text is not turned over whole, and after, since what is paired grows.
      body: cutToBytes(indexText(cutToBytes(message.text, INDEXED_BYTES_MAX)), INDEXED_BYTES_MAX),
      attachments: indexText(clip(attachmentNames(message), ATTACHMENT_NAMES_CHARS_MAX)),
    },
    event: { type: 'message.received' },
  }
}

function displayOf(addresses: Address[]): string {
  return addresses.map(({ name, address }) => (name ? `${name} <${address}>` : address)).join(', ')
}

function attachmentNames(message: ParsedMessage): string {
  return message.attachments.flatMap((attachment) => attachment.filename ?? []).join(' ')
}

// JSON writes a control character as six; so bytes are counted after writing, and the list is halved until it fits.
function fittingJson(write: (entriesMax: number) => unknown): string {
  for (let entriesMax = ENTRIES_MAX; ; entriesMax = Math.floor(entriesMax / 2)) {
    const json = JSON.stringify(write(entriesMax))
    if (json.length * 3 <= COLUMN_BYTES_MAX || utf8Length(json) <= COLUMN_BYTES_MAX || entriesMax === 0) return json
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}

function attachmentsJson({ attachments }: ParsedMessage): string {
  return fittingJson((entriesMax) =>
    attachments.slice(0, entriesMax).map((attachment) => ({
      ...attachment,
      filename: attachment.filename && clipFilename(attachment.filename, NAME_CHARS_MAX),
      contentId: attachment.contentId && clip(attachment.contentId, NAME_CHARS_MAX),
    })),
  )
}

// The envelope column answers IMAP ENVELOPE and the API without reading R2; a header with thousands of recipients must
// not make the row too big.
function envelopeJson({ envelope }: ParsedMessage): string {
  const addresses = (all: Address[], entriesMax: number) =>
    all.slice(0, entriesMax).map(({ name, address }) => ({
      name: clip(name, NAME_CHARS_MAX),
      address: clip(address, ADDRESS_CHARS_MAX),
    }))
  return fittingJson((entriesMax) => ({
    date: envelope.date && clip(envelope.date, NAME_CHARS_MAX),
    subject: envelope.subject && clip(envelope.subject, SUBJECT_CHARS_MAX),
    from: addresses(envelope.from, entriesMax),
    sender: addresses(envelope.sender, entriesMax),
    replyTo: addresses(envelope.replyTo, entriesMax),
    to: addresses(envelope.to, entriesMax),
    cc: addresses(envelope.cc, entriesMax),
    bcc: addresses(envelope.bcc, entriesMax),
    inReplyTo: envelope.inReplyTo && clip(envelope.inReplyTo, MESSAGE_ID_CHARS_MAX),
    messageId: envelope.messageId && clip(envelope.messageId, MESSAGE_ID_CHARS_MAX),
  }))
}
