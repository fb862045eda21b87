/** The account's mailboxes with their stored counts: listed, made, named, nested, deleted. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { HonoRequest } from 'hono'
import type { Deps } from '../../../deps.ts'
import { createMailbox, editMailbox, MAILBOX_DEPTH_MAX, MAILBOX_NAME_BYTES_MAX } from '../../../mailbox/mailbox-edit.ts'
import { removeMailbox } from '../../../mailbox/mailbox-remove.ts'
import { listMailboxes } from '../../../mailbox/mailboxes.ts'
import type { Reader } from '../../../mailbox/reader.ts'
import type { Mailbox } from '../../../mailbox/view.ts'
import { requires } from '../authorize.ts'
import { entityTag, ifMatch, ifNoneMatch, isKnown, notModified, refuseStale } from '../conditions.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { formatId } from '../ids.ts'
import { headers, json, jsonBody, NOT_MODIFIED, problems, taggedJson } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { bytes, count, id, idField, idParam, line, listOf } from '../schemas.ts'

export const mailboxes = new OpenAPIHono<HttpEnv>()

const ROLES = ['inbox', 'sent', 'drafts', 'trash', 'junk', 'archive'] as const

const mailbox = z
  .object({
    id: id('mbx'),
    name: z.string().openapi({ description: 'Unique among the mailboxes of the same parent.' }),
    parent_id: id('mbx').nullable().openapi({ description: 'The mailbox that it stands in; null at the top.' }),
    role: z.enum(ROLES).nullable(),
    deleting: z.boolean().openapi({ description: 'It is being deleted: its messages leave it, and then it goes.' }),
    total: count.nullable().openapi({ description: 'This and the other counts are null for a key of one address.' }),
    unread: count.nullable(),
    threads: count.nullable(),
    unread_threads: count.nullable(),
    bytes: bytes.nullable(),
  })
  .openapi('Mailbox')

const params = z.object({ id: idParam('mbx', 'The mailbox.') })

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

const read = defineRoute({
  method: 'get',
  path: '/v1/mailboxes/{id}',
  operationId: 'getMailbox',
  tags: ['Mailboxes'],
  summary: 'One mailbox, with its counts',
  description: 'As the list shows it.',
  ...requires('mail:read'),
  request: { params },
  parameters: ifNoneMatch,
  responses: { 200: taggedJson(mailbox, 'The mailbox.'), 304: NOT_MODIFIED, ...problems(404, 412) },
})

mailboxes.openapi(read, async (c) => {
  const mailboxId = found(c.req.valid('param').id, 'mailbox')
  const one = await readOne(c.env.deps, c.var.account, mailboxId)
  const etag = await tagOf(one)
  refuseStale(c.req, etag)
  if (isKnown(c.req, etag)) return notModified(etag)
  return c.json(render(one), 200, { etag })
})

async function readOne(deps: Deps, reader: Reader, id: number): Promise<Mailbox> {
  const all = await listMailboxes(deps, reader)
  const one = all.find((mailbox) => mailbox.id === id)
  return found(one, 'mailbox')
}

// What a change decides, and the counts besides.
function tagOf({ id, name, parentId, role, isEmptying, counts }: Mailbox): Promise<string> {
  return entityTag([id, name, parentId, role, isEmptying], counts)
}

/** The mailbox as If-Match means it, to which the change itself then holds; null without If-Match. */
async function expectedOf(deps: Deps, reader: Reader, request: HonoRequest, id: number): Promise<Mailbox | null> {
  if (request.header('if-match') === undefined) return null
  const one = await readOne(deps, reader, id)
  refuseStale(request, await tagOf(one))
  return one
}

const name = line(
  MAILBOX_NAME_BYTES_MAX,
  `Without "/", and of at most ${MAILBOX_NAME_BYTES_MAX} bytes of UTF-8. Siblings have different names.`,
)
const parent = idField('mbx', 'The mailbox that it shall stand in; null: at the top.')
  .nullable()
  .openapi({ type: ['string', 'null'] })
const role = z
  .enum(['sent', 'drafts', 'trash', 'junk', 'archive'])
  .nullable()
  .openapi({ description: 'What the mailbox is for. One mailbox at most has each role; the Inbox keeps its own.' })

const create = defineRoute({
  method: 'post',
  path: '/v1/mailboxes',
  operationId: 'createMailbox',
  tags: ['Mailboxes'],
  summary: 'Make a mailbox',
  description: `At the top, or in another one; at most ${MAILBOX_DEPTH_MAX} deep.`,
  ...requires('mail:write'),
  request: jsonBody(
    z
      .strictObject({ name, parent_id: parent.optional(), role: role.optional() })
      .openapi('NewMailbox', { example: { name: 'Orders', parent_id: null } }),
  ),
  responses: {
    201: { ...json(mailbox, 'The mailbox.'), headers: headers('Location', 'ETag') },
    ...problems(400, 409, 413, 415),
  },
})

mailboxes.openapi(create, async (c) => {
  const { name, parent_id = null, role = null } = c.req.valid('json')
  const made = orProblem(await createMailbox(c.env.deps, c.var.account, { name, parentId: parent_id, role }))
  const rendered = render(made)
  return c.json(rendered, 201, { location: `/v1/mailboxes/${rendered.id}`, etag: await tagOf(made) })
})

const update = defineRoute({
  method: 'patch',
  path: '/v1/mailboxes/{id}',
  operationId: 'updateMailbox',
  tags: ['Mailboxes'],
  summary: 'Rename a mailbox, put it into another one, or give it a role',
  description: 'What is left out stays as it is. The Inbox keeps its name, its place and its role.',
  ...requires('mail:write'),
  request: {
    params,
    ...jsonBody(
      z
        .strictObject({ name: name.optional(), parent_id: parent.optional(), role: role.optional() })
        .refine((body) => Object.values(body).some((value) => value !== undefined), 'must ask for a change')
        .openapi('MailboxChange', { example: { name: 'Orders of 2026' } }),
    ),
  },
  parameters: ifMatch,
  responses: { 200: taggedJson(mailbox, 'The mailbox as it is now.'), ...problems(400, 404, 409, 412, 413, 415) },
})

mailboxes.openapi(update, async (c) => {
  const mailboxId = found(c.req.valid('param').id, 'mailbox')
  const { name, parent_id, role } = c.req.valid('json')
  const wanted = {
    ...(name === undefined ? {} : { name }),
    ...(parent_id === undefined ? {} : { parentId: parent_id }),
    ...(role === undefined ? {} : { role }),
  }
  const expected = await expectedOf(c.env.deps, c.var.account, c.req, mailboxId)
  const changed = orProblem(await editMailbox(c.env.deps, c.var.account, mailboxId, wanted, expected))
  return c.json(render(changed), 200, { etag: await tagOf(changed) })
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/mailboxes/{id}',
  operationId: 'deleteMailbox',
  tags: ['Mailboxes'],
  summary: 'Delete a mailbox, with or without its mail',
  description:
    'Without `messages` only a mailbox in which nothing stands. A mailbox with a role, or in which others stand, is not deleted.',
  ...requires('mail:write'),
  request: {
    params,
    query: z.strictObject({
      messages: z.enum(['trash', 'permanent'], { error: 'must be trash or permanent' }).optional().openapi({
        description:
          'What becomes of the messages that stand in no other mailbox: they go to the Trash, or are deleted for good.',
      }),
    }),
  },
  parameters: ifMatch,
  responses: {
    202: { description: 'There is much to move: it is being deleted, and goes by itself.' },
    204: { description: 'Deleted.' },
    ...problems(404, 409, 412),
  },
})

mailboxes.openapi(remove, async (c) => {
  const mailboxId = found(c.req.valid('param').id, 'mailbox')
  const fate = c.req.valid('query').messages ?? 'keep'
  const expected = await expectedOf(c.env.deps, c.var.account, c.req, mailboxId)
  const removed = orProblem(await removeMailbox(c.env.deps, c.var.account, mailboxId, fate, expected))
  return c.body(null, removed === 'deleted' ? 204 : 202)
})

function render(one: Mailbox): z.infer<typeof mailbox> {
  return {
    id: formatId('mbx', one.id),
    name: one.name,
    parent_id: one.parentId === null ? null : formatId('mbx', one.parentId),
    role: one.role,
    deleting: one.isEmptying,
    total: one.counts?.total ?? null,
    unread: one.counts?.unread ?? null,
    threads: one.counts?.threads ?? null,
    unread_threads: one.counts?.unreadThreads ?? null,
    bytes: one.counts?.bytes ?? null,
  }
}
