/** GET /v1/events/stream on its two wires. What following promises is tested in test/notify/follow.test.ts. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listAddresses } from '../../../src/access/addresses.ts'
import { createApiKey, removeApiKey } from '../../../src/access/keys.ts'
import type { Scope } from '../../../src/access/scopes.ts'
import { isFailure } from '../../../src/errors.ts'
import { PACE } from '../../../src/notify/follow.ts'
import { openLive, STREAMS_MAX } from '../../../src/notify/live.ts'
import { handleHttp } from '../../../src/servers/http/app.ts'
import { formatId } from '../../../src/servers/http/ids.ts'
import { accountClient, adminClient } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let accountId: number
let address: string
let key: { id: number; key: string }

beforeAll(() => migrate())

beforeEach(async () => {
  world = makeWorld({ live: openLive(env.LIVE, () => Date.now()) })
  address = `user${crypto.randomUUID()}@postern.test`
  accountId = await makeAccount(world, address)
  key = await makeKey(['mail:read'])
  await world.settle()
})

async function makeKey(scopes: Scope[], addressId: number | null = null) {
  const made = await createApiKey(world.deps, { accountId, addressId, name: 'stream', scopes })
  if (isFailure(made)) throw new Error(made.detail)
  return made
}

async function receive(): Promise<void> {
  const filed = await receiveRaw(world, address, plainMessage())
  if (filed.kind !== 'filed') throw new Error(filed.kind)
  await world.settle()
}

function ask(query = '', headers: Record<string, string> = {}, method = 'GET', secret = key.key): Promise<Response> {
  const url = `https://postern.test/v1/events/stream${query}`
  return handleHttp(
    new Request(url, { method, headers: { authorization: `Bearer ${secret}`, ...headers } }),
    world.deps,
  )
}

type Block = { id?: string; event?: string; data?: string; retry?: string; comment?: string }

/** Reads blocks of server-sent events; `next` waits for one. */
function reading(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  return {
    async next(): Promise<Block | null> {
      while (!text.includes('\n\n')) {
        const { done, value } = await reader.read()
        if (done) return null
        text += decoder.decode(value, { stream: true })
      }
      const end = text.indexOf('\n\n')
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      return Object.fromEntries(
        lines.map((line) => [line.split(':', 1)[0] || 'comment', line.slice(line.indexOf(':') + 1).trim()]),
      )
    },
    leave: () => reader.cancel(),
  }
}

describe('server-sent events', () => {
  it('come with the event\u2019s id, type and JSON, and the id leads on from where one was', async () => {
    const response = await ask()
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'no-store',
    ])
    const first = reading(response)
    expect(await first.next()).toEqual({ retry: '3000' })
    await receive()
    const block = await first.next()
    expect(block).toMatchObject({ event: 'message.received', id: expect.stringMatching(/^evt_/) })
    const event = JSON.parse(block?.data ?? '')
    expect(event).toMatchObject({
      id: block?.id,
      type: 'message.received',
      data: { message: expect.stringMatching(/^msg_/) },
    })
    const listed = await (await accountClient(world, accountId)).get('/v1/events?types=message.*')
    expect(listed.body.data).toEqual([event])
    await first.leave()
    await receive()
    const ids = new Set<string | undefined>()
    for (const again of [
      reading(await ask('', { 'last-event-id': event.id })),
      reading(await ask(`?since=${event.id}`)),
      reading(await ask('?since=evt_1-1-0', { 'last-event-id': event.id })),
    ]) {
      await again.next()
      ids.add((await again.next())?.id)
      await again.leave()
    }
    expect(ids.size).toBe(1)
    expect(ids.has(event.id)).toBe(false)
  })

  it('are of the types that are asked for', async () => {
    const stream = reading(await ask('?types=spam.*,messages.changed'))
    await stream.next()
    await receive()
    const client = await accountClient(world, accountId)
    const { id } = (await client.get('/v1/messages?limit=1')).body.data[0]
    await client.patch(`/v1/messages/${id}`, { flagged: true })
    await world.settle()
    expect(await stream.next()).toMatchObject({ event: 'messages.changed' })
    await stream.leave()
  })

  it.each([
    ['a key that was revoked', async () => void (await removeApiKey(world.deps, key.id, accountId))],
    [
      'an account that is suspended',
      async () => {
        const id = formatId('acc', accountId)
        const answer = await adminClient(world.deps).patch(`/v1/admin/accounts/${id}`, { suspended: true })
        expect(answer.status).toBe(200)
      },
    ],
  ])('end one beat after %s, without the event that came meanwhile', async (_name, shutOut) => {
    const stream = reading(await ask())
    await stream.next()
    await shutOut()
    world.clock.ms += PACE.beatMs
    await receive().catch(() => {})
    await world.deps.live?.publish(accountId)
    expect(await stream.next()).toEqual({ event: 'end', data: '{"reason":"refused"}' })
    expect(await stream.next()).toBe(null)
  })

  it.each([
    ['no event', 'evt_none', 400],
    ['an event of another account', 'evt_zz-2-0', 400],
    ['an event that was never told', null, 410],
  ])('are refused after %s', async (_name, since, status) => {
    const asked = since ?? (await unknownEvent())
    expect((await ask(`?since=${asked}`)).status).toBe(status)
    expect((await ask('', { 'last-event-id': asked })).status).toBe(status)
  })

  it('are refused to keys without mail:read, to keys of one address, to the admin, and beyond a number', async () => {
    expect((await ask('', {}, 'GET', (await makeKey(['mail:send'])).key)).status).toBe(403)
    const [bound] = await listAddresses(world.deps, accountId, 0, 1)
    expect((await ask('', {}, 'GET', (await makeKey(['mail:read'], bound?.id ?? 0)).key)).status).toBe(403)
    expect((await adminClient(world.deps).get('/v1/events/stream')).status).toBe(403)
    for (let n = 0; n < STREAMS_MAX; n++) expect((await ask()).status).toBe(200)
    const refused = await ask()
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'rate-limited' }])
  })

  it('are not begun for HEAD', async () => {
    for (let n = 0; n <= STREAMS_MAX; n++) expect((await ask('', {}, 'HEAD')).status).toBe(200)
    expect((await ask()).status).toBe(200)
  })
})

describe('a WebSocket', () => {
  it('brings the same events as JSON, and tells why it ends', async () => {
    const { socket, frames, closed } = await opened()
    await receive()
    await expect.poll(() => frames.length).toBe(1)
    const listed = await (await accountClient(world, accountId)).get('/v1/events?types=message.*')
    expect(frames).toEqual(listed.body.data)
    await removeApiKey(world.deps, key.id, accountId)
    world.clock.ms += PACE.beatMs
    await world.deps.live?.publish(accountId)
    await expect.poll(closed).toEqual([1008, 'refused'])
    expect(frames[1]).toEqual({ type: 'end', reason: 'refused' })
    socket.close()
  })

  it('goes on from an event, and lets its line go when the client leaves', async () => {
    const first = await opened()
    await receive()
    await expect.poll(() => first.frames.length).toBe(1)
    first.socket.close(1000)
    await receive()
    const second = await opened(`?since=${(first.frames[0] as { id: string }).id}`)
    await expect.poll(() => second.frames.length).toBe(1)
    second.socket.close(1000)
    const stub = env.LIVE.getByName(`account ${accountId}`)
    const { runInDurableObject } = await import('cloudflare:test')
    await expect.poll(() => runInDurableObject(stub, (_object, state) => state.getWebSockets().length)).toBe(0)
  })

  async function opened(query = '') {
    const response = await ask(query, { upgrade: 'websocket' })
    const socket = response.webSocket
    if (response.status !== 101 || !socket) throw new Error(`${response.status}`)
    const frames: unknown[] = []
    let end: unknown = null
    socket.accept()
    socket.addEventListener('message', ({ data }) => void frames.push(JSON.parse(String(data))))
    socket.addEventListener('close', ({ code, reason }) => {
      end = [code, reason]
    })
    return { socket, frames, closed: () => end }
  }
})

/** The id of an event that the account might have had. */
async function unknownEvent(): Promise<string> {
  await receive()
  const client = await accountClient(world, accountId)
  const { id } = (await client.get('/v1/events?types=message.*')).body.data[0]
  return id.replace(/-0$/, '-zz')
}
