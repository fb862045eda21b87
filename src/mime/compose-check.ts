/**
 * What a message that is to be sent may hold. Whatever could end a line where none may end is refused and never cleaned: a
 * sender who wrote it meant something else than what would be left.
 */
import { type Failure, fail } from '../errors.ts'
import type { Draft, DraftAttachment } from './compose.ts'
import { writableAddress } from './compose-address.ts'
import type { Address } from './message.ts'

/** Of one message, in To, Cc and Bcc together: what the sending providers take in one call. */
export const RECIPIENTS_MAX = 50
/** RFC 5322 §2.1.1 lets a line have no more. */
export const SUBJECT_CHARS_MAX = 998
/** What is kept of a name in a message's row. */
export const NAME_CHARS_MAX = 250
export const ATTACHMENTS_MAX = 50
/** Fields of the caller's own. Cloudflare takes 20 of them, of 2,048 bytes. */
export const HEADERS_MAX = 20
export const HEADER_VALUE_BYTES_MAX = 2_000
const HEADER_NAME_CHARS_MAX = 60
/** What cannot be folded must fit a line of 998 characters, with the field's name before it. */
const WORD_CHARS_MAX = 900
const CONTENT_ID_CHARS_MAX = 200

const NOT_IN_A_LINE = /[\p{Cc}\p{Cs}\u2028\u2029]/u
const TOKEN = "[A-Za-z0-9!#$&^_.+'-]{1,127}"
export const CONTENT_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:; ?charset=[A-Za-z0-9_.:-]{1,40})?$`)
const IDS = /^<[^<>\s]{1,900}>(?: +<[^<>\s]{1,900}>)*$/
/** Fields that a caller may write. X-Postern- is what drafts note. The others are written here, or are none of a sender's business. */
const OWN_FIELD =
  /^X-(?!Postern-)[A-Za-z0-9-]+$|^(?:List-Unsubscribe|List-Unsubscribe-Post|Auto-Submitted|In-Reply-To|References)$/i

/** The first thing that cannot be sent, with a pointer to it; null where all can. */
export function refuseDraft(draft: Draft): Failure | null {
  return (
    refuseRecipients(draft) ??
    refuseSubject(draft.subject) ??
    refuseBodies(draft) ??
    refuseHeaders(draft.headers) ??
    refuseAttachments(draft.attachments)
  )
}

/** The same for what its writer keeps: nobody has to be named yet, and nothing said. */
export function refuseKept(draft: Draft): Failure | null {
  const isAddressed = draft.to.length + draft.cc.length + draft.bcc.length > 0
  return refuseDraft({ ...draft, to: isAddressed ? draft.to : [draft.from], text: draft.text ?? '' })
}

/** Whether a caller may write this field. */
export function isOwnField(name: string): boolean {
  return OWN_FIELD.test(name)
}

function isOneLine(text: string): boolean {
  return !NOT_IN_A_LINE.test(text)
}

function refuseRecipients(draft: Draft): Failure | null {
  const count = draft.to.length + draft.cc.length + draft.bcc.length
  if (count === 0) return fail('invalid', 'Name a recipient in to, cc or bcc.', 'to')
  if (count > RECIPIENTS_MAX)
    return fail('invalid', `A message has at most ${RECIPIENTS_MAX} recipients in to, cc and bcc together.`, 'to')
  if (draft.replyTo.length > RECIPIENTS_MAX)
    return fail('invalid', `reply_to has at most ${RECIPIENTS_MAX} addresses.`, 'reply_to')
  return (
    refuseMailbox(draft.from, 'from') ??
    refuseMailboxes(draft.to, 'to') ??
    refuseMailboxes(draft.cc, 'cc') ??
    refuseMailboxes(draft.bcc, 'bcc') ??
    refuseMailboxes(draft.replyTo, 'reply_to')
  )
}

function refuseMailboxes(mailboxes: Address[], field: string): Failure | null {
  return first(mailboxes, (mailbox, n) => refuseMailbox(mailbox, `${field}/${n}`))
}

export function refuseMailbox({ name, address }: Address, field: string): Failure | null {
  if (!isOneLine(name) || !isOneLine(address))
    return fail('invalid', 'A name and an address are one line of text, without control characters.', field)
  if (name.length > NAME_CHARS_MAX) return fail('invalid', `A name has at most ${NAME_CHARS_MAX} characters.`, field)
  if (writableAddress(address) !== null) return null
  return fail(
    'invalid',
    'This is no address that mail can be sent to: write "a@b.example" or "Name <a@b.example>".',
    field,
  )
}

function refuseSubject(subject: string): Failure | null {
  if (!isOneLine(subject))
    return fail('invalid', 'The subject is one line of text, without control characters.', 'subject')
  if (subject.length <= SUBJECT_CHARS_MAX) return null
  return fail('invalid', `The subject has at most ${SUBJECT_CHARS_MAX} characters.`, 'subject')
}

function refuseBodies({ text, html }: Draft): Failure | null {
  if (text === null && html === null) return fail('invalid', 'Write a text or an html.', 'text')
  return refuseBody(text, 'text') ?? refuseBody(html, 'html')
}

function refuseBody(body: string | null, field: string): Failure | null {
  if (body === null || (body.isWellFormed() && !body.includes('\0'))) return null
  return fail('invalid', 'NUL and halves of surrogate pairs cannot be sent.', field)
}

function refuseHeaders(headers: Draft['headers']): Failure | null {
  if (headers.length > HEADERS_MAX)
    return fail('invalid', `At most ${HEADERS_MAX} header fields of your own.`, 'headers')
  const seen = new Set<string>()
  return first(headers, ({ name, value }) => {
    const field = `headers/${name.slice(0, HEADER_NAME_CHARS_MAX).replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (name.length > HEADER_NAME_CHARS_MAX || !OWN_FIELD.test(name))
      return fail(
        'invalid',
        'This field cannot be set here: X-..., List-Unsubscribe, List-Unsubscribe-Post, Auto-Submitted, In-Reply-To and References can.',
        field,
      )
    if (seen.has(name.toLowerCase())) return fail('invalid', 'This field stands there twice.', field)
    seen.add(name.toLowerCase())
    return refuseHeaderValue(name, value, field)
  })
}

function refuseHeaderValue(name: string, value: string, field: string): Failure | null {
  if (value.trim() === '' || !isOneLine(value))
    return fail('invalid', 'The value is one line of text, without control characters.', field)
  if (new TextEncoder().encode(value).length > HEADER_VALUE_BYTES_MAX)
    return fail('invalid', `The value has at most ${HEADER_VALUE_BYTES_MAX} bytes.`, field)
  if (/^x-/i.test(name)) return null
  if (!/^[\x20-\x7e]*$/.test(value) || value.split(' ').some((word) => word.length > WORD_CHARS_MAX))
    return fail('invalid', `The value is ASCII, in words of at most ${WORD_CHARS_MAX} characters.`, field)
  if (/^(?:in-reply-to|references)$/i.test(name) && !IDS.test(value))
    return fail('invalid', 'The value is Message-IDs in angle brackets, with a space between two.', field)
  return null
}

function refuseAttachments(attachments: DraftAttachment[]): Failure | null {
  if (attachments.length > ATTACHMENTS_MAX)
    return fail('invalid', `A message has at most ${ATTACHMENTS_MAX} attachments.`, 'attachments')
  return first(attachments, (attachment, n) => refuseAttachment(attachment, `attachments/${n}`))
}

function refuseAttachment(
  { filename, contentType, contentId, isMessage }: DraftAttachment,
  field: string,
): Failure | null {
  if (filename.trim() === '' || filename.length > NAME_CHARS_MAX || !isOneLine(filename))
    return fail('invalid', `A file name is one line of 1 to ${NAME_CHARS_MAX} characters.`, `${field}/filename`)
  if (!CONTENT_TYPE.test(contentType))
    return fail(
      'invalid',
      'A content type is written as type/subtype, with nothing after it but a charset.',
      `${field}/content_type`,
    )
  // RFC 2046 §5.2.1 forbids to encode them, and their own lines may be of any length.
  if (isMessage !== true && /^(?:multipart|message)\//i.test(contentType))
    return fail(
      'invalid',
      'A message cannot be attached under its own type: attach it as application/octet-stream.',
      `${field}/content_type`,
    )
  if (contentId === null || (/^[\x21-\x3b\x3d\x3f-\x7e]+$/.test(contentId) && contentId.length <= CONTENT_ID_CHARS_MAX))
    return null
  return fail(
    'invalid',
    `A content id is 1 to ${CONTENT_ID_CHARS_MAX} characters of ASCII, without blanks and angle brackets.`,
    `${field}/content_id`,
  )
}

function first<Item>(items: Item[], refuse: (item: Item, n: number) => Failure | null): Failure | null {
  for (const [n, item] of items.entries()) {
    const refused = refuse(item, n)
    if (refused) return refused
  }
  return null
}
