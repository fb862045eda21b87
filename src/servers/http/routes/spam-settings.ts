/** What the account has chosen of its filter. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { changeSettings, readSettings } from '../../../access/settings.ts'
import { requires } from '../authorize.ts'
import { entityTag, ifMatch, ifNoneMatch, isKnown, notModified, refuseStale } from '../conditions.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { jsonBody, NOT_MODIFIED, problems, taggedJson } from '../responses.ts'
import { defineRoute } from '../route.ts'
import {
  readSpamSettingsChange,
  renderSpamSettings,
  spamSettings as schema,
  spamSettingsChange,
} from '../spam-settings-view.ts'

export const spamSettings = new OpenAPIHono<HttpEnv>()

const read = defineRoute({
  method: 'get',
  path: '/v1/spam/settings',
  operationId: 'getSpamSettings',
  tags: ['Spam filter'],
  summary: "The account's choices about its filter",
  description: 'Null stands for the choice of the server.',
  ...requires('settings'),
  parameters: ifNoneMatch,
  responses: { 200: taggedJson(schema, 'The settings.'), 304: NOT_MODIFIED, ...problems(404, 412) },
})

spamSettings.openapi(read, async (c) => {
  const { settings } = found(await readSettings(c.env.deps, c.var.account.accountId), 'account')
  const shown = renderSpamSettings(settings)
  const etag = await entityTag(shown)
  refuseStale(c.req, etag)
  return isKnown(c.req, etag) ? notModified(etag) : c.json(shown, 200, { etag })
})

const change = defineRoute({
  method: 'patch',
  path: '/v1/spam/settings',
  operationId: 'updateSpamSettings',
  tags: ['Spam filter'],
  summary: "Change some of the account's choices about its filter",
  description: 'What is not named stays. They are for mail that comes from now on.',
  ...requires('settings'),
  request: jsonBody(spamSettingsChange),
  parameters: ifMatch,
  responses: { 200: taggedJson(schema, 'The settings as they are now.'), ...problems(400, 404, 412, 413, 415) },
})

spamSettings.openapi(change, async (c) => {
  const { deps } = c.env
  const { accountId } = c.var.account
  const isConditional = c.req.header('if-match') !== undefined
  const before = isConditional ? found(await readSettings(deps, accountId), 'account') : null
  if (before) refuseStale(c.req, await entityTag(renderSpamSettings(before.settings)))
  const wanted = readSpamSettingsChange(c.req.valid('json'))
  const shown = renderSpamSettings(orProblem(await changeSettings(deps, accountId, wanted, before?.stored ?? null)))
  return c.json(shown, 200, { etag: await entityTag(shown) })
})
