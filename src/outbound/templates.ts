/** Templates of an account: kept under names, changed where nobody else has, and filled with values. */

import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { type Rendered, refuseTemplate, renderTemplate, type Variables } from '../mime/template.ts'
import { seconds } from '../seconds.ts'
import { isUniqueViolation } from '../store/database.ts'
import type { TemplateRow } from '../store/schema.ts'
import { pageTemplates, readTemplate, type TemplateNameRow } from '../store/template-read.ts'
import { deleteTemplate, insertTemplate, type TemplateFields, updateTemplate } from '../store/template-write.ts'

/** Of an account. */
export const TEMPLATES_MAX = 500
/** A change that meets another is made again for what that has left. */
const ATTEMPTS = 4

export type { TemplateFields, TemplateNameRow, TemplateRow }

export function getTemplate(deps: Deps, accountId: number, id: number): Promise<TemplateRow | null> {
  return readTemplate(deps.stores.of(accountId), accountId, id)
}

export function listTemplates(deps: Deps, accountId: number, after: string, limit: number): Promise<TemplateNameRow[]> {
  return pageTemplates(deps.stores.of(accountId), accountId, after, limit)
}

export async function createTemplate(
  deps: Deps,
  accountId: number,
  fields: TemplateFields,
): Promise<TemplateRow | Failure> {
  const refused = refuseTemplate(fields)
  if (refused) return refused
  try {
    const row = await deps.stores
      .of(accountId)
      .first<TemplateRow>(insertTemplate(accountId, fields, seconds(deps), TEMPLATES_MAX))
    return row ?? fail('conflict', `An account has at most ${TEMPLATES_MAX} templates.`)
  } catch (error) {
    if (isUniqueViolation(error)) return taken()
    throw error
  }
}

/** With `version` only where it is still that one. */
export async function changeTemplate(
  deps: Deps,
  accountId: number,
  id: number,
  change: Partial<TemplateFields>,
  version: number | null,
): Promise<TemplateRow | Failure> {
  const db = deps.stores.of(accountId)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const row = await readTemplate(db, accountId, id)
    if (!row) return gone()
    if (version !== null && row.version !== version) return changed()
    const { name, subject, text, html } = { ...row, ...change }
    const refused = refuseTemplate({ subject, text, html })
    if (refused) return refused
    try {
      const after = await db.first<TemplateRow>(updateTemplate(row, { name, subject, text, html }, seconds(deps)))
      if (after) return after
    } catch (error) {
      if (isUniqueViolation(error)) return taken()
      throw error
    }
  }
  return changed()
}

export async function removeTemplate(
  deps: Deps,
  accountId: number,
  id: number,
  version: number | null,
): Promise<Failure | null> {
  const db = deps.stores.of(accountId)
  const row = await readTemplate(db, accountId, id)
  if (!row) return gone()
  if (version !== null && row.version !== version) return changed()
  return (await db.first(deleteTemplate(row))) ? null : changed()
}

/** What a template says with these values. */
export async function fillTemplate(
  deps: Deps,
  accountId: number,
  id: number,
  variables: Variables,
): Promise<Rendered | Failure> {
  const row = await readTemplate(deps.stores.of(accountId), accountId, id)
  if (!row) return fail('invalid', 'There is no such template.', 'template')
  return renderTemplate(row, variables)
}

function taken(): Failure {
  return fail('conflict', 'There is a template of this name.', 'name')
}

function gone(): Failure {
  return fail('not-found', 'There is no such template.')
}

function changed(): Failure {
  return fail('precondition-failed', 'The template has changed: read it again.')
}
