/**
 * A message's own bytes: the whole as it came, and its attachments decoded. Streamed from R2 by range, so that a large
 * message costs no memory, and always as a download (download.ts).
 */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Deps } from '../../../deps.ts'
import { listMailboxes } from '../../../mailbox/mailboxes.ts'
import { readAttachment, readMessage, readRaw } from '../../../mailbox/read.ts'
import type { Reader } from '../../../mailbox/reader.ts'
import type { MessageDetail } from '../../../mailbox/view.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { attachmentDisposition, SANDBOX, safeFilename, servedType } from '../download.ts'
import { found, Problem } from '../errors.ts'
import { formatId } from '../ids.ts'
import { parseRange } from '../range.ts'
import { problems } from '../responses.ts'
import { flag, idParam } from '../schemas.ts'

export const messageBytes = new OpenAPIHono<HttpEnv>()

const binary = z.string().openapi({ format: 'binary' })
const params = z.object({ id: idParam('msg', 'The message.') })

const raw = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/raw',
  operationId: 'getRawMessage',
  tags: ['Messages'],
  summary: 'The message as it was received, byte for byte',
  description: 'Takes a Range header with one range.',
  ...requires('mail:read'),
  request: { params },
  responses: {
    200: { description: 'The whole message.', content: { 'message/rfc822': { schema: binary } } },
    206: { description: 'A range of it.', content: { 'message/rfc822': { schema: binary } } },
    ...problems(404, 416),
  },
})

messageBytes.openapi(raw, async (c) => {
  const { deps } = c.env
  const detail = await messageOf(deps, c.var.account, c.req.valid('param').id)
  const name = formatId('msg', detail.id)
  // The bytes of an id never change, so the id is their strong validator.
  const etag = `"${name}"`
  const ifRange = c.req.header('if-range')
  const range = ifRange === undefined || ifRange === etag ? parseRange(c.req.header('range'), detail.size) : null
  if (range === 'unsatisfiable') throw outside(detail.size)
  const { start, end } = range ?? { start: 0, end: detail.size }
  return new Response(c.req.method === 'HEAD' ? null : await readRaw(deps, detail, start, end), {
    status: range ? 206 : 200,
    headers: {
      ...downloadHeaders('message/rfc822', `${name}.eml`),
      'accept-ranges': 'bytes',
      'content-length': String(end - start),
      etag,
      ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${detail.size}` } : {}),
    },
  })
})

const attachment = createRoute({
  method: 'get',
  path: '/v1/messages/{id}/attachments/{part}',
  operationId: 'getAttachment',
  tags: ['Messages'],
  summary: 'One attachment, decoded',
  description: 'Attachments of mail that stands in Junk are given only with allow_spam=true.',
  ...requires('mail:read'),
  request: {
    params: params.extend({
      part: z.string().openapi({ description: "An attachment's `part`, as the message lists it.", example: '2' }),
    }),
    query: z.strictObject({ allow_spam: flag.optional() }),
  },
  responses: {
    200: { description: 'The decoded bytes.', content: { 'application/octet-stream': { schema: binary } } },
    ...problems(404, 422),
  },
})

messageBytes.openapi(attachment, async (c) => {
  const { deps } = c.env
  const { id, part } = c.req.valid('param')
  const detail = await messageOf(deps, c.var.account, id)
  const listed = found(
    detail.attachments.find((candidate) => candidate.part === part),
    'attachment',
  )
  if (c.req.valid('query').allow_spam !== true && (await standsInJunk(deps, c.var.account, detail)))
    throw new Problem('forbidden', 'This message stands in Junk. Ask with allow_spam=true to fetch its attachments.')
  const content = c.req.method === 'HEAD' ? null : found(await readAttachment(deps, detail, part), 'attachment')
  const filename = safeFilename(listed.filename) ?? `attachment-${part}`
  return new Response(content?.stream ?? null, { headers: downloadHeaders(servedType(listed.contentType), filename) })
})

async function messageOf(deps: Deps, reader: Reader, id: number | null): Promise<MessageDetail> {
  return found(await readMessage(deps, reader, found(id, 'message')), 'message')
}

// Where it stands now, not how it was judged: what its owner has moved out of Junk is no longer suspect.
async function standsInJunk(deps: Deps, reader: Reader, detail: MessageDetail): Promise<boolean> {
  const junk = (await listMailboxes(deps, reader)).find((mailbox) => mailbox.role === 'junk')
  return detail.placements.some(({ mailboxId }) => mailboxId === junk?.id)
}

function downloadHeaders(contentType: string, filename: string): Record<string, string> {
  return {
    'content-type': contentType,
    'content-disposition': attachmentDisposition(filename),
    'content-security-policy': SANDBOX,
  }
}

function outside(size: number): Problem {
  return new Problem('range-not-satisfiable', `The message has ${size} bytes.`, {
    headers: { 'content-range': `bytes */${size}` },
  })
}
