/** Reading accounts and their mailboxes, in the account's own shard. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { AccountRow, MailboxRow } from './schema.ts'

export function readAccount(db: Database, id: number): Promise<AccountRow | null> {
  return db.first<AccountRow>(sql`select * from accounts where id = ${id}`)
}

export function pageAccounts(db: Database, after: number, limit: number): Promise<AccountRow[]> {
  return db.all<AccountRow>(sql`select * from accounts where id > ${after} order by id limit ${limit}`)
}

/** The same without those that were deleted. */
export function pageLiveAccounts(db: Database, after: number, limit: number): Promise<AccountRow[]> {
  return db.all<AccountRow>(
    sql`select * from accounts where id > ${after} and deleted_at is null order by id limit ${limit}`,
  )
}

export type UsageRow = Pick<AccountRow, 'id' | 'used_bytes' | 'quota_bytes' | 'last_id'> & {
  mailboxes: number
  messages: number
  unread: number
}

/** What the accounts after the id `after` hold: the sums of what their mailboxes have stored. */
export function pageUsage(db: Database, after: number, limit: number): Promise<UsageRow[]> {
  return db.all<UsageRow>(sql`select a.id, a.used_bytes, a.quota_bytes, a.last_id, count(m.id) mailboxes,
      coalesce(sum(m.total), 0) messages, coalesce(sum(m.unread), 0) unread
    from (select * from accounts where id > ${after} and deleted_at is null order by id limit ${limit}) a
    left join mailboxes m on m.account_id = a.id group by a.id order by a.id`)
}

/** All mailboxes of an account, by parent and name, which is the order of an index: sorting would read each twice. An account has few of them (MAILBOXES_MAX), so this is never paged. */
export function readMailboxes(db: Database, accountId: number): Promise<MailboxRow[]> {
  return db.all<MailboxRow>(sql`select * from mailboxes where account_id = ${accountId} order by parent_id, name`)
}

/** The ids of the mailboxes that have these roles. */
export function readRoles(db: Database, accountId: number, roles: string[]) {
  return db.all<{ role: string; id: number }>(sql`select role, id from mailboxes where account_id = ${accountId}
    and role in (${sql.join(
      roles.map((role) => sql`${role}`),
      sql`, `,
    )})`)
}

/** Whether mail may be put into the mailbox: it is this account's, and is not being deleted. */
export async function takesMail(db: Database, accountId: number, mailboxId: number): Promise<boolean> {
  const row = await db.first(sql`select 1 from mailboxes where id = ${mailboxId} and account_id = ${accountId}
    and emptying is null`)
  return row !== null
}

/** Whether the mailbox is this account's. */
export async function ownsMailbox(db: Database, accountId: number, mailboxId: number): Promise<boolean> {
  return (await db.first(sql`select 1 from mailboxes where id = ${mailboxId} and account_id = ${accountId}`)) !== null
}
