/** A client of the HTTP API in a test: a request with a key, and the answer with its JSON read. */
import { createApiKey } from '../../src/access/keys.ts'
import { SCOPES, type Scope } from '../../src/access/scopes.ts'
import type { Deps } from '../../src/deps.ts'
import { isFailure } from '../../src/errors.ts'
import { handleHttp } from '../../src/servers/http/app.ts'
import type { World } from './world.ts'

const ORIGIN = 'https://postern.test'

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, whose shape is what the test asserts.
export type Answer = { status: number; headers: Headers; body: any; bytes: Uint8Array }

export type Call = { headers?: Record<string, string>; json?: unknown; text?: string }

export type Client = {
  call(method: string, path: string, call?: Call): Promise<Answer>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, json: unknown): Promise<Answer>
  delete(path: string): Promise<Answer>
}

/** Null calls without a key. */
export function makeClient(deps: Deps, key: string | null): Client {
  const call = async (method: string, path: string, { headers = {}, json, text }: Call = {}): Promise<Answer> => {
    const body = json === undefined ? text : JSON.stringify(json)
    const request = new Request(ORIGIN + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const response = await handleHttp(request, deps)
    const bytes = new Uint8Array(await response.arrayBuffer())
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '')
    const parsed = isJson && bytes.length > 0 ? JSON.parse(new TextDecoder().decode(bytes)) : undefined
    return { status: response.status, headers: response.headers, body: parsed, bytes }
  }
  return {
    call,
    get: (path, headers) => call('GET', path, headers ? { headers } : {}),
    post: (path, json) => call('POST', path, { json }),
    delete: (path) => call('DELETE', path),
  }
}

export function adminClient(deps: Deps): Client {
  return makeClient(deps, deps.secrets.adminKey)
}

/** A client with a new key of an account; all scopes where none are named. */
export async function accountClient(
  world: World,
  accountId: number,
  scopes: readonly Scope[] = SCOPES,
): Promise<Client> {
  const made = await createApiKey(world.deps, { accountId, name: 'test', scopes })
  if (isFailure(made)) throw new Error(made.detail)
  return makeClient(world.deps, made.key)
}

/** Every entry of a list, page by page. */
export async function readAll(client: Client, path: string): Promise<Answer['body'][]> {
  const entries: Answer['body'][] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const separator = path.includes('?') ? '&' : '?'
    const page = await client.get(cursor ? `${path}${separator}cursor=${encodeURIComponent(cursor)}` : path)
    if (page.status !== 200) throw new Error(`${path} answered ${page.status}`)
    entries.push(...page.body.data)
    cursor = page.body.next_cursor
  }
  return entries
}
