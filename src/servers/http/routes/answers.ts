/** What is sent in answer to a message: a reply, one to all, and a forward. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { forwardMessage } from '../../../outbound/forward-message.ts'
import { reply } from '../../../outbound/reply.ts'
import { requires } from '../authorize.ts'
import type { AccountPrincipal, HttpEnv } from '../context.ts'
import { attachments, attachmentsOf, bodies, mailbox, mailboxes } from '../draft-body.ts'
import { found, orProblem } from '../errors.ts'
import { jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { idParam } from '../schemas.ts'
import { accepted, requestOf, sentAnswer } from '../sending.ts'
import { readTiming, timingFields } from '../sending-time.ts'

export const answers = new OpenAPIHono<HttpEnv>()

const replyFields = {
  ...bodies,
  quote: z.boolean().optional().openapi({ description: 'Puts the message that is answered below each body given.' }),
  from: mailbox.optional(),
  to: mailboxes.optional(),
  cc: mailboxes.optional(),
  bcc: mailboxes.optional(),
  attachments: attachments.optional(),
  ...timingFields,
}
const replyBody = z.object(replyFields)

const answered = {
  params: z.object({ id: idParam('msg', 'The message that is answered.') }),
}

const answer = defineRoute({
  method: 'post',
  path: '/v1/messages/{id}/reply',
  operationId: 'replyToMessage',
  tags: ['Sending'],
  summary: 'Reply to a message',
  description:
    'To Reply-To, or else From, as the address that it was delivered to, in the same conversation. The message is marked as answered.',
  ...requires('mail:send', 'mail:read'),
  request: {
    ...answered,
    ...jsonBody(
      z
        .strictObject({
          ...replyFields,
          all: z.boolean().optional().openapi({ description: 'To all whom the message names, but yourself.' }),
        })
        .openapi('NewReply', { example: { text: 'Thank you.' } }),
    ),
  },
  responses: { ...accepted, ...problems(400, 404, 409, 413, 415) },
})

answers.openapi(answer, async (c) => {
  const id = found(c.req.valid('param').id, 'message')
  const { all = false, ...given } = c.req.valid('json')
  const wanted = { ...replyOf(c.var.account, given), all }
  const request = await requestOf(c.var.account, `reply ${id}`, c.req.header('idempotency-key'))
  return c.json(...sentAnswer(orProblem(await reply(c.env.deps, c.var.account, id, wanted, request))))
})

const answerAll = defineRoute({
  method: 'post',
  path: '/v1/messages/{id}/reply-all',
  operationId: 'replyToAll',
  tags: ['Sending'],
  summary: 'Reply to all whom a message names',
  description: 'Like a reply, with everybody in To and Cc besides, but yourself.',
  ...requires('mail:send', 'mail:read'),
  request: {
    ...answered,
    ...jsonBody(z.strictObject(replyFields).openapi('NewReplyToAll', { example: { text: 'Thank you all.' } })),
  },
  responses: { ...accepted, ...problems(400, 404, 409, 413, 415) },
})

answers.openapi(answerAll, async (c) => {
  const id = found(c.req.valid('param').id, 'message')
  const wanted = { ...replyOf(c.var.account, c.req.valid('json')), all: true }
  const request = await requestOf(c.var.account, `reply-all ${id}`, c.req.header('idempotency-key'))
  return c.json(...sentAnswer(orProblem(await reply(c.env.deps, c.var.account, id, wanted, request))))
})

function replyOf(account: AccountPrincipal, given: z.output<typeof replyBody>) {
  return {
    from: given.from ?? null,
    to: given.to ?? null,
    cc: given.cc ?? null,
    bcc: given.bcc ?? [],
    text: given.text ?? null,
    html: given.html ?? null,
    quote: given.quote ?? false,
    attachments: attachmentsOf(account, given.attachments),
    ...readTiming(given),
  }
}

const forward = defineRoute({
  method: 'post',
  path: '/v1/messages/{id}/forward',
  operationId: 'forwardMessage',
  tags: ['Sending'],
  summary: 'Send a message on',
  description:
    'Below your own words, with its attachments; or whole, as a file. Remote pictures do not go with it. The message gets the keyword `$forwarded`.',
  ...requires('mail:send', 'mail:read'),
  request: {
    params: z.object({ id: idParam('msg', 'The message that is sent on.') }),
    ...jsonBody(
      z
        .strictObject({
          to: mailboxes,
          cc: mailboxes.optional(),
          bcc: mailboxes.optional(),
          from: mailbox.optional(),
          ...bodies,
          as: z.enum(['inline', 'attachment']).optional().openapi({ description: 'inline, where it is left out.' }),
          include_attachments: z.boolean().optional().openapi({
            description: 'Of a message that goes inline; true, where it is left out. What its HTML shows always goes.',
          }),
          attachments: attachments.optional(),
          ...timingFields,
        })
        .openapi('NewForward', { example: { to: ['ann@example.org'], text: 'See below.' } }),
    ),
  },
  responses: { ...accepted, ...problems(400, 404, 409, 413, 415) },
})

answers.openapi(forward, async (c) => {
  const id = found(c.req.valid('param').id, 'message')
  const given = c.req.valid('json')
  const wanted = {
    from: given.from ?? null,
    to: given.to,
    cc: given.cc ?? [],
    bcc: given.bcc ?? [],
    text: given.text ?? null,
    html: given.html ?? null,
    as: given.as ?? ('inline' as const),
    withAttachments: given.include_attachments ?? true,
    attachments: attachmentsOf(c.var.account, given.attachments),
    ...readTiming(given),
  }
  const request = await requestOf(c.var.account, `forward ${id}`, c.req.header('idempotency-key'))
  return c.json(...sentAnswer(orProblem(await forwardMessage(c.env.deps, c.var.account, id, wanted, request))))
})
