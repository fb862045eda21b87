/**
 * Statements over mail that is held back. The first of an insertion is its guard: where it fails, accounts.modseq becomes NULL
 * and all rolls back; where it returns no row, there is no such account.
 */
import { type SQL, sql } from 'drizzle-orm'
import { int, integers } from './database.ts'
import type { WithheldRow } from './schema.ts'

export type NewWithheld = Omit<WithheldRow, 'id' | 'dedupe'>

/** An identity with its level, and the highest key that an equal or better one could have. */
export type Dedupe = { key: Uint8Array; upTo: Uint8Array }

/**
 * Puts a message into quarantine, and asks for a digest at a second, or a day after the last one. The second statement returns
 * its id. A record that this very object was refused gives way to the message in quarantine: the sender was never told.
 */
export function insertQuarantined(row: NewWithheld, dedupe: Dedupe, digestAt: number): SQL[] {
  return [
    claim(row, dedupe, row.size, 1),
    // The claim holds, so what is replaced is a record of this object's refusal, if anything. The new id is news to the digest.
    sql`insert or replace ${insertion(row, dedupe)} returning id`,
    sql`insert into digests (account_id, told_id, told_at, due_at)
      values (${int(row.account_id)}, 0, 0, ${int(digestAt)})
      on conflict do update set due_at = coalesce(due_at, max(${int(digestAt)}, told_at + ${int(DAY_SECONDS)}))`,
    sql`insert into outbox (account_id, modseq, event) select id, modseq, json_object('type', 'message.quarantined',
      'held', (select id from withheld where raw_key = ${row.raw_key})) from accounts where id = ${row.account_id}`,
  ]
}

/** Stands for what is held back where a message's id is asked for. Below nothing, it is none's. */
export function negativeIdOf(rawKey: string): SQL {
  return sql`(select -id from withheld where raw_key = ${rawKey})`
}

const DAY_SECONDS = 86_400

/** Records that a message is refused. One that was refused before, and is sent once more, is not recorded again. */
export function insertRejected(row: NewWithheld, dedupe: Dedupe): SQL[] {
  return [claim(row, dedupe, 0, 0), sql`insert ${insertion(row, dedupe)} on conflict do nothing returning id`]
}

// What is told takes a change number; what is only recorded takes none.
function claim({ account_id, raw_key }: NewWithheld, { key, upTo }: Dedupe, bytes: number, told: 0 | 1): SQL {
  return sql`update accounts set used_bytes = used_bytes + ${bytes}, modseq = iif(deleted_at is null
    and not exists (select 1 from raw_deletes where raw_key = ${raw_key})
    and not exists (select 1 from raw_deleted where raw_key = ${raw_key})
    and not exists (select 1 from messages where raw_key = ${raw_key})
    and not exists (select 1 from messages where account_id = ${account_id} and dedupe is not null
      and dedupe >= ${key} and dedupe <= ${upTo})
    and not exists (select 1 from withheld where raw_key = ${raw_key} and kind = 'quarantine')
    and not exists (select 1 from withheld where account_id = ${account_id} and kind = 'quarantine'
      and dedupe >= ${key} and dedupe <= ${upTo}), modseq + ${told}, null) where id = ${account_id} returning id`
}

function insertion(m: NewWithheld, { key }: Dedupe): SQL {
  return sql`into withheld (account_id, kind, raw_key, dedupe, received_at, size, address_id, recipient, return_path,
      from_addr, from_name, to_text, subject, preview, score, reason, envelope, structure, attachments, spam_report, auth,
      defects, created_at)
    select id, ${m.kind}, ${m.raw_key}, ${key}, ${m.received_at}, ${m.size}, ${m.address_id}, ${m.recipient},
      ${m.return_path}, ${m.from_addr}, ${m.from_name}, ${m.to_text}, ${m.subject}, ${m.preview}, ${m.score}, ${m.reason},
      ${m.envelope}, ${m.structure}, ${m.attachments}, ${m.spam_report}, ${m.auth}, ${m.defects}, ${m.created_at}
    from accounts where id = ${m.account_id}`
}

/** Takes a message out of quarantine where the batch delivers it: the object is the message's from now on. */
export function releaseWithheld({ id, account_id, size }: Pick<WithheldRow, 'id' | 'account_id' | 'size'>): SQL[] {
  return [
    sql`delete from withheld where id = ${id}`,
    sql`update accounts set used_bytes = used_bytes - ${size} where id = ${account_id}`,
  ]
}

/** Deletes held mail and records of refusals for good, their objects with them. Doing it again is safe. */
export function deleteWithheld(rows: readonly Pick<WithheldRow, 'id' | 'account_id'>[]): SQL[] {
  const ids = integers(rows.map(({ id }) => id))
  const accounts = integers([...new Set(rows.map(({ account_id }) => account_id))])
  return [
    sql`update accounts set used_bytes = used_bytes - coalesce((select sum(size) from withheld
      where id in (${ids}) and account_id = accounts.id and kind = 'quarantine'), 0) where id in (${accounts})`,
    sql`insert or ignore into raw_deletes (raw_key) select raw_key from withheld w where id in (${ids})
      and not exists (select 1 from messages where raw_key = w.raw_key)
      and not exists (select 1 from raw_deleted where raw_key = w.raw_key)`,
    sql`delete from withheld where id in (${ids})`,
  ]
}

/** Notes up to where an account was told. One that was told meanwhile rolls the batch back: isStaleDigest. */
export function noteDigest(accountId: number, expected: number, toldId: number, now: number): SQL {
  return sql`update digests set told_id = iif(told_id = ${expected}, ${int(toldId)}, null), told_at = ${now}, due_at = null
    where account_id = ${accountId}`
}

/** Puts a digest off. */
export function postponeDigest(accountId: number, dueAt: number): SQL {
  return sql`update digests set due_at = ${dueAt} where account_id = ${accountId} and due_at is not null`
}
