/** API keys of every account. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { createApiKey, listApiKeys, removeApiKey } from '../../../../access/keys.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { found, orProblem } from '../../errors.ts'
import { apiKeyList, createdApiKey, newKeyFields, renderApiKey } from '../../key-view.ts'
import { readPage } from '../../paging.ts'
import { json, jsonBody, problems } from '../../responses.ts'
import { defineRoute, SHOWN_ONCE_FIELD } from '../../route.ts'
import { idField, idParam, pageQuery } from '../../schemas.ts'
import { limitFields, readSendingChange } from '../../sending-limits-view.ts'

export const keys = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/keys',
  operationId: 'listAllKeys',
  tags: ['Admin'],
  summary: 'All API keys, or those of one account',
  description: 'Without the keys themselves, which are shown once and not kept.',
  ...requiresAdmin(),
  request: { query: pageQuery.extend({ account_id: idParam('acc', 'Only of this account.').optional() }) },
  responses: { 200: json(apiKeyList, 'A page.'), ...problems(400, 404) },
})

keys.openapi(list, async (c) => {
  const { deps } = c.env
  const query = c.req.valid('query')
  const accountId = query.account_id === undefined ? null : found(query.account_id, 'account')
  const page = await readPage(deps, query, {
    binding: ['admin/keys', accountId],
    read: (after, limit) => listApiKeys(deps, accountId, after, limit),
    render: renderApiKey,
  })
  return c.json(page, 200)
})

const keyLimits = z.strictObject(limitFields).openapi('NewKeyLimits', {
  description: "What this key may send, beside what its account may. What is not named is the server's own limit.",
  example: { messages_per_day: 100 },
})

const create = defineRoute({
  method: 'post',
  path: '/v1/admin/keys',
  operationId: 'createKeyFor',
  tags: ['Admin'],
  summary: 'Make a key for an account',
  description: 'The key is shown once, in this answer.',
  ...requiresAdmin(),
  request: jsonBody(
    z
      .strictObject({
        account_id: idField('acc', 'Whose mail the key opens.'),
        ...newKeyFields,
        limits: keyLimits.optional(),
      })
      .openapi('NewKeyForAccount'),
  ),
  [SHOWN_ONCE_FIELD]: ['key'],
  responses: { 201: json(createdApiKey, 'The key, shown this once.'), ...problems(400, 409, 413, 415) },
})

keys.openapi(create, async (c) => {
  const { account_id: accountId, address_id: addressId = null, name, scopes, limits } = c.req.valid('json')
  const own = limits === undefined ? null : readSendingChange({ limits })
  const made = orProblem(await createApiKey(c.env.deps, { accountId, addressId, name, scopes, limits: own }))
  return c.json({ ...renderApiKey(made), key: made.key }, 201)
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/admin/keys/{id}',
  operationId: 'deleteAnyKey',
  tags: ['Admin'],
  summary: 'Revoke a key, at once',
  description: 'The next call with it is refused.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('key', 'The key.') }) },
  responses: { 204: { description: 'Revoked.' }, ...problems(404) },
})

keys.openapi(remove, async (c) => {
  found(await removeApiKey(c.env.deps, found(c.req.valid('param').id, 'key'), null), 'key')
  return c.body(null, 204)
})
