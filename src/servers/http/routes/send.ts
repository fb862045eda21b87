/** Sending a message, and replying to one. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { hashToken } from '../../../access/secrets.ts'
import { RECIPIENTS_MAX } from '../../../mime/compose-check.ts'
import { reply } from '../../../outbound/reply.ts'
import { SENT_BYTES_MAX, submit } from '../../../outbound/submit.ts'
import { requires } from '../authorize.ts'
import type { AccountPrincipal, HttpEnv } from '../context.ts'
import { attachments, attachmentsOf, bodies, mailbox, mailboxes } from '../draft-body.ts'
import { found, orProblem } from '../errors.ts'
import { headers, json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { idParam } from '../schemas.ts'
import { renderSent, sent } from '../submission-view.ts'

export const sends = new OpenAPIHono<HttpEnv>()

const accepted = {
  202: { ...json(sent, 'It is on its way, and its copy stands in Sent.'), headers: headers('Location') },
}

const send = defineRoute({
  method: 'post',
  path: '/v1/messages/send',
  operationId: 'sendMessage',
  tags: ['Sending'],
  summary: 'Send a message',
  description: `To at most ${RECIPIENTS_MAX} recipients, and of at most ${SENT_BYTES_MAX} bytes. What is accepted is stored: \`/v1/submissions/{id}\` says what became of each recipient. With an Idempotency-Key it is sent once, however often the call is repeated.`,
  ...requires('mail:send'),
  request: jsonBody(
    z
      .strictObject({
        from: mailbox.optional().openapi({
          description: 'An address of the account. May be left out where there is only one.',
        }),
        to: mailboxes.optional(),
        cc: mailboxes.optional(),
        bcc: mailboxes.optional().openapi({ description: 'Written to without standing in the message.' }),
        reply_to: mailboxes.optional(),
        subject: z.string().optional(),
        ...bodies,
        headers: z.record(z.string(), z.string()).optional().openapi({
          description:
            'Header fields of your own: X-..., List-Unsubscribe, List-Unsubscribe-Post, Auto-Submitted, In-Reply-To, References.',
        }),
        attachments: attachments.optional(),
      })
      .openapi('NewMessage', { example: { to: ['Ann <ann@example.org>'], subject: 'Hello', text: 'Hello, Ann.' } }),
  ),
  responses: { ...accepted, ...problems(400, 409, 413, 415) },
})

sends.openapi(send, async (c) => {
  const given = c.req.valid('json')
  const wanted = {
    from: given.from ?? null,
    to: given.to ?? [],
    cc: given.cc ?? [],
    bcc: given.bcc ?? [],
    replyTo: given.reply_to ?? [],
    subject: given.subject ?? '',
    text: given.text ?? null,
    html: given.html ?? null,
    headers: Object.entries(given.headers ?? {}).map(([name, value]) => ({ name, value })),
    attachments: attachmentsOf(given.attachments),
  }
  const request = await requestOf(c.var.account, 'send', c.req.header('idempotency-key'))
  const rendered = renderSent(orProblem(await submit(c.env.deps, c.var.account, wanted, request)))
  return c.json(rendered, 202, { location: `/v1/submissions/${rendered.id}` })
})

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
    params: z.object({ id: idParam('msg', 'The message that is answered.') }),
    ...jsonBody(
      z
        .strictObject({
          ...bodies,
          all: z.boolean().optional().openapi({ description: 'To all whom the message names, but yourself.' }),
          from: mailbox.optional(),
          to: mailboxes.optional(),
          cc: mailboxes.optional(),
          bcc: mailboxes.optional(),
          attachments: attachments.optional(),
        })
        .openapi('NewReply', { example: { text: 'Thank you.' } }),
    ),
  },
  responses: { ...accepted, ...problems(400, 404, 409, 413, 415) },
})

sends.openapi(answer, async (c) => {
  const id = found(c.req.valid('param').id, 'message')
  const given = c.req.valid('json')
  const wanted = {
    from: given.from ?? null,
    to: given.to ?? null,
    cc: given.cc ?? null,
    bcc: given.bcc ?? [],
    all: given.all ?? false,
    text: given.text ?? null,
    html: given.html ?? null,
    attachments: attachmentsOf(given.attachments),
  }
  const request = await requestOf(c.var.account, `reply ${id}`, c.req.header('idempotency-key'))
  const rendered = renderSent(orProblem(await reply(c.env.deps, c.var.account, id, wanted, request)))
  return c.json(rendered, 202, { location: `/v1/submissions/${rendered.id}` })
})

// Of whom, what and the client's own name for the call. A key of one address never meets the call of another.
async function requestOf(
  { accountId, addressId }: AccountPrincipal,
  route: string,
  key: string | undefined,
): Promise<Uint8Array | null> {
  return key === undefined ? null : await hashToken(`${accountId} ${addressId ?? '*'} ${route} ${key}`)
}
