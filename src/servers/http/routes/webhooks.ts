/** Webhooks: where the account's events are told. They are of the whole account. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  createWebhook,
  editWebhook,
  getWebhook,
  listWebhooks,
  OVERLAP_SECONDS,
  OVERLAP_SECONDS_MAX,
  removeWebhook,
  rotateSecret,
  type Webhook,
} from '../../../notify/webhooks.ts'
import { requires } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import { entityTag, ifMatch, ifNoneMatch, isKnown, notModified, refuseStale } from '../conditions.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { ownOrigin } from '../own-origin.ts'
import { readPage } from '../paging.ts'
import { headers, json, jsonBody, NOT_MODIFIED, problems, taggedJson } from '../responses.ts'
import { defineRoute, SHOWN_ONCE_FIELD } from '../route.ts'
import { idParam, pageQuery } from '../schemas.ts'
import {
  newWebhook,
  renderWebhook,
  webhookChange,
  webhookList,
  webhook as webhookSchema,
  webhookWithSecret,
} from '../webhook-view.ts'

export const webhooks = new OpenAPIHono<HttpEnv>()

const params = z.object({ id: idParam('whk', 'The webhook.') })

// What its owner decides, and what the server has found out besides.
function tagOf(webhook: Webhook): Promise<string> {
  return entityTag([webhook.version, webhook.enabled], renderWebhook(webhook))
}

const list = defineRoute({
  method: 'get',
  path: '/v1/webhooks',
  operationId: 'listWebhooks',
  tags: ['Webhooks'],
  summary: "The account's webhooks",
  description: 'Without their secrets, which are shown once.',
  ...requires('settings'),
  request: { query: pageQuery },
  responses: { 200: json(webhookList, 'A page.'), ...problems(400) },
})

webhooks.openapi(list, async (c) => {
  refuseBound(c.var.account)
  const { deps } = c.env
  const { accountId } = c.var.account
  const page = await readPage(deps, c.req.valid('query'), {
    binding: ['webhooks', accountId],
    read: (after, limit) => listWebhooks(deps, accountId, after, limit),
    render: renderWebhook,
  })
  return c.json(page, 200)
})

const create = defineRoute({
  method: 'post',
  path: '/v1/webhooks',
  operationId: 'createWebhook',
  tags: ['Webhooks'],
  summary: 'Have events told to a URL',
  description:
    'Each event from now on is sent by POST, signed as Standard Webhooks has it, at least once: the same `webhook-id` is the same event. What is not answered with 2xx is tried again for three days. Whoever holds the secret can check what comes; it is shown once, in this answer.',
  ...requires('settings'),
  request: jsonBody(newWebhook),
  [SHOWN_ONCE_FIELD]: ['secret'],
  responses: {
    201: { ...json(webhookWithSecret, 'The webhook with its secret.'), headers: headers('ETag', 'Location') },
    ...problems(400, 409, 413, 415),
  },
})

webhooks.openapi(create, async (c) => {
  refuseBound(c.var.account)
  const { deps } = c.env
  const { description = null, ...input } = c.req.valid('json')
  const made = orProblem(
    await createWebhook(deps, c.var.account.accountId, { ...input, description }, ownOrigin(deps, c.req.url)),
  )
  const shown = renderWebhook(made)
  return c.json({ ...shown, secret: made.secret }, 201, {
    etag: await tagOf(made),
    location: `/v1/webhooks/${shown.id}`,
  })
})

const read = defineRoute({
  method: 'get',
  path: '/v1/webhooks/{id}',
  operationId: 'getWebhook',
  tags: ['Webhooks'],
  summary: 'One webhook',
  description: 'With what the server has found out about it.',
  ...requires('settings'),
  request: { params },
  parameters: ifNoneMatch,
  responses: { 200: taggedJson(webhookSchema, 'The webhook.'), 304: NOT_MODIFIED, ...problems(404, 412) },
})

webhooks.openapi(read, async (c) => {
  refuseBound(c.var.account)
  const id = found(c.req.valid('param').id, 'webhook')
  const one = found(await getWebhook(c.env.deps, c.var.account.accountId, id), 'webhook')
  const etag = await tagOf(one)
  refuseStale(c.req, etag)
  return isKnown(c.req, etag) ? notModified(etag) : c.json(renderWebhook(one), 200, { etag })
})

const change = defineRoute({
  method: 'patch',
  path: '/v1/webhooks/{id}',
  operationId: 'updateWebhook',
  tags: ['Webhooks'],
  summary: 'Change a webhook, or switch it on or off',
  description: 'What is not named stays. While it is off, events are not kept for it.',
  ...requires('settings'),
  request: { params, ...jsonBody(webhookChange) },
  parameters: ifMatch,
  responses: {
    200: taggedJson(webhookSchema, 'The webhook as it is now.'),
    ...problems(400, 404, 409, 412, 413, 415),
  },
})

webhooks.openapi(change, async (c) => {
  refuseBound(c.var.account)
  const { deps } = c.env
  const { accountId } = c.var.account
  const id = found(c.req.valid('param').id, 'webhook')
  const before = found(await getWebhook(deps, accountId, id), 'webhook')
  refuseStale(c.req, await tagOf(before))
  const given = c.req.valid('json')
  const wanted = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const after = orProblem(await editWebhook(deps, accountId, before, wanted, ownOrigin(deps, c.req.url)))
  return c.json(renderWebhook(after), 200, { etag: await tagOf(after) })
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/webhooks/{id}',
  operationId: 'deleteWebhook',
  tags: ['Webhooks'],
  summary: 'Delete a webhook',
  description: 'What waits for it is not sent any more.',
  ...requires('settings'),
  request: { params },
  responses: { 204: { description: 'Deleted.' }, ...problems(404) },
})

webhooks.openapi(remove, async (c) => {
  refuseBound(c.var.account)
  const id = found(c.req.valid('param').id, 'webhook')
  if (!(await removeWebhook(c.env.deps, c.var.account.accountId, id))) found(null, 'webhook')
  return c.body(null, 204)
})

const rotate = defineRoute({
  method: 'post',
  path: '/v1/webhooks/{id}/rotate-secret',
  operationId: 'rotateWebhookSecret',
  tags: ['Webhooks'],
  summary: 'Give a webhook a new secret',
  description:
    'Until the old one ends, both sign: `webhook-signature` holds two signatures, and a receiver accepts either. An older one ends at once.',
  ...requires('settings'),
  request: {
    params,
    ...jsonBody(
      z
        .strictObject({
          overlap_seconds: z.number().int().min(0).max(OVERLAP_SECONDS_MAX).default(OVERLAP_SECONDS).openapi({
            description: 'How long the old one signs as well. 0 where it has leaked.',
          }),
        })
        .openapi('SecretRotation'),
    ),
  },
  [SHOWN_ONCE_FIELD]: ['secret'],
  responses: { 200: json(webhookWithSecret, 'The webhook with its new secret.'), ...problems(400, 404, 409, 413, 415) },
})

webhooks.openapi(rotate, async (c) => {
  refuseBound(c.var.account)
  const id = found(c.req.valid('param').id, 'webhook')
  const { overlap_seconds: overlap } = c.req.valid('json')
  const rotated = orProblem(await rotateSecret(c.env.deps, c.var.account.accountId, id, overlap))
  return c.json({ ...renderWebhook(rotated), secret: rotated.secret }, 200)
})
