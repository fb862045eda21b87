/** Lists of messages: by mailbox, thread, flags and search, newest first, in pages that cost the same wherever they stand. */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { ownsMailbox } from '../store/account-read.ts'
import { type MessageFilter, readPage } from '../store/message-read.ts'
import type { Reader } from './reader.ts'
import { searchExpression } from './search-query.ts'
import { type MessageSummary, summaryOf } from './view.ts'

/** Messages in one page, at most. */
export const PAGE_MAX = 200

export type ListQuery = {
  mailboxId?: number | undefined
  threadId?: number | undefined
  unread?: boolean | undefined
  flagged?: boolean | undefined
  /** What a person typed (search-query.ts). */
  q?: string | undefined
  /** Only ids below this one; null begins at the newest. */
  before: number | null
  limit: number
}

/** `next` is the `before` of the next page, null after the last. A filtered page may be short and yet have a next. */
export type MessagePage = { messages: MessageSummary[]; next: number | null }

/** Reads a page. A mailbox of another account is not found. */
export async function listMessages(deps: Deps, reader: Reader, query: ListQuery): Promise<MessagePage | Failure> {
  const db = deps.stores.of(reader.accountId)
  const match = query.q === undefined ? undefined : searchExpression(query.q)
  if (match === null) return { messages: [], next: null }
  const filter: MessageFilter = { ...query, ...reader, match }
  const [owned, page] = await Promise.all([
    query.mailboxId === undefined || ownsMailbox(db, reader.accountId, query.mailboxId),
    readPage(db, filter, query.before, Math.min(query.limit, PAGE_MAX)),
  ])
  if (!owned) return fail('not-found', 'There is no such mailbox.')
  return { messages: page.rows.map(summaryOf), next: page.next }
}
