/** Where the account sends on what it receives. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { FORWARDING_TARGETS_MAX, type Forwarding, putForwarding, readForwarding } from '../../../access/forwarding.ts'
import { requires } from '../authorize.ts'
import { entityTag, ifMatch, ifNoneMatch, isKnown, notModified, refuseStale } from '../conditions.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { jsonBody, NOT_MODIFIED, problems, taggedJson } from '../responses.ts'
import { defineRoute } from '../route.ts'

export const forwarding = new OpenAPIHono<HttpEnv>()

const TARGET_CHARS_MAX = 320
const TEXTS = {
  targets: `The addresses that mail is sent on to, ${FORWARDING_TARGETS_MAX} at most. None: it is not sent on.`,
  keep_copy: 'Whether it stands in the Inbox as well. Otherwise it goes to Trash, read.',
}

const shape = z
  .object({
    targets: z.array(z.string()).openapi({ description: TEXTS.targets }),
    keep_copy: z.boolean().openapi({ description: TEXTS.keep_copy }),
  })
  .openapi('Forwarding')

const wanted = z
  .strictObject({
    targets: z
      .array(z.string().max(TARGET_CHARS_MAX))
      .max(FORWARDING_TARGETS_MAX)
      .openapi({ description: TEXTS.targets }),
    keep_copy: z.boolean().default(true).openapi({ description: TEXTS.keep_copy }),
  })
  .openapi('NewForwarding')

const read = defineRoute({
  method: 'get',
  path: '/v1/forwarding',
  operationId: 'getForwarding',
  tags: ['Account'],
  summary: 'Where mail is sent on to',
  description: 'Where nobody has chosen anything, it is not sent on.',
  ...requires('settings'),
  parameters: ifNoneMatch,
  responses: { 200: taggedJson(shape, 'The choice.'), 304: NOT_MODIFIED, ...problems(404, 412) },
})

forwarding.openapi(read, async (c) => {
  const known = found(await readForwarding(c.env.deps, c.var.account.accountId), 'account')
  const shown = render(known.forwarding)
  const etag = await entityTag(shown)
  refuseStale(c.req, etag)
  return isKnown(c.req, etag) ? notModified(etag) : c.json(shown, 200, { etag })
})

const put = defineRoute({
  method: 'put',
  path: '/v1/forwarding',
  operationId: 'setForwarding',
  tags: ['Account'],
  summary: 'Choose where mail is sent on to',
  description:
    'Mail that is delivered to the account from now on, but for Junk and what is held back. What becomes of it shows in GET /v1/submissions. An address of the account itself is refused; mail that comes back in a circle is kept and not sent on again.',
  ...requires('settings'),
  request: jsonBody(wanted),
  parameters: ifMatch,
  responses: { 200: taggedJson(shape, 'The choice as it is now.'), ...problems(400, 404, 412, 413, 415) },
})

forwarding.openapi(put, async (c) => {
  const { deps } = c.env
  const { accountId } = c.var.account
  const isConditional = c.req.header('if-match') !== undefined
  const before = isConditional ? found(await readForwarding(deps, accountId), 'account') : null
  if (before) refuseStale(c.req, await entityTag(render(before.forwarding)))
  const { targets, keep_copy: keepsCopy } = c.req.valid('json')
  const now = orProblem(await putForwarding(deps, accountId, { targets, keepsCopy }, before?.stored ?? null))
  const shown = render(now)
  return c.json(shown, 200, { etag: await entityTag(shown) })
})

function render({ targets, keepsCopy }: Forwarding): z.infer<typeof shape> {
  return { targets, keep_copy: keepsCopy }
}
