/** Templates on the wire, and how a message names one. */
import { z } from '@hono/zod-openapi'
import { TEMPLATE_CHARS_MAX, type Template, variablesOf } from '../../mime/template.ts'
import type { TemplateNameRow, TemplateRow } from '../../outbound/templates.ts'
import { formatId, formatNumber } from './ids.ts'
import { formatTime, id, idField, line, listOf, time } from './schemas.ts'

const NAME_CHARS_MAX = 100
const VARIABLES_MAX = 200
const VALUE_CHARS_MAX = 64 * 1024

const names = { id: id('tpl'), name: z.string(), subject: z.string(), created_at: time, updated_at: time }
const body = z.string().max(TEMPLATE_CHARS_MAX).nullable()

const templateName = z.object(names).openapi('TemplateName')
export const templateList = listOf(templateName, 'TemplateList')
export const template = z
  .object({
    ...names,
    text: z.string().nullable(),
    html: z.string().nullable(),
    variables: z.array(z.string()).openapi({ description: 'The names that it wants values for.' }),
  })
  .openapi('Template')

export const templateFields = {
  name: line(NAME_CHARS_MAX, 'Unique in the account.'),
  subject: z.string().max(TEMPLATE_CHARS_MAX).optional(),
  text: body.optional().openapi({ description: 'Made from the HTML, where there is none.' }),
  html: body.optional().openapi({
    description: 'Values are escaped by the place where they stand: text, or an attribute in quotes.',
  }),
}

export const variables = z
  .record(
    z.string().max(NAME_CHARS_MAX),
    z.union([z.string().max(VALUE_CHARS_MAX), z.number(), z.boolean()], {
      error: 'must be text, a number or a boolean',
    }),
  )
  .refine((given) => Object.keys(given).length <= VARIABLES_MAX, `must have at most ${VARIABLES_MAX} entries`)
  .openapi({ description: 'A value for each variable of the template.', example: { name: 'Ann' } })

export const filled = z
  .object({ subject: z.string(), text: z.string().nullable(), html: z.string().nullable() })
  .openapi('FilledTemplate')

/** How a message names its template. */
export const templateUse = {
  template: idField(
    'tpl',
    'The id of a template, which says subject, text and html: they are then left out.',
  ).optional(),
  variables: variables.optional(),
}

export function templateTag({ id, version }: Pick<TemplateRow, 'id' | 'version'>): string {
  return `"${formatId('tpl', id)}-${formatNumber(version)}"`
}

export function renderTemplateName(row: TemplateNameRow): z.infer<typeof templateName> {
  return {
    id: formatId('tpl', row.id),
    name: row.name,
    subject: row.subject,
    created_at: formatTime(row.created_at),
    updated_at: formatTime(row.updated_at),
  }
}

export function renderTemplateRow(row: TemplateRow): z.infer<typeof template> {
  const { text, html } = row
  return { ...renderTemplateName(row), text, html, variables: variablesOf(row satisfies Template) }
}
