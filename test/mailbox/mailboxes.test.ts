/** Mailboxes made, named, nested and deleted: what their owner finds, and what is refused and says why. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { createMailbox, editMailbox, MAILBOX_DEPTH_MAX, type NewMailbox } from '../../src/mailbox/mailbox-edit.ts'
import { emptyMailboxes, removeMailbox } from '../../src/mailbox/mailbox-remove.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { type Reader, whole } from '../../src/mailbox/reader.ts'
import { fillMailbox } from '../helpers/bulk.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

let world: World
let reader: Reader
let serial = 0

beforeEach(async () => {
  await migrate()
  world = makeWorld()
  reader = whole(await makeAccount(world, `owner${++serial}@postern.test`))
})

async function make(name: string, parentId: number | null = null, role: NewMailbox['role'] = null) {
  const made = await createMailbox(world.deps, reader, { name, parentId, role })
  if (isFailure(made)) throw new Error(made.detail)
  return made
}

async function withRole(role: string) {
  const found = (await listMailboxes(world.deps, reader)).find((box) => box.role === role)
  if (!found) throw new Error(`no ${role}`)
  return found
}

async function deliverInto(mailboxIds: number[]): Promise<number> {
  const received = await receiveRaw(world, `owner${serial}@postern.test`, plainMessage())
  if (received.kind !== 'filed') throw new Error(received.kind)
  await changeAll(world.deps, reader, [received.id], { remove: 'all', add: mailboxIds })
  return received.id
}

async function idsIn(mailboxId: number): Promise<number[]> {
  const page = await listMessages(world.deps, reader, { mailboxId, before: null, limit: 200 })
  return isFailure(page) ? [] : page.messages.map(({ id }) => id)
}

const names = async () => (await listMailboxes(world.deps, reader)).map(({ name }) => name)

describe('a mailbox', () => {
  it('is made at the top or in another, and listed', async () => {
    const orders = await make('Orders')
    const year = await make('2026', orders.id)
    expect(year).toMatchObject({ name: '2026', parentId: orders.id, role: null, isEmptying: false, uidNext: 1 })
    expect(await names()).toEqual(['2026', 'Archive', 'Drafts', 'Inbox', 'Junk', 'Orders', 'Sent', 'Trash'])
  })

  it('may have the name of one that stands elsewhere, and no sibling’s', async () => {
    const orders = await make('Orders')
    await make('Orders', orders.id)
    const again = { name: 'Orders', parentId: null, role: null }
    expect(await createMailbox(world.deps, reader, again)).toMatchObject({ failure: 'conflict', field: 'name' })
  })

  it('is made once by twenty who ask at once', async () => {
    const wanted = { name: 'Race', parentId: null, role: null }
    const made = await Promise.all(Array.from({ length: 20 }, () => createMailbox(world.deps, reader, wanted)))
    expect(made.filter((one) => !isFailure(one))).toHaveLength(1)
    expect((await names()).filter((name) => name === 'Race')).toHaveLength(1)
  })

  it.each([
    ['', 'invalid'],
    ['a/b', 'invalid'],
    ['a\nb', 'invalid'],
    ['\ud800', 'invalid'],
    ['ü'.repeat(101), 'invalid'],
    ['inbox', 'conflict'],
    ['INBOX', 'conflict'],
  ])('may not be named %j', async (name, failure) => {
    const refused = await createMailbox(world.deps, reader, { name, parentId: null, role: null })
    expect(refused).toMatchObject({ failure, field: 'name' })
  })

  it('keeps its messages when it is renamed and moved', async () => {
    const orders = await make('Orders')
    const id = await deliverInto([orders.id])
    const into = await make('Old')
    const moved = await editMailbox(world.deps, reader, orders.id, { name: 'Past orders', parentId: into.id })
    expect(moved).toMatchObject({ name: 'Past orders', parentId: into.id, counts: { total: 1 } })
    expect(await idsIn(orders.id)).toEqual([id])
  })

  it('does not stand in itself, whoever asks at once', async () => {
    const a = await make('a')
    const b = await make('b', a.id)
    expect(await editMailbox(world.deps, reader, a.id, { parentId: b.id })).toMatchObject({ failure: 'conflict' })
    expect(await editMailbox(world.deps, reader, a.id, { parentId: a.id })).toMatchObject({ failure: 'conflict' })
    const c = await make('c')
    const d = await make('d')
    await Promise.allSettled([
      editMailbox(world.deps, reader, c.id, { parentId: d.id }),
      editMailbox(world.deps, reader, d.id, { parentId: c.id }),
    ])
    const parents = new Map((await listMailboxes(world.deps, reader)).map(({ id, parentId }) => [id, parentId]))
    expect(parents.get(c.id) === d.id && parents.get(d.id) === c.id).toBe(false)
  })

  it('stands no deeper than the bound, with all that stands in it', async () => {
    let parent: number | null = null
    for (let depth = 0; depth < MAILBOX_DEPTH_MAX; depth++) parent = (await make(`level ${depth}`, parent)).id
    const deeper = { name: 'too deep', parentId: parent, role: null }
    expect(await createMailbox(world.deps, reader, deeper)).toMatchObject({ failure: 'conflict', field: 'parent_id' })
    const top = await make('top')
    const first = (await listMailboxes(world.deps, reader)).find(({ name }) => name === 'level 0')
    const moved = await editMailbox(world.deps, reader, first?.id ?? 0, { parentId: top.id })
    expect(moved).toMatchObject({ failure: 'conflict', field: 'parent_id' })
  })

  it('stands no deeper than the bound, whoever moves it at once', async () => {
    const chains: number[][] = []
    for (const name of ['x', 'y', 'z']) {
      const chain: number[] = []
      for (let n = 0; n < 5; n++) chain.push((await make(`${name}${n}`, chain.at(-1) ?? null)).id)
      chains.push(chain)
    }
    const [x = [], y = [], z = []] = chains
    await Promise.allSettled([
      editMailbox(world.deps, reader, y[0] ?? 0, { parentId: x[4] ?? 0 }),
      editMailbox(world.deps, reader, x[0] ?? 0, { parentId: z[4] ?? 0 }),
    ])
    const byId = new Map((await listMailboxes(world.deps, reader)).map((box) => [box.id, box]))
    const depth = (id: number | null): number => (id === null ? 0 : 1 + depth(byId.get(id)?.parentId ?? null))
    expect(Math.max(...[...byId.keys()].map(depth))).toBe(MAILBOX_DEPTH_MAX)
  })

  it('keeps both of two changes at once, or refuses one', async () => {
    const box = await make('Old')
    const parent = await make('Parent')
    const done = await Promise.allSettled([
      editMailbox(world.deps, reader, box.id, { name: 'New' }),
      editMailbox(world.deps, reader, box.id, { parentId: parent.id }),
    ])
    const now = (await listMailboxes(world.deps, reader)).find(({ id }) => id === box.id)
    expect(now?.name === 'New').toBe(done[0].status === 'fulfilled')
    expect(now?.parentId === parent.id).toBe(done[1].status === 'fulfilled')
  })

  it('takes a role that no other has', async () => {
    const late = await make('Later')
    const taken = await editMailbox(world.deps, reader, late.id, { role: 'archive' })
    expect(taken).toMatchObject({ failure: 'conflict', field: 'role' })
    await editMailbox(world.deps, reader, (await withRole('archive')).id, { role: null })
    expect(await editMailbox(world.deps, reader, late.id, { role: 'archive' })).toMatchObject({ role: 'archive' })
  })

  it('that is the Inbox stays as it is', async () => {
    const inbox = await withRole('inbox')
    expect(await editMailbox(world.deps, reader, inbox.id, { name: 'Other' })).toMatchObject({ failure: 'conflict' })
    expect(await editMailbox(world.deps, reader, inbox.id, { role: null })).toMatchObject({ failure: 'conflict' })
    expect(await removeMailbox(world.deps, reader, inbox.id, 'permanent')).toMatchObject({ failure: 'conflict' })
  })

  it('of another account is not found, as a parent neither', async () => {
    const theirs = await make('Theirs')
    const stranger = whole(await makeAccount(world, `stranger${serial}@postern.test`))
    const renamed = await editMailbox(world.deps, stranger, theirs.id, { name: 'Mine' })
    expect(renamed).toMatchObject({ failure: 'not-found' })
    expect(await removeMailbox(world.deps, stranger, theirs.id, 'trash')).toMatchObject({ failure: 'not-found' })
    const below = { name: 'Below', parentId: theirs.id, role: null }
    expect(await createMailbox(world.deps, stranger, below)).toMatchObject({ failure: 'invalid', field: 'parent_id' })
  })

  it('is not changed by a key of one address', async () => {
    const bound: Reader = { ...reader, addressId: 1 }
    const wanted = { name: 'Bound', parentId: null, role: null }
    expect(await createMailbox(world.deps, bound, wanted)).toMatchObject({ failure: 'forbidden' })
    const box = await make('Box')
    expect(await editMailbox(world.deps, bound, box.id, { name: 'x' })).toMatchObject({ failure: 'forbidden' })
    expect(await removeMailbox(world.deps, bound, box.id, 'keep')).toMatchObject({ failure: 'forbidden' })
  })
})

describe('deleting a mailbox', () => {
  it('refuses one in which anything stands', async () => {
    const parent = await make('Parent')
    await make('Child', parent.id)
    const full = await make('Full')
    await deliverInto([full.id])
    expect(await removeMailbox(world.deps, reader, parent.id, 'trash')).toMatchObject({ failure: 'conflict' })
    expect(await removeMailbox(world.deps, reader, full.id, 'keep')).toMatchObject({ failure: 'conflict' })
    expect(await removeMailbox(world.deps, reader, (await make('Empty')).id, 'keep')).toBe('deleted')
    expect(await names()).not.toContain('Empty')
  })

  it('moves to the Trash what stands nowhere else, and leaves the rest where it is', async () => {
    const box = await make('Box')
    const [trash, archive] = [await withRole('trash'), await withRole('archive')]
    const alone = await deliverInto([box.id])
    const shared = await deliverInto([box.id, archive.id])
    expect(await removeMailbox(world.deps, reader, box.id, 'trash')).toBe('deleted')
    expect(await idsIn(trash.id)).toEqual([alone])
    expect(await idsIn(archive.id)).toEqual([shared])
    expect(await names()).not.toContain('Box')
  })

  it('destroys, where it is asked for, what stands nowhere else', async () => {
    const box = await make('Box')
    const archive = await withRole('archive')
    await deliverInto([box.id])
    const shared = await deliverInto([box.id, archive.id])
    expect(await removeMailbox(world.deps, reader, box.id, 'permanent')).toBe('deleted')
    expect(await idsIn((await withRole('trash')).id)).toEqual([])
    expect(await idsIn(archive.id)).toEqual([shared])
  })

  it('keeps mail that was to go to a Trash which is none', async () => {
    const box = await make('Box')
    const id = await deliverInto([box.id])
    await editMailbox(world.deps, reader, (await withRole('trash')).id, { role: null })
    expect(await removeMailbox(world.deps, reader, box.id, 'trash')).toMatchObject({ failure: 'conflict' })
    expect(await idsIn(box.id)).toEqual([id])
  })

  it('never takes one that has just been given a role', async () => {
    for (let n = 0; n < 8; n++) {
      const trash = await withRole('trash')
      await editMailbox(world.deps, reader, trash.id, { role: null })
      const box = await make(`Race ${n}`)
      await deliverInto([box.id])
      await Promise.allSettled([
        editMailbox(world.deps, reader, box.id, { role: 'trash' }),
        removeMailbox(world.deps, reader, box.id, n % 2 ? 'permanent' : 'trash'),
      ])
      for (let run = 0; run < 5 && (await emptyMailboxes(world.deps, 0)); run++) await world.settle()
      expect(await emptyMailboxes(world.deps, 0)).toBe(false)
      const left = (await listMailboxes(world.deps, reader)).find(({ id }) => id === box.id)
      expect(left?.isEmptying ?? false).toBe(false)
      if (left?.role === 'trash') await editMailbox(world.deps, reader, box.id, { role: null })
      await editMailbox(world.deps, reader, trash.id, { role: 'trash' })
    }
  })

  it('that is going on takes no more mail', async () => {
    const box = await make('Going')
    await fillMailbox(env.DB, reader.accountId, box.id, 6_000)
    expect(await removeMailbox(world.deps, reader, box.id, 'permanent')).toBe('emptying')
    const received = await receiveRaw(world, `owner${serial}@postern.test`, plainMessage())
    if (received.kind !== 'filed') throw new Error(received.kind)
    const moved = await changeAll(world.deps, reader, [received.id], { remove: 'all', add: [box.id] })
    expect(moved).toMatchObject({ failure: 'not-found' })
  })

  it('goes on for one while another one fails', async () => {
    const [bad, good] = [await make('Bad'), await make('Good')]
    await fillMailbox(env.DB, reader.accountId, good.id, 5_500)
    await env.DB.prepare("update mailboxes set emptying = 'trash', role = 'x' where id = ?").bind(bad.id).run()
    expect(await removeMailbox(world.deps, reader, good.id, 'permanent')).toBe('emptying')
    await emptyMailboxes(world.deps, 0)
    expect(await names()).not.toContain('Good')
    expect(world.logs).toContainEqual(expect.objectContaining({ at: 'mailbox.empty', mailbox: bad.id }))
    await env.DB.prepare('delete from mailboxes where id = ?').bind(bad.id).run()
  })

  it('goes on by itself where there is much, and ends with true counts', async () => {
    const box = await make('Large')
    await fillMailbox(env.DB, reader.accountId, box.id, 6_000)
    expect(await removeMailbox(world.deps, reader, box.id, 'trash')).toBe('emptying')
    expect((await listMailboxes(world.deps, reader)).find(({ id }) => id === box.id)?.isEmptying).toBe(true)
    const edited = await editMailbox(world.deps, reader, box.id, { name: 'Kept' })
    expect(edited).toMatchObject({ failure: 'conflict' })
    while (await emptyMailboxes(world.deps, 0)) await world.settle()
    expect(await names()).not.toContain('Large')
    expect((await withRole('trash')).counts).toMatchObject({ total: 6_000 })
  })
})
