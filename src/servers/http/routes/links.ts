/** Signed links: one attachment to whoever holds the link (links.ts), for browsers, which send no key. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { readLinked } from '../../../mailbox/linked.ts'
import { findAttachment } from '../../../mailbox/read.ts'
import { bytesOf, serveAttachment } from '../attachment-bytes.ts'
import type { HttpEnv } from '../context.ts'
import type { Disposition } from '../download.ts'
import { found, Problem } from '../errors.ts'
import { rangeParameters, rangeResponses } from '../fixed-bytes.ts'
import { isOver, readLink } from '../links.ts'
import { headers, publicProblems } from '../responses.ts'
import { defineRoute } from '../route.ts'

export const links = new OpenAPIHono<HttpEnv>()

const content = bytesOf('*/*', 'application/octet-stream')
const answers = publicProblems(404, 410, 412, 416)

const follow = defineRoute({
  method: 'get',
  path: '/v1/links/{token}',
  operationId: 'followLink',
  tags: ['Messages'],
  summary: 'The attachment that a link leads to',
  description:
    "Takes no key. An attachment's `url` is such a link, and so is the address of each picture that a message's sanitised HTML takes from the message itself: that one is shown inline, everything else is a download. A link ends with its message, and while that stands in Junk, unless it was made with allow_spam=true.",
  security: [],
  request: {
    params: z.object({ token: z.string().openapi({ description: 'What a link ends with, as it came.' }) }),
  },
  parameters: rangeParameters,
  responses: {
    200: {
      description: 'The decoded bytes.',
      content,
      headers: headers('Accept-Ranges', 'Content-Disposition', 'ETag'),
    },
    ...rangeResponses(content),
    ...answers,
    404: { ...answers[404], description: 'No link of this server, or what it led to is gone.' },
    410: { ...answers[410], description: 'The link is past its `url_expires_at`: read the message again for another.' },
  },
})

links.openapi(follow, async (c) => {
  const { deps } = c.env
  const link = found(await readLink(deps, c.req.valid('param').token), 'link')
  // Only who was given the link learns that it was one, and nothing about the message.
  if (isOver(deps, link)) throw new Problem('gone', 'This link is over. Read the message again for another.')
  // What was moved to Junk is as gone: where it stands is not for whoever holds a link.
  const detail = found(await readLinked(deps, link), 'link')
  const source = found(findAttachment(detail, link.part), 'link')
  const response = await serveAttachment(c.req, deps, detail, source, link.disposition)
  for (const [name, value] of Object.entries(headersOfLinked(link.disposition))) response.headers.set(name, value)
  return response
})

/**
 * Not even the reader's own browser keeps a copy: it would outlive the message. A picture is shown by a frame of a page
 * that may come from anywhere, and that has no origin of its own; what keeps others out is the token.
 */
function headersOfLinked(disposition: Disposition): Record<string, string> {
  return {
    'cache-control': 'private, no-store',
    ...(disposition === 'inline' ? { 'cross-origin-resource-policy': 'cross-origin' } : {}),
  }
}
