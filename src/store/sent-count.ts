/** What an account, and each of its keys that has limits, has sent in the running minute and day. */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, int, integers } from './database.ts'
import type { SentCountRow } from './schema.ts'

export const MINUTE_SECONDS = 60
export const DAY_SECONDS = 86_400

type Limits = { messagesPerMinute: number; messagesPerDay: number; recipientsPerDay: number }

/** Key 0 is the account itself. */
export function readSentCounts(db: Database, accountId: number, keyIds: readonly number[]): Promise<SentCountRow[]> {
  return db.all<SentCountRow>(
    sql`select * from sent_counts where account_id = ${accountId} and key_id in (${integers(keyIds)})`,
  )
}

/**
 * Counts one message to so many recipients. Where it is one too many the batch rolls back (overLimit). The first of all is
 * not compared: the caller has seen to it that each limit leaves room for one message.
 */
export function countSent(accountId: number, keyId: number, recipients: number, limits: Limits, now: number): SQL {
  const counted = (column: string, period: string, by: number, max: number) => {
    const [name, since] = [sql.raw(column), sql.raw(period)]
    return sql`${name} = iif(${since} <> excluded.${since}, ${int(by)}, iif(${name} + ${int(by)} > ${int(max)}, null, ${name} + ${int(by)}))`
  }
  return sql`insert into sent_counts (account_id, key_id, minute, minute_messages, day, day_messages, day_recipients)
    values (${int(accountId)}, ${int(keyId)}, ${int(Math.floor(now / MINUTE_SECONDS))}, 1,
      ${int(Math.floor(now / DAY_SECONDS))}, 1, ${int(recipients)})
    on conflict do update set ${counted('minute_messages', 'minute', 1, limits.messagesPerMinute)},
      ${counted('day_messages', 'day', 1, limits.messagesPerDay)},
      ${counted('day_recipients', 'day', recipients, limits.recipientsPerDay)},
      minute = excluded.minute, day = excluded.day`
}

/** Which count was exceeded, or null where the error is another. The batch has rolled back. */
export function overLimit(error: unknown): 'minute' | 'day' | null {
  const text =
    error instanceof Error ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}` : ''
  const [, period] = /NOT NULL constraint failed: sent_counts\.(minute|day)_/.exec(text) ?? []
  return period === 'minute' || period === 'day' ? period : null
}
