/** What a list of messages may be narrowed by, on the wire, and what it means to mailbox/. All of it combines. */
import { z } from '@hono/zod-openapi'
import type { ListFilter } from '../../mailbox/list.ts'
import { QUERY_CHARS_MAX } from '../../mailbox/search-query.ts'
import { found } from './errors.ts'
import { flag, idParam } from './schemas.ts'

const FILTER_CHARS_MAX = 200
/** RFC 3339, or a day of it in UTC. */
const TIME = /^\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d))?$/
const DAY = /^\d{4}-\d\d-\d\d/

const words = (where: string) =>
  z
    .string()
    .max(FILTER_CHARS_MAX)
    .optional()
    .openapi({ description: `Words that all stand in ${where}.` })

/** Epoch seconds; a moment inside a second belongs to it. */
export function secondParam(description: string) {
  return z
    .string()
    .refine(isTime, 'must be a time such as 2026-03-01T12:00:00Z, or a day such as 2026-03-01')
    .transform((text) => Math.floor(Date.parse(text.toUpperCase()) / 1000))
    .optional()
    .openapi({ type: 'string', description, example: '2026-03-01T12:00:00Z' })
}

// Date.parse takes the 31st of a month that has 30 days for the 1st of the next.
function isTime(text: string): boolean {
  if (!TIME.test(text) || Number.isNaN(Date.parse(text.toUpperCase()))) return false
  const day = DAY.exec(text)?.[0] ?? ''
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)
}

export const messageFilter = {
  mailbox: idParam('mbx', 'Only of this mailbox.').optional(),
  thread: idParam('thr', 'Only of this conversation.').optional(),
  unread: flag.optional(),
  flagged: flag.optional(),
  has_attachment: flag.optional(),
  keyword: z.string().max(FILTER_CHARS_MAX).toLowerCase().optional().openapi({ description: 'With this label.' }),
  from: words('the sender'),
  to: words('To or Cc'),
  subject: words('the subject'),
  after: secondParam('Received at this time or later; a day begins at midnight UTC.'),
  before: secondParam('Received before this time.'),
  min_size: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a number of bytes')
    .transform(Number)
    .optional()
    .openapi({ type: 'integer', minimum: 0, description: 'Of this many bytes or more.' }),
  q: z.string().max(QUERY_CHARS_MAX).optional().openapi({
    description:
      'The search language: words, "phrases", prefixes*, from: to: subject: filename: has: is: keyword: in: after: before: larger: smaller:, -without, OR, parentheses. At most 32 parts are read. Nothing typed is a syntax error.',
  }),
}

type Given = { [Name in keyof typeof messageFilter]?: z.infer<(typeof messageFilter)[Name]> }

/** The filter. An id that cannot be read names nothing of the caller's: 404. */
export function filterOf(given: Given): ListFilter {
  return {
    mailboxId: given.mailbox === undefined ? undefined : found(given.mailbox, 'mailbox'),
    threadId: given.thread === undefined ? undefined : found(given.thread, 'thread'),
    unread: given.unread,
    flagged: given.flagged,
    hasAttachment: given.has_attachment,
    keyword: given.keyword,
    from: given.from,
    to: given.to,
    subject: given.subject,
    since: given.after,
    until: given.before,
    sizeMin: given.min_size,
    // An empty search box is no search.
    q: given.q?.trim() ? given.q : undefined,
  }
}
