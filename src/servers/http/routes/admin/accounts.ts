/** Accounts, as the admin sees them: how much they hold, never what. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  type Account,
  changeAccount,
  createAccount,
  getAccount,
  listAccounts,
  removeAccount,
} from '../../../../access/accounts.ts'
import { readSendingUsage } from '../../../../access/sending-usage.ts'
import { readUsage } from '../../../../access/usage.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { found } from '../../errors.ts'
import { formatId } from '../../ids.ts'
import { NAME_CHARS_MAX } from '../../key-view.ts'
import { readPage } from '../../paging.ts'
import { headers, json, jsonBody, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { bytes, formatOptionalTime, formatTime, id, idParam, line, listOf, pageQuery, time } from '../../schemas.ts'
import {
  readSendingChange,
  renderSendingSettings,
  renderSendingUsage,
  sendingChange,
  sendingSettings,
} from '../../sending-limits-view.ts'
import {
  readSpamSettingsChange,
  renderSpamSettings,
  spamSettings,
  spamSettingsChange,
} from '../../spam-settings-view.ts'
import { renderUsage, wholeUsage } from '../../usage-view.ts'

export const accounts = new OpenAPIHono<HttpEnv>()

const quota = z.int().min(0).nullable()

const account = z
  .object({
    id: id('acc'),
    name: z.string(),
    used_bytes: bytes,
    quota_bytes: bytes.nullable().openapi({ description: 'Null: no limit.' }),
    spam_settings: spamSettings,
    sending: sendingSettings,
    suspended: z
      .boolean()
      .openapi({ description: 'Its keys and app passwords open nothing; its mail comes in and is kept.' }),
    suspended_at: time.nullable(),
    created_at: time,
  })
  .openapi('Account')

const accountChange = z
  .strictObject({
    name: line(NAME_CHARS_MAX, 'For people to read.').optional(),
    quota_bytes: quota
      .optional()
      .openapi({ description: 'Null: no limit. Below what is used: new mail waits with its senders.' }),
    spam_settings: spamSettingsChange.optional(),
    sending: sendingChange.optional(),
    suspended: z.boolean().optional().openapi({ description: 'True shuts out its keys and app passwords, at once.' }),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'must name something to change')
  .openapi('AccountChange')

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/accounts',
  operationId: 'listAccounts',
  tags: ['Admin'],
  summary: 'All accounts',
  description: 'In the order in which they were made.',
  ...requiresAdmin(),
  request: { query: pageQuery },
  responses: { 200: json(listOf(account, 'AccountList'), 'A page.'), ...problems(400) },
})

accounts.openapi(list, async (c) => {
  const { deps } = c.env
  const page = await readPage(deps, c.req.valid('query'), {
    binding: ['admin/accounts'],
    read: (after, limit) => listAccounts(deps, after, limit),
    render,
  })
  return c.json(page, 200)
})

const create = defineRoute({
  method: 'post',
  path: '/v1/admin/accounts',
  operationId: 'createAccount',
  tags: ['Admin'],
  summary: 'Make an account, with its first mailboxes',
  description: 'It receives mail once it has an address.',
  ...requiresAdmin(),
  request: jsonBody(
    z
      .strictObject({
        name: line(NAME_CHARS_MAX, 'For people to read.'),
        quota_bytes: quota.optional().openapi({ description: 'Null or absent: no limit.' }),
      })
      .openapi('NewAccount'),
  ),
  responses: { 201: { ...json(account, 'The account.'), headers: headers('Location') }, ...problems(400, 413, 415) },
})

accounts.openapi(create, async (c) => {
  const input = c.req.valid('json')
  const made = await createAccount(c.env.deps, { name: input.name, quotaBytes: input.quota_bytes ?? null })
  const rendered = render(made)
  return c.json(rendered, 201, { location: `/v1/admin/accounts/${rendered.id}` })
})

const read = defineRoute({
  method: 'get',
  path: '/v1/admin/accounts/{id}',
  operationId: 'getAccount',
  tags: ['Admin'],
  summary: 'One account',
  description: 'How much it holds, never what.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('acc', 'The account.') }) },
  responses: { 200: json(account, 'The account.'), ...problems(404) },
})

accounts.openapi(read, async (c) => {
  const id = found(c.req.valid('param').id, 'account')
  return c.json(render(found(await getAccount(c.env.deps, id), 'account')), 200)
})

const change = defineRoute({
  method: 'patch',
  path: '/v1/admin/accounts/{id}',
  operationId: 'updateAccount',
  tags: ['Admin'],
  summary: 'Rename, limit, set up, suspend or resume an account',
  description: 'What is not named stays. A suspended account receives mail as before; nobody gets in.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('acc', 'The account.') }), ...jsonBody(accountChange) },
  responses: { 200: json(account, 'The account as it is now.'), ...problems(400, 404, 413, 415) },
})

accounts.openapi(change, async (c) => {
  const id = found(c.req.valid('param').id, 'account')
  const { name, quota_bytes: quotaBytes, spam_settings: settings, sending, suspended } = c.req.valid('json')
  const asked = {
    name,
    quotaBytes,
    settings: settings && readSpamSettingsChange(settings),
    sending: sending && readSendingChange(sending),
    suspended,
  }
  return c.json(render(found(await changeAccount(c.env.deps, id, asked), 'account')), 200)
})

const use = defineRoute({
  method: 'get',
  path: '/v1/admin/accounts/{id}/usage',
  operationId: 'getAccountUsage',
  tags: ['Admin'],
  summary: 'What an account holds, in numbers',
  description: 'Stored counts: asking costs the same in a mailbox of any size.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('acc', 'The account.') }) },
  responses: { 200: json(wholeUsage, 'The counts.'), ...problems(404) },
})

accounts.openapi(use, async (c) => {
  const id = found(c.req.valid('param').id, 'account')
  const sending = found(await readSendingUsage(c.env.deps, id, null), 'account')
  const held = renderUsage(found(await readUsage(c.env.deps, id), 'account'))
  return c.json({ ...held, sending: renderSendingUsage(sending) }, 200)
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/admin/accounts/{id}',
  operationId: 'deleteAccount',
  tags: ['Admin'],
  summary: 'Delete an account with all that it has',
  description:
    'Its addresses, keys and passwords end at once and no mail comes in any more; its mail is erased in the background, for good.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('acc', 'The account.') }) },
  responses: { 204: { description: 'Deleted.' }, ...problems(404) },
})

accounts.openapi(remove, async (c) => {
  found(await removeAccount(c.env.deps, found(c.req.valid('param').id, 'account')), 'account')
  return c.body(null, 204)
})

function render(one: Account): z.infer<typeof account> {
  return {
    id: formatId('acc', one.id),
    name: one.name,
    used_bytes: one.usedBytes,
    quota_bytes: one.quotaBytes,
    spam_settings: renderSpamSettings(one.settings),
    sending: renderSendingSettings(one.sending),
    suspended: one.suspendedAt !== null,
    suspended_at: formatOptionalTime(one.suspendedAt),
    created_at: formatTime(one.createdAt),
  }
}
