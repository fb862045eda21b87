/** Statements that change the directory's DKIM keys. Each answers with the id of what it changed. */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import type { DkimKeyRow } from './schema-outbound.ts'

/** No row where the domain is gone or has `max` keys. A selector that exists is a unique violation. */
export function insertDkimKey(
  key: Pick<DkimKeyRow, 'domain_id' | 'selector' | 'algorithm' | 'private_key' | 'public_key'>,
  now: number,
  max: number,
): SQL {
  const { domain_id, selector, algorithm, private_key, public_key } = key
  return sql`insert into dkim_keys (domain_id, selector, algorithm, private_key, public_key, state, created_at)
    select ${int(domain_id)}, ${selector}, ${algorithm}, ${private_key}, ${public_key}, 'pending', ${int(now)}
    where exists (select 1 from domains where id = ${domain_id})
    and (select count(*) from dkim_keys where domain_id = ${domain_id}) < ${max} returning id`
}

/** Makes a key the one of its domain and algorithm that signs: the one before it retires in the same batch. */
export function activateDkimKey({ id, domain_id, algorithm }: DkimKeyRow, now: number): SQL[] {
  return [
    sql`update dkim_keys set state = 'retired', retired_at = ${now}
      where domain_id = ${domain_id} and algorithm = ${algorithm} and state = 'active' and id <> ${id}`,
    sql`update dkim_keys set state = 'active', activated_at = ${now}, retired_at = null
      where id = ${id} and state <> 'active'`,
  ]
}

export function retireDkimKey(id: number, now: number): SQL {
  return sql`update dkim_keys set state = 'retired', retired_at = ${now} where id = ${id} and state = 'active' returning id`
}

/** One that signs stays. */
export function deleteDkimKey(id: number): SQL {
  return sql`delete from dkim_keys where id = ${id} and state <> 'active' returning id`
}
