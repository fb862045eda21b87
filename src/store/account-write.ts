/** Statements that make and change accounts and their mailboxes. */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import { ACCOUNTS_PER_SHARD } from './ids.ts'

/**
 * Makes the account with the next number of its shard; returns the row. Numbers are never used again, even when the
 * newest account is deleted: message ids, R2 keys and clients' caches carry them. A full shard gives no row.
 */
export function insertAccount(shard: number, name: string, quotaBytes: number | null, now: number): SQL[] {
  const next = sql`(select cast(value as integer) from state where key = 'last_account_number')`
  return [
    sql`insert into state (key, value) values ('last_account_number', '1')
      on conflict do update set value = cast(cast(value as integer) + 1 as text)`,
    sql`insert into accounts (id, name, last_id, quota_bytes, created_at)
      select ${int(shard * ACCOUNTS_PER_SHARD)} + n, ${name}, n << 37, ${quotaBytes}, ${int(now)}
      from (select ${next} n) where n < ${int(ACCOUNTS_PER_SHARD)} returning *`,
  ]
}

export type NewMailbox = { name: string; role: string | null }

/** Makes the first mailboxes of the account that `insertAccount` has just made, in the same batch. */
export function insertFirstMailboxes(shard: number, boxes: readonly NewMailbox[], now: number): SQL {
  const rows = sql.join(
    boxes.map((box) => sql`(${box.name}, ${box.role})`),
    sql`, `,
  )
  return sql`insert into mailboxes (account_id, name, role, uid_validity, modseq, created_modseq)
    select a.id, b.column1, b.column2, ${int(now)}, 0, 0 from (values ${rows}) b
    cross join accounts a on a.id = ${int(shard * ACCOUNTS_PER_SHARD)}
      + (select cast(value as integer) from state where key = 'last_account_number')`
}

export type AccountPatch = {
  name?: string | undefined
  /** Null: no limit. */
  quotaBytes?: number | null | undefined
  /** JSON that is merged into the settings (RFC 7396). */
  settings?: string | undefined
  /** Epoch seconds; null: not suspended. */
  suspendedAt?: number | null | undefined
  /** JSON that is merged into what it may send (RFC 7396). */
  sending?: string | undefined
  /** JSON as it was read: nothing changes where the stored settings are others by now. */
  ifSettings?: string | undefined
}

/** Changes what is named of an account that is not deleted; returns the row. One that is suspended stays so since when it was. */
export function patchAccount(id: number, patch: AccountPatch): SQL {
  const sets = [sql`id = id`]
  if (patch.name !== undefined) sets.push(sql`name = ${patch.name}`)
  if (patch.quotaBytes !== undefined) sets.push(sql`quota_bytes = ${patch.quotaBytes}`)
  if (patch.settings !== undefined) sets.push(sql`settings = json_patch(settings, ${patch.settings})`)
  if (patch.sending !== undefined) sets.push(sql`sending = json_patch(coalesce(sending, '{}'), ${patch.sending})`)
  if (patch.suspendedAt === null) sets.push(sql`suspended_at = null`)
  else if (patch.suspendedAt !== undefined) sets.push(sql`suspended_at = coalesce(suspended_at, ${patch.suspendedAt})`)
  const held = patch.ifSettings === undefined ? sql`` : sql`and settings = ${patch.ifSettings}`
  return sql`update accounts set ${sql.join(sets, sql`, `)} where id = ${id} and deleted_at is null ${held} returning *`
}
