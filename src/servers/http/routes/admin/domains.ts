/** The domains that this server receives for. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  chooseProviders,
  createDomain,
  type Domain,
  getDomain,
  listDomains,
  removeDomain,
} from '../../../../access/addresses.ts'
import { dnsRecords } from '../../../../access/domain-dns.ts'
import type { Deps } from '../../../../deps.ts'
import { PROVIDER_NAMES } from '../../../../outbound/provider.ts'
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

const providerName = z.enum(PROVIDER_NAMES)

const domain = z
  .object({
    id: id('dom'),
    name: z.string().openapi({ description: 'As A-labels.' }),
    providers: z.array(z.string()).nullable().openapi({
      description: 'The sending providers that are asked for its mail, in order. Null: the server’s own order.',
    }),
    created_at: time,
  })
  .openapi('Domain')

const domainChange = z
  .strictObject({
    providers: z
      .array(providerName)
      .min(1, 'must name one, or be null')
      .refine((names) => new Set(names).size === names.length, 'must name each once')
      .nullable()
      .openapi({
        description: 'In the order in which they are asked; one need not be set up yet. Null: the server’s own order.',
      }),
  })
  .openapi('DomainChange')

const sendingProvider = z
  .object({
    name: providerName,
    configured: z
      .boolean()
      .openapi({ description: 'Whether the server has its settings. One that is not is not asked.' }),
    position: z.number().int().nullable().openapi({
      minimum: 1,
      description: 'Its place in the order in which they would be asked now. Null: it is not.',
    }),
    state: z
      .enum(['ok', 'failing'])
      .openapi({ description: 'Failing: it is passed over for a while, as far as the instance that answers knows.' }),
    retry_at: time.nullable().openapi({ description: 'When one that is failing is tried again.' }),
  })
  .openapi('SendingProvider')

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
  .extend({
    sending_providers: z.array(sendingProvider).openapi({ description: 'All that there are, and how they do.' }),
    dns: z.array(dnsRecord).openapi({ description: 'What DNS should say. It is not looked up.' }),
  })
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
  summary: 'One domain, with its sending providers and what DNS should say of it',
  description: 'Cloudflare makes these records when the domain is onboarded to Email Routing and to Email Sending.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('dom', 'The domain.') }) },
  responses: { 200: json(domainWithDns, 'The domain.'), ...problems(404) },
})

domains.openapi(read, async (c) => {
  const id = found(c.req.valid('param').id, 'domain')
  const one = found(await getDomain(c.env.deps, id), 'domain')
  return c.json(renderWhole(c.env.deps, one), 200)
})

const change = defineRoute({
  method: 'patch',
  path: '/v1/admin/domains/{id}',
  operationId: 'updateDomain',
  tags: ['Admin'],
  summary: 'Choose the sending providers of a domain',
  description: 'Mail that waits already goes the new way too, from its next attempt on.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('dom', 'The domain.') }), ...jsonBody(domainChange) },
  responses: { 200: json(domainWithDns, 'The domain as it is now.'), ...problems(400, 404, 413, 415) },
})

domains.openapi(change, async (c) => {
  const { deps } = c.env
  const id = found(c.req.valid('param').id, 'domain')
  const one = found(await chooseProviders(deps, id, c.req.valid('json').providers), 'domain')
  return c.json(renderWhole(deps, one), 200)
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
  const { id, name, providers, createdAt } = one
  return { id: formatId('dom', id), name, providers, created_at: formatTime(createdAt) }
}

function renderWhole({ providers }: Deps, one: Domain): z.infer<typeof domainWithDns> {
  const asked = providers.inOrder(one.providers).map(({ name }) => name)
  const states = PROVIDER_NAMES.map((name) => {
    const { state, retryAt } = providers.health(name)
    return {
      name,
      configured: providers.get(name) !== null,
      position: asked.includes(name) ? asked.indexOf(name) + 1 : null,
      state,
      retry_at: retryAt === null ? null : formatTime(Math.ceil(retryAt / 1000)),
    }
  })
  return { ...render(one), sending_providers: states, dns: dnsRecords(one.name) }
}
