/** The server's allow and block lists: they hold for every account. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { SERVER } from '../../../../junk/lists.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import {
  addEntry,
  deleteEntry,
  listEntry,
  listEntryList,
  listEntryParams,
  newListEntry,
  pageOfEntries,
} from '../../list-entries.ts'
import { json, jsonBody, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { pageQuery } from '../../schemas.ts'

export const lists = new OpenAPIHono<HttpEnv>()

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/lists',
  operationId: 'listServerEntries',
  tags: ['Admin'],
  summary: "The server's allowed and blocked senders",
  description: 'They hold for every account, whose own entries come before them.',
  ...requiresAdmin(),
  request: { query: pageQuery },
  responses: { 200: json(listEntryList, 'A page.'), ...problems(400) },
})

lists.openapi(list, async (c) => c.json(await pageOfEntries(c.env.deps, SERVER, c.req.valid('query')), 200))

const add = defineRoute({
  method: 'post',
  path: '/v1/admin/lists',
  operationId: 'addServerEntry',
  tags: ['Admin'],
  summary: 'Allow or block a sender for every account',
  description: 'An entry that exists already moves to the list that is named.',
  ...requiresAdmin(),
  request: jsonBody(newListEntry),
  responses: { 201: json(listEntry, 'The entry.'), ...problems(400, 409, 413, 415) },
})

lists.openapi(add, async (c) => c.json(await addEntry(c.env.deps, SERVER, c.req.valid('json')), 201))

const remove = defineRoute({
  method: 'delete',
  path: '/v1/admin/lists/{id}',
  operationId: 'deleteServerEntry',
  tags: ['Admin'],
  summary: 'Forget an entry',
  description: 'Mail that was filed by it stays where it is.',
  ...requiresAdmin(),
  request: { params: listEntryParams },
  responses: { 204: { description: 'Forgotten.' }, ...problems(404) },
})

lists.openapi(remove, async (c) => {
  await deleteEntry(c.env.deps, SERVER, c.req.valid('param').id)
  return c.body(null, 204)
})
