/** Dead letters: what a queue gave up on. The admin sees that there is one and why, never the mail in it. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  type DeadLetter,
  discardDeadLetter,
  listDeadLetters,
  retryDeadLetter,
} from '../../../../inbound/dead-letters.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { found, Problem } from '../../errors.ts'
import { formatId } from '../../ids.ts'
import { readPage } from '../../paging.ts'
import { json, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { count, formatTime, id, idParam, listOf, pageQuery, time } from '../../schemas.ts'

export const deadLetters = new OpenAPIHono<HttpEnv>()

const deadLetter = z
  .object({
    id: id('dlt'),
    queue: z.enum(['pending', 'events']),
    subject: z.string().openapi({ description: 'The raw object of the message it is about, or a digest.' }),
    reason: z.string(),
    attempts: count,
    created_at: time,
  })
  .openapi('DeadLetter')

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/dead-letters',
  operationId: 'listDeadLetters',
  tags: ['Admin'],
  summary: 'What could not be filed or told',
  description:
    "Mail that was accepted and could not be filed by any of a day's attempts, or events that could not be told. Nothing of it is lost until it is discarded.",
  ...requiresAdmin(),
  request: { query: pageQuery },
  responses: { 200: json(listOf(deadLetter, 'DeadLetterList'), 'A page.'), ...problems(400) },
})

deadLetters.openapi(list, async (c) => {
  const { deps } = c.env
  const page = await readPage(deps, c.req.valid('query'), {
    binding: ['admin/dead-letters'],
    read: (after, limit) => listDeadLetters(deps, after, limit),
    render,
  })
  return c.json(page, 200)
})

const discard = defineRoute({
  method: 'delete',
  path: '/v1/admin/dead-letters/{id}',
  operationId: 'discardDeadLetter',
  tags: ['Admin'],
  summary: 'Discard a dead letter for good, with the raw message that it is about',
  description: 'This is the one way in which mail that was accepted is thrown away.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('dlt', 'The dead letter.') }) },
  responses: { 204: { description: 'Discarded.' }, ...problems(404) },
})

deadLetters.openapi(discard, async (c) => {
  found(await discardDeadLetter(c.env.deps, found(c.req.valid('param').id, 'dead letter')), 'dead letter')
  return c.body(null, 204)
})

const retry = defineRoute({
  method: 'post',
  path: '/v1/admin/dead-letters/{id}/retry',
  operationId: 'retryDeadLetter',
  tags: ['Admin'],
  summary: 'Try a dead letter once more',
  description:
    'Where it succeeds, the mail is filed and the dead letter is gone. Where it fails, the log says why and nothing changes.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('dlt', 'The dead letter.') }) },
  responses: { 204: { description: 'It succeeded.' }, ...problems(404, 409) },
})

deadLetters.openapi(retry, async (c) => {
  const id = found(c.req.valid('param').id, 'dead letter')
  const outcome = found(await retryDeadLetter(c.env.deps, id), 'dead letter')
  if (outcome === 'failed') throw new Problem('conflict', 'It failed once more: the log says why.')
  return c.body(null, 204)
})

function render(one: DeadLetter): z.infer<typeof deadLetter> {
  return {
    id: formatId('dlt', one.id),
    queue: one.queue,
    subject: one.subject,
    reason: one.reason,
    attempts: one.attempts,
    created_at: formatTime(one.createdAt),
  }
}
