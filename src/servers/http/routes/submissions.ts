/** What was sent, and what became of each recipient. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { getSubmission, listSubmissions } from '../../../outbound/submission.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { found } from '../errors.ts'
import { readPageBy } from '../paging.ts'
import { json, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { idParam, pageQuery } from '../schemas.ts'
import { renderSubmission, submission, submissionList } from '../submission-view.ts'

export const submissions = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/submissions',
  operationId: 'listSubmissions',
  tags: ['Sending'],
  summary: 'What was sent, newest first',
  description: 'Each call that sent, with what became of its recipients.',
  ...requires('mail:read'),
  request: { query: pageQuery },
  responses: { 200: json(submissionList, 'A page.'), ...problems(400) },
})

submissions.openapi(list, async (c) => {
  const { deps } = c.env
  const reader = c.var.account
  const page = await readPageBy(deps, c.req.valid('query'), {
    binding: ['submissions', reader.accountId, reader.addressId],
    start: Number.MAX_SAFE_INTEGER,
    read: (before, limit) => listSubmissions(deps, reader, before, limit),
    positionOf: ({ id }) => id,
    render: renderSubmission,
  })
  return c.json(page, 200)
})

const read = defineRoute({
  method: 'get',
  path: '/v1/submissions/{id}',
  operationId: 'getSubmission',
  tags: ['Sending'],
  summary: 'One call that sent, with what became of its recipients',
  description: 'The copy in Sent is a message like any other; this stays when it is deleted.',
  ...requires('mail:read'),
  request: { params: z.object({ id: idParam('sub', 'The submission.') }) },
  responses: { 200: json(submission, 'The submission.'), ...problems(404) },
})

submissions.openapi(read, async (c) => {
  const id = found(c.req.valid('param').id, 'submission')
  return c.json(renderSubmission(found(await getSubmission(c.env.deps, c.var.account, id), 'submission')), 200)
})
