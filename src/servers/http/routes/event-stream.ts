/** The account's events as they happen: server-sent events, or a WebSocket where the request asks for one. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { EVENT_SECONDS } from '../../../notify/events.ts'
import { follow, PACE } from '../../../notify/follow.ts'
import { STREAMS_MAX } from '../../../notify/live.ts'
import { requires, stillOpens } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import type { HttpEnv } from '../context.ts'
import { orProblem } from '../errors.ts'
import { sendFrames, serverSentEvents } from '../event-frames.ts'
import { EVENT_ID_CHARS_MAX, parseEventId } from '../event-view.ts'
import { problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { refused, types } from './events.ts'

export const eventStream = new OpenAPIHono<HttpEnv>()

const DAYS = EVENT_SECONDS / 86_400
const MINUTES = PACE.lifeMs / 60_000
const BEAT = PACE.beatMs / 1000

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // For proxies that would collect an answer before they pass it on.
  'x-accel-buffering': 'no',
}

const stream = defineRoute({
  method: 'get',
  path: '/v1/events/stream',
  operationId: 'streamEvents',
  tags: ['Events'],
  summary: 'What happens, as it happens',
  description: `Server-sent events: \`id\` is the event's, \`event\` its type, \`data\` an Event as JSON. Begins now, or after \`since\` or \`Last-Event-ID\` (which wins), within ${DAYS} days; 410 where that event is not kept any more: list the mail anew, or follow /v1/changes, and begin without it. Events come at least once and in order. Every ${BEAT} seconds without one a comment comes, whose \`id\` is where to go on. A stream lasts ${MINUTES} minutes, ${BEAT} seconds after its key was revoked or its account suspended, and ends with the event \`end\`, whose data is \`{"reason": "over" | "refused" | "behind" | "lost"}\`: connect again with the last id. A browser's own EventSource and WebSocket cannot send the key: use fetch, or a client that sets headers. At most ${STREAMS_MAX} streams of an account are open at once. With \`Upgrade: websocket\` it is a WebSocket: each text frame is an Event, or \`{"type": "quiet", "id": ...}\`, or \`{"type": "end", "reason": ...}\`. Say anything at times: after a megabyte without a word from the client, the stream ends as "slow".`,
  ...requires('mail:read'),
  request: {
    headers: z.object({
      'last-event-id': z
        .string()
        .max(EVENT_ID_CHARS_MAX)
        .optional()
        .openapi({ description: 'The id of the last event that was heard: those after it.' }),
    }),
    query: z.strictObject({
      since: z
        .string()
        .max(EVENT_ID_CHARS_MAX)
        .optional()
        .openapi({ description: 'The id of an event: begins with those after it, instead of now.' }),
      types: types.optional(),
    }),
  },
  responses: {
    101: { description: 'A WebSocket, where the request asked for one.' },
    200: {
      description: 'The stream.',
      content: { 'text/event-stream': { schema: z.string().openapi({ example: ': quiet\n\n' }) } },
    },
    ...problems(400, 410),
  },
})

eventStream.openapi(stream, async (c) => {
  refuseBound(c.var.account)
  const { deps } = c.env
  const { accountId } = c.var.account
  const { since, types = null } = c.req.valid('query')
  // An empty one is what a client sends that has heard nothing yet.
  const last = c.req.valid('header')['last-event-id'] || since
  const place = last === undefined ? null : parseEventId(accountId, last)
  if (last !== undefined && !place) throw refused()
  // Its headers, and no stream that nobody reads.
  if (c.req.method === 'HEAD') return new Response(null, { headers: HEADERS })
  const follower = orProblem(await follow(deps, accountId, { since: place, types, mayFollow: () => stillOpens(c) }))
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
    return new Response(serverSentEvents(accountId, follower), { headers: HEADERS })
  const { 0: client, 1: socket } = new WebSocketPair()
  socket.accept()
  // Not handed to the background: the socket itself keeps the request alive, for longer than background work may last.
  void sendFrames(accountId, follower, socket).catch((error) => {
    deps.log({ level: 'error', at: 'event-stream', account: accountId, error: String(error) })
    follower.close()
  })
  return new Response(null, { status: 101, webSocket: client })
})
