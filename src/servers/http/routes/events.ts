/** What happened in the account, read back in its order. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { BEGINNING, EVENT_SECONDS, listEvents } from '../../../notify/events.ts'
import { requires } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import type { HttpEnv } from '../context.ts'
import { orProblem, Problem } from '../errors.ts'
import { EVENT_ID_CHARS_MAX, eventFilter, eventPage, formatEventId, parseEventId, renderEvent } from '../event-view.ts'
import { json, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { limit } from '../schemas.ts'

export const events = new OpenAPIHono<HttpEnv>()

const DAYS = EVENT_SECONDS / 86_400
const TYPES_CHARS_MAX = 1_000

export const types = z
  .string()
  .max(TYPES_CHARS_MAX)
  .transform((text) => text.split(','))
  .pipe(z.array(eventFilter))
  .openapi({
    type: 'string',
    example: 'message.received,delivery.*',
    description: 'Only events of these types, with commas between them; `message.*` is all that begin so.',
  })

const list = defineRoute({
  method: 'get',
  path: '/v1/events',
  operationId: 'listEvents',
  tags: ['Events'],
  summary: 'What happened, oldest first',
  description: `Events are kept for ${DAYS} days. Without \`since\`: from the oldest that is kept. They tell ids alone. A page of some types examines at most 500 events: it may be short, even empty, while has_more is true.`,
  ...requires('mail:read'),
  request: {
    query: z.strictObject({
      since: z
        .string()
        .max(EVENT_ID_CHARS_MAX)
        .optional()
        .openapi({ description: 'The id of an event: those after it. 410 where it is not kept any more.' }),
      types: types.optional(),
      limit: limit(),
    }),
  },
  responses: { 200: json(eventPage, 'A page.'), ...problems(400, 410) },
})

events.openapi(list, async (c) => {
  refuseBound(c.var.account)
  const { deps } = c.env
  const { accountId } = c.var.account
  const { since: text, types = null, limit } = c.req.valid('query')
  const since = text === undefined ? BEGINNING : parseEventId(accountId, text)
  if (!since) throw refused()
  const { events, next, more } = orProblem(await listEvents(deps, accountId, { since, types, limit }))
  const nextSince = next.modseq === 0 ? null : formatEventId(accountId, next)
  return c.json({ data: events.map(renderEvent), has_more: more, next_since: nextSince }, 200)
})

export function refused(): Problem {
  const detail = 'This is not the id of an event of this account: leave `since` out to begin.'
  return new Problem('malformed', detail, { errors: [{ in: 'query', pointer: '/since', detail }] })
}
