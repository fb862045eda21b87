/**
 * A parsed message as what is stored of it: the row and the search text. What one message may cost the table is bounded
 * here, so that no header makes a row too big to store.
 */
import { headerBlockText } from '../mime/headers.ts'
import type { Address, ParsedMessage } from '../mime/message.ts'
import { previewOf } from '../mime/preview.ts'
import { clip, clipFilename } from '../mime/storable.ts'
import { serializeStructure } from '../mime/structure.ts'
import { threadKeys } from '../mime/threading.ts'
import type { SpamReport } from '../spam/report.ts'
import type { Insertion } from '../store/message-write.ts'
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

export type Source = {
  accountId: number
  rawKey: string
  bytes: Uint8Array
  message: ParsedMessage
  /** Epoch seconds. */
  receivedAt: number
  /** flags.ts */
  flags: number
  keywords: string[]
  /** The directory's id of the address whose mail it is; null: the account's. */
  addressId: number | null
  /** Null for what no envelope brought. */
  envelope: { from: string; to: string } | null
  verdict: SenderVerdict
  report: SpamReport | null
}

/** A message of this account as its row and its search text. `received_at` is in epoch seconds. */
export function rowOf(source: Source): Pick<Insertion, 'message' | 'refs' | 'index'> {
  const { message, envelope } = source
  const subject = clip(message.envelope.subject ?? '', SUBJECT_CHARS_MAX)
  const from = message.envelope.from[0] ?? { name: '', address: '' }
  const recipients = clip(displayOf([...message.envelope.to, ...message.envelope.cc]), RECIPIENTS_CHARS_MAX)
  const headers = headerBlockText(message.fields, source.bytes)
  return {
    message: {
      account_id: source.accountId,
      raw_key: source.rawKey,
      received_at: source.receivedAt,
      size: source.bytes.length,
      flags: source.flags,
      keywords: JSON.stringify(source.keywords),
      has_attachment: message.attachments.length > 0 ? 1 : 0,
      address_id: source.addressId,
      recipient: envelope && clip(envelope.to, ADDRESS_CHARS_MAX),
      return_path: envelope && clip(envelope.from, ADDRESS_CHARS_MAX),
      message_id: message.envelope.messageId && clip(message.envelope.messageId, MESSAGE_ID_CHARS_MAX),
      from_addr: clip(from.address, ADDRESS_CHARS_MAX),
      from_name: clip(from.name, NAME_CHARS_MAX),
      to_text: recipients,
      subject,
      preview: previewOf(message.text),
      sent_at: message.dateMs === null ? null : Math.floor(message.dateMs / 1000),
      score: source.report?.score ?? null,
      verdict: source.report?.verdict ?? null,
      taught: null,
      taught_in: null,
      headers: headers.text,
      headers_complete: headers.complete ? 1 : 0,
      envelope: envelopeJson(message),
      structure: serializeStructure(message.structure),
      attachments: attachmentsJson(message),
      spam_report: source.report && JSON.stringify(source.report),
      auth: JSON.stringify(source.verdict),
      defects: JSON.stringify(message.defects),
    },
    refs: threadKeys(message),
    index: {
      subject: indexText(subject),
      sender: indexText(clip(displayOf(message.envelope.from), RECIPIENTS_CHARS_MAX)),
      recipients: indexText(recipients),
      // Cut before, so that a huge text is not turned over whole, and after, since what is paired grows.
      body: cutToBytes(indexText(cutToBytes(message.text, INDEXED_BYTES_MAX)), INDEXED_BYTES_MAX),
      attachments: indexText(clip(attachmentNames(message), ATTACHMENT_NAMES_CHARS_MAX)),
    },
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
