/** The account's mailboxes with their stored counts. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { listMailboxes } from '../../../mailbox/mailboxes.ts'
import type { Mailbox } from '../../../mailbox/view.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { formatId } from '../ids.ts'
import { json, problems } from '../responses.ts'
import { bytes, count, id, listOf } from '../schemas.ts'

export const mailboxes = new OpenAPIHono<HttpEnv>()

const mailbox = z
  .object({
    id: id('mbx'),
    name: z.string(),
    role: z.enum(['inbox', 'sent', 'drafts', 'trash', 'junk', 'archive']).nullable(),
    total: count,
    unread: count,
    threads: count,
    unread_threads: count,
    bytes,
  })
  .openapi('Mailbox')

const list = createRoute({
  method: 'get',
  path: '/v1/mailboxes',
  operationId: 'listMailboxes',
  tags: ['Mailboxes'],
  summary: 'All mailboxes by name, with their counts',
  ...requires('mail:read'),
  responses: { 200: json(listOf(mailbox, 'MailboxList'), 'All of them, in one page.'), ...problems() },
})

mailboxes.openapi(list, async (c) => {
  const all = await listMailboxes(c.env.deps, c.var.account.accountId)
  return c.json({ data: all.map(render), has_more: false, next_cursor: null }, 200)
})

function render(one: Mailbox): z.infer<typeof mailbox> {
  return {
    id: formatId('mbx', one.id),
    name: one.name,
    role: one.role,
    total: one.total,
    unread: one.unread,
    threads: one.threads,
    unread_threads: one.unreadThreads,
    bytes: one.bytes,
  }
}
