/** Reading templates. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { TemplateRow } from './schema.ts'

export function readTemplate(db: Database, accountId: number, id: number): Promise<TemplateRow | null> {
  return db.first<TemplateRow>(sql`select * from templates where id = ${id} and account_id = ${accountId}`)
}

export type TemplateNameRow = Pick<TemplateRow, 'id' | 'name' | 'subject' | 'version' | 'created_at' | 'updated_at'>

/** Templates above the name `after`, by name, which is the order of an index. */
export function pageTemplates(db: Database, accountId: number, after: string, limit: number) {
  return db.all<TemplateNameRow>(sql`select id, name, subject, version, created_at, updated_at from templates
    where account_id = ${accountId} and name > ${after} order by name limit ${limit}`)
}
