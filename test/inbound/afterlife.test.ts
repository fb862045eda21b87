/**
 * What happens to a receipt after its message: handed over again, destroyed, discarded, left behind by its account. Nothing
 * comes back, and nothing that is still wanted goes.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { getAccount, removeAccount } from '../../src/access/accounts.ts'
import { authenticateKey, createApiKey } from '../../src/access/keys.ts'
import { isFailure } from '../../src/errors.ts'
import { discardDeadLetter, keepDead, listDeadLetters, retryDeadLetter } from '../../src/inbound/dead-letters.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import { readMessage } from '../../src/mailbox/read.ts'
import { whole } from '../../src/mailbox/reader.ts'
import type { Receipt } from '../../src/store/raw.ts'
import {
  consume,
  latin1,
  makeAccount,
  makeWorld,
  migrate,
  plainMessage,
  receiveRaw,
  type World,
} from '../helpers/world.ts'

const DAY = 86_400_000

let world: World
let account: number

beforeAll(() => migrate())

beforeEach(async () => {
  world = makeWorld()
  world.clock.ms = Date.now()
  account = await makeAccount(world, `user${crypto.randomUUID()}@postern.test`)
})

async function addressOf(id: number): Promise<string> {
  return (
    (await env.DB.prepare('select address from addresses where account_id = ?').bind(id).first<string>('address')) ?? ''
  )
}

async function filed(raw: string | Uint8Array = plainMessage()): Promise<number> {
  const received = await receiveRaw(world, await addressOf(account), raw)
  if (received.kind !== 'filed') throw new Error(received.kind)
  return received.id
}

async function keyOf(id: number): Promise<string> {
  return (await readMessage(world.deps, whole(account), id))?.rawKey ?? ''
}

function stored(): Promise<number | null> {
  return env.DB.prepare('select count(*) n from messages where account_id = ?').bind(account).first<number>('n')
}

/** A receipt as a killed invocation leaves it: bytes in R2, and nothing else. */
async function leftBehind(raw: string, over: Partial<Receipt> = {}): Promise<string> {
  const key = `raw/${new Date(world.clock.ms).toISOString().slice(0, 10)}/${account}/${crypto.randomUUID()}`
  await world.deps.stores.raw.put(
    {
      key,
      accountId: account,
      addressId: null,
      from: '',
      to: 'x@postern.test',
      receivedAtMs: world.clock.ms,
      source: 'email-routing',
      sha256: '',
      ...over,
    },
    latin1(raw),
  )
  return key
}

describe('a destroyed message', () => {
  it('does not come back when its receipt is handed over again, before or after its object is deleted', async () => {
    const id = await filed()
    const key = await keyOf(id)
    await changeAll(world.deps, whole(account), [id], { destroy: true })
    await consume(world.deps, 'postern-pending', [{ raw_key: key }])
    expect(await stored()).toBe(0)
    world.events.push({ shard: 0 })
    await world.settle()
    expect(await env.RAW.head(key)).toBeNull()
    // A consumer that had read the bytes before the object went tries to file them now.
    await world.deps.stores.raw.put(
      {
        key,
        accountId: account,
        addressId: null,
        from: '',
        to: 'x@postern.test',
        receivedAtMs: world.clock.ms,
        source: 'email-routing',
        sha256: '',
      },
      latin1(plainMessage()),
    )
    await consume(world.deps, 'postern-pending', [{ raw_key: key }])
    expect(await stored()).toBe(0)
  })
})

describe('a dead letter', () => {
  it('about a message that was filed after all is discarded without the message', async () => {
    const id = await filed()
    const key = await keyOf(id)
    await keepDead(world.deps, { raw_key: key }, 24)
    const letter = (await listDeadLetters(world.deps, 0, 100)).find(({ subject }) => subject === key)
    await discardDeadLetter(world.deps, letter?.id ?? 0)
    await world.settle()
    expect(await env.RAW.head(key)).not.toBeNull()
  })

  it('is tried again on demand, and is none when that succeeds', async () => {
    const key = await leftBehind(plainMessage())
    await keepDead(world.deps, { raw_key: key }, 24)
    const letter = (await listDeadLetters(world.deps, 0, 100)).find(({ subject }) => subject === key)
    expect(await retryDeadLetter(world.deps, letter?.id ?? 0)).toBe('done')
    expect(await stored()).toBe(1)
    expect((await listDeadLetters(world.deps, 0, 100)).map(({ subject }) => subject)).not.toContain(key)
  })

  it('is made only of what the last queue cannot file either', async () => {
    const key = await leftBehind(plainMessage())
    await consume(world.deps, 'postern-dead', [{ raw_key: key }], 1)
    expect(await stored()).toBe(1)
    expect((await listDeadLetters(world.deps, 0, 100)).map(({ subject }) => subject)).not.toContain(key)
  })
})

describe('an account that is not there', () => {
  it('keeps its mail waiting, and shows it after two days, rather than deleting it', async () => {
    const key = await leftBehind(plainMessage(), { accountId: 4_242 })
    world.clock.ms += 10 * 60_000
    await sweep(world.deps)
    await world.settle()
    expect(await env.RAW.head(key)).not.toBeNull()
    // Within the days that the sweep looks at, at whichever hour this runs.
    world.clock.ms += 2.5 * DAY
    for (let run = 0; run < 3; run++) await sweep(world.deps)
    expect((await listDeadLetters(world.deps, 0, 100)).map(({ subject }) => subject)).toContain(key)
  })
})

describe('a deleted account', () => {
  it('lets nobody in, takes no mail, and leaves nothing behind', async () => {
    const address = await addressOf(account)
    const made = await createApiKey(world.deps, {
      accountId: account,
      addressId: null,
      name: 'k',
      scopes: ['mail:read'],
    })
    if (isFailure(made)) throw new Error(made.detail)
    const id = await filed(plainMessage({ References: '<a@x> <b@x>' }))
    await filed()
    const key = await keyOf(id)
    const waiting = await leftBehind(plainMessage())
    expect(await removeAccount(world.deps, account)).toBe(true)
    expect(await authenticateKey(world.deps, made.key)).toBeNull()
    expect(await receiveRaw(world, address, plainMessage())).toMatchObject({ kind: 'refused' })
    for (let round = 0; round < 4; round++) await world.settle()
    await consume(world.deps, 'postern-pending', [{ raw_key: waiting }])
    for (let round = 0; round < 4; round++) await world.settle()
    expect([await env.RAW.head(key), await env.RAW.head(waiting)]).toEqual([null, null])
    expect(await getAccount(world.deps, account)).toBeNull()
    for (const table of [
      'messages',
      'mailboxes',
      'thread_refs',
      'tombstones',
      'vanished',
      'addresses',
      'api_keys',
      'outbox',
    ]) {
      const left = await env.DB.prepare(`select count(*) n from ${table} where account_id = ?`).bind(account).first('n')
      expect([table, left]).toEqual([table, 0])
    }
    for (const table of ['placements', 'thread_placements', 'uid_pages']) {
      const left = await env.DB.prepare(
        `select count(*) n from ${table} where mailbox_id not in (select id from mailboxes)`,
      ).first('n')
      expect([table, left]).toEqual([table, 0])
    }
    expect(await removeAccount(world.deps, account)).toBe(false)
  })
})

describe('the sweep', () => {
  it('passes by a receipt that kills its invocation, and files what stands behind it', async () => {
    const keys = [await leftBehind(plainMessage()), await leftBehind(plainMessage())].sort()
    world.clock.ms += 10 * 60_000
    // The invocation dies while it reads the first: nothing after that call is done.
    const dying = { ...world.deps, stores: { ...world.deps.stores, raw: Object.create(world.deps.stores.raw) } }
    dying.stores.raw.list = world.deps.stores.raw.list.bind(world.deps.stores.raw)
    dying.stores.raw.get = (key: string) => (key === keys[0] ? new Promise(() => {}) : world.deps.stores.raw.get(key))
    for (let run = 0; run < 3; run++) await Promise.race([sweep(dying), new Promise((done) => setTimeout(done, 500))])
    expect(await stored()).toBe(1)
    await sweep(world.deps)
    await sweep(world.deps)
    expect(await stored()).toBe(2)
  })
})

describe('messages that repeat themselves', () => {
  const alarm = 'From: printer@office.example\r\nSubject: Paper jam\r\n\r\nTray 2.\r\n'

  it('without Date and Message-ID are news the next day, and duplicates the same day', async () => {
    await filed(alarm)
    expect(await receiveRaw(world, await addressOf(account), alarm)).toMatchObject({ kind: 'duplicate' })
    world.clock.ms += DAY
    await filed(alarm)
  })
})

describe('a message made to be too big to store', () => {
  it.each([
    ['letters that grow when they are normalised', plainMessage({}, `${'\u00ef\u00b7\u00ba'.repeat(90_000)}\r\n`)],
    [
      'hundreds of attachments with names of control characters',
      plainMessage(
        { 'Content-Type': 'multipart/mixed; boundary=b' },
        `${Array.from(
          { length: 498 },
          () =>
            `--b\r\nContent-Type: application/x; name="${'\u0001'.repeat(240)}"\r\nContent-ID: <${'\u0002'.repeat(240)}>\r\n\r\nx\r\n`,
        ).join('')}--b--\r\n`,
      ),
    ],
    [
      'thousands of recipients',
      plainMessage({
        To: Array.from({ length: 3_000 }, (_, i) => `"${'\u0001'.repeat(30)}" <${i}@x.example>`).join(', '),
      }),
    ],
  ])('of %s stays under what a row may have', async (_, raw) => {
    const id = await filed(raw)
    const row =
      await env.DB.prepare(`select length(cast(headers as blob)) + length(cast(envelope as blob)) + length(cast(structure as blob))
      + length(cast(attachments as blob)) + length(cast(spam_report as blob)) + length(cast(auth as blob)) + length(cast(defects as blob))
      + length(cast(to_text as blob)) + length(cast(subject as blob)) n from messages where id = ?`)
        .bind(id)
        .first<number>('n')
    expect(row).toBeLessThan(1_000_000)
  })
})
