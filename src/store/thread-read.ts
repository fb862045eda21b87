/** Reading conversations: a mailbox's threads by their newest message. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { SUMMARY, type SummaryRow } from './message-read.ts'

export type ConversationRow = SummaryRow & { thread_n: number; thread_unread: number }

/** Conversations of a mailbox whose newest message is below `before`, newest first, each with that message. */
export function readConversations(db: Database, accountId: number, mailboxId: number, before: number, limit: number) {
  return db.all<ConversationRow>(sql`select ${SUMMARY}, t.n thread_n, t.unread thread_unread
    from thread_placements t cross join messages m on m.id = t.newest and m.account_id = ${accountId}
    where t.mailbox_id = ${mailboxId} and t.newest < ${before} order by t.newest desc limit ${limit}`)
}
