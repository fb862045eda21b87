/** Addresses: which envelope recipients there are, and whose mail they bring. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  createAddress,
  enableAddress,
  getAddress,
  listAddresses,
  type MailAddress,
  removeAddress,
} from '../../../../access/addresses.ts'
import { requiresAdmin } from '../../authorize.ts'
import { entityTag, ifMatch, refuseStale } from '../../conditions.ts'
import type { HttpEnv } from '../../context.ts'
import { found, orProblem, Problem } from '../../errors.ts'
import { formatId } from '../../ids.ts'
import { readPage } from '../../paging.ts'
import { json, jsonBody, problems, taggedJson } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { formatTime, id, idField, idParam, line, listOf, pageQuery, time } from '../../schemas.ts'

export const addresses = new OpenAPIHono<HttpEnv>()

const ADDRESS_CHARS_MAX = 400

const kind = z.enum(['address', 'alias', 'catch_all'])
const params = z.object({ id: idParam('adr', 'The address.') })

const address = z
  .object({
    id: id('adr'),
    address: z.string().openapi({ description: 'As it was given; a catch-all is *@domain.' }),
    account_id: id('acc'),
    kind: z.enum(['address', 'alias', 'catch_all', 'forward']),
    target: z.string().nullable().openapi({ description: 'The address that an alias stands for.' }),
    enabled: z.boolean().openapi({ description: 'Mail to a disabled address is refused.' }),
    created_at: time,
  })
  .openapi('Address')

const newAddress = z
  .strictObject({
    address: line(ADDRESS_CHARS_MAX, 'In one of the domains of this server; *@domain for a catch-all.'),
    kind: kind.default('address'),
    account_id: idField('acc', 'The account that gets the mail. Not for an alias.').optional(),
    target: line(ADDRESS_CHARS_MAX, 'The address that an alias stands for. Only for an alias.').optional(),
  })
  .superRefine((input, ctx) => {
    const [needed, excluded] =
      input.kind === 'alias' ? (['target', 'account_id'] as const) : (['account_id', 'target'] as const)
    if (input[needed] === undefined) ctx.addIssue({ code: 'custom', path: [needed], message: 'is required' })
    if (input[excluded] !== undefined)
      ctx.addIssue({ code: 'custom', path: [excluded], message: `does not go with the kind ${input.kind}` })
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
  summary: 'Add an address, an alias or a catch-all',
  description:
    "An address is in one of this server's domains and belongs to an account. An alias stands for an address; a catch-all takes what no other address of its domain does.",
  ...requiresAdmin(),
  request: jsonBody(newAddress),
  responses: { 201: taggedJson(address, 'The address.'), ...problems(400, 409, 413, 415) },
})

addresses.openapi(create, async (c) => {
  const input = c.req.valid('json')
  const made = await createAddress(c.env.deps, {
    address: input.address,
    kind: input.kind,
    accountId: input.account_id ?? null,
    target: input.target ?? null,
  })
  const rendered = render(orProblem(made))
  return c.json(rendered, 201, { etag: await entityTag(rendered) })
})

const enable = defineRoute({
  method: 'patch',
  path: '/v1/admin/addresses/{id}',
  operationId: 'updateAddress',
  tags: ['Admin'],
  summary: 'Enable or disable an address',
  description: 'Mail to a disabled address is refused, and bounces.',
  ...requiresAdmin(),
  request: { params, ...jsonBody(z.strictObject({ enabled: z.boolean() }).openapi('AddressChange')) },
  parameters: ifMatch,
  responses: { 200: taggedJson(address, 'The address as it is now.'), ...problems(400, 404, 412, 413, 415) },
})

addresses.openapi(enable, async (c) => {
  const id = found(c.req.valid('param').id, 'address')
  const { deps } = c.env
  const expected = c.req.header('if-match') === undefined ? null : found(await getAddress(deps, id), 'address')
  if (expected) refuseStale(c.req, await entityTag(render(expected)))
  const changed = await enableAddress(deps, id, c.req.valid('json').enabled, expected?.enabled ?? null)
  if (!changed && expected) throw new Problem('precondition-failed', 'The address has just changed: read it again.')
  const rendered = render(found(changed, 'address'))
  return c.json(rendered, 200, { etag: await entityTag(rendered) })
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
    account_id: formatId('acc', one.accountId),
    kind: one.kind,
    target: one.target,
    enabled: one.enabled,
    created_at: formatTime(one.createdAt),
  }
}
