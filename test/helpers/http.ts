/** A client of the HTTP API in a test: a request with a key, and the answer with its JSON read. */
import { createApiKey } from '../../src/access/keys.ts'
import { SCOPES, type Scope } from '../../src/access/scopes.ts'
import type { Deps } from '../../src/deps.ts'
import { isFailure } from '../../src/errors.ts'
import { handleHttp } from '../../src/servers/http/app.ts'
import { receiveRaw, type World } from './world.ts'

const ORIGIN = 'https://postern.test'

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, whose shape is what the test asserts.
export type Answer = { status: number; headers: Headers; body: any; bytes: Uint8Array }

export type Call = { headers?: Record<string, string>; json?: unknown; text?: string }

export type Client = {
  call(method: string, path: string, call?: Call): Promise<Answer>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, json: unknown): Promise<Answer>
  patch(path: string, json: unknown): Promise<Answer>
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
    const bytes = await bytesOf(response)
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '')
    const parsed = isJson && bytes.length > 0 ? JSON.parse(new TextDecoder().decode(bytes)) : undefined
    return { status: response.status, headers: response.headers, body: parsed, bytes }
  }
  return {
    call,
    get: (path, headers) => call('GET', path, headers ? { headers } : {}),
    post: (path, json) => call('POST', path, { json }),
    patch: (path, json) => call('PATCH', path, { json }),
    delete: (path) => call('DELETE', path),
  }
}

// A stream has no end: its reader leaves at once.
async function bytesOf(response: Response): Promise<Uint8Array> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
    return new Uint8Array(await response.arrayBuffer())
  await response.body?.cancel()
  return new Uint8Array()
}

export function adminClient(deps: Deps): Client {
  return makeClient(deps, deps.secrets.adminKey)
}

/** A client with a new key of an account, or of one address of it; all scopes where none are named. */
export async function accountClient(
  world: World,
  accountId: number,
  scopes: readonly Scope[] = SCOPES,
  addressId: number | null = null,
): Promise<Client> {
  const made = await createApiKey(world.deps, { accountId, addressId, name: 'test', scopes })
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

/** Delivers a message as Email Routing does; gives it as the list of this client's account shows it. */
export async function deliver(
  world: World,
  client: Client,
  raw: string | Uint8Array,
  to = 'demo@postern.test',
): Promise<Answer['body']> {
  const received = await receiveRaw(world, to, raw)
  if (received.kind !== 'filed') throw new Error(JSON.stringify(received))
  return (await client.get('/v1/messages?limit=1')).body.data[0]
}

/** The id of the mailbox with a role. */
export async function mailboxWithRole(client: Client, role: string): Promise<string> {
  return (await client.get('/v1/mailboxes')).body.data.find((box: { role: string }) => box.role === role).id
}

/** UTF-8 as one character a byte, which is how a test writes a message. */
export function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text))
}
