/** /openapi.json: what a generated client and a linter find in it, for every operation. */
import { beforeAll, describe, expect, it } from 'vitest'
import { SCOPES } from '../../../src/access/scopes.ts'
import { type Answer, makeClient } from '../../helpers/http.ts'
import { makeWorld } from '../../helpers/world.ts'

type Json = Answer['body']
type Operation = Json & { name: string }

let description: Json
let operations: Operation[]

beforeAll(async () => {
  const answer = await makeClient(makeWorld().deps, null).get('/openapi.json')
  expect(answer.status).toBe(200)
  description = answer.body
  operations = Object.entries(description.paths as Json).flatMap(([path, methods]) =>
    Object.entries(methods as Json).map(([method, operation]) => ({
      ...(operation as Json),
      name: `${method} ${path}`,
    })),
  )
})

function operation(name: string): Operation {
  const found = operations.find((one) => one.name === name)
  if (!found) throw new Error(`no operation ${name}`)
  return found
}

function responses(one: Operation): [status: number, response: Json][] {
  return Object.entries(one.responses as Json).map(([status, response]) => [Number(status), response])
}

describe('the description', () => {
  it('names the API, its licence and its keys', () => {
    expect(description.openapi).toBe('3.1.0')
    expect(description.info).toMatchObject({ license: { identifier: 'MIT' }, contact: { name: expect.any(String) } })
    expect(Object.keys(description.components.securitySchemes)).toEqual(['account_key', 'admin_key'])
    expect(operations.length).toBeGreaterThan(30)
    expect(new Set(operations.map((one) => one.operationId)).size).toBe(operations.length)
  })

  it('says in words what each operation does', () => {
    for (const one of operations) {
      expect(one).toMatchObject({ summary: expect.stringMatching(/./), security: expect.any(Array) })
      expect([one.name, one.description]).toEqual([one.name, expect.stringMatching(/\.$/)])
    }
  })

  it('names the scope outside of security, where only OAuth has scopes', () => {
    for (const { name, security, description: words, 'x-required-scopes': scopes = [] } of operations) {
      expect([name, security.flatMap((one: Json) => Object.values(one)).flat()]).toEqual([name, []])
      for (const scope of scopes) {
        expect(SCOPES).toContain(scope)
        expect(words).toMatch(new RegExp(`Needs the scopes? [^.]*\`${scope}\``))
      }
    }
  })

  it('never says of a component that it may be null in a way that refuses null', () => {
    const refusing = JSON.stringify(description).match(/"allOf":\[\{"\$ref":"[^"]+"\},\{"type":\[[^\]]*"null"\]/g)
    expect(refusing).toBeNull()
  })

  it('gives the problems of each operation, and their headers', () => {
    for (const one of operations) {
      const statuses = responses(one).map(([status]) => status)
      for (const status of [422, 500, 503, ...(one.security.length > 0 ? [401, 403, 429] : [])])
        expect([one.name, statuses]).toEqual([one.name, expect.arrayContaining([status])])
      for (const status of one.requestBody ? [400, 413, 415] : [])
        expect([one.name, statuses]).toEqual([one.name, expect.arrayContaining([status])])
      for (const [status, response] of responses(one)) {
        expect(response.headers['X-Request-Id'].$ref).toBe('#/components/headers/X-Request-Id')
        if (status === 401) expect(response.headers).toHaveProperty('WWW-Authenticate')
        if (status === 503 || status === 429) expect(response.headers).toHaveProperty('Retry-After')
        for (const header of ['RateLimit', 'RateLimit-Policy'])
          expect([one.name, status, header in response.headers]).toEqual([
            one.name,
            status,
            one.security.length > 0 && status !== 401,
          ])
        if (status >= 400)
          expect(response.content['application/problem+json'].schema.$ref).toBe('#/components/schemas/Problem')
      }
    }
  })

  it('says of every POST with a key that it takes an Idempotency-Key, and what is then answered', () => {
    for (const one of operations) {
      const isRepeatable = one.name.startsWith('post ') && one.security.length > 0
      const parameters = (one.parameters ?? []).filter((parameter: Json) => parameter.name === 'Idempotency-Key')
      expect([one.name, parameters.length]).toEqual([one.name, isRepeatable ? 1 : 0])
      for (const [status, response] of responses(one))
        expect([one.name, status, 'Idempotent-Replayed' in response.headers]).toEqual([
          one.name,
          status,
          isRepeatable && status < 500 && status !== 401 && status !== 429,
        ])
      if (isRepeatable) for (const status of [400, 409, 422]) expect(one.responses).toHaveProperty(String(status))
    }
  })

  it('names what is shown once, and says that it may be null', () => {
    const once = operations.filter((one) => one['x-shown-once'])
    expect(once.map(({ name }) => name).sort()).toEqual([
      'post /v1/admin/app-passwords',
      'post /v1/admin/keys',
      'post /v1/keys',
      'post /v1/webhooks',
      'post /v1/webhooks/{id}/rotate-secret',
    ])
    for (const one of once) {
      const name = (one.responses['201'] ?? one.responses['200']).content['application/json'].schema.$ref
        .split('/')
        .at(-1)
      const own = description.components.schemas[name].allOf[1].properties
      for (const field of one['x-shown-once']) expect(own[field].type).toEqual(['string', 'null'])
    }
  })

  it('has every component that it refers to, and no other', () => {
    const text = JSON.stringify(description)
    const refs = new Set(
      [...text.matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    )
    const { securitySchemes: _, ...components } = description.components
    const had = Object.entries(components as Json).flatMap(([kind, all]) =>
      Object.keys(all as Json).map((name) => `${kind}/${name}`),
    )
    expect(had.sort()).toEqual([...refs].sort())
  })

  it.each([
    ['get /v1/messages/{id}/raw', 'message/rfc822', 'message/rfc822'],
    ['get /v1/messages/{id}/attachments/{part}', '*/*', 'application/octet-stream'],
    ['get /v1/links/{token}', '*/*', 'application/octet-stream'],
  ])('describes the bytes of %s', (name, mediaType, contentMediaType) => {
    const one = operation(name)
    for (const status of ['200', '206']) {
      expect(one.responses[status].content).toEqual({ [mediaType]: { schema: { type: 'string', contentMediaType } } })
      for (const header of ['ETag', 'Accept-Ranges', 'Content-Disposition'])
        expect(one.responses[status].headers).toHaveProperty(header)
    }
    expect(one.responses['206'].headers).toHaveProperty('Content-Range')
    expect(Object.keys(one.responses)).toEqual(expect.arrayContaining(['304', '412', '416']))
    const fromHeaders = one.parameters.filter((parameter: Json) => parameter.in === 'header')
    expect(fromHeaders.map((parameter: Json) => parameter.name)).toEqual([
      'Range',
      'If-Range',
      'If-Match',
      'If-None-Match',
    ])
  })

  it('gives the limits that are enforced', () => {
    const q = operation('get /v1/messages').parameters.find((parameter: Json) => parameter.name === 'q')
    expect(q.schema.maxLength).toBe(1_000)
    expect(operation('post /v1/admin/accounts').responses['201'].headers).toHaveProperty('Location')
  })
})
