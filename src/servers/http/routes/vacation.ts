/** What the account answers while its owner is away. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { getVacation, putVacation } from '../../../access/vacation.ts'
import { requires } from '../authorize.ts'
import { entityTag, ifMatch, ifNoneMatch, isKnown, notModified, refuseStale } from '../conditions.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { jsonBody, NOT_MODIFIED, problems, taggedJson } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { newVacation, readVacationChange, renderVacation, vacation as schema } from '../vacation-view.ts'

export const vacation = new OpenAPIHono<HttpEnv>()

const read = defineRoute({
  method: 'get',
  path: '/v1/vacation',
  operationId: 'getVacation',
  tags: ['Account'],
  summary: 'What is answered while the owner is away',
  description: 'Where nobody has chosen anything, it is switched off.',
  ...requires('settings'),
  parameters: ifNoneMatch,
  responses: { 200: taggedJson(schema, 'The answer.'), 304: NOT_MODIFIED, ...problems(404, 412) },
})

vacation.openapi(read, async (c) => {
  const shown = renderVacation(found(await getVacation(c.env.deps, c.var.account.accountId), 'account').vacation)
  const etag = await entityTag(shown)
  refuseStale(c.req, etag)
  return isKnown(c.req, etag) ? notModified(etag) : c.json(shown, 200, { etag })
})

const put = defineRoute({
  method: 'put',
  path: '/v1/vacation',
  operationId: 'setVacation',
  tags: ['Account'],
  summary: 'Choose what is answered while the owner is away',
  description:
    'All of it: what is left out is its default. An answer goes once in `days` to a sender who is proven, and whose message names the account; never to lists, bulk mail, what is automatic, or Junk.',
  ...requires('settings'),
  request: jsonBody(newVacation),
  parameters: ifMatch,
  responses: { 200: taggedJson(schema, 'The answer as it is now.'), ...problems(400, 404, 412, 413, 415) },
})

vacation.openapi(put, async (c) => {
  const { deps } = c.env
  const { accountId } = c.var.account
  const isConditional = c.req.header('if-match') !== undefined
  const before = isConditional ? found(await getVacation(deps, accountId), 'account') : null
  if (before) refuseStale(c.req, await entityTag(renderVacation(before.vacation)))
  const wanted = readVacationChange(c.req.valid('json'))
  const now = orProblem(await putVacation(deps, accountId, wanted, before?.version ?? null))
  const shown = renderVacation(now.vacation)
  return c.json(shown, 200, { etag: await entityTag(shown) })
})
