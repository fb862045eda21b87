/**
 * Hostile JSON bodies to every operation that takes one: never a 5xx, and every refusal a problem document that says
 * something. The seed is fixed, so a failure comes again.
 */
import { beforeAll, expect, it } from 'vitest'
import { type Answer, accountClient, adminClient, type Client, makeClient } from '../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw } from '../helpers/world.ts'

const SEED = 20_260_301
const BODIES_PER_OPERATION = 60

type Json = Answer['body']
type Random = (below: number) => number
type Operation = { name: string; method: string; path: string; schema: Json; client: Client }
type Target = { text: string; headers: Record<string, string> }

let operations: Operation[]
let schemas: Record<string, Json>
let ids: Record<string, string>

beforeAll(async () => {
  await migrate()
  const world = makeWorld()
  const accountId = await makeAccount(world, 'demo@postern.test')
  const [account, admin] = [await accountClient(world, accountId), adminClient(world.deps)]
  await receiveRaw(world, 'demo@postern.test', plainMessage())
  const [message] = (await account.get('/v1/messages')).body.data
  ids = {
    msg: message.id,
    thr: message.thread_id,
    mbx: (await account.post('/v1/mailboxes', { name: 'fuzzed' })).body.id,
    adr: (await admin.get('/v1/admin/addresses')).body.data[0].id,
    acc: (await account.get('/v1/me')).body.account.id,
  }
  const description = (await makeClient(world.deps, null).get('/openapi.json')).body
  schemas = description.components.schemas
  operations = operationsOf(description, account, admin)
})

function operationsOf(description: Json, account: Client, admin: Client): Operation[] {
  return Object.entries(description.paths as Json).flatMap(([path, methods]) =>
    Object.entries(methods as Json).flatMap(([method, operation]) => {
      const { requestBody, security } = operation as Json
      const schema = requestBody?.content?.['application/json']?.schema
      if (schema === undefined) return []
      const client = 'admin_key' in security[0] ? admin : account
      return [{ name: `${method} ${path}`, method: method.toUpperCase(), path: filled(path), schema, client }]
    }),
  )
}

/** The path of something that is there, so that bodies are looked at. */
function filled(path: string): string {
  const kinds: [string, string][] = [
    ['messages', 'msg'],
    ['mailboxes', 'mbx'],
    ['addresses', 'adr'],
    ['accounts', 'acc'],
    ['threads', 'thr'],
  ]
  const [, kind = ''] = kinds.find(([name]) => path.includes(`/${name}/{`)) ?? []
  return path.replaceAll(/\{\w+\}/g, ids[kind] ?? 'x_1')
}

/** A small generator of our own (mulberry32), so that a seed means the same everywhere. */
function randomOf(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)] as T
}

/** JSON text, not values: some of it says what no value of JavaScript does. */
const ATOMS = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e308',
  '1e999',
  '-1e999',
  '9007199254740993',
  '1E-400',
  '9'.repeat(400),
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"a\\udfff"',
  '"\\u202e"',
  '"\\ufeff"',
  '"__proto__"',
  '"constructor"',
  '"\'; drop table accounts"',
  '"%s%n"',
  '"../../x"',
  '"a\\nb"',
  `"${'x'.repeat(5_000)}"`,
  `"${'\u{1f600}'.repeat(300)}"`,
  '"*@postern.test"',
  '"@"',
  '"a@"',
  '"msg_0"',
  '"mbx_zzzzzzzzzzz"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"":""}',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"length":-1}',
  '{"toString":null}',
  `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
  `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
  `[${'0,'.repeat(2_000)}0]`,
]
const BROKEN = [
  '',
  ' ',
  '{',
  '}',
  '{"a"}',
  '{"a":}',
  '{,}',
  '[1,]',
  'undefined',
  'NaN',
  "{'a':1}",
  '\ufeff{}',
  '{}{}',
  '\u0000',
  '"',
  '{"a":1}//',
  '0x1',
  '[',
  '{"a":"\n"}',
]
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'a/b~c',
  'id',
  '\\ud800',
  '\\u0000',
  'x'.repeat(300),
]
const TYPES = [
  'text/plain',
  'application/xml',
  'application/json; charset=utf-16',
  'application/json; charset=iso-8859-1',
  'application/json;charset="utf-8"',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json5',
  '',
  ';',
  'application/json; charset',
]

function resolved(schema: Json): Json {
  return schema?.$ref ? resolved(schemas[schema.$ref.split('/').at(-1)]) : schema
}

/** A value that fits the schema more or less, so that what lies behind the validation is reached too. */
function fitting(schema: Json, random: Random): string {
  const { type, properties, items, enum: values, pattern, allOf } = resolved(schema) ?? {}
  if (allOf) return fitting(allOf.at(-1), random)
  if (values) return JSON.stringify(pick(random, values))
  const kind = Array.isArray(type) ? pick(random, type) : type
  if (kind === 'object')
    return objectOf(
      Object.entries((properties as Json) ?? {}).flatMap(([name, own]) =>
        random(4) === 0 ? [] : [[name, fitting(own, random)]],
      ),
    )
  if (kind === 'array') return `[${Array.from({ length: random(4) }, () => fitting(items, random)).join(',')}]`
  if (kind === 'boolean') return pick(random, ['true', 'false'])
  if (kind === 'integer' || kind === 'number') return String(random(1_000_000))
  if (kind === 'null') return 'null'
  const prefix = /^\^([a-z]+)_/.exec(pattern ?? '')?.[1]
  return JSON.stringify(
    prefix ? (ids[prefix] ?? `${prefix}_1`) : pick(random, ['a', 'fuzz.example', 'b@postern.test', 'orchard']),
  )
}

function objectOf(fields: string[][]): string {
  return `{${fields.map(([name, value]) => `"${name}":${value}`).join(',')}}`
}

/** The fields of an object schema, some of them odd, some twice, some unknown. */
function mutated(schema: Json, random: Random): string {
  const properties = Object.entries((resolved(schema)?.properties ?? {}) as Json)
  const fields = properties.map(([name, own]) => [name, random(3) === 0 ? pick(random, ATOMS) : fitting(own, random)])
  if (random(4) === 0) fields.push([pick(random, ODD_NAMES), pick(random, ATOMS)])
  if (random(4) === 0) fields.push([pick(random, fields)?.[0] ?? 'a', pick(random, ATOMS)])
  return objectOf(fields)
}

function bodyOf(schema: Json, random: Random): Target {
  const json = { 'content-type': 'application/json' }
  const roll = random(10)
  if (roll === 0) return { text: pick(random, BROKEN), headers: json }
  if (roll === 1) return { text: pick(random, ATOMS), headers: json }
  if (roll === 2) return { text: fitting(schema, random), headers: { 'content-type': pick(random, TYPES) } }
  if (roll === 3) return { text: fitting(schema, random), headers: json }
  return { text: mutated(schema, random), headers: json }
}

it('no body makes a 5xx, and every refusal says something', { timeout: 60_000 }, async () => {
  const random = randomOf(SEED)
  expect(operations.length).toBeGreaterThan(10)
  const seen = new Set<number>()
  for (const { name, method, path, schema, client } of operations) {
    for (let n = 0; n < BODIES_PER_OPERATION; n++) {
      const body = bodyOf(schema, random)
      const answer = await client.call(method, path, body)
      seen.add(answer.status)
      const what = [name, body.headers['content-type'], body.text.slice(0, 300)]
      expect([...what, answer.status < 500]).toEqual([...what, true])
      if (answer.status < 400) continue
      expect([...what, answer.headers.get('content-type')]).toEqual([...what, 'application/problem+json'])
      expect([...what, answer.body.detail]).toEqual([...what, expect.stringMatching(/\w+ \w+/)])
      for (const error of answer.body.errors)
        expect([...what, error.detail]).toEqual([...what, expect.stringMatching(/\w/)])
    }
  }
  // Bodies were read, refused in each of the ways, and carried out.
  for (const status of [200, 201, 400, 415, 422]) expect(seen).toContain(status)
})
