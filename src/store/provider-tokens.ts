/** What providers' events may be shown only once with. In the directory: an event does not say whose it is. */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './database.ts'

export async function readSeen(db: Database, provider: string, tokens: readonly string[]): Promise<string[]> {
  if (tokens.length === 0) return []
  const rows = await db.all<{ token: string }>(sql`select t.token from json_each(${JSON.stringify(tokens)}) j
    cross join provider_tokens t where t.provider = ${provider} and t.token = j.value`)
  return rows.map(({ token }) => token)
}

export function noteSeen(provider: string, tokens: readonly string[], now: number): SQL {
  return sql`insert or ignore into provider_tokens (provider, token, seen_at)
    select ${provider}, value, ${now} from json_each(${JSON.stringify(tokens)})`
}

/** Forgets those seen before a second; at most `limit`. */
export function forgetSeen(before: number, limit: number): SQL {
  return sql`delete from provider_tokens where (provider, token) in
    (select provider, token from provider_tokens where seen_at < ${before} order by seen_at limit ${limit})`
}
