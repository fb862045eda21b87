/** Addresses: which envelope recipients there are, and whose mail they bring. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  changeAddress,
  createAddress,
  getAddress,
  listAddresses,
  type MailAddress,
  removeAddress,
} from '../../../../access/addresses.ts'
import { TARGETS_MAX } from '../../../../access/forwards.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { found, orProblem } from '../../errors.ts'
import { formatId } from '../../ids.ts'
import { readPage } from '../../paging.ts'
import { json, jsonBody, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { formatTime, id, idField, idParam, line, listOf, pageQuery, time } from '../../schemas.ts'

export const addresses = new OpenAPIHono<HttpEnv>()

const ADDRESS_CHARS_MAX = 400

const kind = z.enum(['address', 'alias', 'catch_all', 'forward'])
const params = z.object({ id: idParam('adr', 'The address.') })

const targets = z
  .array(line(ADDRESS_CHARS_MAX, 'An address of this server or of another.'))
  .min(1, 'must name at least one address')
  .max(TARGETS_MAX, `must name at most ${TARGETS_MAX} addresses`)
  .openapi({
    description:
      'Where the mail of a forward goes on to. Only for a forward. Addresses elsewhere must be verified destinations of Email Routing.',
  })

const address = z
  .object({
    id: id('adr'),
    address: z.string().openapi({ description: 'As it was given; a catch-all is *@domain.' }),
    account_id: id('acc').nullable().openapi({ description: 'Null for a forward, which keeps nothing.' }),
    kind,
    target: z.string().nullable().openapi({ description: 'The address that an alias stands for.' }),
    targets: z.array(z.string()).nullable().openapi({ description: 'Where the mail of a forward goes on to.' }),
    enabled: z.boolean().openapi({ description: 'Mail to a disabled address is refused.' }),
    created_at: time,
  })
  .openapi('Address')

/** The one field that says whose the mail is, for each kind. */
const NEEDED = { address: 'account_id', catch_all: 'account_id', alias: 'target', forward: 'targets' } as const

const addressChange = z
  .strictObject({ enabled: z.boolean().optional(), targets: targets.optional() })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'must name something to change')
  .openapi('AddressChange')

const newAddress = z
  .strictObject({
    address: line(ADDRESS_CHARS_MAX, 'In one of the domains of this server; *@domain for a catch-all.'),
    kind: kind.default('address'),
    account_id: idField('acc', 'The account that gets the mail. Not for an alias or a forward.').optional(),
    target: line(ADDRESS_CHARS_MAX, 'The address that an alias stands for. Only for an alias.').optional(),
    targets: targets.optional(),
  })
  .superRefine((input, ctx) => {
    const needed = NEEDED[input.kind]
    for (const field of ['account_id', 'target', 'targets'] as const) {
      const isThere = input[field] !== undefined
      if (field === needed && !isThere) ctx.addIssue({ code: 'custom', path: [field], message: 'is required' })
      if (field !== needed && isThere)
        ctx.addIssue({ code: 'custom', path: [field], message: `does not go with the kind ${input.kind}` })
    }
  })
  .openapi('NewAddress')

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/addresses',
  operationId: 'listAddresses',
  tags: ['Admin'],
  summary: 'All addresses, or those of one account',
  description: 'In the order in which they were added.',
  ...requiresAdmin(),
  request: { query: pageQuery.extend({ account_id: idParam('acc', 'Only of this account.').optional() }) },
  responses: { 200: json(listOf(address, 'AddressList'), 'A page.'), ...problems(400, 404) },
})

addresses.openapi(list, async (c) => {
  const { deps } = c.env
  const query = c.req.valid('query')
  const accountId = query.account_id === undefined ? null : found(query.account_id, 'account')
  const page = await readPage(deps, query, {
    binding: ['admin/addresses', accountId],
    read: (after, limit) => listAddresses(deps, accountId, after, limit),
    render,
  })
  return c.json(page, 200)
})

const create = defineRoute({
  method: 'post',
  path: '/v1/admin/addresses',
  operationId: 'createAddress',
  tags: ['Admin'],
  summary: 'Add an address, an alias, a catch-all or a forward',
  description:
    "An address is in one of this server's domains and belongs to an account. An alias stands for an address; a catch-all takes what no other address of its domain does; a forward keeps nothing and passes its mail on.",
  ...requiresAdmin(),
  request: jsonBody(newAddress),
  responses: { 201: json(address, 'The address.'), ...problems(400, 409, 413, 415) },
})

addresses.openapi(create, async (c) => {
  const input = c.req.valid('json')
  const made = await createAddress(c.env.deps, {
    address: input.address,
    kind: input.kind,
    accountId: input.account_id ?? null,
    target: input.target ?? null,
    targets: input.targets,
  })
  return c.json(render(orProblem(made)), 201)
})

const read = defineRoute({
  method: 'get',
  path: '/v1/admin/addresses/{id}',
  operationId: 'getAddress',
  tags: ['Admin'],
  summary: 'One address',
  description: 'Whose mail it brings, or where it passes it on to.',
  ...requiresAdmin(),
  request: { params },
  responses: { 200: json(address, 'The address.'), ...problems(404) },
})

addresses.openapi(read, async (c) => {
  const id = found(c.req.valid('param').id, 'address')
  return c.json(render(found(await getAddress(c.env.deps, id), 'address')), 200)
})

const change = defineRoute({
  method: 'patch',
  path: '/v1/admin/addresses/{id}',
  operationId: 'updateAddress',
  tags: ['Admin'],
  summary: 'Enable or disable an address, or give a forward other targets',
  description: 'Mail to a disabled address is refused, and bounces.',
  ...requiresAdmin(),
  request: { params, ...jsonBody(addressChange) },
  responses: { 200: json(address, 'The address as it is now.'), ...problems(400, 404, 413, 415) },
})

addresses.openapi(change, async (c) => {
  const id = found(c.req.valid('param').id, 'address')
  return c.json(render(orProblem(await changeAddress(c.env.deps, id, c.req.valid('json')))), 200)
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/admin/addresses/{id}',
  operationId: 'deleteAddress',
  tags: ['Admin'],
  summary: 'Remove an address and its aliases; the mail stays with the account',
  description: 'Keys that are bound to it end with it.',
  ...requiresAdmin(),
  request: { params },
  responses: { 204: { description: 'Removed.' }, ...problems(404) },
})

addresses.openapi(remove, async (c) => {
  found(await removeAddress(c.env.deps, found(c.req.valid('param').id, 'address')), 'address')
  return c.body(null, 204)
})

function render(one: MailAddress): z.infer<typeof address> {
  return {
    id: formatId('adr', one.id),
    address: one.address,
    account_id: one.accountId === null ? null : formatId('acc', one.accountId),
    kind: one.kind,
    target: one.target,
    targets: one.targets,
    enabled: one.enabled,
    created_at: formatTime(one.createdAt),
  }
}
