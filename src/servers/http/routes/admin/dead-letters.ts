/** Dead letters: what a queue gave up on. The admin sees that there is one and why, never the mail in it. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  type DeadLetter,
  type DeadLetterDetail,
  discardDeadLetter,
  inspectDeadLetter,
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
import { bytes, count, formatTime, id, idParam, listOf, pageQuery, time } from '../../schemas.ts'

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

const inspected = deadLetter
  .extend({
    body: z.unknown().openapi({ description: "The queue's message: which raw object, or which shard." }),
    raw: z
      .object({
        exists: z.boolean(),
        size: bytes.nullable(),
        envelope: z
          .object({ from: z.string(), to: z.string(), account_id: id('acc'), received_at: time, source: z.string() })
          .nullable()
          .openapi({ description: 'As it was received; null where the object does not say.' }),
      })
      .nullable()
      .openapi({ description: 'The raw message that it is about, without its content. Null where it is about none.' }),
  })
  .openapi('DeadLetterDetail')

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

const inspect = defineRoute({
  method: 'get',
  path: '/v1/admin/dead-letters/{id}',
  operationId: 'getDeadLetter',
  tags: ['Admin'],
  summary: 'One dead letter, with what it is about',
  description: 'The size and the envelope of the message, never its content: the admin key reads no mail.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('dlt', 'The dead letter.') }) },
  responses: { 200: json(inspected, 'The dead letter.'), ...problems(404) },
})

deadLetters.openapi(inspect, async (c) => {
  const id = found(c.req.valid('param').id, 'dead letter')
  return c.json(renderDetail(found(await inspectDeadLetter(c.env.deps, id), 'dead letter')), 200)
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

function renderDetail(one: DeadLetterDetail): z.infer<typeof inspected> {
  return {
    ...render(one),
    body: JSON.parse(one.body),
    raw: one.isAboutRaw ? { exists: one.raw !== null, size: one.raw?.size ?? null, envelope: envelopeOf(one) } : null,
  }
}

function envelopeOf({ raw }: DeadLetterDetail) {
  if (!raw?.receipt) return null
  const { from, to, accountId, receivedAtMs, source } = raw.receipt
  const receivedAt = formatTime(Math.floor(receivedAtMs / 1000))
  return { from, to, account_id: formatId('acc', accountId), received_at: receivedAt, source }
}

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
