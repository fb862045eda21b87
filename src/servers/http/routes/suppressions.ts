/** Whom the account does not write to. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { HonoRequest } from 'hono'
import type { Deps } from '../../../deps.ts'
import {
  addSuppression,
  importSuppressions,
  listSuppressions,
  removeSuppression,
} from '../../../outbound/suppressions.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem, Problem } from '../errors.ts'
import { isUtf8 } from '../json-body.ts'
import { readPageBy } from '../paging.ts'
import { headers, json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { idParam, pageQuery } from '../schemas.ts'
import {
  headOf,
  readSuppressionFile,
  SUPPRESSION_FORMATS,
  type SuppressionFormat,
  writeSuppressions,
} from '../suppression-file.ts'
import {
  importedSuppressions,
  newSuppression,
  reason,
  renderSuppression,
  suppression,
  suppressionList,
} from '../suppression-view.ts'

export const suppressions = new OpenAPIHono<HttpEnv>()

export const SUPPRESSION_IMPORT_BYTES_MAX = 2 * 1024 * 1024
/** Some 100 bytes a line, and 20 statements. */
export const SUPPRESSION_IMPORT_LINES_MAX = 10_000
const ERRORS_SHOWN_MAX = 100
/** Rows of one statement of an export: with a thousand statements that is more than an account may have. */
const EXPORT_PAGE = 1_000
const ADDRESS_CHARS_MAX = 320
const NEWEST = Number.MAX_SAFE_INTEGER

const list = defineRoute({
  method: 'get',
  path: '/v1/suppressions',
  operationId: 'listSuppressions',
  tags: ['Suppressions'],
  summary: 'Whom the account does not write to, newest first',
  description: 'One that has ended holds no more, and is soon forgotten.',
  ...requires('settings'),
  request: {
    query: pageQuery.extend({
      address: z.string().max(ADDRESS_CHARS_MAX).optional().openapi({ description: 'Only of this address.' }),
      reason: reason.optional(),
    }),
  },
  responses: { 200: json(suppressionList, 'A page.'), ...problems(400) },
})

suppressions.openapi(list, async (c) => {
  const { deps } = c.env
  const { accountId } = c.var.account
  const { address, reason, ...query } = c.req.valid('query')
  const page = await readPageBy(deps, query, {
    binding: ['suppressions', accountId, address ?? null, reason ?? null],
    start: NEWEST,
    read: (before, limit) => listSuppressions(deps, accountId, { address, reason }, before, limit),
    positionOf: ({ id }) => id,
    render: renderSuppression,
  })
  return c.json(page, 200)
})

const add = defineRoute({
  method: 'post',
  path: '/v1/suppressions',
  operationId: 'addSuppression',
  tags: ['Suppressions'],
  summary: 'Do not write to an address any more',
  description:
    'Mail to it is not sent from now on: its recipient becomes suppressed. An address that is suppressed already keeps a graver reason and the later end.',
  ...requires('settings'),
  request: jsonBody(newSuppression),
  responses: { 201: json(suppression, 'The suppression.'), ...problems(400, 409, 413, 415) },
})

suppressions.openapi(add, async (c) => {
  const { address, detail = null, expires_at: expiresAt = null } = c.req.valid('json')
  const made = await addSuppression(c.env.deps, c.var.account.accountId, { address, detail, expiresAt })
  return c.json(renderSuppression(orProblem(made)), 201)
})

const textOf = (type: string) => ({ schema: { type: 'string' as const, contentMediaType: type } })

const importThem = defineRoute({
  method: 'post',
  path: '/v1/suppressions/import',
  operationId: 'importSuppressions',
  tags: ['Suppressions'],
  summary: 'Put many in from a file',
  description: `The body is CSV with a line of column names (address, and where there are any reason, detail, created_at, expires_at), a bare list of addresses, or JSON with one object a line; at most ${SUPPRESSION_IMPORT_LINES_MAX} lines. What an export gives is taken, and so are the lists of the usual senders. Lines that cannot be read are told, and the others imported all the same.`,
  ...requires('settings'),
  request: {
    body: {
      required: true,
      content: Object.fromEntries(Object.values(SUPPRESSION_FORMATS).map((type) => [type, textOf(type)])),
    },
  },
  responses: { 200: json(importedSuppressions, 'What was imported.'), ...problems(400, 409, 413, 415) },
})

suppressions.openapi(importThem, async (c) => {
  const { text, format } = await readFile(c.req)
  const { lines, errors, isCut } = readSuppressionFile(text, format, SUPPRESSION_IMPORT_LINES_MAX)
  if (isCut)
    throw new Problem('too-large', `A call takes at most ${SUPPRESSION_IMPORT_LINES_MAX} lines: send them in parts.`)
  const wanted = lines.map((one) => one.wanted)
  const done = orProblem(await importSuppressions(c.env.deps, c.var.account.accountId, wanted))
  const failed = done.failed.map(({ index, failure }) => ({ line: lines[index]?.line ?? 0, detail: failure.detail }))
  const all = [...errors, ...failed].sort((a, b) => a.line - b.line)
  return c.json({ imported: done.imported, failed: all.length, errors: all.slice(0, ERRORS_SHOWN_MAX) }, 200)
})

async function readFile(request: HonoRequest): Promise<{ text: string; format: SuppressionFormat }> {
  const type = request.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  const format = (Object.keys(SUPPRESSION_FORMATS) as SuppressionFormat[]).find((f) => SUPPRESSION_FORMATS[f] === type)
  if (!format || request.header('content-encoding') !== undefined)
    throw new Problem('unsupported-media-type', 'Send text/csv or application/x-ndjson, without a Content-Encoding.')
  const bytes = await request.arrayBuffer()
  if (!isUtf8(bytes)) throw new Problem('malformed', 'The body is not valid UTF-8.')
  return { text: new TextDecoder().decode(bytes), format }
}

const exportThem = defineRoute({
  method: 'get',
  path: '/v1/suppressions/export',
  operationId: 'exportSuppressions',
  tags: ['Suppressions'],
  summary: 'All of them as a file',
  description: 'Newest first. A field that a spreadsheet would take for a formula has an apostrophe before it.',
  ...requires('settings'),
  request: {
    query: z.strictObject({
      format: z.enum(['csv', 'jsonl']).default('csv').openapi({ description: 'CSV, or JSON with one object a line.' }),
    }),
  },
  responses: {
    200: {
      description: 'The file.',
      content: Object.fromEntries(Object.values(SUPPRESSION_FORMATS).map((type) => [type, textOf(type)])),
      headers: headers('Content-Disposition'),
    },
    ...problems(),
  },
})

suppressions.openapi(exportThem, (c) => {
  const { format } = c.req.valid('query')
  return new Response(streamOf(c.env.deps, c.var.account.accountId, format), {
    headers: {
      'content-type': `${SUPPRESSION_FORMATS[format]}; charset=utf-8`,
      'content-disposition': `attachment; filename="suppressions.${format}"`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    },
  })
})

// A page is read when the client has taken the one before. What fails breaks the download off, which the client notices.
function streamOf(deps: Deps, accountId: number, format: SuppressionFormat): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let before = NEWEST
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(headOf(format))),
    async pull(controller) {
      const rows = await listSuppressions(deps, accountId, {}, before, EXPORT_PAGE)
      if (rows.length > 0) controller.enqueue(encoder.encode(writeSuppressions(rows, format)))
      before = rows.at(-1)?.id ?? 0
      if (rows.length < EXPORT_PAGE) controller.close()
    },
  })
}

const remove = defineRoute({
  method: 'delete',
  path: '/v1/suppressions/{id}',
  operationId: 'deleteSuppression',
  tags: ['Suppressions'],
  summary: 'Write to an address again',
  description: 'Mail that was not sent because of it is not sent later.',
  ...requires('settings'),
  request: { params: z.object({ id: idParam('sup', 'The suppression.') }) },
  responses: { 204: { description: 'Deleted.' }, ...problems(404) },
})

suppressions.openapi(remove, async (c) => {
  const id = found(c.req.valid('param').id, 'suppression')
  found(await removeSuppression(c.env.deps, c.var.account.accountId, id), 'suppression')
  return c.body(null, 204)
})
