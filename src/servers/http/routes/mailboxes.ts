/** The account's mailboxes with their stored counts. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { listMailboxes } from '../../../mailbox/mailboxes.ts'
import type { Mailbox } from '../../../mailbox/view.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { formatId } from '../ids.ts'
import { json, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { bytes, count, id, listOf } from '../schemas.ts'

export const mailboxes = new OpenAPIHono<HttpEnv>()

const mailbox = z
  .object({
    id: id('mbx'),
    name: z.string(),
    role: z.enum(['inbox', 'sent', 'drafts', 'trash', 'junk', 'archive']).nullable(),
    total: count.nullable().openapi({ description: 'This and the other counts are null for a key of one address.' }),
    unread: count.nullable(),
    threads: count.nullable(),
    unread_threads: count.nullable(),
    bytes: bytes.nullable(),
  })
  .openapi('Mailbox')

const list = defineRoute({
  method: 'get',
  path: '/v1/mailboxes',
  operationId: 'listMailboxes',
  tags: ['Mailboxes'],
  summary: 'All mailboxes by name, with their counts',
  description: 'All of them come in one page. The counts are stored, so this costs the same in a mailbox of any size.',
  ...requires('mail:read'),
  responses: { 200: json(listOf(mailbox, 'MailboxList'), 'All of them, in one page.'), ...problems() },
})

mailboxes.openapi(list, async (c) => {
  const all = await listMailboxes(c.env.deps, c.var.account)
  return c.json({ data: all.map(render), has_more: false, next_cursor: null }, 200)
})

function render(one: Mailbox): z.infer<typeof mailbox> {
  return {
    id: formatId('mbx', one.id),
    name: one.name,
    role: one.role,
    total: one.counts?.total ?? null,
    unread: one.counts?.unread ?? null,
    threads: one.counts?.threads ?? null,
    unread_threads: one.counts?.unreadThreads ?? null,
    bytes: one.counts?.bytes ?? null,
  }
}
