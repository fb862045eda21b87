/** What was sent, and what became of each recipient. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { getSubmission, listSubmissions, SUBMISSION_FILTERS } from '../../../outbound/submission.ts'
import { cancelSubmission, dismissUnknown, resendUnknown } from '../../../outbound/submission-decide.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { openCursor, sealCursor } from '../cursor.ts'
import { found, orProblem } from '../errors.ts'
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
  request: {
    query: pageQuery.extend({
      status: z.enum(SUBMISSION_FILTERS).optional().openapi({
        description:
          'scheduled: waits for its time. pending: is being sent. finished: nothing is left to be tried. Any other: a recipient has this status; a page may then be short, even empty, and have more.',
      }),
    }),
  },
  responses: { 200: json(submissionList, 'A page.'), ...problems(400) },
})

submissions.openapi(list, async (c) => {
  const { deps } = c.env
  const reader = c.var.account
  const { status, cursor, limit } = c.req.valid('query')
  const binding = ['submissions', reader.accountId, reader.addressId, status ?? null]
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : ((await openCursor(deps, binding, cursor)) as number)
  const page = await listSubmissions(deps, reader, status ?? null, before, limit)
  const next = page.next === null ? null : await sealCursor(deps, binding, page.next)
  return c.json({ data: page.submissions.map(renderSubmission), has_more: next !== null, next_cursor: next }, 200)
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

/** A decision about a submission: the same path, answer and refusals, another verb. */
function decision(verb: string, operationId: string, summary: string, description: string) {
  return defineRoute({
    method: 'post',
    path: `/v1/submissions/{id}/${verb}`,
    operationId,
    tags: ['Sending'],
    summary,
    description,
    ...requires('mail:send'),
    request: { params: z.object({ id: idParam('sub', 'The submission.') }) },
    responses: { 200: json(submission, 'The submission as it is now.'), ...problems(400, 404, 409) },
  })
}

const cancel = decision(
  'cancel',
  'cancelSubmission',
  'Cancel what has not been handed over',
  'While it is scheduled, may be undone, or waits to be tried again. Where that is every recipient, the copy in Sent becomes a draft.',
)

submissions.openapi(cancel, async (c) => {
  const id = found(c.req.valid('param').id, 'submission')
  return c.json(renderSubmission(orProblem(await cancelSubmission(c.env.deps, c.var.account, id))), 200)
})

const resend = decision(
  'resend',
  'resendUnknown',
  'Send again where the outcome is unknown',
  'Recipients whose status is unknown may have got it, and then get it twice. With an Idempotency-Key it happens once.',
)

submissions.openapi(resend, async (c) => {
  const id = found(c.req.valid('param').id, 'submission')
  return c.json(renderSubmission(orProblem(await resendUnknown(c.env.deps, c.var.account, id))), 200)
})

const dismiss = decision(
  'dismiss',
  'dismissUnknown',
  'Accept that the outcome stays unknown',
  'Recipients whose status is unknown stay so, and nothing waits for them any more.',
)

submissions.openapi(dismiss, async (c) => {
  const id = found(c.req.valid('param').id, 'submission')
  return c.json(renderSubmission(orProblem(await dismissUnknown(c.env.deps, c.var.account, id))), 200)
})
