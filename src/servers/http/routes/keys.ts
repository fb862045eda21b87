/** The account's own API keys. A key makes no key that may do more than itself. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { createApiKey, listApiKeys, removeApiKey } from '../../../access/keys.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem, Problem } from '../errors.ts'
import { apiKeyList, createdApiKey, newKeyFields, renderApiKey } from '../key-view.ts'
import { readPage } from '../paging.ts'
import { json, jsonBody, problems } from '../responses.ts'
import { defineRoute, SHOWN_ONCE_FIELD } from '../route.ts'
import { idParam, pageQuery } from '../schemas.ts'

export const keys = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/keys',
  operationId: 'listKeys',
  tags: ['Keys'],
  summary: "The account's API keys",
  description: 'Without the keys themselves, which are shown once and not kept.',
  ...requires('settings'),
  request: { query: pageQuery },
  responses: { 200: json(apiKeyList, 'A page.'), ...problems(400) },
})

keys.openapi(list, async (c) => {
  const { deps } = c.env
  const { accountId } = c.var.account
  const page = await readPage(deps, c.req.valid('query'), {
    binding: ['keys', accountId],
    read: (after, limit) => listApiKeys(deps, accountId, after, limit),
    render: renderApiKey,
  })
  return c.json(page, 200)
})

const create = defineRoute({
  method: 'post',
  path: '/v1/keys',
  operationId: 'createKey',
  tags: ['Keys'],
  summary: 'Make a key with some of the scopes of the key that asks',
  description: 'The new key may do no more than the one that asks. It is shown once, in this answer.',
  ...requires('settings'),
  request: jsonBody(z.strictObject(newKeyFields).openapi('NewKey')),
  [SHOWN_ONCE_FIELD]: ['key'],
  responses: { 201: json(createdApiKey, 'The key, shown this once.'), ...problems(400, 409, 413, 415) },
})

keys.openapi(create, async (c) => {
  const { accountId, scopes, limits } = c.var.account
  const input = c.req.valid('json')
  const beyond = input.scopes.filter((scope) => !scopes.includes(scope))
  if (beyond.length > 0) throw new Problem('forbidden', `This key lacks ${beyond.join(', ')}, and cannot give it on.`)
  // Each key is counted by itself: with others beside it, its limits would be none.
  if (limits !== null && input.scopes.includes('mail:send'))
    throw new Problem('forbidden', 'This key has sending limits, and makes no other that sends.')
  const { name, scopes: given, address_id: addressId = null } = input
  const made = orProblem(await createApiKey(c.env.deps, { accountId, addressId, name, scopes: given }))
  return c.json({ ...renderApiKey(made), key: made.key }, 201)
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  operationId: 'deleteKey',
  tags: ['Keys'],
  summary: 'Revoke a key, at once',
  description: 'The next call with it is refused. A key may revoke itself.',
  ...requires('settings'),
  request: { params: z.object({ id: idParam('key', 'The key.') }) },
  responses: { 204: { description: 'Revoked.' }, ...problems(404) },
})

keys.openapi(remove, async (c) => {
  const id = found(c.req.valid('param').id, 'key')
  found(await removeApiKey(c.env.deps, id, c.var.account.accountId), 'key')
  return c.body(null, 204)
})
