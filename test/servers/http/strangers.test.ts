/**
 * Strangers: every operation of /openapi.json, called by everyone who may not.
 *
 * The description drives the test. An operation without a line in ACCOUNT_CALLS or ADMIN_CALLS fails it, so a route cannot come without saying
 * how it is called and which foreign ids it could be tried with.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { SCOPES, type Scope } from '../../../src/access/scopes.ts'
import { keepDead } from '../../../src/inbound/dead-letters.ts'
import { openLive } from '../../../src/notify/live.ts'
import { enqueue } from '../../../src/outbound/enqueue.ts'
import { app } from '../../../src/servers/http/app.ts'
import { SERVER_ACCOUNT } from '../../../src/store/ids.ts'
import { type Answer, accountClient, adminClient, type Call, type Client, makeClient } from '../../helpers/http.ts'
import {
  disguisedMessage,
  latin1,
  makeAccount,
  makeWorld,
  migrate,
  plainMessage,
  receiveRaw,
  type World,
} from '../../helpers/world.ts'
import {
  ACCOUNT_CALLS,
  type AccountCall,
  ADMIN_CALLS,
  type AdminCall,
  type Ids,
  type ServerIds,
} from './strangers-calls.ts'

const PUBLIC = [
  'get /',
  'get /docs',
  'get /healthz',
  'get /openapi.json',
  'get /v1/links/{token}',
  'post /v1/providers/{name}/events',
]

type Operation = { name: string; method: string; kind: 'public' | 'account' | 'admin'; scope: Scope | null }

let world: World
let owner: Client
let ownerIds: Ids
let stranger: Client
let strangerAccount: number
let admin: Client
let serverIds: ServerIds
let operations: Operation[]

beforeAll(async () => {
  await migrate()
  world = makeWorld({ live: openLive(env.LIVE, () => Date.now()) })
  admin = adminClient(world.deps)
  // The stranger's account is the lowest and has mail of its own, so that a bound that leaks would find something.
  strangerAccount = await makeAccount(world, 'stranger@a.example')
  const ownerAccount = await makeAccount(world, 'owner@a.example')
  stranger = await accountClient(world, strangerAccount)
  owner = await accountClient(world, ownerAccount)
  await idsOf(stranger, 'stranger@a.example')
  ownerIds = await idsOf(owner, 'owner@a.example')
  serverIds = await makeServerIds()
  operations = operationsOf((await makeClient(world.deps, null).get('/openapi.json')).body)
})

async function idsOf(client: Client, address: string): Promise<Ids> {
  const body =
    '--b\r\nContent-Type: text/plain\r\n\r\nword\r\n--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n--b--\r\n'
  await receiveRaw(world, address, plainMessage({ 'Content-Type': 'multipart/mixed; boundary=b' }, body))
  const [message] = (await client.get('/v1/messages')).body.data
  const detail = (await client.get(`/v1/messages/${message.id}`)).body
  return {
    message: message.id,
    thread: message.thread_id,
    mailbox: message.mailbox_ids[0],
    spare: (await client.post('/v1/mailboxes', { name: 'spare' })).body.id,
    part: detail.attachments[0].part,
    ...(await heldOf(client, address)),
    ...(await hooksOf(client)),
    ...(await draftsOf(client, address)),
    template: (await client.post('/v1/templates', { name: address, text: 'word' })).body.id,
    doomedTemplate: (await client.post('/v1/templates', { name: 'doomed', text: 'word' })).body.id,
    submission: (await client.post('/v1/messages/send', { to: [address], text: 'to myself' })).body.id,
    suppression: (await client.post('/v1/suppressions', { address: `${address.split('@')[0]}@elsewhere.example` })).body
      .id,
    key: (await client.post('/v1/keys', { name: 'spare', scopes: ['mail:read'] })).body.key && (await lastKey(client)),
    entry: (await client.post('/v1/spam/lists', { entry: `${address.split('@')[0]}@pest.example`, list: 'block' })).body
      .id,
  }
}

async function draftsOf(client: Client, address: string) {
  const make = async (): Promise<Answer['body']> =>
    (await client.post('/v1/drafts', { from: address, to: [address], text: 'word' })).body
  return {
    madeDraft: (await make()).message,
    draft: (await make()).id,
    sentDraft: (await make()).id,
    doomedDraft: (await make()).id,
  }
}

/** Three messages in quarantine: programs in disguise. */
async function heldOf(client: Client, address: string) {
  for (let n = 0; n < 3; n++) await receiveRaw(world, address, disguisedMessage())
  const [held, released, doomed] = (await client.get('/v1/quarantine')).body.data.map(({ id }: { id: string }) => id)
  return { held, released, doomed }
}

async function hooksOf(client: Client) {
  const made = async () => (await client.post('/v1/webhooks', { url: 'https://hooks.test/' })).body.id
  const webhook = await made()
  const delivery = (await client.post(`/v1/webhooks/${webhook}/test`, undefined)).body.id
  return { webhook, delivery, doomedHook: await made() }
}

async function lastKey(client: Client): Promise<string> {
  return (await client.get('/v1/keys')).body.data.at(-1).id
}

async function makeServerIds(): Promise<ServerIds> {
  const post = async (path: string, json: object): Promise<string> => (await admin.post(path, json)).body.id
  await keepDead(world.deps, { raw_key: 'raw/2026-03-01/1/dead' }, 24)
  await keepDead(world.deps, { raw_key: 'raw/2026-03-01/1/stuck' }, 24)
  const account = await post('/v1/admin/accounts', { name: 'spare' })
  const signing = await post('/v1/admin/domains', { name: 'signing.example' })
  return {
    account,
    domain: await post('/v1/admin/domains', { name: 'spare.example' }),
    signing,
    dkim: await post(`/v1/admin/domains/${signing}/dkim-keys`, { algorithm: 'ed25519-sha256', selector: 'one' }),
    spareDkim: await post(`/v1/admin/domains/${signing}/dkim-keys`, { algorithm: 'ed25519-sha256', selector: 'two' }),
    address: await post('/v1/admin/addresses', { address: 'spare@a.example', account_id: account }),
    key: await post('/v1/admin/keys', { account_id: account, name: 'spare', scopes: ['mail:read'] }),
    app: await post('/v1/admin/app-passwords', { account_id: account, name: 'spare' }),
    entry: await post('/v1/admin/lists', { entry: 'spare@pest.example', list: 'block' }),
    dead: (await admin.get('/v1/admin/dead-letters')).body.data[0].id,
    stuck: (await admin.get('/v1/admin/dead-letters')).body.data[1].id,
    doomed: await post('/v1/admin/accounts', { name: 'doomed' }),
    passed: await makePassedOn(),
  }
}

/** What a forward has sent for nobody. */
async function makePassedOn(): Promise<string> {
  const made = await enqueue(world.deps, {
    ...{ accountId: SERVER_ACCOUNT, kind: 'forward', addressId: null, sender: '', domain: 'a.example' },
    ...{ messageId: 'passed@a.example', recipients: ['spare@a.example'], raw: latin1(plainMessage()) },
  })
  await world.deps.stores.directory.batch(made?.statements ?? [])
  return (await admin.get('/v1/admin/submissions')).body.data[0].id
}

function operationsOf(description: Answer['body']): Operation[] {
  type Described = Record<string, { security: Record<string, never[]>[]; 'x-required-scopes'?: Scope[] }>
  return Object.entries(description.paths as Record<string, Described>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, 'x-required-scopes': scopes = [] }]) => {
      const [scheme] = security.flatMap((one) => Object.keys(one))
      const kind = scheme === 'account_key' ? 'account' : scheme === 'admin_key' ? 'admin' : 'public'
      return {
        name: `${method} ${path}`,
        method: method.toUpperCase(),
        kind,
        scope: scopes[0] ?? null,
      } satisfies Operation
    }),
  )
}

function accountCalls(foreignOnly = false): (Operation & AccountCall)[] {
  const own = operations.filter(({ kind }) => kind === 'account')
  const calls = own.flatMap((one) => (ACCOUNT_CALLS[one.name] ?? []).map((call) => ({ ...one, ...call })))
  return foreignOnly ? calls.filter(({ foreign }) => foreign) : calls
}

function adminCalls(): (Operation & AdminCall)[] {
  const own = operations.filter(({ kind }) => kind === 'admin')
  return own.flatMap((one) => {
    const call = ADMIN_CALLS[one.name]
    return call ? [{ ...one, ...call }] : []
  })
}

/** What is not JSON: a raw message, or a file. */
class File {
  readonly text: string
  readonly type: string
  constructor(text: string, type: string) {
    this.text = text
    this.type = type
  }
}

function callOf(body: unknown): Call {
  if (body === undefined) return {}
  if (body instanceof File) return { text: body.text, headers: { 'content-type': body.type } }
  return { json: body }
}

function bodyOf({ json, raw, type = 'message/rfc822' }: AccountCall): unknown {
  if (raw !== undefined) return new File(raw, type)
  return typeof json === 'function' ? json(ownerIds) : json
}

/** Calls and gives [what was called, status, code], so that a failure names the route. */
async function outcome(client: Client, method: string, path: string, json?: unknown): Promise<unknown[]> {
  const { status, body } = await client.call(method, path, callOf(json))
  return [`${method} ${path}`, status, body?.code]
}

describe('every operation of the description', () => {
  it('is in the table, and nothing else is', () => {
    const table = [...PUBLIC, ...Object.keys(ACCOUNT_CALLS), ...Object.keys(ADMIN_CALLS)]
    expect(operations.map(({ name }) => name).sort()).toEqual(table.sort())
    expect(
      operations
        .filter(({ kind }) => kind === 'public')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(PUBLIC.sort())
    expect(operations.filter(({ kind }) => kind === 'admin').every(({ name }) => name.includes('/v1/admin/'))).toBe(
      true,
    )
    for (const { name, foreign, path } of accountCalls())
      if (name.includes('{')) expect([path(ownerIds), foreign]).toEqual([path(ownerIds), true])
  })

  it('is all that there is: no route stands outside the description', () => {
    const routes = app.routes.filter(({ method }) => method !== 'ALL')
    const served = routes.map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect([...new Set(served)].sort()).toEqual(operations.map(({ name }) => name).sort())
  })

  it('asks for a key', async () => {
    for (const key of [null, 'pst_00000000000000000000000000000000']) {
      const nobody = makeClient(world.deps, key)
      for (const call of accountCalls())
        expect(await outcome(nobody, call.method, call.path(ownerIds), bodyOf(call))).toEqual([
          expect.anything(),
          401,
          'unauthenticated',
        ])
      for (const { method, path, json } of adminCalls())
        expect(await outcome(nobody, method, path(serverIds), json?.(serverIds))).toEqual([
          expect.anything(),
          401,
          'unauthenticated',
        ])
    }
  })

  it('of an account refuses the admin key', async () => {
    for (const call of accountCalls())
      expect(await outcome(admin, call.method, call.path(ownerIds), bodyOf(call))).toEqual([
        expect.anything(),
        403,
        'forbidden',
      ])
  })

  it("of the admin refuses an account's key of every scope", async () => {
    for (const { method, path, json } of adminCalls())
      expect(await outcome(owner, method, path(serverIds), json?.(serverIds))).toEqual([
        expect.anything(),
        403,
        'forbidden',
      ])
  })

  it('refuses a key with every scope but its own', async () => {
    for (const scope of SCOPES) {
      const lacking = await accountClient(
        world,
        strangerAccount,
        SCOPES.filter((one) => one !== scope),
      )
      for (const call of accountCalls().filter((one) => one.scope === scope))
        expect(await outcome(lacking, call.method, call.path(ownerIds), bodyOf(call))).toEqual([
          expect.anything(),
          403,
          'forbidden',
        ])
    }
    expect(
      accountCalls()
        .filter(({ scope }) => scope === null)
        .map(({ name }) => name),
    ).toEqual(['get /v1/me'])
  })

  it("finds nothing under another account's ids, nor under ids that never were", async () => {
    const calls = accountCalls(true)
    expect(calls.length).toBeGreaterThan(6)
    for (const call of calls) {
      const { method, path } = call
      const answer = await outcome(stranger, method, path(ownerIds), bodyOf(call))
      expect(answer).toEqual([expect.anything(), 404, 'not-found'])
      const never = path({
        ...ownerIds,
        message: 'msg_zzz',
        submission: 'sub_zzz',
        draft: 'drf_zzz',
        template: 'tpl_zzz',
        doomedTemplate: 'tpl_zzz',
        sentDraft: 'drf_zzz',
        doomedDraft: 'drf_zzz',
        suppression: 'sup_zzz',
        thread: 'thr_zzz',
        mailbox: 'mbx_zzz',
        spare: 'mbx_zzz',
        key: 'key_zzz',
        entry: 'lst_zzz',
        held: 'qua_zzz',
        released: 'qua_zzz',
        doomed: 'qua_zzz',
        webhook: 'whk_zzz',
        delivery: 'whd_zzz',
        doomedHook: 'whk_zzz',
      })
      expect((await outcome(stranger, method, never, bodyOf(call))).slice(1)).toEqual(answer.slice(1))
    }
  })

  it("gives nothing of another account's without ids either", async () => {
    const foreign = [
      ownerIds.message,
      ownerIds.thread,
      ownerIds.mailbox,
      ownerIds.key,
      ownerIds.submission,
      ownerIds.suppression,
      ownerIds.held,
      ownerIds.webhook,
      'owner@',
    ]
    for (const { method, path, foreign: named } of accountCalls()) {
      if (method !== 'GET' || named) continue
      const { body, bytes } = await stranger.get(path(ownerIds))
      if (body === undefined) {
        // A file of his own.
        const text = new TextDecoder().decode(bytes)
        for (const word of foreign) expect([path(ownerIds), text.includes(word)]).toEqual([path(ownerIds), false])
        continue
      }
      // The stranger's own attempts, with the ids that he named and was refused, stand in his own log.
      if (path(ownerIds) === '/v1/audit') body.data = body.data.filter((one: Answer['body']) => one.status !== 404)
      const text = JSON.stringify(body)
      for (const word of foreign) expect([path(ownerIds), text.includes(`"${word}`)]).toEqual([path(ownerIds), false])
    }
    const since = (await stranger.get('/v1/changes')).body.state.split('.')[0]
    expect(JSON.stringify((await stranger.get(`/v1/changes?since=${since}.0`)).body)).not.toContain(ownerIds.message)
  })

  it('works for its owner, after all the others have tried', async () => {
    for (const call of accountCalls()) {
      const { method, path, status } = call
      expect((await outcome(owner, method, path(ownerIds), bodyOf(call))).slice(0, 2)).toEqual([
        `${method} ${path(ownerIds)}`,
        status,
      ])
    }
    for (const { method, path, json, status } of adminCalls())
      expect((await outcome(admin, method, path(serverIds), json?.(serverIds))).slice(0, 2)).toEqual([
        `${method} ${path(serverIds)}`,
        status,
      ])
  })
})
