/** The quarantine: what is held back and why, read safely, released or deleted; and what was refused. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  deleteHeld,
  type HeldSummary,
  listHeld,
  readHeld,
  readHeldContent,
  releaseHeld,
} from '../../../junk/quarantine.ts'
import { readMessage } from '../../../mailbox/read.ts'
import { requires } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { heldList, heldMessage, type heldSummary, renderHeld, renderHeldSummary } from '../held-view.ts'
import { messageState, renderState } from '../message-view.ts'
import { readPageBy } from '../paging.ts'
import { headers, json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { idParam, pageQuery } from '../schemas.ts'

export const quarantine = new OpenAPIHono<HttpEnv>()

const params = z.object({ id: idParam('qua', 'The held message.') })

const list = defineRoute({
  method: 'get',
  path: '/v1/quarantine',
  operationId: 'listQuarantine',
  tags: ['Quarantine'],
  summary: 'What was held back or refused, newest first',
  description: 'It stands in no mailbox and in no search, and is deleted 30 days after it came.',
  ...requires('mail:read'),
  request: { query: pageQuery },
  responses: { 200: json(heldList, 'A page.'), ...problems(400) },
})

quarantine.openapi(list, async (c) => {
  const { deps } = c.env
  const reader = c.var.account
  const page = await readPageBy<HeldSummary, number, z.infer<typeof heldSummary>>(deps, c.req.valid('query'), {
    binding: ['quarantine', reader.accountId, reader.addressId],
    start: Number.MAX_SAFE_INTEGER,
    read: (before, limit) => listHeld(deps, reader, before, limit),
    positionOf: (held) => held.id,
    render: renderHeldSummary,
  })
  return c.json(page, 200)
})

const read = defineRoute({
  method: 'get',
  path: '/v1/quarantine/{id}',
  operationId: 'getHeldMessage',
  tags: ['Quarantine'],
  summary: 'One held message: its text, and why it is held',
  description: 'Without pictures and without links to attachments. Of what was refused only the record is left.',
  ...requires('mail:read'),
  request: {
    params,
    query: z.strictObject({
      html: z
        .enum(['sanitized'])
        .optional()
        .openapi({ description: 'Gives the HTML too, with all that could do harm taken out, pictures included.' }),
    }),
  },
  responses: { 200: json(heldMessage, 'The message.'), ...problems(404) },
})

quarantine.openapi(read, async (c) => {
  const { deps } = c.env
  const held = found(
    await readHeld(deps, c.var.account, found(c.req.valid('param').id, 'held message')),
    'held message',
  )
  const content = await readHeldContent(deps, held)
  return c.json(renderHeld(held, content, c.req.valid('query').html === 'sanitized'), 200)
})

const release = defineRoute({
  method: 'post',
  path: '/v1/quarantine/{id}/release',
  operationId: 'releaseHeldMessage',
  tags: ['Quarantine'],
  summary: 'Deliver a held message to the Inbox',
  description:
    'It is gone from quarantine then. The filter learns it as ham within moments, unless learn is false. The report keeps the verdict of when it came.',
  ...requires('mail:write'),
  request: {
    params,
    ...jsonBody(
      z
        .strictObject({
          learn: z.boolean().optional().openapi({ description: 'True, where it is left out.' }),
          allow_sender: z.boolean().optional().openapi({
            description: 'Puts the sender on the allow list. Not for keys of one address.',
          }),
        })
        .openapi('Release'),
    ),
  },
  responses: {
    200: { ...json(messageState, 'The message that stands in the Inbox.'), headers: headers('Location') },
    ...problems(400, 404, 409, 413, 415),
  },
})

quarantine.openapi(release, async (c) => {
  const { deps } = c.env
  const heldId = found(c.req.valid('param').id, 'held message')
  const { learn = true, allow_sender: allowSender = false } = c.req.valid('json')
  if (allowSender) refuseBound(c.var.account)
  const id = orProblem(await releaseHeld(deps, c.var.account, heldId, { learn, allowSender }))
  const state = renderState(found(await readMessage(deps, c.var.account, id), 'message'))
  return c.json(state, 200, { location: `/v1/messages/${state.id}` })
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/quarantine/{id}',
  operationId: 'deleteHeldMessage',
  tags: ['Quarantine'],
  summary: 'Delete a held message, or the record of a refusal, for good',
  description: 'It cannot be brought back.',
  ...requires('mail:write'),
  request: { params },
  responses: { 204: { description: 'Deleted.' }, ...problems(404) },
})

quarantine.openapi(remove, async (c) => {
  const id = found(c.req.valid('param').id, 'held message')
  found(await deleteHeld(c.env.deps, c.var.account, id), 'held message')
  return c.body(null, 204)
})
