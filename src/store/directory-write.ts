/** Statements that change the directory, the lists and the server's state. Those that answer with a row say so. */
import { type SQL, sql } from 'drizzle-orm'
import { int, list } from './database.ts'
import type { AddressRow, ApiKeyRow, ListRow } from './schema.ts'

/** Returns the new row. A name that exists is a unique violation. */
export function insertDomain(name: string, now: number): SQL {
  return sql`insert into domains (name, created_at) values (${name}, ${now}) returning *`
}

/** `providers` is JSON or null. Returns the row. */
export function patchDomain(id: number, providers: string | null): SQL {
  return sql`update domains set providers = ${providers} where id = ${id} returning *`
}

/** Deletes a domain that no address stands in. Returns its id where it did. */
export function deleteDomain(id: number): SQL {
  return sql`delete from domains where id = ${id}
    and not exists (select 1 from addresses where domain = domains.name) returning id`
}

/** Deletes the DKIM keys of a domain that is no more. */
export function deleteDkimKeysOf(domainId: number): SQL {
  return sql`delete from dkim_keys where domain_id = ${domainId}
    and not exists (select 1 from domains where id = ${domainId})`
}

/** Inserts where the domain is ours. Returns the new row, or none where it is not. An address that exists is a unique violation. */
export function insertAddress(row: Omit<AddressRow, 'id' | 'enabled'>): SQL {
  return sql`insert into addresses (address, account_id, kind, domain, written, target, targets, created_at)
    select ${row.address}, ${int(row.account_id)}, ${row.kind}, d.name,
      ${row.written}, ${row.target}, ${row.targets}, ${int(row.created_at)}
    from domains d where d.name = ${row.domain} returning *`
}

/** Changes what is named of an address; returns the row. `targets` is JSON, and goes into a forward only. */
export function patchAddress(id: number, patch: { enabled?: boolean | undefined; targets?: string | undefined }): SQL {
  const sets = [sql`id = id`]
  if (patch.enabled !== undefined) sets.push(sql`enabled = ${patch.enabled ? 1 : 0}`)
  if (patch.targets !== undefined) sets.push(sql`targets = ${patch.targets}`)
  const kind = patch.targets === undefined ? sql`` : sql`and kind = 'forward'`
  return sql`update addresses set ${sql.join(sets, sql`, `)} where id = ${id} ${kind} returning *`
}

export function deleteAddress(id: number): SQL {
  return sql`delete from addresses where id = ${id} returning id`
}

/** Deletes the keys that are bound to an address or to an alias of it: nothing is left for them to see. */
export function deleteKeysOf({ id, account_id, address }: AddressRow): SQL {
  return sql`delete from api_keys where account_id = ${account_id} and (address_id = ${id}
    or address_id in (select id from addresses where account_id = ${account_id} and kind = 'alias' and target = ${address}))`
}

/** Deletes the aliases that stand for an address, with it. Returns them. */
export function deleteAliasesOf(address: string): SQL {
  return sql`delete from addresses where kind = 'alias' and target = ${address} returning *`
}

/** Returns the new row, or none where the account has `max` keys already. */
export function insertApiKey(
  row: Pick<ApiKeyRow, 'account_id' | 'address_id' | 'name' | 'hint' | 'scopes' | 'limits'> & { hash: Uint8Array },
  now: number,
  max: number,
): SQL {
  return sql`insert into api_keys (hash, account_id, address_id, name, hint, scopes, limits, created_at)
    select ${row.hash}, ${int(row.account_id)}, ${row.address_id}, ${row.name}, ${row.hint}, ${row.scopes}, ${row.limits}, ${int(now)}
    where (select count(*) from api_keys where account_id = ${row.account_id}) < ${max} returning *`
}

export function deleteApiKey(id: number, accountId: number | null): SQL {
  const whose = accountId === null ? sql`` : sql`and account_id = ${accountId}`
  return sql`delete from api_keys where id = ${id} ${whose} returning id`
}

export function touchApiKey(id: number, now: number): SQL {
  return sql`update api_keys set last_used_at = ${now} where id = ${id}`
}

/** Returns the new row, or none where the account has `max` passwords already. */
export function insertAppPassword(
  row: { hash: Uint8Array; account_id: number; name: string },
  now: number,
  max: number,
): SQL {
  return sql`insert into app_passwords (hash, account_id, name, created_at)
    select ${row.hash}, ${int(row.account_id)}, ${row.name}, ${int(now)}
    where (select count(*) from app_passwords where account_id = ${row.account_id}) < ${max} returning *`
}

export function deleteAppPassword(id: number, accountId: number | null): SQL {
  const whose = accountId === null ? sql`` : sql`and account_id = ${accountId}`
  return sql`delete from app_passwords where id = ${id} ${whose} returning id`
}

/** Shuts every door of an account, also those that are made later. */
export function insertSuspension(accountId: number, now: number): SQL {
  return sql`insert or ignore into suspensions (account_id, created_at) values (${accountId}, ${now})`
}

export function deleteSuspension(accountId: number): SQL {
  return sql`delete from suspensions where account_id = ${accountId}`
}

/** Keeps a dead letter; a second one about the same subject only raises its attempts. */
export function keepDeadLetter(
  row: { queue: string; subject: string; body: string; reason: string; attempts: number },
  now: number,
): SQL {
  return sql`insert into dead_letters (queue, subject, body, reason, attempts, created_at)
    values (${row.queue}, ${row.subject}, ${row.body}, ${row.reason}, ${row.attempts}, ${now})
    on conflict do update set attempts = attempts + excluded.attempts, reason = excluded.reason`
}

export function deleteDeadLetter(id: number): SQL {
  return sql`delete from dead_letters where id = ${id} returning id`
}

/** An entry that exists takes the list, note and end of this one. No row where it is new and the lists of the account have `max` already. */
export function putListEntry(row: ListRow, max: number): SQL {
  const { account_id, key, list, note, expires_at, created_at } = row
  const room = sql`(select count(*) from (select 1 from lists where account_id = ${account_id} limit ${max})) < ${max}`
  return sql`insert into lists (account_id, key, list, note, expires_at, created_at)
    select ${int(account_id)}, ${key}, ${list}, ${note}, ${expires_at}, ${int(created_at)}
    where exists (select 1 from lists where account_id = ${account_id} and key = ${key}) or ${room}
    on conflict do update set list = excluded.list, note = excluded.note, expires_at = excluded.expires_at returning *`
}

/** An entry made with something else, whatever there is already: one that stands in this list keeps its note, and loses its end. */
export function putEntryBeside({ account_id, key, list, note, created_at }: Omit<ListRow, 'expires_at'>): SQL {
  return sql`insert into lists (account_id, key, list, note, created_at)
    values (${int(account_id)}, ${key}, ${list}, ${note}, ${int(created_at)})
    on conflict do update set note = iif(list = excluded.list, note, excluded.note), list = excluded.list, expires_at = null`
}

/** Deletes entries, of whatever account, that held until a second; at most `limit`. */
export function forgetListEntries(before: number, limit: number): SQL {
  return sql`delete from lists where (account_id, key) in (select account_id, key from lists
    where expires_at is not null and expires_at <= ${before} order by expires_at limit ${limit})`
}

export function deleteListEntry(accountId: number, key: string): SQL {
  return sql`delete from lists where account_id = ${accountId} and key = ${key} returning key`
}

/** Deletes an entry of these lists, where it has this note. */
export function deleteNotedEntry(accountId: number, key: string, lists: ListRow['list'][], note: string): SQL {
  return sql`delete from lists where account_id = ${accountId} and key = ${key} and list in (${list(lists)})
    and note = ${note}`
}

export function putState(key: string, value: string): SQL {
  return sql`insert into state (key, value) values (${key}, ${value}) on conflict do update set value = excluded.value`
}
