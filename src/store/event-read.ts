/** Reading the events that were told, in the order in which they were committed. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { EventRow } from './schema.ts'

/** Where an event stands among its account's. */
export type EventPlace = Pick<EventRow, 'modseq' | 'n'>

/** Events after a place, oldest first. */
export function readEvents(db: Database, accountId: number, after: EventPlace, limit: number): Promise<EventRow[]> {
  return db.all<EventRow>(sql`select * from events where account_id = ${accountId}
    and (modseq, n) > (${after.modseq}, ${after.n}) order by modseq, n limit ${limit}`)
}

export async function isKeptEvent(db: Database, accountId: number, { modseq, n }: EventPlace): Promise<boolean> {
  const row = await db.first(
    sql`select 1 from events where account_id = ${accountId} and modseq = ${modseq} and n = ${n}`,
  )
  return row !== null
}

/** Where the newest event stands; null where there is none. */
export function newestEvent(db: Database, accountId: number): Promise<EventPlace | null> {
  return db.first<EventPlace>(
    sql`select modseq, n from events where account_id = ${accountId} order by modseq desc, n desc limit 1`,
  )
}
