/** Two databases: the directory stays in the first, a new account lives in the newest, and its id alone says where. */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { listAccounts } from '../../src/access/accounts.ts'
import { authenticateKey, createApiKey } from '../../src/access/keys.ts'
import { isFailure } from '../../src/errors.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { putEntry, SERVER } from '../../src/junk/lists.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { ACCOUNTS_PER_SHARD, shardOf } from '../../src/store/ids.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw } from '../helpers/world.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      DB_1: D1Database
    }
  }
}

beforeAll(async () => {
  await migrate()
  await migrate(env.DB_1)
})

it('keeps an account in the shard that its id names, and its mail beside it', async () => {
  const old = await makeAccount(makeWorld(), 'old@postern.test')
  const world = makeWorld({ databases: [env.DB, env.DB_1] })
  const account = await makeAccount(world, 'new@second.test')
  expect([shardOf(old), shardOf(account)]).toEqual([0, 1])
  expect(account).toBe(ACCOUNTS_PER_SHARD + 1)
  expect(await receiveRaw(world, 'new@second.test', plainMessage())).toMatchObject({ kind: 'filed' })
  expect(await receiveRaw(world, 'old@postern.test', plainMessage())).toMatchObject({ kind: 'filed' })
  const count = (d1: D1Database) => d1.prepare('select count(*) n from messages').first('n')
  expect([await count(env.DB), await count(env.DB_1)]).toEqual([1, 1])
  const page = await listMessages(world.deps, whole(account), { before: null, limit: 10 })
  if (isFailure(page)) throw new Error(page.detail)
  expect(page.messages).toHaveLength(1)
})

it('reads the server’s lists from the directory for an account of any shard, and keys too', async () => {
  const world = makeWorld({ databases: [env.DB, env.DB_1] })
  const account = await makeAccount(world, 'lists@second.test')
  await putEntry(world.deps, SERVER, { entry: 'blocked.example', list: 'block' })
  const raw = plainMessage({ From: 'x@mail.blocked.example' })
  expect(await receiveRaw(world, 'lists@second.test', raw)).toMatchObject({ mailbox: 'junk' })
  const key = await createApiKey(world.deps, { accountId: account, addressId: null, name: 'k', scopes: ['mail:read'] })
  if (isFailure(key)) throw new Error(key.detail)
  expect(await authenticateKey(world.deps, key.key)).toMatchObject({ accountId: account, scopes: ['mail:read'] })
  expect((await listAccounts(world.deps, 0, 10)).map((one) => shardOf(one.id))).toEqual([0, 1, 1])
})

it('sweeps every shard', async () => {
  const world = makeWorld({ databases: [env.DB, env.DB_1] })
  world.clock.ms = Date.now()
  const account = await makeAccount(world, 'swept@second.test')
  await world.deps.stores.raw.put(
    {
      key: `raw/${new Date(world.clock.ms).toISOString().slice(0, 10)}/${account}/lost`,
      accountId: account,
      addressId: null,
      from: '',
      to: 'swept@second.test',
      receivedAtMs: world.clock.ms,
      source: 'email-routing',
      sha256: '',
    },
    new TextEncoder().encode(plainMessage({ Subject: 'lost and found' })),
  )
  world.clock.ms += 10 * 60_000
  expect(await sweep(world.deps)).toMatchObject({ filed: 1, failed: 0 })
  await sweep(world.deps)
  const found = await listMessages(world.deps, whole(account), { before: null, limit: 10, q: '"lost and found"' })
  expect(found).toMatchObject({ messages: [{ subject: 'lost and found' }] })
})
