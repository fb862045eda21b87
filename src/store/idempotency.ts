/**
 * Statements for the first answers of requests that carried an Idempotency-Key. A row without a status is a claim: its
 * request is in flight, and `headers` holds the mark of the one that made it, so that nobody else's claim is settled.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, int } from './database.ts'
import type { IdempotencyRow } from './schema.ts'

export type ClaimKey = { accountId: number; key: Uint8Array }
export type ClaimRow = ClaimKey & { mark: string }

/**
 * Claims a key. Returns a row where it is claimed now: it was free, its answer is from before `oldest`, or it was claimed
 * for the same body before `dead` and never settled. One statement, so that of many at once exactly one succeeds.
 */
export function insertClaim(
  { accountId, key, mark }: ClaimRow,
  request: Uint8Array,
  { now, oldest, dead }: { now: number; oldest: number; dead: number },
): SQL {
  return sql`insert into idempotency (account_id, key, request, headers, created_at)
    values (${int(accountId)}, ${key}, ${request}, ${mark}, ${int(now)})
    on conflict (account_id, key) do update set
      request = excluded.request, status = null, headers = excluded.headers, body = null, created_at = excluded.created_at
    where idempotency.created_at <= ${int(oldest)}
      or (idempotency.status is null and idempotency.created_at <= ${int(dead)} and idempotency.request = excluded.request)
    returning account_id`
}

export type KeptRow = Pick<IdempotencyRow, 'status' | 'headers' | 'body'> & { same: 0 | 1 }

/** What stands under a key, and whether it is of the same body. */
export function readKept(db: Database, { accountId, key }: ClaimKey, request: Uint8Array): Promise<KeptRow | null> {
  return db.first<KeptRow>(sql`select status, headers, body, request = ${request} same from idempotency
    where account_id = ${accountId} and key = ${key}`)
}

/** Settles a claim with its answer; does nothing where another request has taken it over. */
export function settleClaim(claim: ClaimRow, answer: { status: number; headers: string; body: string | null }): SQL {
  return sql`update idempotency set status = ${int(answer.status)}, headers = ${answer.headers}, body = ${answer.body}
    where ${isHeld(claim)}`
}

/** Gives a claim up: the next request under the key is the first one again. */
export function deleteClaim(claim: ClaimRow): SQL {
  return sql`delete from idempotency where ${isHeld(claim)}`
}

/** Forgets rows from before `before`, at most `limit`. */
export function forgetAnswers(before: number, limit: number): SQL {
  return sql`delete from idempotency where (account_id, key) in
    (select account_id, key from idempotency where created_at < ${before} order by created_at limit ${limit})`
}

function isHeld({ accountId, key, mark }: ClaimRow): SQL {
  return sql`account_id = ${accountId} and key = ${key} and status is null and headers = ${mark}`
}
