/** The audit log of the whole server. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { auditList, pageOfAudit } from '../../audit-view.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { found } from '../../errors.ts'
import { json, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { idParam, pageQuery } from '../../schemas.ts'

export const audit = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/audit',
  operationId: 'listAllAudit',
  tags: ['Admin'],
  summary: 'Who changed what of the server and of the settings of its accounts',
  description: 'Newest first, for 400 days. Each change is written down before it is made; reading is not.',
  ...requiresAdmin(),
  request: { query: pageQuery.extend({ account_id: idParam('acc', 'Only what names this account.').optional() }) },
  responses: { 200: json(auditList, 'A page.'), ...problems(400, 404) },
})

audit.openapi(list, async (c) => {
  const query = c.req.valid('query')
  const accountId = query.account_id === undefined ? null : found(query.account_id, 'account')
  return c.json(await pageOfAudit(c.env.deps, 'admin/audit', accountId, query), 200)
})
