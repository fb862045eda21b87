/** What somebody says of messages: that they are spam, or that they are none, or that he takes it back. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { REPORTS_MAX, report, reportAll } from '../../../junk/report.ts'
import { readMessage } from '../../../mailbox/read.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { formatId } from '../ids.ts'
import { messageState, renderState } from '../message-view.ts'
import { json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { id, idField, idParam } from '../schemas.ts'

export const reports = new OpenAPIHono<HttpEnv>()

const params = z.object({ id: idParam('msg', 'The message.') })
const as = z.enum(['spam', 'ham'])

const one = defineRoute({
  method: 'post',
  path: '/v1/messages/{id}/report',
  operationId: 'reportMessage',
  tags: ['Spam filter'],
  summary: 'Say that a message is spam, or that it is none',
  description:
    "Spam goes into Junk, ham out of it; the account's filter learns it, and it counts for the sender. Saying the opposite takes the first word back, with the list entry that came with it. Saying the same twice changes nothing.",
  ...requires('spam:train'),
  request: {
    params,
    ...jsonBody(
      z
        .strictObject({
          as,
          list_sender: z.boolean().optional().openapi({
            description: 'Blocks the sender from now on (spam), or allows him (ham). Not for keys of one address.',
          }),
        })
        .openapi('Report'),
    ),
  },
  responses: { 200: json(messageState, 'The message as it is now.'), ...problems(400, 404, 409, 413, 415) },
})

reports.openapi(one, async (c) => {
  const { deps } = c.env
  const messageId = found(c.req.valid('param').id, 'message')
  const { as, list_sender: listSender = false } = c.req.valid('json')
  orProblem(await report(deps, c.var.account, messageId, { as, listSender }))
  return c.json(renderState(found(await readMessage(deps, c.var.account, messageId), 'message')), 200)
})

const takeBack = defineRoute({
  method: 'delete',
  path: '/v1/messages/{id}/report',
  operationId: 'withdrawReport',
  tags: ['Spam filter'],
  summary: 'Take back what was said of a message',
  description:
    'The filter forgets it as an example, the sender its count, and the lists the entry that came with it. The message stays where it stands.',
  ...requires('spam:train'),
  request: { params },
  responses: { 204: { description: 'Taken back, or nothing was said.' }, ...problems(404) },
})

reports.openapi(takeBack, async (c) => {
  const messageId = found(c.req.valid('param').id, 'message')
  orProblem(await report(c.env.deps, c.var.account, messageId, { as: null, listSender: false }))
  return c.body(null, 204)
})

const many = defineRoute({
  method: 'post',
  path: '/v1/messages/report',
  operationId: 'reportMessages',
  tags: ['Spam filter'],
  summary: `Say the same of up to ${REPORTS_MAX} messages at once`,
  description:
    'They move at once, and the filter learns them within moments. What was said already changes nothing and is in no list.',
  ...requires('spam:train'),
  request: jsonBody(
    z
      .strictObject({
        ids: z.array(idField('msg', 'A message.')).min(1, 'must name at least one message').max(REPORTS_MAX),
        as,
      })
      .openapi('ReportBatch'),
  ),
  responses: {
    200: json(
      z.object({ changed: z.array(id('msg')), not_found: z.array(id('msg')) }).openapi('ReportBatchResult'),
      'What became of each.',
    ),
    ...problems(400, 404, 413, 415),
  },
})

reports.openapi(many, async (c) => {
  const { deps } = c.env
  const { ids, as } = c.req.valid('json')
  const { changed, notFound } = orProblem(await reportAll(deps, c.var.account, ids, as))
  const wire = (list: number[]) => list.map((one) => formatId('msg', one))
  return c.json({ changed: wire(changed), not_found: wire(notFound) }, 200)
})
