/** The account's own model: what it knows, forgetting it, taking it along. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { describeModel, exportModel, importModel, resetModel } from '../../../junk/model.ts'
import { requires } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import type { HttpEnv } from '../context.ts'
import { orProblem } from '../errors.ts'
import { json, jsonBody, problems } from '../responses.ts'
import { AUDITED_FIELD, defineRoute } from '../route.ts'
import { renderSpamModel, spamModel as schema, spamModelExport } from '../spam-model-view.ts'

export const spamModel = new OpenAPIHono<HttpEnv>()

const read = defineRoute({
  method: 'get',
  path: '/v1/spam/model',
  operationId: 'getSpamModel',
  tags: ['Spam filter'],
  summary: 'What the account has taught its filter, and how well it judges',
  description: 'It is of the whole account: a key of one address is refused.',
  ...requires('spam:train'),
  responses: { 200: json(schema, 'The model.'), ...problems() },
})

spamModel.openapi(read, async (c) => {
  refuseBound(c.var.account)
  return c.json(renderSpamModel(await describeModel(c.env.deps, c.var.account.accountId)), 200)
})

const reset = defineRoute({
  method: 'delete',
  path: '/v1/spam/model',
  operationId: 'resetSpamModel',
  tags: ['Spam filter'],
  summary: 'Forget all that the account has taught its filter',
  description:
    'Lists and what is known of senders stay. No message counts as taught any more, and each can be taught anew.',
  ...requires('spam:train'),
  [AUDITED_FIELD]: true,
  responses: { 204: { description: 'Forgotten.' }, ...problems() },
})

spamModel.openapi(reset, async (c) => {
  refuseBound(c.var.account)
  await resetModel(c.env.deps, c.var.account.accountId)
  return c.body(null, 204)
})

const exportRoute = defineRoute({
  method: 'get',
  path: '/v1/spam/model/export',
  operationId: 'exportSpamModel',
  tags: ['Spam filter'],
  summary: 'The model, to be taken along',
  description: 'It holds no mail, and no words of mail.',
  ...requires('spam:train'),
  responses: { 200: json(spamModelExport, 'The model, as PUT /v1/spam/model takes it.'), ...problems() },
})

spamModel.openapi(exportRoute, async (c) => {
  refuseBound(c.var.account)
  const { ham, spam, weights, counts, stats, buffer } = await exportModel(c.env.deps, c.var.account.accountId)
  return c.json({ ham, spam, weights, counts, stats, buffer }, 200)
})

const put = defineRoute({
  method: 'put',
  path: '/v1/spam/model',
  operationId: 'importSpamModel',
  tags: ['Spam filter'],
  summary: 'Put an exported model in the place of this one',
  description: 'Only what is exactly as an export wrote it is taken.',
  ...requires('spam:train'),
  [AUDITED_FIELD]: true,
  request: jsonBody(spamModelExport),
  responses: { 200: json(schema, 'The model as it is now.'), ...problems(400, 413, 415) },
})

spamModel.openapi(put, async (c) => {
  refuseBound(c.var.account)
  const imported = await importModel(c.env.deps, c.var.account.accountId, c.req.valid('json'))
  return c.json(renderSpamModel(orProblem(imported)), 200)
})
