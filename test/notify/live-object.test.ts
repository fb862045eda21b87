/** The object of live push in the real runtime: who follows is told, also after it has slept, and it keeps a bound. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { NEWS, openLive, PING, PONG, SILENT_MS_MAX, STREAMS_MAX, tellFollowers } from '../../src/notify/live.ts'
import { makeWorld, migrate } from '../helpers/world.ts'

const live = openLive(env.LIVE, () => Date.now())
let account = 1000

beforeAll(() => migrate())

describe('an object of live push', () => {
  it('hints to each who follows its account, and to nobody else', async () => {
    const [mine, other] = [++account, ++account]
    const lines = [await line(mine), await line(mine), await line(other)]
    await live.publish(mine)
    await live.publish(other)
    await live.publish(mine)
    await settled()
    expect(lines.map(({ heard }) => heard)).toEqual([[NEWS, NEWS], [NEWS, NEWS], [NEWS]])
  })

  it('keeps its lines through sleep, answers a ping asleep, and hints again when it is woken', async () => {
    const mine = ++account
    const { heard, socket } = await line(mine)
    const stub = env.LIVE.getByName(`account ${mine}`)
    await evictDurableObject(stub)
    socket.send(PING)
    await settled()
    expect(heard).toEqual([PONG])
    await live.publish(mine)
    await settled()
    expect(heard).toEqual([PONG, NEWS])
  })

  it('stores nothing', async () => {
    const mine = ++account
    await line(mine)
    await live.publish(mine)
    const stored = await runInDurableObject(env.LIVE.getByName(`account ${mine}`), async (_object, state) => [
      ...(await state.storage.list()).keys(),
    ])
    expect(stored).toEqual([])
  })

  it('takes no more lines than it may hold, and one more when one has closed', async () => {
    const mine = ++account
    const lines = []
    for (let n = 0; n < STREAMS_MAX; n++) lines.push(await line(mine))
    expect(await live.connect(mine)).toBe(null)
    lines[0]?.socket.close(1000)
    await expect.poll(async () => (await live.connect(mine)) !== null).toBe(true)
  })

  it('lets lines give way that were silent for long', async () => {
    const mine = ++account
    for (let n = 0; n < STREAMS_MAX; n++) await line(mine)
    const later = openLive(env.LIVE, () => Date.now() + SILENT_MS_MAX + 1_000)
    expect(await later.connect(mine)).not.toBe(null)
  })

  it('lets a hint fail without a word to who gave it, but in the log', async () => {
    const world = makeWorld({ live: { ...live, publish: () => Promise.reject(new Error('injected')) } })
    await tellFollowers(world.deps, [7, 7, 8])
    expect(world.logs.map(({ at, account }) => [at, account])).toEqual([
      ['live', 7],
      ['live', 8],
    ])
  })
})

async function line(accountId: number): Promise<{ socket: WebSocket; heard: unknown[] }> {
  const socket = await live.connect(accountId)
  if (!socket) throw new Error('no line')
  const heard: unknown[] = []
  socket.addEventListener('message', ({ data }) => void heard.push(data))
  return { socket, heard }
}

/** What is on its way has come. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50))
}
