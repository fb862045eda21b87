/** What the account holds, and who changed what of its settings. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { readSendingUsage } from '../../../access/sending-usage.ts'
import { readUsage } from '../../../access/usage.ts'
import { auditList, pageOfAudit } from '../audit-view.ts'
import { requires } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import type { HttpEnv } from '../context.ts'
import { found } from '../errors.ts'
import { json, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { pageQuery } from '../schemas.ts'
import { renderSendingUsage } from '../sending-limits-view.ts'
import { renderUsage, wholeUsage } from '../usage-view.ts'

export const account = new OpenAPIHono<HttpEnv>()

const use = defineRoute({
  method: 'get',
  path: '/v1/usage',
  operationId: 'getUsage',
  tags: ['Account'],
  summary: 'What the account holds, and what it may send',
  description: 'Stored counts, of the whole account: a key of one address is refused.',
  ...requires('mail:read'),
  responses: { 200: json(wholeUsage, 'The counts.'), ...problems(404) },
})

account.openapi(use, async (c) => {
  // It would watch the mail of the other addresses come by the counts.
  refuseBound(c.var.account)
  const { accountId } = c.var.account
  const sending = found(await readSendingUsage(c.env.deps, accountId, c.var.account), 'account')
  const held = renderUsage(found(await readUsage(c.env.deps, accountId), 'account'))
  return c.json({ ...held, sending: renderSendingUsage(sending) }, 200)
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

account.openapi(audit, async (c) =>
  c.json(await pageOfAudit(c.env.deps, 'audit', c.var.account.accountId, c.req.valid('query')), 200),
)
