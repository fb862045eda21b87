/** The domains that this server receives for. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { createDomain, type Domain, getDomain, listDomains, removeDomain } from '../../../../access/addresses.ts'
import { dnsRecords } from '../../../../access/domain-dns.ts'
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

const dnsRecord = z
  .object({
    type: z.enum(['MX', 'TXT']),
    name: z.string(),
    value: z.string().nullable().openapi({ description: 'Null: Cloudflare generates it.' }),
    priority: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'Null: Cloudflare assigns it, for each domain its own.' }),
    service: z
      .enum(['email-routing', 'email-sending', 'policy'])
      .openapi({ description: 'What needs it: receiving, sending, or nothing, but others look for it.' }),
    purpose: z.string(),
    required: z.boolean().openapi({ description: 'False: the service works without it.' }),
  })
  .openapi('DnsRecord')

const domainWithDns = domain
  .extend({ dns: z.array(dnsRecord).openapi({ description: 'What DNS should say. It is not looked up.' }) })
  .openapi('DomainWithDns')

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

const read = defineRoute({
  method: 'get',
  path: '/v1/admin/domains/{id}',
  operationId: 'getDomain',
  tags: ['Admin'],
  summary: 'One domain, with what DNS should say of it',
  description: 'Cloudflare makes these records when the domain is onboarded to Email Routing and to Email Sending.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('dom', 'The domain.') }) },
  responses: { 200: json(domainWithDns, 'The domain.'), ...problems(404) },
})

domains.openapi(read, async (c) => {
  const id = found(c.req.valid('param').id, 'domain')
  const one = found(await getDomain(c.env.deps, id), 'domain')
  return c.json({ ...render(one), dns: dnsRecords(one.name) }, 200)
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
