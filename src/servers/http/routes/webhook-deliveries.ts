/** What was delivered to a webhook, a test of it, and having events sent once more. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { BEGINNING } from '../../../notify/events.ts'
import { listDeliveries, replayDelivery, replaySince, testWebhook } from '../../../notify/webhook-deliveries.ts'
import { getWebhook } from '../../../notify/webhooks.ts'
import { requires } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem, Problem } from '../errors.ts'
import { EVENT_ID_CHARS_MAX, formatEventId, parseEventId } from '../event-view.ts'
import { readPageBy } from '../paging.ts'
import { json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { count, idParam, pageQuery } from '../schemas.ts'
import { renderDelivery, webhookDelivery, webhookDeliveryList } from '../webhook-view.ts'

export const webhookDeliveries = new OpenAPIHono<HttpEnv>()

const params = z.object({ id: idParam('whk', 'The webhook.') })

const list = defineRoute({
  method: 'get',
  path: '/v1/webhooks/{id}/deliveries',
  operationId: 'listWebhookDeliveries',
  tags: ['Webhooks'],
  summary: 'What was sent to a webhook, newest first',
  description: 'Kept for 30 days.',
  ...requires('settings'),
  request: { params, query: pageQuery },
  responses: { 200: json(webhookDeliveryList, 'A page.'), ...problems(400, 404) },
})

webhookDeliveries.openapi(list, async (c) => {
  refuseBound(c.var.account)
  const { deps } = c.env
  const { accountId } = c.var.account
  const id = found(c.req.valid('param').id, 'webhook')
  found(await getWebhook(deps, accountId, id), 'webhook')
  const page = await readPageBy(deps, c.req.valid('query'), {
    binding: ['webhook-deliveries', accountId, id],
    start: Number.MAX_SAFE_INTEGER,
    read: (before, limit) => listDeliveries(deps, accountId, id, before, limit),
    positionOf: (one) => one.id,
    render: renderDelivery,
  })
  return c.json(page, 200)
})

const test = defineRoute({
  method: 'post',
  path: '/v1/webhooks/{id}/test',
  operationId: 'testWebhook',
  tags: ['Webhooks'],
  summary: 'Send a test',
  description: 'An event of the type `webhook.test`, whatever the webhook hears. The log shows what became of it.',
  ...requires('settings'),
  request: { params },
  responses: { 202: json(webhookDelivery, 'It is sent soon.'), ...problems(400, 404, 409) },
})

webhookDeliveries.openapi(test, async (c) => {
  refuseBound(c.var.account)
  const id = found(c.req.valid('param').id, 'webhook')
  return c.json(renderDelivery(orProblem(await testWebhook(c.env.deps, c.var.account.accountId, id))), 202)
})

const replayOne = defineRoute({
  method: 'post',
  path: '/v1/webhooks/{id}/deliveries/{delivery}/replay',
  operationId: 'replayWebhookDelivery',
  tags: ['Webhooks'],
  summary: 'Send an event once more',
  description: 'With the same `webhook-id`, and what it is about as it is now.',
  ...requires('settings'),
  request: { params: params.extend({ delivery: idParam('whd', 'The delivery.') }) },
  responses: { 202: json(webhookDelivery, 'It is sent soon.'), ...problems(400, 404, 409) },
})

webhookDeliveries.openapi(replayOne, async (c) => {
  refuseBound(c.var.account)
  const { id, delivery } = c.req.valid('param')
  const made = await replayDelivery(
    c.env.deps,
    c.var.account.accountId,
    found(id, 'webhook'),
    found(delivery, 'delivery'),
  )
  return c.json(renderDelivery(orProblem(made)), 202)
})

const replay = defineRoute({
  method: 'post',
  path: '/v1/webhooks/{id}/replay',
  operationId: 'replayWebhookEvents',
  tags: ['Webhooks'],
  summary: 'Send all events since one once more',
  description:
    'Those that the webhook hears, as long as events are kept. A call looks at 500: while has_more is true, call again with next_since.',
  ...requires('settings'),
  request: {
    params,
    ...jsonBody(
      z
        .strictObject({
          since: z.string().max(EVENT_ID_CHARS_MAX).nullable().openapi({
            description: 'The id of an event: those after it. Null: from the oldest that is kept.',
          }),
        })
        .openapi('Replay'),
    ),
  },
  responses: {
    202: json(
      z
        .object({ count, has_more: z.boolean(), next_since: z.string().nullable() })
        .openapi('Replayed', { description: 'How many are sent, and where the next call begins.' }),
      'They are sent soon.',
    ),
    ...problems(400, 404, 409, 410, 413, 415),
  },
})

webhookDeliveries.openapi(replay, async (c) => {
  refuseBound(c.var.account)
  const { deps } = c.env
  const { accountId } = c.var.account
  const id = found(c.req.valid('param').id, 'webhook')
  found(await getWebhook(deps, accountId, id), 'webhook')
  const { since: text } = c.req.valid('json')
  const since = text === null ? BEGINNING : parseEventId(accountId, text)
  if (!since) throw refused()
  const { count, next, more } = orProblem(await replaySince(deps, accountId, id, since))
  return c.json({ count, has_more: more, next_since: next.modseq === 0 ? null : formatEventId(accountId, next) }, 202)
})

function refused(): Problem {
  const detail = 'This is not the id of an event of this account.'
  return new Problem('invalid', detail, { errors: [{ in: 'body', pointer: '/since', detail }] })
}
