/** Statements of templates. Those that return a row return none where nothing was written. */
import { type SQL, sql } from 'drizzle-orm'
import type { TemplateRow } from './schema.ts'

export type TemplateFields = Pick<TemplateRow, 'name' | 'subject' | 'text' | 'html'>

/** Unless the account has `most` already. */
export function insertTemplate(accountId: number, fields: TemplateFields, now: number, most: number): SQL {
  return sql`insert into templates (account_id, name, subject, text, html, version, created_at, updated_at)
    select ${accountId}, ${fields.name}, ${fields.subject}, ${fields.text}, ${fields.html}, 1, ${now}, ${now}
    where (select count(*) from templates where account_id = ${accountId}) < ${most} returning *`
}

/** Where it is still of this version. */
export function updateTemplate(row: TemplateRow, fields: TemplateFields, now: number): SQL {
  return sql`update templates set name = ${fields.name}, subject = ${fields.subject}, text = ${fields.text},
    html = ${fields.html}, version = version + 1, updated_at = ${now}
    where id = ${row.id} and account_id = ${row.account_id} and version = ${row.version} returning *`
}

export function deleteTemplate(row: TemplateRow): SQL {
  return sql`delete from templates where id = ${row.id} and account_id = ${row.account_id} and version = ${row.version}
    returning id`
}
