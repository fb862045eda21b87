/** Reading mail that is held back, and whose digests are due. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { DigestRow, WithheldRow } from './schema.ts'

/** The columns that a list shows. */
export type WithheldSummaryRow = Pick<
  WithheldRow,
  | 'id'
  | 'account_id'
  | 'kind'
  | 'received_at'
  | 'size'
  | 'recipient'
  | 'from_addr'
  | 'from_name'
  | 'to_text'
  | 'subject'
  | 'preview'
  | 'score'
  | 'reason'
  | 'created_at'
>

const SUMMARY = sql.raw(
  'id, account_id, kind, received_at, size, recipient, from_addr, from_name, to_text, subject, preview, score, reason, created_at',
)

/** What is held back of an account, or of one address of it, below the id `before`, newest first. */
export function pageWithheld(
  db: Database,
  accountId: number,
  addressId: number | null,
  before: number,
  limit: number,
): Promise<WithheldSummaryRow[]> {
  const whose = addressId === null ? sql`` : sql`and address_id = ${addressId}`
  return db.all<WithheldSummaryRow>(sql`select ${SUMMARY} from withheld where account_id = ${accountId} ${whose}
    and id < ${before} order by id desc limit ${limit}`)
}

export function readWithheld(db: Database, accountId: number, id: number): Promise<WithheldRow | null> {
  return db.first<WithheldRow>(sql`select * from withheld where id = ${id} and account_id = ${accountId}`)
}

/** What stands in quarantine above the id `after`, oldest first. */
export function readUntold(
  db: Database,
  accountId: number,
  after: number,
  limit: number,
): Promise<WithheldSummaryRow[]> {
  return db.all<WithheldSummaryRow>(sql`select ${SUMMARY} from withheld where account_id = ${accountId} and id > ${after}
    and kind = 'quarantine' order by id limit ${limit}`)
}

/** Accounts whose digest is due, with their settings. */
export function readDueDigests(db: Database, now: number, limit: number) {
  return db.all<
    DigestRow & { settings: string; gone: number }
  >(sql`select d.*, a.settings, a.deleted_at is not null gone
    from digests d join accounts a on a.id = d.account_id where d.due_at is not null and d.due_at <= ${now}
    order by d.due_at limit ${limit}`)
}

/** What was held back before a second, the oldest first. */
export function readOldWithheld(db: Database, before: number, limit: number) {
  return db.all<Pick<WithheldRow, 'id' | 'account_id'>>(
    sql`select id, account_id from withheld where created_at < ${before} order by created_at limit ${limit}`,
  )
}
