/** What changed in the account since a state: how a client keeps a copy without listing anew. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { type Change, currentState, listChanges } from '../../../mailbox/changes.ts'
import { requires } from '../authorize.ts'
import { formatState, parseState, STATE_CHARS_MAX } from '../change-state.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem, Problem } from '../errors.ts'
import { formatId } from '../ids.ts'
import { json, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { id, limit } from '../schemas.ts'

export const changes = new OpenAPIHono<HttpEnv>()

const CHANGES_DEFAULT = 100

const change = z
  .object({
    kind: z.enum(['created', 'updated', 'destroyed']),
    id: id('msg'),
    thread_id: id('thr').nullable().openapi({ description: 'Null for what is destroyed.' }),
    mailbox_ids: z.array(id('mbx')).openapi({ description: 'Where the message stands now.' }),
  })
  .openapi('Change')

const body = z
  .object({
    data: z.array(change).openapi({ description: 'Oldest first; a message changed twice is told once.' }),
    has_more: z.boolean(),
    state: z.string().openapi({ description: 'Ask with this as `since` for what comes next.' }),
  })
  .openapi('Changes')

const list = defineRoute({
  method: 'get',
  path: '/v1/changes',
  operationId: 'listChanges',
  tags: ['Changes'],
  summary: 'What was created, updated and destroyed since a state',
  description: 'Without `since`: the present state and no changes, from which to begin.',
  ...requires('mail:read'),
  request: {
    query: z.strictObject({ since: z.string().max(STATE_CHARS_MAX).optional(), limit: limit(CHANGES_DEFAULT) }),
  },
  responses: { 200: json(body, 'A page of changes.'), ...problems(400, 404, 410) },
})

changes.openapi(list, async (c) => {
  const { deps } = c.env
  const { accountId } = c.var.account
  const { since, limit } = c.req.valid('query')
  if (since === undefined) {
    const state = found(await currentState(deps, accountId), 'account')
    return c.json({ data: [], has_more: false, state: await formatState(deps, accountId, state) }, 200)
  }
  const from = await parseState(deps, accountId, since)
  if (!from) throw refused()
  const page = orProblem(await listChanges(deps, c.var.account, from, limit))
  const state = await formatState(deps, accountId, page.state)
  return c.json({ data: page.changes.map(render), has_more: page.more, state }, 200)
})

function render(one: Change): z.infer<typeof change> {
  const gone = one.kind === 'destroyed'
  return {
    kind: one.kind,
    id: formatId('msg', one.id),
    thread_id: gone ? null : formatId('thr', one.threadId),
    mailbox_ids: gone ? [] : one.mailboxIds.map((mailboxId) => formatId('mbx', mailboxId)),
  }
}

function refused(): Problem {
  const detail = 'This is not a state of this account: use `state` as it came, or leave `since` out to begin.'
  return new Problem('malformed', detail, { errors: [{ in: 'query', pointer: '/since', detail }] })
}
