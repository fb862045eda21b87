/** Reading the directory's DKIM keys. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { DkimKeyRow } from './schema-outbound.ts'

/** A key with the name of its domain. */
export type NamedDkimKey = DkimKeyRow & { domain: string }

const NAMED = sql`select k.*, d.name domain from domains d join dkim_keys k on k.domain_id = d.id`

export function readDkimKey(db: Database, id: number): Promise<NamedDkimKey | null> {
  return db.first(sql`${NAMED} where k.id = ${id}`)
}

/** Above `after` in id order. */
export function pageDkimKeys(db: Database, domainId: number, after: number, limit: number): Promise<NamedDkimKey[]> {
  return db.all(sql`${NAMED} where d.id = ${domainId} and k.id > ${after} order by k.id limit ${limit}`)
}

/** What mail of a domain (an A-label name) is signed with. */
export function readActiveDkimKeys(db: Database, domain: string): Promise<NamedDkimKey[]> {
  return db.all(sql`${NAMED} where d.name = ${domain} and k.state = 'active' order by k.id`)
}
