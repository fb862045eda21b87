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
