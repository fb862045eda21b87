/** Reading drafts: the row that keeps a draft's id, with the message that holds it now. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { SUMMARY, type SummaryRow } from './message-read.ts'
import type { DraftRow } from './schema.ts'

/** One of the account's, or of the one address where it is given. A message that is no draft any more is none. */
export function readDraft(db: Database, accountId: number, addressId: number | null, id: number) {
  const whose = addressId === null ? sql`` : sql`and d.address_id = ${addressId}`
  return db.first<DraftRow>(sql`select d.* from drafts d join messages m on m.id = d.message_id
    where d.id = ${id} and d.account_id = ${accountId} and m.flags & 8 ${whose}`)
}

/** The draft that a message holds. */
export function readDraftOf(db: Database, accountId: number, messageId: number): Promise<DraftRow | null> {
  return db.first<DraftRow>(sql`select * from drafts where account_id = ${accountId} and message_id = ${messageId}`)
}

export type DraftSummaryRow = SummaryRow &
  Pick<DraftRow, 'version' | 'created_at' | 'updated_at'> & { draft_id: number }

/** Drafts below the id `before`, newest first. */
export function pageDrafts(
  db: Database,
  accountId: number,
  addressId: number | null,
  before: number,
  limit: number,
): Promise<DraftSummaryRow[]> {
  const whose = addressId === null ? sql`` : sql`and d.address_id = ${addressId}`
  return db.all<DraftSummaryRow>(sql`select d.id draft_id, d.version, d.created_at, d.updated_at, ${SUMMARY}
    from drafts d join messages m on m.id = d.message_id
    where d.account_id = ${accountId} and d.id < ${before} and m.flags & 8 ${whose} order by d.id desc limit ${limit}`)
}
