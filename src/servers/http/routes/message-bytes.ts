/**
 * A message's own bytes: the whole as it came, and its attachments decoded. Streamed from R2 by range, so that a large
 * message costs no memory, and always as a download (download.ts).
 */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Deps } from '../../../deps.ts'
import { standsInJunk } from '../../../mailbox/mailboxes.ts'
import { findAttachment, readMessage, readRaw } from '../../../mailbox/read.ts'
import type { Reader } from '../../../mailbox/reader.ts'
import type { MessageDetail } from '../../../mailbox/view.ts'
import { bytesOf, downloadHeaders, serveAttachment } from '../attachment-bytes.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { found, Problem } from '../errors.ts'
import { rangeParameters, rangeResponses, serveFixedBytes } from '../fixed-bytes.ts'
import { formatId } from '../ids.ts'
import { headers, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { flag, idParam } from '../schemas.ts'

export const messageBytes = new OpenAPIHono<HttpEnv>()

const params = z.object({ id: idParam('msg', 'The message.') })

const rawContent = bytesOf('message/rfc822')
/** download.ts says which types there are. */
const attachmentContent = bytesOf('*/*', 'application/octet-stream')

const raw = defineRoute({
  method: 'get',
  path: '/v1/messages/{id}/raw',
  operationId: 'getRawMessage',
  tags: ['Messages'],
  summary: 'The message as it was received, byte for byte',
  description: 'Takes a Range header with one range, so that a download can go on where it broke off.',
  ...requires('mail:read'),
  request: { params },
  parameters: rangeParameters,
  responses: {
    200: {
      description: 'The whole message.',
      content: rawContent,
      headers: headers('Accept-Ranges', 'Content-Disposition', 'ETag'),
    },
    ...rangeResponses(rawContent),
    ...problems(404, 412, 416),
  },
})

messageBytes.openapi(raw, async (c) => {
  const { deps } = c.env
  const detail = await messageOf(deps, c.var.account, c.req.valid('param').id)
  const name = formatId('msg', detail.id)
  return serveFixedBytes(c.req, {
    // The bytes of an id never change, so the id is their strong validator.
    etag: `"${name}"`,
    size: detail.size,
    headers: downloadHeaders('message/rfc822', `${name}.eml`),
    read: (start, end) => readRaw(deps, detail, start, end),
  })
})

const attachment = defineRoute({
  method: 'get',
  path: '/v1/messages/{id}/attachments/{part}',
  operationId: 'getAttachment',
  tags: ['Messages'],
  summary: 'One attachment, decoded',
  description:
    'Under its own media type where no browser runs that, otherwise as application/octet-stream. Attachments of mail that stands in Junk are given only with allow_spam=true. A Range header is obeyed where the answer would carry Accept-Ranges: where the attachment stands in the message unencoded.',
  ...requires('mail:read'),
  request: {
    params: params.extend({
      part: z.string().openapi({ description: "An attachment's `part`, as the message lists it.", example: '2' }),
    }),
    query: z.strictObject({
      allow_spam: flag.optional().openapi({ description: 'Give it although the message stands in Junk.' }),
    }),
  },
  parameters: rangeParameters,
  responses: {
    200: {
      description: 'The decoded bytes.',
      content: attachmentContent,
      headers: headers('Accept-Ranges', 'Content-Disposition', 'ETag'),
    },
    ...rangeResponses(attachmentContent),
    ...problems(404, 412, 416),
  },
})

messageBytes.openapi(attachment, async (c) => {
  const { deps } = c.env
  const { id, part: path } = c.req.valid('param')
  const detail = await messageOf(deps, c.var.account, id)
  const source = found(findAttachment(detail, path), 'attachment')
  if (c.req.valid('query').allow_spam !== true && (await standsInJunk(deps, c.var.account.accountId, detail)))
    throw inJunk()
  return serveAttachment(c.req, deps, detail, source)
})

async function messageOf(deps: Deps, reader: Reader, id: number | null): Promise<MessageDetail> {
  return found(await readMessage(deps, reader, found(id, 'message')), 'message')
}

// The pointer tells this apart from a key that lacks a scope.
function inJunk(): Problem {
  const detail = 'This message stands in Junk. Ask with allow_spam=true to fetch its attachments.'
  return new Problem('forbidden', detail, { errors: [{ in: 'query', pointer: '/allow_spam', detail }] })
}
