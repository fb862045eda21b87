/** What the account has chosen for itself, what it holds, and who changed what of it. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { getAccount } from '../../../access/accounts.ts'
import { changeSettings } from '../../../access/settings.ts'
import { readUsage } from '../../../access/usage.ts'
import { auditList, pageOfAudit } from '../audit-view.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem, Problem } from '../errors.ts'
import { json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { pageQuery } from '../schemas.ts'
import { readChange, renderSettings, settings as schema, settingsChange } from '../settings-view.ts'
import { renderUsage, usage } from '../usage-view.ts'

export const settings = new OpenAPIHono<HttpEnv>()

const read = defineRoute({
  method: 'get',
  path: '/v1/settings',
  operationId: 'getSettings',
  tags: ['Account'],
  summary: "The account's settings",
  description: 'What it has chosen for itself. Null stands for the choice of the server.',
  ...requires('settings'),
  responses: { 200: json(schema, 'The settings.'), ...problems(404) },
})

settings.openapi(read, async (c) => {
  const account = await getAccount(c.env.deps, c.var.account.accountId)
  return c.json(renderSettings(found(account, 'account').settings), 200)
})

const change = defineRoute({
  method: 'patch',
  path: '/v1/settings',
  operationId: 'updateSettings',
  tags: ['Account'],
  summary: "Change some of the account's settings",
  description: 'What is not named stays. Mail that was filed before stays where it is.',
  ...requires('settings'),
  request: jsonBody(settingsChange),
  responses: { 200: json(schema, 'The settings as they are now.'), ...problems(400, 404, 413, 415) },
})

settings.openapi(change, async (c) => {
  const changed = await changeSettings(c.env.deps, c.var.account.accountId, readChange(c.req.valid('json')))
  return c.json(renderSettings(orProblem(changed)), 200)
})

const use = defineRoute({
  method: 'get',
  path: '/v1/usage',
  operationId: 'getUsage',
  tags: ['Account'],
  summary: 'What the account holds',
  description: 'Stored counts, of the whole account: a key of one address is refused.',
  ...requires('mail:read'),
  responses: { 200: json(usage, 'The counts.'), ...problems(404) },
})

settings.openapi(use, async (c) => {
  const { accountId, addressId } = c.var.account
  // It would watch the mail of the other addresses come by the counts.
  if (addressId !== null)
    throw new Problem('forbidden', 'These counts are of the whole account; this key is of one address.')
  return c.json(renderUsage(found(await readUsage(c.env.deps, accountId), 'account')), 200)
})

const audit = defineRoute({
  method: 'get',
  path: '/v1/audit',
  operationId: 'listAudit',
  tags: ['Account'],
  summary: "Who changed what of the account's settings",
  description: "Newest first, for 400 days: the account's own keys, and the admin where a change names the account.",
  ...requires('settings'),
  request: { query: pageQuery },
  responses: { 200: json(auditList, 'A page.'), ...problems(400) },
})

settings.openapi(audit, async (c) =>
  c.json(await pageOfAudit(c.env.deps, 'audit', c.var.account.accountId, c.req.valid('query')), 200),
)
