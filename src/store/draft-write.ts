/**
 * Statements of drafts. A draft's row goes with its message (store/change-write.ts): what replaces one destroys the old message
 * first, and writes the row anew, under its id, for the message that takes its place.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { DraftRow } from './schema.ts'

type NewDraft = Pick<DraftRow, 'account_id' | 'address_id' | 'created_at'>

/** `message` is the id of the message that is stored in the same batch. */
export function insertDraft(row: NewDraft, message: SQL): SQL {
  return sql`insert into drafts (account_id, address_id, message_id, version, created_at, updated_at)
    values (${row.account_id}, ${row.address_id}, ${message}, 1, ${row.created_at}, ${row.created_at})`
}

export function replaceDraft(row: DraftRow, addressId: number | null, message: SQL, now: number): SQL {
  return sql`insert into drafts (id, account_id, address_id, message_id, version, created_at, updated_at)
    values (${row.id}, ${row.account_id}, ${addressId}, ${message}, ${row.version + 1}, ${row.created_at}, ${now})`
}

/** Gives an id to a draft that was made without one. It may have one already. */
export function adoptDraft(row: NewDraft, messageId: number): SQL {
  return sql`insert or ignore into drafts (account_id, address_id, message_id, version, created_at, updated_at)
    values (${row.account_id}, ${row.address_id}, ${messageId}, 1, ${row.created_at}, ${row.created_at})`
}
