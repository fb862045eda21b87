/** Where sending providers tell what became of mail. Takes no key: each proves by its own means that it is it. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { EVENT_PROVIDERS, receiveEvents } from '../../../outbound/provider-events/receive.ts'
import type { HttpEnv } from '../context.ts'
import { orProblem, Problem } from '../errors.ts'
import { json, publicProblems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { count } from '../schemas.ts'

export const providerEvents = new OpenAPIHono<HttpEnv>()

export const PROVIDER_EVENTS_BYTES_MAX = 1024 * 1024

/** Postmark's means; RFC 9110 §11.6.1 wants one with every 401. */
const CHALLENGE = 'Basic realm="postern events"'

const receive = defineRoute({
  method: 'post',
  path: '/v1/providers/{name}/events',
  operationId: 'receiveProviderEvents',
  tags: ['Server'],
  summary: "A sending provider's events: its webhook",
  description:
    'For the provider alone, in its own form, signed in its own way: Svix for Resend, Basic authentication for Postmark, HMAC for Mailgun, SNS for SES, ECDSA for SendGrid, RFC 9421 for MailChannels. 404 where it is not set up; 401 where it is not signed by it; after a 5xx it sends the events again.',
  security: [],
  request: {
    params: z.object({ name: z.enum(EVENT_PROVIDERS).openapi({ description: 'The provider.' }) }),
    body: {
      required: true,
      content: { 'text/plain': { schema: { type: 'string' as const, description: "The provider's own JSON." } } },
    },
  },
  responses: {
    200: json(z.object({ events: count, applied: count }).openapi('ReceivedEvents'), 'Taken.'),
    ...publicProblems(400, 401, 404, 413, 415),
  },
})

providerEvents.openapi(receive, async (c) => {
  const { name } = c.req.valid('param')
  if (c.req.header('content-encoding') !== undefined)
    throw new Problem('unsupported-media-type', 'Send the events without a Content-Encoding.')
  const body = new Uint8Array(await c.req.arrayBuffer())
  const received = await receiveEvents(c.env.deps, name, { headers: c.req.raw.headers, body })
  if ('failure' in received && received.failure === 'unauthenticated')
    throw new Problem('unauthenticated', received.detail, { headers: { 'www-authenticate': CHALLENGE } })
  return c.json(orProblem(received), 200)
})
