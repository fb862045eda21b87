/** The domains that this server receives for. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { createDomain, type Domain, listDomains, removeDomain } from '../../../../access/addresses.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { found, orProblem } from '../../errors.ts'
import { formatId } from '../../ids.ts'
import { readPage } from '../../paging.ts'
import { json, jsonBody, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { formatTime, id, idParam, line, listOf, pageQuery, time } from '../../schemas.ts'

export const domains = new OpenAPIHono<HttpEnv>()

const DOMAIN_CHARS_MAX = 253

const domain = z
  .object({ id: id('dom'), name: z.string().openapi({ description: 'As A-labels.' }), created_at: time })
  .openapi('Domain')

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/domains',
  operationId: 'listDomains',
  tags: ['Admin'],
  summary: 'All domains',
  description: 'In the order in which they were added.',
  ...requiresAdmin(),
  request: { query: pageQuery },
  responses: { 200: json(listOf(domain, 'DomainList'), 'A page.'), ...problems(400) },
})

domains.openapi(list, async (c) => {
  const { deps } = c.env
  const page = await readPage(deps, c.req.valid('query'), {
    binding: ['admin/domains'],
    read: (after, limit) => listDomains(deps, after, limit),
    render,
  })
  return c.json(page, 200)
})

const create = defineRoute({
  method: 'post',
  path: '/v1/admin/domains',
  operationId: 'createDomain',
  tags: ['Admin'],
  summary: 'Add a domain',
  description: 'Mail to a domain is received once Email Routing sends it here and an address takes it.',
  ...requiresAdmin(),
  request: jsonBody(z.strictObject({ name: line(DOMAIN_CHARS_MAX, 'Such as example.com.') }).openapi('NewDomain')),
  responses: { 201: json(domain, 'The domain.'), ...problems(400, 409, 413, 415) },
})

domains.openapi(create, async (c) => {
  const made = orProblem(await createDomain(c.env.deps, c.req.valid('json').name))
  return c.json(render(made), 201)
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/admin/domains/{id}',
  operationId: 'deleteDomain',
  tags: ['Admin'],
  summary: 'Remove a domain that no address uses',
  description: 'Its addresses have to be removed first.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('dom', 'The domain.') }) },
  responses: { 204: { description: 'Removed.' }, ...problems(404, 409) },
})

domains.openapi(remove, async (c) => {
  orProblem(await removeDomain(c.env.deps, found(c.req.valid('param').id, 'domain')))
  return c.body(null, 204)
})

function render(one: Domain): z.infer<typeof domain> {
  return { id: formatId('dom', one.id), name: one.name, created_at: formatTime(one.createdAt) }
}
