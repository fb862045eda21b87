/** The outbox: events committed with the change they tell of, read in order, deleted once told. And raw objects to delete. */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { OutboxRow } from './schema.ts'

export function readOutbox(db: Database, limit: number): Promise<OutboxRow[]> {
  return db.all<OutboxRow>(sql`select * from outbox order by account_id, modseq limit ${limit}`)
}

export function deleteOutbox(rows: OutboxRow[]): SQL {
  const keys = JSON.stringify(rows.map((row) => [row.account_id, row.modseq]))
  return sql`delete from outbox where (account_id, modseq) in (select value ->> 0, value ->> 1 from json_each(${keys}))`
}

export async function readRawDeletes(db: Database, limit: number): Promise<string[]> {
  const rows = await db.all<{ raw_key: string }>(sql`select raw_key from raw_deletes limit ${limit}`)
  return rows.map((row) => row.raw_key)
}

export function deleteRawDeletes(keys: string[]): SQL {
  return sql`delete from raw_deletes where raw_key in (select value from json_each(${JSON.stringify(keys)}))`
}

/** Marks a raw object for deletion. */
export function queueRawDelete(rawKey: string): SQL {
  return sql`insert or ignore into raw_deletes (raw_key) values (${rawKey})`
}
