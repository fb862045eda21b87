/** Conversations: those of a mailbox, newest first, and the messages of one. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Deps } from '../../../deps.ts'
import { type Conversation, listConversations } from '../../../mailbox/conversations.ts'
import { listMessages, type MessagePage } from '../../../mailbox/list.ts'
import { listMailboxes } from '../../../mailbox/mailboxes.ts'
import type { Reader } from '../../../mailbox/reader.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { type Binding, openCursor, sealCursor } from '../cursor.ts'
import { found, orProblem } from '../errors.ts'
import { formatId } from '../ids.ts'
import { messageSummary, renderSummary } from '../message-view.ts'
import { json, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { count, cursor, id, idParam, LIMIT_MAX, limit, listOf } from '../schemas.ts'

/** Pages of a conversation that are looked at for the first message which the key may see. */
const PAGES_MAX = 10

export const threads = new OpenAPIHono<HttpEnv>()

const conversation = z
  .object({
    id: id('thr'),
    messages: count.openapi({ description: 'Of the conversation, in this mailbox.' }),
    unread: count,
    newest: messageSummary,
  })
  .openapi('Conversation')

const list = defineRoute({
  method: 'get',
  path: '/v1/threads',
  operationId: 'listThreads',
  tags: ['Messages'],
  summary: 'Conversations of a mailbox, by their newest message there',
  description: 'Of the Inbox, where no mailbox is named. A key of one address lists messages instead.',
  ...requires('mail:read'),
  request: {
    query: z.strictObject({ mailbox: idParam('mbx', 'The mailbox.').optional(), cursor, limit: limit() }),
  },
  responses: { 200: json(listOf(conversation, 'ConversationList'), 'A page.'), ...problems(400, 404) },
})

threads.openapi(list, async (c) => {
  const { deps } = c.env
  const given = c.req.valid('query')
  const reader = c.var.account
  const mailboxId = given.mailbox === undefined ? await inboxOf(deps, reader) : found(given.mailbox, 'mailbox')
  const binding: Binding = ['threads', reader.accountId, mailboxId]
  const before = given.cursor === undefined ? null : ((await openCursor(deps, binding, given.cursor)) as number)
  const page = orProblem(await listConversations(deps, reader, { mailboxId, before, limit: given.limit }))
  const next = page.next === null ? null : await sealCursor(deps, binding, page.next)
  return c.json({ data: page.conversations.map(render), has_more: next !== null, next_cursor: next }, 200)
})

const read = defineRoute({
  method: 'get',
  path: '/v1/threads/{id}',
  operationId: 'getThread',
  tags: ['Messages'],
  summary: 'A conversation: its messages, newest first, wherever they stand',
  description: `The newest ${LIMIT_MAX}; /v1/messages?thread= gives all of them in pages.`,
  ...requires('mail:read'),
  request: { params: z.object({ id: idParam('thr', 'The conversation.') }) },
  responses: {
    200: json(
      z
        .object({
          id: id('thr'),
          messages: z.array(messageSummary),
          has_more: z.boolean().openapi({ description: 'There are older ones than are shown.' }),
        })
        .openapi('Thread'),
      'The conversation.',
    ),
    ...problems(404),
  },
})

threads.openapi(read, async (c) => {
  const threadId = found(c.req.valid('param').id, 'thread')
  const page = found(await newestOf(c.env.deps, c.var.account, threadId), 'thread')
  return c.json(
    { id: formatId('thr', threadId), messages: page.messages.map(renderSummary), has_more: page.next !== null },
    200,
  )
})

// A key of one address may find its own mail only below hundreds of other messages.
async function newestOf(deps: Deps, reader: Reader, threadId: number): Promise<MessagePage | null> {
  for (let before: number | null = null, pages = 0; pages < PAGES_MAX; pages++) {
    const page: MessagePage = orProblem(await listMessages(deps, reader, { threadId, before, limit: LIMIT_MAX }))
    if (page.messages.length > 0) return page
    if (page.next === null) return null
    before = page.next
  }
  return null
}

async function inboxOf(deps: Deps, reader: Reader): Promise<number> {
  const inbox = (await listMailboxes(deps, reader)).find(({ role }) => role === 'inbox')
  return found(inbox, 'mailbox').id
}

function render(one: Conversation): z.infer<typeof conversation> {
  return {
    id: formatId('thr', one.threadId),
    messages: one.messages,
    unread: one.unread,
    newest: renderSummary(one.newest),
  }
}
