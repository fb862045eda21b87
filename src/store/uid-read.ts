/** Reading a mailbox by UID, as IMAP and POP3 do. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { MailboxRow, MessageRow, UidPageRow, VanishedRow } from './schema.ts'

/** The mailbox and its UID pages, in one transaction; null where it is not this account's. */
export async function readUidPages(db: Database, accountId: number, mailboxId: number) {
  const [mailboxes, pages] = await db.batch([
    sql`select * from mailboxes where id = ${mailboxId} and account_id = ${accountId}`,
    sql`select * from uid_pages where mailbox_id = (select id from mailboxes where id = ${mailboxId}
      and account_id = ${accountId}) order by page`,
  ])
  const mailbox = (mailboxes as MailboxRow[])[0]
  return mailbox ? { mailbox, pages: pages as UidPageRow[] } : null
}

export type UidRow = { uid: number; deleted: number } & Pick<
  MessageRow,
  | 'id'
  | 'modseq'
  | 'flags'
  | 'keywords'
  | 'received_at'
  | 'size'
  | 'headers'
  | 'headers_complete'
  | 'envelope'
  | 'structure'
  | 'raw_key'
>

/** Messages of a mailbox with UIDs in [from, to], in order, at most `limit`. */
export function readByUid(db: Database, accountId: number, mailboxId: number, from: number, to: number, limit: number) {
  return db.all<UidRow>(sql`select p.uid, p.deleted, m.id, m.modseq, m.flags, m.keywords, m.received_at, m.size, m.headers,
      m.headers_complete, m.envelope, m.structure, m.raw_key
    from (select uid, deleted, message_id from placements where mailbox_id = ${mailboxId} and uid between ${from} and ${to}
      order by uid limit ${limit}) p
    cross join messages m on m.id = p.message_id where m.account_id = ${accountId} order by p.uid`)
}

/** The UIDs that left a mailbox after a change number, by change. */
export function readVanished(db: Database, accountId: number, mailboxId: number, modseq: number) {
  return db.all<Pick<VanishedRow, 'modseq' | 'uids'>>(sql`select modseq, uids from vanished
    where account_id = ${accountId} and mailbox_id = ${mailboxId} and modseq > ${modseq} order by modseq`)
}

/** Messages of a mailbox, at most `limit`, in no order that matters. */
export async function readPlaced(db: Database, mailboxId: number, limit: number): Promise<number[]> {
  const rows = await db.all<{ message_id: number }>(
    sql`select message_id from placements where mailbox_id = ${mailboxId} limit ${limit}`,
  )
  return rows.map((row) => row.message_id)
}

/** Mailboxes of the shard that are being deleted, of accounts that are not. */
export function readEmptying(db: Database, limit: number) {
  return db.all<{ id: number; account_id: number; emptying: 'trash' | 'permanent' }>(
    sql`select b.id, b.account_id, b.emptying from mailboxes b join accounts a on a.id = b.account_id
      where b.emptying is not null and a.deleted_at is null order by b.id limit ${limit}`,
  )
}
