/** The outbox: events committed with the change they tell of, read in order, deleted once told. And raw objects to delete. */
import { type SQL, sql } from 'drizzle-orm'
import type { PosternEvent } from '../events.ts'
import { type Database, integers } from './database.ts'
import { OUTGOING } from './raw.ts'
import type { OutboxRow } from './schema.ts'

export function readOutbox(db: Database, limit: number): Promise<OutboxRow[]> {
  return db.all<OutboxRow>(sql`select * from outbox order by account_id, modseq, n limit ${limit}`)
}

export type OutboxKey = Pick<OutboxRow, 'account_id' | 'modseq' | 'n'>

export function deleteOutbox(keys: readonly OutboxKey[]): SQL {
  return sql`delete from outbox where ${among(keys)}`
}

/** Of a change that taught the model: an event of its own beside it, under the key that `trainedBeside` gives. */
export function tellTrained(keys: readonly OutboxKey[]): SQL[] {
  if (keys.length === 0) return []
  return [
    sql`insert or ignore into outbox (account_id, modseq, n, at, event) select account_id, modseq, n + 1, at,
      json_object('type', 'spam.trained', 'count', event ->> 'taught') from outbox where ${among(keys)}`,
  ]
}

/** A change takes one event, so the number after its own is free. */
export function trainedBeside({ account_id, modseq, n }: OutboxKey): OutboxKey {
  return { account_id, modseq, n: n + 1 }
}

/** Keeps events that still stand in the outbox: where they have been told meanwhile, this does nothing. */
export function keepEvents(keys: readonly OutboxKey[]): SQL {
  return sql`insert or ignore into events (account_id, modseq, n, at, event)
    select account_id, modseq, n, at, event from outbox where ${among(keys)}`
}

/** Rows that were read, by their keys: written into the statement, since D1 counts each row of json_each. */
export function among(keys: readonly OutboxKey[], table = 'outbox'): SQL {
  const rows = keys.map(({ account_id, modseq, n }) => sql`(${integers([account_id, modseq, n])})`)
  const key = sql.raw(['account_id', 'modseq', 'n'].map((name) => `${table}.${name}`).join(', '))
  return sql`(${key}) in (values ${sql.join(rows, sql`, `)})`
}

/**
 * Tells events of a commit that has no change number of its own: it takes the account's next one, so that whoever follows
 * changes meets it in order. Several events of one commit belong into one call.
 */
export function tellEvents(accountId: number, events: readonly PosternEvent[]): SQL[] {
  if (events.length === 0) return []
  return [
    sql`update accounts set modseq = modseq + 1 where id = ${accountId}`,
    ...events.map(
      (event, n) => sql`insert into outbox (account_id, modseq, n, event)
        select id, modseq, ${n}, ${JSON.stringify(event)} from accounts where id = ${accountId}`,
    ),
  ]
}

/** Raw objects that wait to be deleted. */
export async function readRawDeletes(db: Database, limit: number): Promise<string[]> {
  const rows = await db.all<{ raw_key: string }>(sql`select raw_key from raw_deletes order by raw_key limit ${limit}`)
  return rows.map((row) => row.raw_key)
}

/**
 * Notes that the objects are gone. The keys of messages stay known, so that a receipt handed over once more is not filed; what
 * was only to be sent is no message.
 */
export function noteRawDeleted(keys: string[]): SQL[] {
  const all = sql`(select value from json_each(${JSON.stringify(keys)}))`
  const ofMessages = keys.filter((key) => !key.startsWith(OUTGOING))
  return [
    sql`insert or ignore into raw_deleted (raw_key) select value from json_each(${JSON.stringify(ofMessages)})`,
    sql`delete from raw_deletes where raw_key in ${all}`,
  ]
}

/** Marks a raw object for deletion, unless a message refers to it, or it is held in quarantine. */
export function queueRawDelete(rawKey: string): SQL {
  return sql`insert or ignore into raw_deletes (raw_key)
    select ${rawKey} where not exists (select 1 from messages where raw_key = ${rawKey})
      and not exists (select 1 from withheld where raw_key = ${rawKey} and kind = 'quarantine')`
}

/** Forgets deleted receipts whose keys sort before `before`: no queue can still hold them. At most `limit`. */
export function forgetRawDeleted(before: string, limit: number): SQL {
  return sql`delete from raw_deleted where raw_key in
    (select raw_key from raw_deleted where raw_key < ${before} order by raw_key limit ${limit})`
}
