/** Conversations of a mailbox: its threads, newest first, each with its newest message there and its stored counts. */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { ownsMailbox } from '../store/account-read.ts'
import { lastId } from '../store/ids.ts'
import { readConversations } from '../store/thread-read.ts'
import { PAGE_MAX } from './list.ts'
import type { Reader } from './reader.ts'
import { type MessageSummary, summaryOf } from './view.ts'

export type Conversation = { threadId: number; messages: number; unread: number; newest: MessageSummary }

/** A page of conversations whose newest message is below `before`; null begins at the newest. */
export async function listConversations(
  deps: Deps,
  reader: Reader,
  query: { mailboxId: number; before: number | null; limit: number },
): Promise<{ conversations: Conversation[]; next: number | null } | Failure> {
  // The stored counts are of all the account's mail, so a reader of one address has none.
  if (reader.addressId !== null) return fail('forbidden', 'Conversations are for readers of a whole account.')
  const { accountId } = reader
  const db = deps.stores.of(accountId)
  const limit = Math.min(query.limit, PAGE_MAX)
  const [owned, rows] = await Promise.all([
    ownsMailbox(db, accountId, query.mailboxId),
    readConversations(db, accountId, query.mailboxId, query.before ?? lastId(accountId) + 1, limit + 1),
  ])
  if (!owned) return fail('not-found', 'There is no such mailbox.')
  const shown = rows.slice(0, limit)
  const conversations = shown.map((row) => ({
    threadId: row.thread_id,
    messages: row.thread_n,
    unread: row.thread_unread,
    newest: summaryOf(row),
  }))
  return { conversations, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
}
