/** What the accounts hold, in numbers. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { listUsage } from '../../../../access/usage.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { readPage } from '../../paging.ts'
import { json, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { pageQuery } from '../../schemas.ts'
import { renderUsage, usageList } from '../../usage-view.ts'

export const usage = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/usage',
  operationId: 'listUsage',
  tags: ['Admin'],
  summary: 'What each account holds, in numbers',
  description: 'Stored counts, in the order in which the accounts were made.',
  ...requiresAdmin(),
  request: { query: pageQuery },
  responses: { 200: json(usageList, 'A page.'), ...problems(400) },
})

usage.openapi(list, async (c) => {
  const { deps } = c.env
  const page = await readPage(deps, c.req.valid('query'), {
    binding: ['admin/usage'],
    read: (after, limit) => listUsage(deps, after, limit),
    render: renderUsage,
  })
  return c.json(page, 200)
})
