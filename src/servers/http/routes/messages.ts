/** Lists of messages, and one message with its text and what is known about it. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { type ListQuery, listMessages } from '../../../mailbox/list.ts'
import { readContent, readMessage } from '../../../mailbox/read.ts'
import { renderForAgent } from '../agent-view.ts'
import { requires } from '../authorize.ts'
import { ifNoneMatch, isKnown, notModified, refuseStale } from '../conditions.ts'
import type { HttpEnv } from '../context.ts'
import { type Binding, openCursor, sealCursor } from '../cursor.ts'
import { found, orProblem } from '../errors.ts'
import { filterOf, messageFilter } from '../message-filter.ts'
import { showMessage } from '../message-shown.ts'
import { message, messageList, messageTag, renderMessage, renderSummary } from '../message-view.ts'
import { json, NOT_MODIFIED, problems, taggedJson, withText } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { cursor, flag, idParam, limit } from '../schemas.ts'

export const messages = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/messages',
  operationId: 'listMessages',
  tags: ['Messages'],
  summary: 'Messages without their bodies, newest first',
  description:
    'Filters combine. A page of several filters examines at most 500 messages: it may be short, even empty, while has_more is true.',
  ...requires('mail:read'),
  request: { query: z.strictObject({ ...messageFilter, cursor, limit: limit() }) },
  responses: { 200: json(messageList, 'A page.'), ...problems(400, 404) },
})

messages.openapi(list, async (c) => {
  const { deps } = c.env
  const { accountId, addressId } = c.var.account
  const given = c.req.valid('query')
  const filter = filterOf(given)
  const binding: Binding = ['messages', accountId, addressId, ...Object.values(filter)]
  const before = given.cursor === undefined ? null : ((await openCursor(deps, binding, given.cursor)) as number)
  const read = async (asked: ListQuery) => orProblem(await listMessages(deps, c.var.account, asked))
  const page = await read({ ...filter, before, limit: given.limit })
  const isEmpty = page.messages.length === 0 && page.next === null && before === null
  if (isEmpty && filter.threadId !== undefined) {
    // Nothing in the thread fits the filter, or there is no such thread.
    const any = await read({ threadId: filter.threadId, before: null, limit: 1 })
    found(any.messages[0], 'thread')
  }
  return c.json(
    {
      data: page.messages.map(renderSummary),
      has_more: page.next !== null,
      next_cursor: page.next === null ? null : await sealCursor(deps, binding, page.next),
    },
    200,
  )
})

const AGENT_TEXT = 'With format=agent: lines of the server, and behind a bar what strangers wrote.'

const read = defineRoute({
  method: 'get',
  path: '/v1/messages/{id}',
  operationId: 'getMessage',
  tags: ['Messages'],
  summary: 'One message: text, headers, attachments, authentication, spam report',
  description:
    'The text is cut at a megabyte, the header at 256 KB; /raw has all of it. Reading does not mark a message as read.',
  ...requires('mail:read'),
  request: {
    params: z.object({ id: idParam('msg', 'The message.') }),
    query: z.strictObject({
      html: z
        .enum(['sanitized'])
        .optional()
        .openapi({ description: 'Gives the HTML too, with all that could do harm taken out.' }),
      remote_content: flag
        .optional()
        .openapi({ description: 'Keeps remote images in the HTML: whoever sent them learns when they are shown.' }),
      allow_spam: flag
        .optional()
        .openapi({ description: 'Gives links to attachments and pictures although the message stands in Junk.' }),
      format: z.enum(['agent']).optional().openapi({
        description:
          'agent: text for a language model instead of JSON. What strangers wrote is fenced, hidden text is left out, and links are listed with where they lead.',
      }),
    }),
  },
  parameters: ifNoneMatch,
  responses: {
    200: withText(taggedJson(message, 'The message.'), AGENT_TEXT),
    304: NOT_MODIFIED,
    ...problems(404, 412),
  },
})

messages.openapi(read, async (c) => {
  const { deps } = c.env
  const id = found(c.req.valid('param').id, 'message')
  const detail = found(await readMessage(deps, c.var.account, id), 'message')
  const etag = messageTag(detail)
  refuseStale(c.req, etag)
  // Links to attachments end within the hour: who asks again gets new ones.
  if (detail.attachments.length === 0 && isKnown(c.req, etag)) return notModified(etag)
  const content = await readContent(deps, detail)
  const asked = c.req.valid('query')
  if (asked.format === 'agent') return c.text(renderForAgent(deps, detail, content), 200, { etag })
  const shown = await showMessage(deps, detail, content.html, {
    accountId: c.var.account.accountId,
    origin: new URL(c.req.url).origin,
    html: asked.html === 'sanitized',
    remote: asked.remote_content === true ? 'allow' : 'block',
    allowSpam: asked.allow_spam === true,
  })
  return c.json(renderMessage(detail, content, shown), 200, { etag })
})
