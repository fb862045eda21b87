/** What reading over HTTP costs in rows, the key's own lookup included (ARCHITECTURE.md, "Costs"). */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { listMailboxes } from '../../../src/mailbox/mailboxes.ts'
import { whole } from '../../../src/mailbox/reader.ts'
import { formatId } from '../../../src/servers/http/ids.ts'
import { fillMailbox } from '../../helpers/bulk.ts'
import { type Meter, metered } from '../../helpers/counting.ts'
import { accountClient, type Client } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

const MESSAGES = 2_000

let world: World
let meter: Meter
let client: Client
let inbox: string
let message: string

beforeAll(async () => {
  await migrate()
  meter = metered(env.DB)
  world = makeWorld({ databases: [meter.d1] })
  const account = await makeAccount(world, 'demo@postern.test')
  const box = (await listMailboxes(world.deps, whole(account))).find(({ role }) => role === 'inbox')
  await fillMailbox(env.DB, account, box?.id ?? 0, MESSAGES)
  for (const other of ['b', 'c']) await makeAccount(world, `${other}@postern.test`)
  await receiveRaw(world, 'demo@postern.test', plainMessage())
  client = await accountClient(world, account)
  // The first request of an hour notes when the key was last used.
  message = (await client.get('/v1/messages?limit=1')).body.data[0].id
  inbox = formatId('mbx', box?.id ?? 0)
  await world.settle()
}, 60_000)

const CASES: [name: string, path: () => string, rowsMax: number][] = [
  ['a page of 50', () => `/v1/messages?mailbox=${inbox}`, 110],
  ['a page of 50 of all mail', () => '/v1/messages', 110],
  ['a page of 50 unread', () => `/v1/messages?mailbox=${inbox}&unread=true`, 110],
  ['a page of 20 found', () => '/v1/messages?q=common&limit=20', 66],
  ['nothing found', () => '/v1/messages?q=nothingatall', 66],
  ['combined filters', () => `/v1/messages?mailbox=${inbox}&q=common&unread=true&flagged=true`, 1_600],
  ['one message', () => `/v1/messages/${message}`, 6],
  ['one raw message', () => `/v1/messages/${message}/raw`, 6],
  ['mailboxes', () => '/v1/mailboxes', 6 + 3],
  ['100 changes', () => '/v1/changes?since=SINCE', 206],
  ['who I am', () => '/v1/me', 6],
  ['health', () => '/healthz', 1],
]

it.each(CASES)('%s', async (name, path, rowsMax) => {
  const since = (await client.get('/v1/changes')).body.state.split('.')[0]
  meter.reset()
  const { status } = await client.get(path().replace('SINCE', `${since}.1`))
  await world.settle()
  console.log(`${name}: ${meter.read} rows read of ${rowsMax}, ${meter.statements} statements`)
  expect(status).toBe(200)
  expect(meter.read).toBeLessThanOrEqual(rowsMax)
  expect(meter.written).toBe(0)
})
