/** App passwords: what mail clients log in with. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { type AppPassword, createAppPassword, listAppPasswords, removeAppPassword } from '../../../../access/keys.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { found, orProblem } from '../../errors.ts'
import { formatId } from '../../ids.ts'
import { NAME_CHARS_MAX } from '../../key-view.ts'
import { readPage } from '../../paging.ts'
import { json, jsonBody, problems } from '../../responses.ts'
import { defineRoute, SHOWN_ONCE_FIELD } from '../../route.ts'
import { formatOptionalTime, formatTime, id, idField, idParam, line, listOf, pageQuery, time } from '../../schemas.ts'

export const appPasswords = new OpenAPIHono<HttpEnv>()

const appPassword = z
  .object({
    id: id('app'),
    account_id: id('acc'),
    name: z.string(),
    created_at: time,
    last_used_at: time.nullable(),
  })
  .openapi('AppPassword')

const created = appPassword
  .extend({
    password: z.string().nullable().openapi({
      description:
        'The password itself. It cannot be shown again: null where the answer is replayed for its Idempotency-Key.',
    }),
  })
  .openapi('CreatedAppPassword')

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/app-passwords',
  operationId: 'listAppPasswords',
  tags: ['Admin'],
  summary: 'All app passwords, or those of one account',
  description: 'Without the passwords themselves, which are shown once and not kept.',
  ...requiresAdmin(),
  request: { query: pageQuery.extend({ account_id: idParam('acc', 'Only of this account.').optional() }) },
  responses: { 200: json(listOf(appPassword, 'AppPasswordList'), 'A page.'), ...problems(400, 404) },
})

appPasswords.openapi(list, async (c) => {
  const { deps } = c.env
  const query = c.req.valid('query')
  const accountId = query.account_id === undefined ? null : found(query.account_id, 'account')
  const page = await readPage(deps, query, {
    binding: ['admin/app-passwords', accountId],
    read: (after, limit) => listAppPasswords(deps, accountId, after, limit),
    render,
  })
  return c.json(page, 200)
})

const create = defineRoute({
  method: 'post',
  path: '/v1/admin/app-passwords',
  operationId: 'createAppPassword',
  tags: ['Admin'],
  summary: 'Make an app password for an account',
  description: 'What a mail client logs in with, beside the address. It is shown once, in this answer.',
  ...requiresAdmin(),
  request: jsonBody(
    z
      .strictObject({
        account_id: idField('acc', 'Whose mail the password opens.'),
        name: line(NAME_CHARS_MAX, 'What the password is for.'),
      })
      .openapi('NewAppPassword'),
  ),
  [SHOWN_ONCE_FIELD]: ['password'],
  responses: { 201: json(created, 'The password, shown this once.'), ...problems(400, 409, 413, 415) },
})

appPasswords.openapi(create, async (c) => {
  const { account_id: accountId, name } = c.req.valid('json')
  const made = orProblem(await createAppPassword(c.env.deps, { accountId, name }))
  return c.json({ ...render(made), password: made.password }, 201)
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/admin/app-passwords/{id}',
  operationId: 'deleteAppPassword',
  tags: ['Admin'],
  summary: 'Revoke an app password, at once',
  description: 'The next login with it is refused.',
  ...requiresAdmin(),
  request: { params: z.object({ id: idParam('app', 'The app password.') }) },
  responses: { 204: { description: 'Revoked.' }, ...problems(404) },
})

appPasswords.openapi(remove, async (c) => {
  found(await removeAppPassword(c.env.deps, found(c.req.valid('param').id, 'app password'), null), 'app password')
  return c.body(null, 204)
})

function render(one: AppPassword): z.infer<typeof appPassword> {
  return {
    id: formatId('app', one.id),
    account_id: formatId('acc', one.accountId),
    name: one.name,
    created_at: formatTime(one.createdAt),
    last_used_at: formatOptionalTime(one.lastUsedAt),
  }
}
