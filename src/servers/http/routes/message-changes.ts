/** Changing messages: flags, keywords, mailboxes; one by its path, or up to 500 in one call; and deleting them. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { HonoRequest } from 'hono'
import { base32 } from '../../../access/secrets.ts'
import type { Deps } from '../../../deps.ts'
import { CHANGE_MAX, type Changed, changeAll, unchangedSince } from '../../../mailbox/change.ts'
import { copyMessage } from '../../../mailbox/copy.ts'
import { discardAll } from '../../../mailbox/discard.ts'
import { readMessage } from '../../../mailbox/read.ts'
import { requires } from '../authorize.ts'
import { ifMatch, refuseStale } from '../conditions.ts'
import type { AccountPrincipal, HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { formatId } from '../ids.ts'
import { editOf, messageChange, refuseContradiction, refuseUnknown, refuseUnknownMailboxes } from '../message-change.ts'
import { messageState, messageTag, renderState } from '../message-view.ts'
import { json, jsonBody, problems, taggedJson } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { flag, id, idField, idParam } from '../schemas.ts'

export const messageChanges = new OpenAPIHono<HttpEnv>()

/** 128 random bits name a raw object. */
const OBJECT_NAME_BYTES = 16

const params = z.object({ id: idParam('msg', 'The message.') })

const update = defineRoute({
  method: 'patch',
  path: '/v1/messages/{id}',
  operationId: 'updateMessage',
  tags: ['Messages'],
  summary: 'Change flags, keywords and mailboxes of a message',
  description: 'What is left out stays as it is. All of the change happens, or none of it.',
  ...requires('mail:write'),
  request: { params, ...jsonBody(messageChange.superRefine(refuseContradiction).openapi('MessageChange')) },
  parameters: ifMatch,
  responses: {
    200: taggedJson(messageState, 'The message as it is now.'),
    204: { description: 'It was taken out of its last mailbox, and is deleted.' },
    ...problems(400, 404, 409, 412, 413, 415),
  },
})

messageChanges.openapi(update, async (c) => {
  const { deps } = c.env
  const messageId = found(c.req.valid('param').id, 'message')
  const change = c.req.valid('json')
  await refuseUnknownMailboxes(deps, c.var.account, change)
  const ifModseq = await expectedModseq(deps, c.var.account, c.req, messageId)
  const done = orProblem(
    await changeAll(
      deps,
      c.var.account,
      [messageId],
      editOf(change),
      ifModseq === null ? null : unchangedSince(ifModseq),
    ),
  )
  found(done.notFound.length === 0, 'message')
  if (done.destroyed.length > 0) return c.body(null, 204)
  const state = found(await readMessage(deps, c.var.account, messageId), 'message')
  return c.json(renderState(state), 200, { etag: messageTag(state) })
})

// The change number that If-Match means, which the change itself then holds to; null without If-Match.
async function expectedModseq(
  deps: Deps,
  account: AccountPrincipal,
  request: HonoRequest,
  messageId: number,
): Promise<number | null> {
  if (request.header('if-match') === undefined) return null
  const state = found(await readMessage(deps, account, messageId), 'message')
  refuseStale(request, messageTag(state))
  return state.modseq
}

const remove = defineRoute({
  method: 'delete',
  path: '/v1/messages/{id}',
  operationId: 'deleteMessage',
  tags: ['Messages'],
  summary: 'Move a message to the Trash; from there, or with permanent=true, delete it for good',
  description: 'A message in the Trash, or any with permanent=true, is deleted for good and cannot be brought back.',
  ...requires('mail:write'),
  request: {
    params,
    query: z.strictObject({ permanent: flag.optional().openapi({ description: 'Past the Trash.' }) }),
  },
  parameters: ifMatch,
  responses: { 204: { description: 'Moved or deleted.' }, ...problems(404, 412) },
})

messageChanges.openapi(remove, async (c) => {
  const messageId = found(c.req.valid('param').id, 'message')
  const isPermanent = c.req.valid('query').permanent === true
  const { deps } = c.env
  const ifModseq = await expectedModseq(deps, c.var.account, c.req, messageId)
  const done = orProblem(await discardAll(deps, c.var.account, [messageId], isPermanent, ifModseq))
  found(done.notFound.length === 0, 'message')
  return c.body(null, 204)
})

const target = z.strictObject({ mailbox_id: idField('mbx', 'The mailbox to which it goes.') }).openapi('MessageTarget')

const move = defineRoute({
  method: 'post',
  path: '/v1/messages/{id}/move',
  operationId: 'moveMessage',
  tags: ['Messages'],
  summary: 'Move a message: it stands in that mailbox and in no other',
  description: 'The same as changing its `mailbox_ids` to that one.',
  ...requires('mail:write'),
  request: { params, ...jsonBody(target) },
  responses: { 200: json(messageState, 'The message as it is now.'), ...problems(400, 404, 413, 415) },
})

messageChanges.openapi(move, async (c) => {
  const { deps } = c.env
  const messageId = found(c.req.valid('param').id, 'message')
  found(await readMessage(deps, c.var.account, messageId), 'message')
  const change = { mailbox_ids: [c.req.valid('json').mailbox_id] }
  await refuseUnknown(deps, c.var.account, [{ id: c.req.valid('json').mailbox_id, pointer: '/mailbox_id' }])
  const done = orProblem(await changeAll(deps, c.var.account, [messageId], editOf(change)))
  found(done.notFound.length === 0, 'message')
  return c.json(renderState(found(await readMessage(deps, c.var.account, messageId), 'message')), 200)
})

const copy = defineRoute({
  method: 'post',
  path: '/v1/messages/{id}/copy',
  operationId: 'copyMessage',
  tags: ['Messages'],
  summary: 'Copy a message into a mailbox',
  description:
    'A message that does not stand there is placed there too, and stays the same message. Of one that does, a new message is made.',
  ...requires('mail:write'),
  request: { params, ...jsonBody(target) },
  responses: {
    200: json(messageState, 'The message that now stands there: the same, or the new one.'),
    ...problems(400, 404, 409, 413, 415),
  },
})

messageChanges.openapi(copy, async (c) => {
  const { deps } = c.env
  const messageId = found(c.req.valid('param').id, 'message')
  found(await readMessage(deps, c.var.account, messageId), 'message')
  const { mailbox_id } = c.req.valid('json')
  await refuseUnknown(deps, c.var.account, [{ id: mailbox_id, pointer: '/mailbox_id' }])
  const name = base32(deps.random(OBJECT_NAME_BYTES))
  const copied = orProblem(await copyMessage(deps, c.var.account, messageId, mailbox_id, name))
  return c.json(renderState(found(await readMessage(deps, c.var.account, copied), 'message')), 200)
})

const batch = defineRoute({
  method: 'post',
  path: '/v1/messages/batch',
  operationId: 'changeMessages',
  tags: ['Messages'],
  summary: `Change or delete up to ${CHANGE_MAX} messages at once`,
  description:
    "The same change for all, or a deletion. Ids that are not there, or not the caller's, come back in `not_found`, and the others are changed all the same.",
  ...requires('mail:write'),
  request: jsonBody(
    messageChange
      .extend({
        ids: z.array(idField('msg', 'A message.')).min(1, 'must name at least one message').max(CHANGE_MAX),
        delete: z.enum(['trash', 'permanent']).optional().openapi({ description: 'Instead of a change.' }),
      })
      .superRefine(refuseContradiction)
      .openapi('MessageBatch'),
  ),
  responses: {
    200: json(
      z
        .object({ changed: z.array(id('msg')), deleted: z.array(id('msg')), not_found: z.array(id('msg')) })
        .openapi('MessageBatchResult'),
      'What became of each; one that was as asked already is in no list.',
    ),
    ...problems(400, 404, 409, 413, 415),
  },
})

messageChanges.openapi(batch, async (c) => {
  const { ids, delete: deletion, ...change } = c.req.valid('json')
  const { deps } = c.env
  await refuseUnknownMailboxes(deps, c.var.account, change)
  const done =
    deletion === undefined
      ? await changeAll(deps, c.var.account, ids, editOf(change))
      : await discardAll(deps, c.var.account, ids, deletion === 'permanent')
  return c.json(render(orProblem(done)), 200)
})

function render({ changed, destroyed, notFound }: Changed) {
  const wire = (ids: number[]) => ids.map((one) => formatId('msg', one))
  return { changed: wire(changed), deleted: wire(destroyed), not_found: wire(notFound) }
}
