/** What the server has sent for nobody: mail of addresses that only forward, and bounces on their way back. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { getSubmission, listSubmissions, SERVER_READER, SUBMISSION_FILTERS } from '../../../../outbound/submission.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { openCursor, sealCursor } from '../../cursor.ts'
import { found } from '../../errors.ts'
import { json, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { idParam, pageQuery } from '../../schemas.ts'
import { renderSubmission, submission, submissionList } from '../../submission-view.ts'

export const serverSubmissions = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/submissions',
  operationId: 'listServerSubmissions',
  tags: ['Admin'],
  summary: 'What the server passed on for addresses that only forward, newest first',
  description: 'To whom, and what became of it, for 30 days; never what stands in it.',
  ...requiresAdmin(),
  request: {
    query: pageQuery.extend({
      status: z.enum(SUBMISSION_FILTERS).optional().openapi({
        description:
          'pending: is being sent. finished: nothing is left to be tried. Any other: a recipient has this status; a page may then be short, even empty, and have more.',
      }),
    }),
  },
  responses: { 200: json(submissionList, 'A page.'), ...problems(400) },
})

serverSubmissions.openapi(list, async (c) => {
  const { deps } = c.env
  const { status, cursor, limit } = c.req.valid('query')
  const binding = ['admin/submissions', status ?? null]
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : ((await openCursor(deps, binding, cursor)) as number)
  const page = await listSubmissions(deps, SERVER_READER, status ?? null, before, limit)
  const next = page.next === null ? null : await sealCursor(deps, binding, page.next)
  return c.json({ data: page.submissions.map(renderSubmission), has_more: next !== null, next_cursor: next }, 200)
})

const read = defineRoute({
  method: 'get',
  path: '/v1/admin/submissions/{id}',
  operationId: 'getServerSubmission',
  tags: ['Admin'],
  summary: 'One message that was passed on, with what became of its recipients',
  description: 'With the timeline of each.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('sub', 'The submission.') }) },
  responses: { 200: json(submission, 'The submission.'), ...problems(404) },
})

serverSubmissions.openapi(read, async (c) => {
  const id = found(c.req.valid('param').id, 'submission')
  return c.json(renderSubmission(found(await getSubmission(c.env.deps, SERVER_READER, id), 'submission')), 200)
})
