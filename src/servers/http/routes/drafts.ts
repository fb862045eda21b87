/** Drafts: written, changed, given files, and sent. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { base32, hashToken } from '../../../access/secrets.ts'
import type { Deps } from '../../../deps.ts'
import type { Failure } from '../../../errors.ts'
import { type DraftChange, type DraftFields, readDraftFields } from '../../../outbound/draft-fields.ts'
import {
  adoptDraft,
  changeDraft,
  createDraft,
  type DraftDetail,
  deleteDraft,
  getDraft,
  listDrafts,
  sendDraft,
} from '../../../outbound/drafts.ts'
import { requires } from '../authorize.ts'
import { ifMatch, ifNoneMatch, isKnown, notModified, refuseStale } from '../conditions.ts'
import type { AccountEnv, HttpEnv } from '../context.ts'
import { mailbox } from '../draft-body.ts'
import { draft, draftList, draftTag, renderDraft, renderDraftSummary } from '../draft-view.ts'
import { found, orProblem } from '../errors.ts'
import { readPageBy } from '../paging.ts'
import { headers, json, jsonBody, NOT_MODIFIED, optionalJsonBody, problems, taggedJson } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { idField, idParam, pageQuery } from '../schemas.ts'
import { accepted, newMailOf, newMessageFields, sendableFields, sentAnswer } from '../sending.ts'
import { readTiming, timingFields } from '../sending-time.ts'

export const drafts = new OpenAPIHono<HttpEnv>()

const NAME_BYTES = 16
const params = z.object({ id: idParam('drf', 'The draft.') })
const made = { 201: { ...taggedJson(draft, 'The draft.'), headers: headers('Location', 'ETag') } }

const list = defineRoute({
  method: 'get',
  path: '/v1/drafts',
  operationId: 'listDrafts',
  tags: ['Drafts'],
  summary: 'Drafts, newest first',
  description: 'Those that were made or adopted here. A message with $draft from elsewhere is adopted first.',
  ...requires('mail:read'),
  request: { query: pageQuery },
  responses: { 200: json(draftList, 'A page.'), ...problems(400) },
})

drafts.openapi(list, async (c) => {
  const { deps } = c.env
  const reader = c.var.account
  const page = await readPageBy(deps, c.req.valid('query'), {
    binding: ['drafts', reader.accountId, reader.addressId],
    start: Number.MAX_SAFE_INTEGER,
    read: (before, limit) => listDrafts(deps, reader, before, limit),
    positionOf: ({ id }) => id,
    render: renderDraftSummary,
  })
  return c.json(page, 200)
})

const create = defineRoute({
  method: 'post',
  path: '/v1/drafts',
  operationId: 'createDraft',
  tags: ['Drafts'],
  summary: 'Write a draft',
  description: 'Nothing has to be there yet. It stands in Drafts as a message, for every mail program of the account.',
  ...requires('mail:write', 'mail:read'),
  request: jsonBody(
    z.strictObject(sendableFields).openapi('NewDraft', { example: { subject: 'Hello', text: 'Hello, ' } }),
  ),
  responses: { ...made, ...problems(400, 409, 413, 415) },
})

drafts.openapi(create, async (c) => {
  const { account } = c.var
  const wanted = newMailOf(account, c.req.valid('json'))
  const name = await nameOf(c.env.deps, [account.accountId, account.addressId], c.req.header('idempotency-key'))
  const shown = orProblem(await createDraft(c.env.deps, account, wanted, name))
  return c.json(...(await madeAnswer(c, shown)))
})

const adopt = defineRoute({
  method: 'post',
  path: '/v1/drafts/adopt',
  operationId: 'adoptDraft',
  tags: ['Drafts'],
  summary: 'Take over a draft that was made elsewhere',
  description: 'A message with $draft gets the id of a draft; one that has it keeps it.',
  ...requires('mail:write', 'mail:read'),
  request: jsonBody(z.strictObject({ message: idField('msg', 'A message with $draft.') }).openapi('DraftAdoption')),
  responses: { ...made, ...problems(400, 409, 413, 415) },
})

drafts.openapi(adopt, async (c) => {
  const adopted = orProblem(await adoptDraft(c.env.deps, c.var.account, c.req.valid('json').message))
  return c.json(...(await madeAnswer(c, adopted)))
})

const read = defineRoute({
  method: 'get',
  path: '/v1/drafts/{id}',
  operationId: 'getDraft',
  tags: ['Drafts'],
  summary: 'One draft',
  description:
    'As it was written. Its attachments are those of its message, `/v1/messages/{message}/attachments/{part}`.',
  ...requires('mail:read'),
  request: { params },
  parameters: ifNoneMatch,
  responses: { 200: taggedJson(draft, 'The draft.'), 304: NOT_MODIFIED, ...problems(404, 409, 412) },
})

drafts.openapi(read, async (c) => {
  const one = await draftOf(c, c.req.valid('param').id)
  const etag = draftTag(one.row.id, one.row.version)
  refuseStale(c.req, etag)
  if (isKnown(c.req, etag)) return notModified(etag)
  return c.json(...(await changedAnswer(c, one)))
})

const change = defineRoute({
  method: 'patch',
  path: '/v1/drafts/{id}',
  operationId: 'updateDraft',
  tags: ['Drafts'],
  summary: 'Change a draft',
  description:
    'What is not named stays; null empties a text, an html, and attachments. With If-Match only where nobody else has changed it.',
  ...requires('mail:write', 'mail:read'),
  request: {
    params,
    ...jsonBody(
      z
        .strictObject({
          ...newMessageFields,
          from: mailbox.optional(),
          text: z.string().nullable().optional(),
          html: z.string().nullable().optional(),
        })
        .openapi('DraftChange', { example: { text: 'Hello, Ann.' } }),
    ),
  },
  parameters: ifMatch,
  responses: { 200: taggedJson(draft, 'The draft as it is now.'), ...problems(400, 404, 409, 412, 413, 415) },
})

drafts.openapi(change, async (c) => {
  const { id, version } = await versionOf(c, c.req.valid('param').id)
  const given = c.req.valid('json')
  const whole = newMailOf(c.var.account, { ...given, text: given.text ?? undefined, html: given.html ?? undefined })
  // A draft has no time: it is sent when it is asked for.
  const { from, template: _, sendAt: __, undoSeconds: ___, ...rest } = whole
  const named: Record<keyof typeof rest, boolean> = {
    to: given.to !== undefined,
    cc: given.cc !== undefined,
    bcc: given.bcc !== undefined,
    replyTo: given.reply_to !== undefined,
    subject: given.subject !== undefined,
    text: given.text !== undefined,
    html: given.html !== undefined,
    headers: given.headers !== undefined,
    attachments: given.attachments !== undefined,
  }
  const kept = Object.entries(rest).filter(([field]) => named[field as keyof typeof rest])
  const wanted: DraftChange = { ...Object.fromEntries(kept), ...(from ? { from } : {}) }
  const changed = orProblem(await changeDraft(c.env.deps, c.var.account, id, wanted, version))
  return c.json(...(await changedAnswer(c, changed)))
})

const attach = defineRoute({
  method: 'post',
  path: '/v1/drafts/{id}/attachments',
  operationId: 'attachToDraft',
  tags: ['Drafts'],
  summary: 'Give a draft a file',
  description: 'The body is the file, byte for byte: no base64, and no JSON around it.',
  ...requires('mail:write', 'mail:read'),
  request: {
    params,
    query: z.strictObject({
      filename: z
        .string()
        .max(1_000)
        .optional()
        .openapi({ description: 'attachment, where it is left out.', example: 'plan.pdf' }),
      content_type: z.string().max(300).optional().openapi({
        description: 'application/octet-stream, where it is left out.',
        example: 'application/pdf',
      }),
      content_id: z.string().max(300).optional(),
    }),
    body: {
      required: true,
      content: {
        'application/octet-stream': {
          schema: { type: 'string' as const, contentMediaType: 'application/octet-stream' },
        },
      },
    },
  },
  parameters: ifMatch,
  responses: { 200: taggedJson(draft, 'The draft as it is now.'), ...problems(400, 404, 409, 412, 413, 415) },
})

drafts.openapi(attach, async (c) => {
  const { id, version } = await versionOf(c, c.req.valid('param').id)
  const query = c.req.valid('query')
  const { filename = 'attachment', content_type = 'application/octet-stream', content_id = null } = query
  const file = {
    filename,
    contentType: content_type,
    contentId: content_id,
    bytes: new Uint8Array(await c.req.arrayBuffer()),
  }
  const added = ({ attachments }: DraftFields) => ({ attachments: [...attachments, file] })
  const changed = orProblem(await changeDraft(c.env.deps, c.var.account, id, added, version))
  return c.json(...(await changedAnswer(c, changed)))
})

const detach = defineRoute({
  method: 'delete',
  path: '/v1/drafts/{id}/attachments/{part}',
  operationId: 'detachFromDraft',
  tags: ['Drafts'],
  summary: 'Take a file from a draft',
  description: 'Parts are counted anew after each change: send If-Match.',
  ...requires('mail:write', 'mail:read'),
  request: { params: params.extend({ part: z.string().openapi({ example: '2' }) }) },
  parameters: ifMatch,
  responses: { 200: taggedJson(draft, 'The draft as it is now.'), ...problems(404, 409, 412) },
})

drafts.openapi(detach, async (c) => {
  const { part, id: given } = c.req.valid('param')
  const { id, version } = await versionOf(c, given)
  const without = ({ attachments }: DraftFields): DraftChange | Failure => {
    const kept = attachments.filter((one) => !('part' in one) || one.part !== part)
    return { attachments: found(kept.length < attachments.length && kept, 'attachment') }
  }
  const changed = orProblem(await changeDraft(c.env.deps, c.var.account, id, without, version))
  return c.json(...(await changedAnswer(c, changed)))
})

const send = defineRoute({
  method: 'post',
  path: '/v1/drafts/{id}/send',
  operationId: 'sendDraft',
  tags: ['Drafts'],
  summary: 'Send a draft',
  description:
    'It leaves Drafts as its copy comes to stand in Sent. It is sent once: the same call again, with or without a key, gives the same submission.',
  ...requires('mail:send'),
  request: { params, ...optionalJsonBody(z.strictObject(timingFields).openapi('DraftSending')) },
  parameters: ifMatch,
  responses: { ...accepted, ...problems(400, 404, 409, 412, 413, 415) },
})

drafts.openapi(send, async (c) => {
  const id = found(c.req.valid('param').id, 'draft')
  const version = c.req.header('if-match') === undefined ? null : await currentVersion(c, id)
  const sent = orProblem(await sendDraft(c.env.deps, c.var.account, id, version, readTiming(c.req.valid('json'))))
  return c.json(...sentAnswer(sent))
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/drafts/{id}',
  operationId: 'deleteDraft',
  tags: ['Drafts'],
  summary: 'Delete a draft for good',
  description: 'With the message that holds it.',
  ...requires('mail:write'),
  request: { params },
  parameters: ifMatch,
  responses: { 204: { description: 'It is gone.' }, ...problems(404, 412) },
})

drafts.openapi(remove, async (c) => {
  const { id, version } = await versionOf(c, c.req.valid('param').id)
  const failed = await deleteDraft(c.env.deps, c.var.account, id, version)
  if (failed) orProblem(failed)
  return c.body(null, 204)
})

type AccountContext = Context<AccountEnv>

async function draftOf(c: AccountContext, id: number | null): Promise<DraftDetail> {
  return found(await getDraft(c.env.deps, c.var.account, found(id, 'draft')), 'draft')
}

// Without If-Match any state will do. With it, the state that it names is the one that is changed.
async function versionOf(c: AccountContext, given: number | null): Promise<{ id: number; version: number | null }> {
  const id = found(given, 'draft')
  return { id, version: c.req.header('if-match') === undefined ? null : await currentVersion(c, id) }
}

async function currentVersion(c: AccountContext, id: number): Promise<number> {
  const { row } = await draftOf(c, id)
  refuseStale(c.req, draftTag(row.id, row.version))
  return row.version
}

async function changedAnswer(c: AccountContext, one: DraftDetail) {
  const fields = orProblem(await readDraftFields(c.env.deps, one.message))
  return [renderDraft(one, fields), 200, { etag: draftTag(one.row.id, one.row.version) }] as const
}

async function madeAnswer(c: AccountContext, one: DraftDetail) {
  const [shown, , tagged] = await changedAnswer(c, one)
  return [shown, 201, { ...tagged, location: `/v1/drafts/${shown.id}` }] as const
}

// With an Idempotency-Key a call that is repeated on the same day finds its draft, even where its first answer is lost.
async function nameOf(deps: Deps, whose: (number | null)[], key: string | undefined): Promise<string> {
  if (key === undefined) return base32(deps.random(NAME_BYTES))
  return base32((await hashToken(JSON.stringify(['draft', ...whose, key]))).subarray(0, NAME_BYTES))
}
