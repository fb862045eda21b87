/** The audit log's statements. Always the first database. */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, int } from './database.ts'
import type { AuditRow } from './schema.ts'

/** Returns the new row's id. */
export function insertAudit(row: Omit<AuditRow, 'id' | 'status'>): SQL {
  return sql`insert into audit (at, actor, account_id, action, target, detail, request_id)
    values (${int(row.at)}, ${row.actor}, ${row.account_id}, ${row.action}, ${row.target}, ${row.detail}, ${row.request_id})
    returning id`
}

/** What became of it, and what was made where the path named nothing. */
export function finishAudit(id: number, status: number, target: string | null): SQL {
  return sql`update audit set status = ${status}, target = coalesce(target, ${target}) where id = ${id}`
}

/** Rows below the id `before`, newest first, of one account where it is given. */
export function pageAudit(db: Database, accountId: number | null, before: number, limit: number): Promise<AuditRow[]> {
  const whose = accountId === null ? sql`` : sql`and account_id = ${accountId}`
  return db.all<AuditRow>(sql`select * from audit where id < ${int(before)} ${whose} order by id desc limit ${limit}`)
}

/** Forgets what is older, of the oldest `limit` rows: rows come in the order of their ids, so nothing else is looked at. */
export function forgetAudit(before: number, limit: number): SQL {
  return sql`delete from audit where at < ${before} and id in (select id from audit order by id limit ${limit})`
}
