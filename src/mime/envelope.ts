/** The header fields that lists, threads and IMAP ENVELOPE (RFC 9051 §7.5.2) show, and what is odd about them. */
import { ADDRESSES_MAX, parseAddressList } from './addresses.ts'
import { parseDate } from './date.ts'
import { decodeHeader, fieldValues, firstField } from './headers.ts'
import type { Address, Defect, Envelope, HeaderField } from './message.ts'
import { readMessageIds, readOwnId } from './message-ids.ts'
import { clip } from './storable.ts'

/** Characters kept of a decoded subject or date: both stand in every list. */
export const SUBJECT_CHARS_MAX = 2_000

/** Characters of all addresses together: the envelope stands in one row of D1, of at most 2 MB with everything else. */
export const ENVELOPE_ADDRESS_CHARS_MAX = 128 * 1024
/** What an address costs beside its characters, as JSON. */
const ADDRESS_OVERHEAD_CHARS = 24

/** RFC 5322 §3.6, and the MIME fields of RFC 2045: no more than one of each. */
const ONCE = new Set([
  ...['date', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'message-id', 'in-reply-to', 'references', 'subject'],
  ...['mime-version', 'content-type', 'content-transfer-encoding', 'content-disposition', 'content-id'],
])

export type Headers = {
  envelope: Envelope
  dateMs: number | null
  inReplyTo: string[]
  references: string[]
  listId: string | null
  defects: Defect[]
}

/** `hint` is the charset for raw 8-bit header bytes that are not UTF-8: that of the message's first text part. */
export function readHeaders(fields: HeaderField[], hint?: string): Headers {
  const defects = new Set<Defect>()
  const budget = { chars: ENVELOPE_ADDRESS_CHARS_MAX }
  const lists = (key: string) => withinBudget(addressesOf(fields, key, hint, defects), budget)
  const decoded = (key: string) => shortText(firstField(fields, key), hint)
  const messageId = readOwnId(firstField(fields, 'message-id') ?? '')
  const date = firstField(fields, 'date')
  const inReplyTo = readMessageIds(firstField(fields, 'in-reply-to') ?? '')
  const envelope: Envelope = {
    date: decoded('date'),
    subject: decoded('subject'),
    from: lists('from'),
    sender: lists('sender'),
    replyTo: lists('reply-to'),
    to: lists('to'),
    cc: lists('cc'),
    bcc: lists('bcc'),
    inReplyTo: inReplyTo[0] ?? null,
    messageId: messageId.id,
  }
  const dateMs = date === null ? null : parseDate(date)
  noteDuplicates(fields, defects)
  noteFrom(fields, envelope.from, defects)
  if (date === null) defects.add('date-missing')
  else if (dateMs === null) defects.add('date-malformed')
  if (messageId.id === null) defects.add('message-id-missing')
  else if (messageId.malformed) defects.add('message-id-malformed')
  return {
    envelope,
    dateMs,
    inReplyTo,
    references: readMessageIds(firstField(fields, 'references') ?? ''),
    listId: readListId(firstField(fields, 'list-id')),
    defects: [...defects],
  }
}

function shortText(raw: string | null, hint: string | undefined): string | null {
  return raw === null ? null : clip(decodeHeader(raw, hint), SUBJECT_CHARS_MAX).trim()
}

/**
 * Of the originator fields only the first counts: a second From is a forgery that other readers may or may not
 * show. Recipient fields that stand twice are read together.
 */
function addressesOf(fields: HeaderField[], key: string, hint: string | undefined, defects: Set<Defect>): Address[] {
  const values = fieldValues(fields, key)
  const read = key === 'from' || key === 'sender' ? values.slice(0, 1) : values
  const addresses: Address[] = []
  for (const raw of read) {
    if (addresses.length >= ADDRESSES_MAX) break
    addresses.push(...parseAddressList(raw, hint).slice(0, ADDRESSES_MAX - addresses.length))
  }
  if (addresses.some((address) => !/^[^@]+@[^@\s]+$|^".*"@[^@\s]+$/s.test(address.address))) {
    defects.add('address-malformed')
  }
  return addresses
}

/** The addresses that still fit. The later fields of an oversized message lose theirs; the raw message has them all. */
function withinBudget(addresses: Address[], budget: { chars: number }): Address[] {
  return addresses.filter(({ name, address }) => {
    budget.chars -= name.length + address.length + ADDRESS_OVERHEAD_CHARS
    return budget.chars >= 0
  })
}

function noteDuplicates(fields: HeaderField[], defects: Set<Defect>): void {
  const seen = new Set<string>()
  for (const { key } of fields) {
    if (ONCE.has(key) && seen.has(key)) defects.add('header-duplicate')
    seen.add(key)
  }
}

function noteFrom(fields: HeaderField[], from: Address[], defects: Set<Defect>): void {
  if (!from.some((address) => address.address !== '')) defects.add('from-missing')
  if (from.length > 1 || fieldValues(fields, 'from').length > 1) defects.add('from-multiple')
}

/** RFC 2919 §3: the id stands in angle brackets after an optional phrase. */
function readListId(raw: string | null): string | null {
  if (raw === null) return null
  const bracketed = /<([^<>]{1,255})>[^<>]*$/.exec(raw)?.[1]
  const id = bracketed ?? raw.slice(0, 255)
  return decodeHeader(id).trim().toLowerCase() || null
}
