/** Lists of messages: by mailbox, thread, flags, times and search, newest first, in pages that cost the same wherever they stand. */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { ownsMailbox } from '../store/account-read.ts'
import type { Condition } from '../store/condition.ts'
import { readPage } from '../store/message-page.ts'
import { FLAGGED, SEEN } from './flags.ts'
import { listMailboxes } from './mailboxes.ts'
import type { Reader } from './reader.ts'
import { conditionOf, namesMailbox, wordsIn } from './search-condition.ts'
import { parseQuery } from './search-query.ts'
import { type MessageSummary, summaryOf } from './view.ts'

/** Messages in one page, at most. */
export const PAGE_MAX = 200

export type ListFilter = {
  mailboxId?: number | undefined
  threadId?: number | undefined
  unread?: boolean | undefined
  flagged?: boolean | undefined
  hasAttachment?: boolean | undefined
  keyword?: string | undefined
  /** Words of the sender, of To and Cc, of the subject: all of them must stand there. */
  from?: string | undefined
  to?: string | undefined
  subject?: string | undefined
  /** Received at this second or later; before this one. */
  since?: number | undefined
  until?: number | undefined
  /** Of this many bytes or more. */
  sizeMin?: number | undefined
  /** What a person typed (search-query.ts). */
  q?: string | undefined
}

export type ListQuery = ListFilter & {
  /** Only ids below this one; null begins at the newest. */
  before: number | null
  limit: number
}

/** `next` is the `before` of the next page, null after the last. A filtered page may be short and yet have a next. */
export type MessagePage = { messages: MessageSummary[]; next: number | null }

/** Reads a page. A mailbox of another account is not found. */
export async function listMessages(deps: Deps, reader: Reader, query: ListQuery): Promise<MessagePage | Failure> {
  const db = deps.stores.of(reader.accountId)
  const searched = query.q === undefined ? NO_SEARCH : await searchConditions(deps, reader, query.q)
  if (searched === null) return { messages: [], next: null }
  const { accountId } = reader
  const { rowsSpent } = searched
  const conditions = [...searched.conditions, ...filterConditions(query)]
  if (reader.addressId !== null) conditions.push({ kind: 'address', id: reader.addressId })
  const [owned, page] = await Promise.all([
    query.mailboxId === undefined || ownsMailbox(db, reader.accountId, query.mailboxId),
    readPage(db, { accountId, conditions, rowsSpent }, query.before, Math.min(query.limit, PAGE_MAX)),
  ])
  if (!owned) return fail('not-found', 'There is no such mailbox.')
  return { messages: page.rows.map(summaryOf), next: page.next }
}

type Search = { conditions: Condition[]; rowsSpent: number }
const NO_SEARCH: Search = { conditions: [], rowsSpent: 0 }

// What is typed side by side is judged side by side with the filters. Null where nothing was typed that can be searched.
async function searchConditions(deps: Deps, reader: Reader, q: string): Promise<Search | null> {
  const parsed = parseQuery(q)
  const mailboxes = namesMailbox(parsed) ? await listMailboxes(deps, reader) : []
  const condition = conditionOf(parsed, { mailboxes })
  if (!condition) return null
  return { conditions: condition.kind === 'all' ? condition.of : [condition], rowsSpent: mailboxes.length }
}

function filterConditions(filter: ListFilter): Condition[] {
  const { mailboxId, threadId, unread, flagged, keyword, from, to, subject, since, until, sizeMin } = filter
  const conditions: (Condition | false)[] = [
    mailboxId !== undefined && { kind: 'mailbox', ids: [mailboxId] },
    threadId !== undefined && { kind: 'thread', id: threadId },
    unread !== undefined && { kind: 'flags', bits: SEEN, set: !unread },
    flagged !== undefined && { kind: 'flags', bits: FLAGGED, set: flagged },
    keyword !== undefined && { kind: 'keyword', keyword },
    since !== undefined && { kind: 'since', second: since },
    until !== undefined && { kind: 'until', second: until },
    sizeMin !== undefined && { kind: 'larger', bytes: sizeMin },
    from !== undefined && wordsIn('sender', from),
    to !== undefined && wordsIn('recipients', to),
    subject !== undefined && wordsIn('subject', subject),
    ...attachmentConditions(filter),
  ]
  // The words of one filter are as many conditions: the index answers for all of them at once.
  return conditions.filter((one) => one !== false).flatMap((one) => (one.kind === 'all' ? one.of : [one]))
}

function attachmentConditions({ hasAttachment }: ListFilter): Condition[] {
  if (hasAttachment === undefined) return []
  const attached: Condition = { kind: 'attachment' }
  return [hasAttachment ? attached : { kind: 'not', of: attached }]
}
