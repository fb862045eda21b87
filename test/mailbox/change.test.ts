/**
 * Changing messages. After random changes every stored count equals what counting would give: the counts are never
 * counted in production, so here they are, from the rows.
 */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import type { Edit } from '../../src/mailbox/change-plan.ts'
import { listChanges } from '../../src/mailbox/changes.ts'
import { listConversations } from '../../src/mailbox/conversations.ts'
import { ANSWERED, FLAGGED, SEEN } from '../../src/mailbox/flags.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { readMessage } from '../../src/mailbox/read.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { readVanished } from '../../src/store/uid-read.ts'
import { findMiscounts } from '../helpers/miscounts.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

let world: World
let account: number
let boxes: Record<string, number>

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  account = await makeAccount(world, 'demo@postern.test')
  boxes = Object.fromEntries((await listMailboxes(world.deps, whole(account))).map((box) => [box.role, box.id]))
})

function box(role: string): number {
  const id = boxes[role]
  if (id === undefined) throw new Error(role)
  return id
}

async function received(over: Record<string, string> = {}): Promise<number> {
  const result = await receiveRaw(world, 'demo@postern.test', plainMessage(over))
  if (result.kind !== 'filed') throw new Error(result.kind)
  return result.id
}

async function change(ids: number[], edit: Edit) {
  const changed = await changeAll(world.deps, whole(account), ids, edit)
  if (isFailure(changed)) throw new Error(changed.detail)
  return changed
}

const miscounts = () => findMiscounts(world, account)

describe('changing messages', () => {
  it('sets flags and keywords, once', async () => {
    const id = await received()
    const first = await change([id], { set: SEEN | ANSWERED, addKeywords: ['todo'] })
    expect(first.changed).toEqual([id])
    expect(await readMessage(world.deps, whole(account), id)).toMatchObject({
      unread: false,
      answered: true,
      keywords: ['todo'],
      modseq: first.modseq,
    })
    expect(await change([id], { set: SEEN, addKeywords: ['todo'] })).toMatchObject({ modseq: null, changed: [] })
  })

  it('moves with a new UID and leaves a tombstone in the old mailbox', async () => {
    const id = await received()
    const uid = (await readMessage(world.deps, whole(account), id))?.placements[0]?.uid
    const moved = await change([id], { remove: 'all', add: [box('archive')] })
    const message = await readMessage(world.deps, whole(account), id)
    expect(message?.placements.map((placement) => placement.mailboxId)).toEqual([box('archive')])
    const gone = await readVanished(world.deps.stores.of(account), account, box('inbox'), (moved.modseq ?? 0) - 1)
    expect(gone).toEqual([{ modseq: moved.modseq, uids: JSON.stringify([uid]) }])
  })

  it('places one message in several mailboxes and destroys it when it leaves the last', async () => {
    const id = await received()
    await change([id], { add: [box('archive')] })
    expect((await readMessage(world.deps, whole(account), id))?.placements).toHaveLength(2)
    await change([id], { remove: [box('inbox')] })
    const gone = await change([id], { remove: [box('archive')] })
    expect(gone.destroyed).toEqual([id])
    expect(await readMessage(world.deps, whole(account), id)).toBeNull()
  })

  it('deletes the raw object after the message, and the search row with it', async () => {
    const id = await received({ Subject: 'vanishing' })
    const message = await readMessage(world.deps, whole(account), id)
    await change([id], { destroy: true })
    await world.deps.queues.events.send({ shard: 0 })
    await world.settle()
    expect(await env.RAW.head(message?.rawKey ?? '')).toBeNull()
    expect(await env.DB.prepare(`select count(*) n from ft where ft match 'vanishing'`).first('n')).toBe(0)
  })

  it('does not touch, see or place into what is another account’s', async () => {
    const stranger = await makeAccount(world, 'other@postern.test')
    const id = await received()
    expect(await changeAll(world.deps, whole(stranger), [id], { destroy: true })).toMatchObject({
      notFound: [id],
      destroyed: [],
    })
    const theirs = (await listMailboxes(world.deps, whole(stranger)))[0]?.id ?? 0
    expect(await changeAll(world.deps, whole(account), [id], { add: [theirs] })).toMatchObject({ failure: 'not-found' })
    expect(await readMessage(world.deps, whole(account), id)).toMatchObject({ unread: true })
  })

  it('loses no change when several are made at once', async () => {
    const ids = await Promise.all(Array.from({ length: 4 }, () => received()))
    const edits = ids.map((id, i) => change([id], { addKeywords: [`k${i}`] }))
    await Promise.all(edits)
    const messages = await Promise.all(ids.map((id) => readMessage(world.deps, whole(account), id)))
    expect(messages.map((message) => message?.keywords)).toEqual(ids.map((_, i) => [`k${i}`]))
  })

  it('tells every change once, page by page, and a destroyed message as destroyed', async () => {
    const start = await listChanges(world.deps, whole(account), { modseq: 0, id: 0 }, 500)
    if (isFailure(start)) throw new Error(start.detail)
    const kept = await received()
    const gone = await received()
    await change([kept], { set: FLAGGED })
    await change([gone], { destroy: true })
    const seen: unknown[] = []
    let state = start.state
    for (let more = true; more; ) {
      const page = await listChanges(world.deps, whole(account), state, 1)
      if (isFailure(page)) throw new Error(page.detail)
      seen.push(...page.changes.map((one) => [one.kind, one.id]))
      ;({ state, more } = page)
    }
    expect(seen).toEqual([
      ['created', kept],
      ['destroyed', gone],
    ])
  })

  it('keeps every stored count true under random changes', async () => {
    const ids: number[] = []
    for (let i = 0; i < 12; i++) {
      const parent = `<t${i % 4}@thread.example>`
      ids.push(
        await received({
          'Message-ID': i < 4 ? parent : `<m${i}@thread.example>`,
          References: parent,
          Subject: `Thread ${i % 4}`,
        }),
      )
    }
    const ids$ = fc.subarray(ids, { minLength: 1 })
    const boxes$ = fc.subarray([box('inbox'), box('archive'), box('trash'), box('junk')], {
      minLength: 1,
      maxLength: 2,
    })
    const bits$ = fc.integer({ min: 0, max: 7 })
    const edit$: fc.Arbitrary<Edit> = fc.oneof(
      fc.record({ set: bits$ }),
      fc.record({ clear: bits$ }),
      fc.record({ add: boxes$, set: bits$ }),
      fc.record({ remove: fc.constant('all' as const), add: boxes$ }),
      fc.record({ remove: boxes$, add: boxes$ }),
      fc.record({ remove: boxes$, rescue: fc.constantFrom(box('trash'), box('archive')) }),
      fc.record({ deleted: boxes$.map(([mailboxId]) => ({ mailboxId: mailboxId ?? 0, value: true })) }),
      fc.record({ deleted: boxes$.map(([mailboxId]) => ({ mailboxId: mailboxId ?? 0, value: false })) }),
    )
    await fc.assert(
      fc.asyncProperty(ids$, edit$, async (some, edit) => {
        await change(some, edit)
        expect(await miscounts()).toEqual([])
      }),
      { numRuns: 60 },
    )
    await change(ids, { destroy: true })
    expect(await miscounts()).toEqual([])
  })

  it('lists conversations by their newest message', async () => {
    const first = await received({ 'Message-ID': '<c1@c.example>', Subject: 'Talk' })
    await received({ Subject: 'Something else' })
    const reply = await received({ Subject: 'Re: Talk', References: '<c1@c.example>' })
    const page = await listConversations(world.deps, whole(account), {
      mailboxId: box('inbox'),
      before: null,
      limit: 2,
    })
    if (isFailure(page)) throw new Error(page.detail)
    expect(page.conversations[0]).toMatchObject({ threadId: first, messages: 2, unread: 2, newest: { id: reply } })
    expect(page.next).not.toBeNull()
  })
})
