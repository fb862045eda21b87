/** The demo account against a small admin API, which can fail at any of its requests. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Demo, ensureDemo } from '../../src/cli/demo.ts'
import { portsOf } from '../../src/cli/listeners.ts'
import { linesToTry, summary } from '../../src/cli/summary.ts'

const ADMIN_KEY = 'pst_admin_x'
const PORTS = portsOf({ POSTERN_HTTP_PORT: '9000' })

type Row = Record<string, unknown> & { id: string }
let tables: Record<string, Row[]>
let posts: string[]
/** The POST (counted from 1) after which the connection breaks, though it was carried out. */
let breakAfter: number
let server: Server
let url: string

beforeEach(async () => {
  tables = { domains: [], accounts: [], addresses: [], keys: [], 'app-passwords': [] }
  posts = []
  breakAfter = Number.POSITIVE_INFINITY
  server = createServer(async (request, response) => {
    const answer = respond(request, await read(request))
    if (request.method === 'POST' && posts.length === breakAfter) return request.socket.destroy()
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})

afterEach(() => new Promise((resolve) => server.close(resolve)))

async function read(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function respond(request: IncomingMessage, text: string): { status: number; body: unknown } {
  const key = request.headers.authorization?.replace('Bearer ', '')
  const { pathname, searchParams } = new URL(request.url ?? '', url)
  if (pathname === '/v1/me') return { status: tables.keys?.some((row) => row.key === key) ? 200 : 401, body: {} }
  const kind = pathname.replace('/v1/admin/', '')
  const table = tables[kind]
  if (!table || key !== ADMIN_KEY) return { status: 403, body: { title: 'Forbidden' } }
  if (request.method === 'GET') {
    // One row a page: what is looked for may stand on any.
    const at = Number(searchParams.get('cursor') ?? 0)
    return {
      status: 200,
      body: { data: table.slice(at, at + 1), has_more: at + 1 < table.length, next_cursor: String(at + 1) },
    }
  }
  posts.push(kind)
  const body = JSON.parse(text)
  const unique = kind === 'domains' ? 'name' : kind === 'addresses' ? 'address' : undefined
  if (unique && table.some((row) => row[unique] === body[unique])) return { status: 409, body: { title: 'Conflict' } }
  const secret =
    kind === 'keys' ? { key: `pst_${table.length}` } : kind === 'app-passwords' ? { password: `p${table.length}` } : {}
  const row = { id: `${kind}_${table.length}`, ...body, ...secret }
  table.push(row)
  return { status: 201, body: row }
}

function count(): Record<string, number> {
  return Object.fromEntries(Object.entries(tables).map(([kind, rows]) => [kind, rows.length]))
}

test('The first run makes domain, account, address, key and app password', async () => {
  const demo = await ensureDemo(url, ADMIN_KEY, PORTS)
  expect(demo).toEqual({
    url,
    address: 'demo@postern.test',
    account_id: 'accounts_0',
    admin_key: ADMIN_KEY,
    api_key: 'pst_0',
    app_password: 'p0',
    ports: { http: 9000 },
  } satisfies Demo)
  expect(posts).toEqual(['domains', 'accounts', 'addresses', 'keys', 'app-passwords'])
  expect(tables.keys?.[0]?.scopes).toEqual(['mail:read', 'mail:write', 'mail:send', 'spam:train', 'settings'])
})

test('A later run makes nothing, and says where it listens now', async () => {
  const first = await ensureDemo(url, ADMIN_KEY, PORTS)
  const known = { ...first, url: 'http://127.0.0.1:1', ports: { http: 1 } }
  posts = []
  expect(await ensureDemo(url, ADMIN_KEY, PORTS, known)).toEqual(first)
  expect(posts).toEqual([])
})

test.each([1, 2, 3, 4, 5])('A first run cut off after request %i heals on the next, with one account', async (nth) => {
  tables.accounts?.push({ id: 'accounts_other', name: 'Someone else' })
  breakAfter = nth
  await expect(ensureDemo(url, ADMIN_KEY, PORTS)).rejects.toThrow()
  breakAfter = Number.POSITIVE_INFINITY
  const demo = await ensureDemo(url, ADMIN_KEY, PORTS)
  expect(count()).toMatchObject({ domains: 1, accounts: 2, addresses: 1 })
  expect(tables.addresses?.[0]?.account_id).toBe(demo.account_id)
  expect(tables.keys?.at(-1)).toMatchObject({ account_id: demo.account_id, key: demo.api_key })
})

test('Keys that no longer work are replaced, for the same account', async () => {
  const first = await ensureDemo(url, ADMIN_KEY, PORTS)
  const demo = await ensureDemo(url, ADMIN_KEY, PORTS, { ...first, api_key: 'pst_revoked' })
  expect(demo).toMatchObject({ account_id: first.account_id, api_key: 'pst_1' })
})

test('An answer that is not expected is reported with its reason', async () => {
  await expect(ensureDemo(url, 'wrong', PORTS)).rejects.toThrow('POST /v1/admin/domains answered 403: Forbidden')
})

test('The summary names every address, every key and three lines to try', async () => {
  const demo = await ensureDemo(url, ADMIN_KEY, PORTS)
  const text = summary(demo, PORTS, '.postern/demo.json')
  for (const value of [url, demo.address, demo.api_key, demo.app_password, ADMIN_KEY, ...linesToTry(demo)]) {
    expect(text).toContain(value)
  }
  expect(linesToTry(demo)).toHaveLength(3)
})
