/** Forwards through the real D1 and R2: targets here and elsewhere, what fails, and what goes in circles. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeAccount } from '../../src/access/accounts.ts'
import { changeAddress, createAddress, type MailAddress, removeAddress } from '../../src/access/addresses.ts'
import { isFailure, TemporaryError } from '../../src/errors.ts'
import { MARKS_MAX, RECEIVED_MAX } from '../../src/inbound/loops.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { MARK_FIELD } from '../../src/mime/forwarded.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

type Handed = { target: string; headers: Record<string, string> }

let world: World
let ann: number
let bob: number
let handed: Handed[]
let serial = 0

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  ann = await makeAccount(world, 'ann@forward.test')
  bob = await makeAccount(world, 'bob@forward.test', '*@rest.test')
})

beforeEach(() => {
  handed = []
})

/** As Email Routing's own: it takes verified destinations and throws for all others. */
const forward = async (target: string, headers: Record<string, string>) => {
  if (target.startsWith('unverified')) throw new Error('destination address not verified')
  handed.push({ target, headers })
}

async function make(...targets: string[]): Promise<MailAddress> {
  const address = `team${++serial}@forward.test`
  const made = await createAddress(world.deps, { address, kind: 'forward', accountId: null, target: null, targets })
  if (isFailure(made)) throw new Error(made.detail)
  return made
}

async function subjects(accountId: number): Promise<{ subject: string; recipient: string | null }[]> {
  const page = await listMessages(world.deps, whole(accountId), { before: null, limit: 200 })
  if (isFailure(page)) throw new Error(page.detail)
  return page.messages.map(({ subject, recipient }) => ({ subject, recipient }))
}

async function copies(accountId: number, subject: string): Promise<number> {
  return (await subjects(accountId)).filter((one) => one.subject === subject).length
}

describe('a forward', () => {
  it('delivers to each of its targets here, and hands on to the others', async () => {
    const { address } = await make('Ann@forward.test', 'anything@rest.test', 'carol@elsewhere.example')
    const received = await receiveRaw(world, address, plainMessage({ Subject: 'all of you' }), { forward })
    expect(received).toMatchObject({ kind: 'forwarded', here: [{ kind: 'filed' }, { kind: 'filed' }], elsewhere: 1 })
    expect(await subjects(ann)).toContainEqual({ subject: 'all of you', recipient: 'ann@forward.test' })
    expect(await subjects(bob)).toContainEqual({ subject: 'all of you', recipient: 'anything@rest.test' })
    expect(handed).toEqual([
      { target: 'carol@elsewhere.example', headers: { [MARK_FIELD]: expect.stringMatching(/^[0-9a-f]{16}$/) } },
    ])
  })

  it('takes a plus-tag, and keeps nothing itself', async () => {
    const { address, accountId } = await make('ann@forward.test')
    expect(accountId).toBeNull()
    const received = await receiveRaw(world, address.replace('@', '+tag@'), plainMessage({ Subject: 'tagged' }))
    expect(received).toMatchObject({ kind: 'forwarded', elsewhere: 0 })
    expect(await copies(ann, 'tagged')).toBe(1)
  })

  it('is refused while it is disabled', async () => {
    const { id, address } = await make('ann@forward.test')
    await changeAddress(world.deps, id, { enabled: false })
    expect(await receiveRaw(world, address, plainMessage())).toMatchObject({ kind: 'refused', reply: /^5\.2\.1/ })
  })

  it('leaves out a target that is switched off or gone, and is refused where none is left', async () => {
    const other = await make('ann@forward.test')
    const off = await createAddress(world.deps, {
      address: 'off@forward.test',
      kind: 'address',
      accountId: bob,
      target: null,
    })
    if (isFailure(off)) throw new Error(off.detail)
    const both = await make('off@forward.test', 'ann@forward.test')
    const alone = await make('off@forward.test')
    await changeAddress(world.deps, off.id, { enabled: false })
    expect(await receiveRaw(world, both.address, plainMessage({ Subject: 'half' }))).toMatchObject({
      kind: 'forwarded',
    })
    expect(await copies(ann, 'half')).toBe(1)
    expect(await receiveRaw(world, alone.address, plainMessage())).toMatchObject({ kind: 'refused' })
    await removeAddress(world.deps, off.id)
    expect(await receiveRaw(world, alone.address, plainMessage())).toMatchObject({ kind: 'refused' })
    expect(await receiveRaw(world, other.address, plainMessage())).toMatchObject({ kind: 'forwarded' })
  })
})

describe('a forward that fails', () => {
  it('throws, so that the sender tries again; the targets here have one copy after it', async () => {
    const { id, address } = await make('ann@forward.test', 'unverified@elsewhere.example')
    const raw = plainMessage({ Subject: 'again' })
    for (const _ of [1, 2]) await expect(receiveRaw(world, address, raw, { forward })).rejects.toThrow(TemporaryError)
    expect(await copies(ann, 'again')).toBe(1)
    await changeAddress(world.deps, id, { targets: ['ann@forward.test', 'verified@elsewhere.example'] })
    expect(await receiveRaw(world, address, raw, { forward })).toMatchObject({
      kind: 'forwarded',
      here: [{ kind: 'duplicate' }],
    })
    expect(await copies(ann, 'again')).toBe(1)
    expect(handed).toHaveLength(1)
  })

  it('has not handed anything on while a mailbox here is full, and has filled the others', async () => {
    const full = await makeAccount(world, 'full@forward.test')
    const { address } = await make('full@forward.test', 'ann@forward.test', 'carol@elsewhere.example')
    await changeAccount(world.deps, full, { quotaBytes: 1 })
    const raw = plainMessage({ Subject: 'too full' })
    await expect(receiveRaw(world, address, raw, { forward })).rejects.toThrow('4.2.2')
    expect(await copies(ann, 'too full')).toBe(1)
    expect(handed).toEqual([])
    await changeAccount(world.deps, full, { quotaBytes: null })
    expect(await receiveRaw(world, address, raw, { forward })).toMatchObject({ kind: 'forwarded' })
    expect([await copies(ann, 'too full'), await copies(full, 'too full'), handed.length]).toEqual([1, 1, 1])
  })

  it('throws where its source cannot forward, and for a target that became a forward', async () => {
    const { address } = await make('carol@elsewhere.example')
    await expect(receiveRaw(world, address, plainMessage())).rejects.toThrow('4.3.5')
    const { address: outer } = await make('later@rest.test')
    await createAddress(world.deps, {
      address: 'later@rest.test',
      kind: 'forward',
      accountId: null,
      target: null,
      targets: ['ann@forward.test'],
    })
    await expect(receiveRaw(world, outer, plainMessage(), { forward })).rejects.toThrow('4.3.5')
  })
})

describe('mail that goes in circles', () => {
  it('ends where it meets its own mark, and not at the mark of another forward', async () => {
    const first = await make('carol@elsewhere.example')
    const second = await make('dora@elsewhere.example')
    await receiveRaw(world, first.address, plainMessage(), { forward })
    const mark = handed[0]?.headers ?? {}
    await receiveRaw(world, second.address, plainMessage(mark), { forward })
    const marks = handed[1]?.headers ?? {}
    expect(marks[MARK_FIELD]).toMatch(new RegExp(`^${mark[MARK_FIELD]} [0-9a-f]{16}$`))
    for (const { address } of [first, second])
      expect(await receiveRaw(world, address, plainMessage(marks), { forward })).toEqual({
        kind: 'refused',
        reply: expect.stringMatching(/^5\.4\.6/),
      })
    expect(handed).toHaveLength(2)
  })

  it.each([
    ['Received fields', RECEIVED_MAX + 1, 'Received: from a by b; Sun, 01 Mar 2026 11:00:00 +0000\r\n'],
    ['marks', MARKS_MAX, `${MARK_FIELD}: 0123456789abcdef\r\n`],
  ])('ends at too many %s', async (_, n, field) => {
    const { address } = await make('carol@elsewhere.example')
    expect(await receiveRaw(world, address, field.repeat(n) + plainMessage(), { forward })).toMatchObject({
      kind: 'refused',
    })
    expect(await receiveRaw(world, address, field.repeat(n - 1) + plainMessage(), { forward })).toMatchObject({
      kind: 'forwarded',
    })
  })
})
