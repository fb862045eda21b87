/** The account's allow and block lists. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import {
  addEntry,
  deleteEntry,
  listEntry,
  listEntryList,
  listEntryParams,
  newListEntry,
  pageOfEntries,
} from '../list-entries.ts'
import { json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { pageQuery } from '../schemas.ts'

export const spamLists = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/spam/lists',
  operationId: 'listEntries',
  tags: ['Allow and block lists'],
  summary: "The account's allowed and blocked senders",
  description:
    'Mail of a blocked sender is always junk, or refused where the settings say so. Mail of an allowed one never is, where authentication proves that it is his: anybody can write a name into From. A blocked domain speaks against mail that links to it, too.',
  ...requires('settings'),
  request: { query: pageQuery },
  responses: { 200: json(listEntryList, 'A page.'), ...problems(400) },
})

spamLists.openapi(list, async (c) =>
  c.json(await pageOfEntries(c.env.deps, c.var.account.accountId, c.req.valid('query')), 200),
)

const add = defineRoute({
  method: 'post',
  path: '/v1/spam/lists',
  operationId: 'addEntry',
  tags: ['Allow and block lists'],
  summary: 'Allow or block a sender',
  description: 'An entry that exists already moves to the list that is named.',
  ...requires('settings'),
  request: jsonBody(newListEntry),
  responses: { 201: json(listEntry, 'The entry.'), ...problems(400, 409, 413, 415) },
})

spamLists.openapi(add, async (c) =>
  c.json(await addEntry(c.env.deps, c.var.account.accountId, c.req.valid('json')), 201),
)

const remove = defineRoute({
  method: 'delete',
  path: '/v1/spam/lists/{id}',
  operationId: 'deleteEntry',
  tags: ['Allow and block lists'],
  summary: 'Forget an entry',
  description: 'Mail that was filed by it stays where it is.',
  ...requires('settings'),
  request: { params: listEntryParams },
  responses: { 204: { description: 'Forgotten.' }, ...problems(404) },
})

spamLists.openapi(remove, async (c) => {
  await deleteEntry(c.env.deps, c.var.account.accountId, c.req.valid('param').id)
  return c.body(null, 204)
})
