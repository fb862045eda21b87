/**
 * Changes of messages and mailboxes, imports and copies, whichever single call fails, in whichever way: a caller who asks
 * again gets what was asked for, once; every count stays true; and no message is without its raw object.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import { copyMessage } from '../../src/mailbox/copy.ts'
import { discardAll } from '../../src/mailbox/discard.ts'
import { FLAGGED, SEEN } from '../../src/mailbox/flags.ts'
import { importMessage } from '../../src/mailbox/import.ts'
import { createMailbox } from '../../src/mailbox/mailbox-edit.ts'
import { removeMailbox } from '../../src/mailbox/mailbox-remove.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { type Reader, whole } from '../../src/mailbox/reader.ts'
import { FAULT_MODES, type Faults, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { findMiscounts } from '../helpers/miscounts.ts'
import { latin1, makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

/** What an operation may call at most: beyond it, it has grown a loop. */
const CALLS_MAX = 40

let clean: World
let reader: Reader
let boxes: Record<string, number>
let injected = 0
let serial = 0

beforeAll(async () => {
  await migrate()
  clean = makeWorld()
  reader = whole(await makeAccount(clean, 'demo@postern.test'))
  boxes = Object.fromEntries((await listMailboxes(clean.deps, reader)).map(({ role, id }) => [role, id]))
})

afterAll(() => console.log(`${injected} faults injected over changes, imports and mailboxes`))

const faulty = (faults: Faults): World => faultyWorld(clean, faults)

async function received(): Promise<number> {
  const filed = await receiveRaw(clean, 'demo@postern.test', plainMessage())
  if (filed.kind !== 'filed') throw new Error(filed.kind)
  return filed.id
}

async function ok<T>(outcome: Promise<T>): Promise<T> {
  const value = await outcome
  if (isFailure(value)) throw new Error(value.detail)
  return value
}

const countOf = async (sql: string, ...values: unknown[]) =>
  (await env.DB.prepare(`select count(*) n from ${sql}`)
    .bind(...values)
    .first<number>('n')) ?? 0

/** `prepare` makes what the operation works on; `hold` says what must be true once it has been asked for twice. */
type Scenario<T> = {
  name: string
  prepare(): Promise<T>
  run(world: World, given: T): Promise<unknown>
  hold(given: T): Promise<void>
}

function scenario<T>(one: Scenario<T>): Scenario<unknown> {
  return one as Scenario<unknown>
}

const flagsOf = async (id: number) => env.DB.prepare('select flags from messages where id = ?').bind(id).first('flags')
const placedOf = async (id: number) =>
  (
    await env.DB.prepare('select mailbox_id from placements where message_id = ?')
      .bind(id)
      .all<{ mailbox_id: number }>()
  ).results.map((row) => row.mailbox_id)

const SCENARIOS = [
  scenario({
    name: 'a batch of flags',
    prepare: async () => [await received(), await received(), await received()],
    run: (world, ids: number[]) => ok(changeAll(world.deps, reader, ids, { set: SEEN | FLAGGED })),
    hold: async (ids) => {
      for (const id of ids) expect(await flagsOf(id)).toBe(SEEN | FLAGGED)
    },
  }),
  scenario({
    name: 'a batch that moves',
    prepare: async () => [await received(), await received(), await received()],
    run: (world, ids: number[]) => ok(changeAll(world.deps, reader, ids, { remove: 'all', add: [boxes.archive ?? 0] })),
    hold: async (ids) => {
      for (const id of ids) expect(await placedOf(id)).toEqual([boxes.archive])
    },
  }),
  scenario({
    name: 'a batch that destroys',
    prepare: async () => [await received(), await received(), await received()],
    run: (world, ids: number[]) => ok(changeAll(world.deps, reader, ids, { destroy: true })),
    hold: async (ids) => {
      for (const id of ids) expect(await countOf('messages where id = ?', id)).toBe(0)
    },
  }),
  scenario({
    name: 'a deletion that is not repeated',
    prepare: received,
    // A second DELETE destroys what stands in the Trash, so a client looks before it asks again.
    run: async (world, id: number) => {
      if (!(await placedOf(id)).includes(boxes.trash ?? 0)) await ok(discardAll(world.deps, reader, [id], false))
    },
    hold: async (id) => expect(await placedOf(id)).toEqual([boxes.trash]),
  }),
  scenario({
    name: 'a mailbox deleted with its mail',
    prepare: async () => {
      const name = `Box ${++serial}`
      const box = await ok(createMailbox(clean.deps, reader, { name, parentId: null, role: null }))
      const id = await received()
      await ok(changeAll(clean.deps, reader, [id], { remove: 'all', add: [(box as { id: number }).id] }))
      return { box: (box as { id: number }).id, id }
    },
    run: async (world, { box }: { box: number; id: number }) => {
      const removed = await removeMailbox(world.deps, reader, box, 'trash')
      if (isFailure(removed) && removed.failure !== 'not-found') throw new Error(removed.detail)
    },
    hold: async ({ box, id }) => {
      expect(await countOf('mailboxes where id = ?', box)).toBe(0)
      expect(await placedOf(id)).toEqual([boxes.trash])
    },
  }),
  scenario({
    name: 'an import under one name',
    prepare: async () => `import-${++serial}`,
    run: (world, name: string) => {
      const bytes = latin1(
        plainMessage({ Subject: name, 'Message-ID': `<${name}@x.example>`, Date: 'Mon, 02 Feb 2015 10:00:00 +0000' }),
      )
      return ok(
        importMessage(world.deps, reader, { bytes, mailboxId: null, receivedAt: null, flags: 0, keywords: [], name }),
      )
    },
    hold: async (name) => {
      expect(await countOf('messages where subject = ?', name)).toBe(1)
    },
  }),
  scenario({
    name: 'a copy under one name',
    prepare: async () => ({ id: await received(), name: `copy-${++serial}` }),
    run: (world, { id, name }: { id: number; name: string }) =>
      ok(copyMessage(world.deps, reader, id, boxes.inbox ?? 0, name)),
    hold: async ({ name }) => {
      expect(await countOf("messages where raw_key like '%/' || ?", name)).toBe(1)
    },
  }),
]

it.each(SCENARIOS)('$name survives a fault at each call', async ({ name, prepare, run, hold }) => {
  for (const mode of FAULT_MODES) {
    for (let at = 1; at <= CALLS_MAX; at++) {
      const faults = faultsAt(at, mode)
      const given = await prepare()
      await run(faulty(faults), given).catch(() => undefined)
      if (faults.calls.length < at) break
      injected++
      expect(at, `${name} makes too many calls`).toBeLessThan(CALLS_MAX)
      await run(clean, given)
      await hold(given)
      await clean.settle()
    }
  }
  expect(await findMiscounts(clean, reader.accountId)).toEqual([])
  const { results } = await env.DB.prepare('select raw_key from messages').all<{ raw_key: string }>()
  for (const { raw_key } of results)
    expect([raw_key, await env.RAW.head(raw_key)]).toEqual([raw_key, expect.anything()])
})
