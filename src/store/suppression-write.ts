/** Statements that change suppressions: whom an account does not write to. */
import { type SQL, sql } from 'drizzle-orm'
import type { SuppressionRow } from './schema.ts'

export type NewSuppression = Omit<SuppressionRow, 'id' | 'account_id'>

/**
 * Notes these, and returns their rows. An address that is suppressed already keeps the graver reason (a complaint before a
 * bounce before a hand's) and the later end; but by hand the end of what was put in by hand can be set anew. One that has
 * ended by `now` is replaced.
 */
export function putSuppressions(accountId: number, rows: readonly NewSuppression[], now: number): SQL {
  const listed = JSON.stringify(
    rows.map((row) => [row.address, row.reason, row.detail, row.submission_id, row.created_at, row.expires_at]),
  )
  const isOver = sql`(expires_at is not null and expires_at <= ${now})`
  const isTaken = sql`(${isOver} or ${gravity('excluded.reason')} >= ${gravity('suppressions.reason')})`
  return sql`insert into suppressions (account_id, address, reason, detail, submission_id, created_at, expires_at)
    select ${accountId}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    from json_each(${listed}) where true
    on conflict (account_id, address) do update set
      reason = iif(${isTaken}, excluded.reason, reason),
      detail = iif(${isTaken}, excluded.detail, detail),
      submission_id = iif(${isTaken}, excluded.submission_id, submission_id),
      created_at = iif(${isOver}, excluded.created_at, created_at),
      expires_at = iif(${isOver} or (reason = 'manual' and excluded.reason = 'manual'), excluded.expires_at,
        max(expires_at, excluded.expires_at))
    returning *`
}

// max() of SQL is NULL where one of the two is, and NULL is for ever: the later end.
function gravity(column: string): SQL {
  return sql.raw(`(case ${column} when 'complaint' then 2 when 'bounce' then 1 else 0 end)`)
}

/** Returns its id where it was there. */
export function deleteSuppression(accountId: number, id: number): SQL {
  return sql`delete from suppressions where id = ${id} and account_id = ${accountId} returning id`
}

/** Deletes those, of whatever account, that held until a second; at most `limit`. */
export function forgetSuppressions(before: number, limit: number): SQL {
  return sql`delete from suppressions where id in (select id from suppressions
    where expires_at is not null and expires_at <= ${before} order by expires_at limit ${limit})`
}
