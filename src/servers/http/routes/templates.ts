/** Templates of the account: what messages say again and again, with values in it. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import {
  changeTemplate,
  createTemplate,
  fillTemplate,
  getTemplate,
  listTemplates,
  removeTemplate,
  type TemplateFields,
} from '../../../outbound/templates.ts'
import { requires } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import { ifMatch, ifNoneMatch, isKnown, notModified, refuseStale } from '../conditions.ts'
import type { AccountEnv, HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { readPageBy } from '../paging.ts'
import { headers, json, jsonBody, NOT_MODIFIED, problems, taggedJson } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { idParam, pageQuery } from '../schemas.ts'
import {
  filled,
  renderTemplateName,
  renderTemplateRow,
  template,
  templateFields,
  templateList,
  templateTag,
  variables,
} from '../template-view.ts'

export const templates = new OpenAPIHono<HttpEnv>()

const params = z.object({ id: idParam('tpl', 'The template.') })

const list = defineRoute({
  method: 'get',
  path: '/v1/templates',
  operationId: 'listTemplates',
  tags: ['Templates'],
  summary: 'Templates, by name',
  description: 'Without their bodies.',
  ...requires('settings'),
  request: { query: pageQuery },
  responses: { 200: json(templateList, 'A page.'), ...problems(400) },
})

templates.openapi(list, async (c) => {
  const { accountId } = c.var.account
  refuseBound(c.var.account)
  const page = await readPageBy(c.env.deps, c.req.valid('query'), {
    binding: ['templates', accountId],
    start: '' as string,
    read: (after, limit) => listTemplates(c.env.deps, accountId, after, limit),
    positionOf: ({ name }) => name,
    render: renderTemplateName,
  })
  return c.json(page, 200)
})

const create = defineRoute({
  method: 'post',
  path: '/v1/templates',
  operationId: 'createTemplate',
  tags: ['Templates'],
  summary: 'Make a template',
  description:
    'Values go where {{name}} stands: in the subject, in the text, and in the HTML as text or in attributes in quotes, escaped. Nothing else is computed.',
  ...requires('settings'),
  request: jsonBody(
    z.strictObject(templateFields).openapi('NewTemplate', {
      example: { name: 'welcome', subject: 'Welcome, {{name}}', text: 'Hello {{name}}, {{link}} is yours.' },
    }),
  ),
  responses: {
    201: { ...taggedJson(template, 'The template.'), headers: headers('Location', 'ETag') },
    ...problems(400, 409, 413, 415),
  },
})

templates.openapi(create, async (c) => {
  refuseBound(c.var.account)
  const { name, subject = '', text = null, html = null } = c.req.valid('json')
  const row = orProblem(await createTemplate(c.env.deps, c.var.account.accountId, { name, subject, text, html }))
  const shown = renderTemplateRow(row)
  return c.json(shown, 201, { etag: templateTag(row), location: `/v1/templates/${shown.id}` })
})

const read = defineRoute({
  method: 'get',
  path: '/v1/templates/{id}',
  operationId: 'getTemplate',
  tags: ['Templates'],
  summary: 'One template',
  description: 'With the names that it wants values for.',
  ...requires('settings'),
  request: { params },
  parameters: ifNoneMatch,
  responses: { 200: taggedJson(template, 'The template.'), 304: NOT_MODIFIED, ...problems(404, 412) },
})

templates.openapi(read, async (c) => {
  const row = await templateOf(c, c.req.valid('param').id)
  const etag = templateTag(row)
  refuseStale(c.req, etag)
  return isKnown(c.req, etag) ? notModified(etag) : c.json(renderTemplateRow(row), 200, { etag })
})

const change = defineRoute({
  method: 'patch',
  path: '/v1/templates/{id}',
  operationId: 'updateTemplate',
  tags: ['Templates'],
  summary: 'Change a template',
  description: 'What is not named stays. With If-Match only where nobody else has changed it.',
  ...requires('settings'),
  request: {
    params,
    ...jsonBody(
      z
        .strictObject({ ...templateFields, name: templateFields.name.optional() })
        .openapi('TemplateChange', { example: { subject: 'Welcome' } }),
    ),
  },
  parameters: ifMatch,
  responses: { 200: taggedJson(template, 'The template as it is now.'), ...problems(400, 404, 409, 412, 413, 415) },
})

templates.openapi(change, async (c) => {
  const { id, version } = await versionOf(c, c.req.valid('param').id)
  const given = Object.entries(c.req.valid('json')).filter(([, value]) => value !== undefined)
  const wanted = Object.fromEntries(given) as Partial<TemplateFields>
  const row = orProblem(await changeTemplate(c.env.deps, c.var.account.accountId, id, wanted, version))
  return c.json(renderTemplateRow(row), 200, { etag: templateTag(row) })
})

const preview = defineRoute({
  method: 'post',
  path: '/v1/templates/{id}/preview',
  operationId: 'previewTemplate',
  tags: ['Templates'],
  summary: 'What a template says with some values',
  description: 'Sends nothing. Missing variables are named in the problem.',
  ...requires('mail:send'),
  request: { params, ...jsonBody(z.strictObject({ variables: variables.optional() }).openapi('TemplatePreview')) },
  responses: { 200: json(filled, 'What it says.'), ...problems(400, 404, 413, 415) },
})

templates.openapi(preview, async (c) => {
  const { id } = await templateOf(c, c.req.valid('param').id)
  const { variables: values = {} } = c.req.valid('json')
  return c.json(orProblem(await fillTemplate(c.env.deps, c.var.account.accountId, id, values)), 200)
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/templates/{id}',
  operationId: 'deleteTemplate',
  tags: ['Templates'],
  summary: 'Delete a template',
  description: 'What was sent with it stays as it is.',
  ...requires('settings'),
  request: { params },
  parameters: ifMatch,
  responses: { 204: { description: 'It is gone.' }, ...problems(404, 412) },
})

templates.openapi(remove, async (c) => {
  const { id, version } = await versionOf(c, c.req.valid('param').id)
  const failed = await removeTemplate(c.env.deps, c.var.account.accountId, id, version)
  if (failed) orProblem(failed)
  return c.body(null, 204)
})

type AccountContext = Context<AccountEnv>

async function templateOf(c: AccountContext, id: number | null) {
  refuseBound(c.var.account)
  return found(await getTemplate(c.env.deps, c.var.account.accountId, found(id, 'template')), 'template')
}

async function versionOf(c: AccountContext, given: number | null): Promise<{ id: number; version: number | null }> {
  const row = await templateOf(c, given)
  if (c.req.header('if-match') === undefined) return { id: row.id, version: null }
  refuseStale(c.req, templateTag(row))
  return { id: row.id, version: row.version }
}
