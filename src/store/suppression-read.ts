/** Reading suppressions: whom an account does not write to. */
import { sql } from 'drizzle-orm'
import { type Database, list } from './database.ts'
import type { SuppressionRow } from './schema.ts'

/** Those of these folded addresses, at most 90, that the account does not write to at `now` (epoch seconds). */
export function readSuppressed(
  db: Database,
  accountId: number,
  addresses: readonly string[],
  now: number,
): Promise<SuppressionRow[]> {
  if (addresses.length === 0) return Promise.resolve([])
  return db.all<SuppressionRow>(sql`select * from suppressions where account_id = ${accountId}
    and address in (${list(addresses)}) and (expires_at is null or expires_at > ${now})`)
}

export type SuppressionFilter = { address?: string | undefined; reason?: SuppressionRow['reason'] | undefined }

/** Those below the id `before`, newest first. */
export function pageSuppressions(
  db: Database,
  accountId: number,
  { address, reason }: SuppressionFilter,
  before: number,
  limit: number,
): Promise<SuppressionRow[]> {
  const whose = address === undefined ? sql`` : sql`and address = ${address}`
  const why = reason === undefined ? sql`` : sql`and reason = ${reason}`
  return db.all<SuppressionRow>(sql`select * from suppressions where account_id = ${accountId} and id < ${before}
    ${whose} ${why} order by id desc limit ${limit}`)
}

/** Whether the account has `count` of them or more. Costs as many rows: for calls that bring many. */
export async function hasSuppressions(db: Database, accountId: number, count: number): Promise<boolean> {
  return (
    (await db.first(sql`select id from suppressions where account_id = ${accountId}
      order by id limit 1 offset ${count - 1}`)) !== null
  )
}
