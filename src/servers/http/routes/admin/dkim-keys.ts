/** The keys that a domain's mail is signed with where it goes by SMTP: what to publish, and which of them signs. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { getDomain } from '../../../../access/addresses.ts'
import {
  activateDkimKeyOf,
  checkDkimKey,
  type DkimKey,
  getDkimKey,
  listDkimKeys,
  makeDkimKey,
  removeDkimKey,
  retireDkimKeyOf,
} from '../../../../outbound/dkim-keys.ts'
import { requiresAdmin } from '../../authorize.ts'
import type { HttpEnv } from '../../context.ts'
import { found, orProblem } from '../../errors.ts'
import { formatId } from '../../ids.ts'
import { readPage } from '../../paging.ts'
import { json, jsonBody, problems } from '../../responses.ts'
import { defineRoute } from '../../route.ts'
import { formatTime, id, idParam, line, listOf, pageQuery, time } from '../../schemas.ts'

export const dkimKeys = new OpenAPIHono<HttpEnv>()

const SELECTOR_CHARS_MAX = 63

const dkimKey = z
  .object({
    id: id('dkm'),
    domain: z.string(),
    selector: z.string(),
    algorithm: z.enum(['rsa-sha256', 'ed25519-sha256']),
    state: z.enum(['pending', 'active', 'retired']).openapi({
      description: 'Only an active key signs. A retired one signed before it, and may be activated again.',
    }),
    record: z.object({ type: z.enum(['TXT']), name: z.string(), value: z.string() }).openapi({
      description: 'What to publish. A value of more than 255 characters is one record of several strings.',
    }),
    created_at: time,
    activated_at: time.nullable(),
    retired_at: time.nullable(),
    record_needed_until: time.nullable().openapi({
      description:
        'Of a retired key: mail that it signed may be on its way so long, and its record is to stay. Null for others.',
    }),
  })
  .openapi('DkimKey')

const params = z.object({ id: idParam('dkm', 'The key.') })
const domainParams = z.object({ id: idParam('dom', 'The domain.') })

const list = defineRoute({
  method: 'get',
  path: '/v1/admin/domains/{id}/dkim-keys',
  operationId: 'listDkimKeys',
  tags: ['Admin'],
  summary: 'The DKIM keys of a domain',
  description:
    'In the order in which they were made. They sign what goes by SMTP: other providers sign with keys of their own.',
  ...requiresAdmin(),
  request: { params: domainParams, query: pageQuery },
  responses: { 200: json(listOf(dkimKey, 'DkimKeyList'), 'A page.'), ...problems(400, 404) },
})

dkimKeys.openapi(list, async (c) => {
  const { deps } = c.env
  const id = found(c.req.valid('param').id, 'domain')
  found(await getDomain(deps, id), 'domain')
  const page = await readPage(deps, c.req.valid('query'), {
    binding: ['admin/dkim-keys', id],
    read: (after, limit) => listDkimKeys(deps, id, after, limit),
    render,
  })
  return c.json(page, 200)
})

const make = defineRoute({
  method: 'post',
  path: '/v1/admin/domains/{id}/dkim-keys',
  operationId: 'createDkimKey',
  tags: ['Admin'],
  summary: 'Make a DKIM key for a domain',
  description:
    'It signs nothing until it is activated. To rotate: make a key, publish its record, activate it; the key before it retires, and its record stays until `record_needed_until`.',
  ...requiresAdmin(),
  request: {
    params: domainParams,
    ...jsonBody(
      z
        .strictObject({
          algorithm: z.enum(['rsa-sha256', 'ed25519-sha256']).default('rsa-sha256').openapi({
            description: 'RSA (of 2048 bits) is verified by everybody. Ed25519 may stand beside it, not in its place.',
          }),
          selector: line(
            SELECTOR_CHARS_MAX,
            'Such as mail2026. One is made from the date where it is absent.',
          ).optional(),
        })
        .openapi('NewDkimKey'),
    ),
  },
  responses: { 201: json(dkimKey, 'The key.'), ...problems(400, 404, 409, 413, 415) },
})

dkimKeys.openapi(make, async (c) => {
  const id = found(c.req.valid('param').id, 'domain')
  found(await getDomain(c.env.deps, id), 'domain')
  return c.json(render(orProblem(await makeDkimKey(c.env.deps, id, c.req.valid('json')))), 201)
})

const read = defineRoute({
  method: 'get',
  path: '/v1/admin/dkim-keys/{id}',
  operationId: 'getDkimKey',
  tags: ['Admin'],
  summary: 'One DKIM key',
  description: 'The private key is never shown.',
  ...requiresAdmin(),
  request: { params },
  responses: { 200: json(dkimKey, 'The key.'), ...problems(404) },
})

dkimKeys.openapi(read, async (c) => {
  const key = await getDkimKey(c.env.deps, found(c.req.valid('param').id, 'DKIM key'))
  return c.json(render(found(key, 'DKIM key')), 200)
})

const check = defineRoute({
  method: 'post',
  path: '/v1/admin/dkim-keys/{id}/check',
  operationId: 'checkDkimKey',
  tags: ['Admin'],
  summary: "Look a DKIM key's record up",
  description:
    'Changes nothing. What was not found is remembered for as long as the DNS says, some minutes at the least.',
  ...requiresAdmin(),
  request: { params },
  responses: {
    200: json(
      z
        .object({
          record: z.enum(['published', 'missing', 'different', 'unknown']).openapi({
            description: 'different: something else stands there. unknown: the DNS could not be asked.',
          }),
        })
        .openapi('DkimCheck'),
      'What the DNS has.',
    ),
    ...problems(404),
  },
})

dkimKeys.openapi(check, async (c) => {
  const record = await checkDkimKey(c.env.deps, found(c.req.valid('param').id, 'DKIM key'))
  return c.json({ record: found(record, 'DKIM key') }, 200)
})

const activate = defineRoute({
  method: 'post',
  path: '/v1/admin/dkim-keys/{id}/activate',
  operationId: 'activateDkimKey',
  tags: ['Admin'],
  summary: 'Sign with a DKIM key from now on',
  description: 'Its record is looked up first. The active key of the same algorithm retires.',
  ...requiresAdmin(),
  request: { params },
  responses: { 200: json(dkimKey, 'The key.'), ...problems(404, 409, 503) },
})

dkimKeys.openapi(activate, async (c) => {
  const id = found(c.req.valid('param').id, 'DKIM key')
  return c.json(render(orProblem(await activateDkimKeyOf(c.env.deps, id))), 200)
})

const retire = defineRoute({
  method: 'post',
  path: '/v1/admin/dkim-keys/{id}/retire',
  operationId: 'retireDkimKey',
  tags: ['Admin'],
  summary: 'Sign with a DKIM key no more',
  description: 'Where no other key is active, mail of the domain goes by SMTP without a signature.',
  ...requiresAdmin(),
  request: { params },
  responses: { 200: json(dkimKey, 'The key.'), ...problems(404, 409) },
})

dkimKeys.openapi(retire, async (c) => {
  const id = found(c.req.valid('param').id, 'DKIM key')
  return c.json(render(orProblem(await retireDkimKeyOf(c.env.deps, id))), 200)
})

const remove = defineRoute({
  method: 'delete',
  path: '/v1/admin/dkim-keys/{id}',
  operationId: 'deleteDkimKey',
  tags: ['Admin'],
  summary: 'Delete a DKIM key that does not sign',
  description: 'The private key is gone for good. The record in the DNS is yours to remove.',
  ...requiresAdmin(),
  request: { params },
  responses: { 204: { description: 'Deleted.' }, ...problems(404, 409) },
})

dkimKeys.openapi(remove, async (c) => {
  orProblem(await removeDkimKey(c.env.deps, found(c.req.valid('param').id, 'DKIM key')))
  return c.body(null, 204)
})

function render(key: DkimKey): z.infer<typeof dkimKey> {
  const timeOf = (at: number | null) => (at === null ? null : formatTime(at))
  return {
    id: formatId('dkm', key.id),
    domain: key.domain,
    selector: key.selector,
    algorithm: key.algorithm,
    state: key.state,
    record: { type: 'TXT', ...key.record },
    created_at: formatTime(key.createdAt),
    activated_at: timeOf(key.activatedAt),
    retired_at: timeOf(key.retiredAt),
    record_needed_until: timeOf(key.recordNeededUntil),
  }
}
