/** Statements about vacation answers. Those that answer with a row say so. */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import type { VacationRow } from './schema.ts'

/** Returns the row as it is now; none where the account is gone, or where `expected` is not its version (0: there is none yet). */
export function putVacationRow(row: Omit<VacationRow, 'version'>, expected: number | null): SQL {
  const version = sql`coalesce((select version from vacations where account_id = ${row.account_id}), 0)`
  const held = expected === null ? sql`` : sql`and ${version} = ${expected}`
  return sql`insert into vacations (account_id, enabled, starts_at, ends_at, days, subject, text, html, version, updated_at)
    select id, ${row.enabled}, ${row.starts_at}, ${row.ends_at}, ${row.days}, ${row.subject}, ${row.text}, ${row.html}, 1,
      ${int(row.updated_at)} from accounts where id = ${row.account_id} and deleted_at is null ${held}
    on conflict do update set enabled = excluded.enabled, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
      days = excluded.days, subject = excluded.subject, text = excluded.text, html = excluded.html,
      version = version + 1, updated_at = excluded.updated_at returning *`
}

/** Says in the account's settings whether there is an answer that is switched on: what every delivery reads. */
export function flagVacation(accountId: number): SQL {
  const isOn = sql`exists (select 1 from vacations where account_id = ${accountId} and enabled = 1)`
  return sql`update accounts set settings = iif(${isOn}, json_set(settings, '$.vacation', 1), json_remove(settings, '$.vacation'))
    where id = ${accountId} and deleted_at is null`
}

/** Holds where this sender has not been answered after `since`. */
export function notAnswered(accountId: number, sender: string, since: number): SQL {
  return sql`not exists (select 1 from vacation_answers where account_id = ${accountId} and sender = ${sender}
    and answered_at > ${since})`
}

/** Notes that the sender is answered now, where he has not been after `since`. After what `notAnswered` guards. */
export function noteAnswered(accountId: number, sender: string, now: number, since: number): SQL {
  return sql`insert into vacation_answers (account_id, sender, answered_at)
    values (${int(accountId)}, ${sender}, ${int(now)})
    on conflict do update set answered_at = excluded.answered_at where answered_at <= ${since}`
}

/** Forgets answers from before this second. At most `limit`. */
export function forgetVacationAnswers(before: number, limit: number): SQL {
  return sql`delete from vacation_answers where (account_id, sender) in
    (select account_id, sender from vacation_answers where answered_at < ${before} order by answered_at limit ${limit})`
}
