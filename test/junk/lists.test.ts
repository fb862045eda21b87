/** List entries with an end, which go by themselves; and block entries of domains that mail links to. */
import { beforeAll, describe, expect, it } from 'vitest'
import { forgetOld } from '../../src/inbound/forget.ts'
import { findListings, listEntries, putEntry, SERVER } from '../../src/junk/lists.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

const HOUR = 3_600

let world: World
let account: number

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  account = await makeAccount(world, 'demo@postern.test')
})

describe.each([
  ['an account', () => account],
  ['the server', () => SERVER],
])('an entry of %s', (_, owner) => {
  it('holds until its end, and is deleted after it; one without an end stays', async () => {
    const now = Math.floor(world.clock.ms / 1000)
    const block = { list: 'block' as const }
    await putEntry(world.deps, owner(), {
      ...block,
      entry: 'soon@pest.example',
      expiresAt: now + HOUR,
      note: 'For an hour',
    })
    await putEntry(world.deps, owner(), { ...block, entry: 'always@pest.example' })
    const hits = async () => {
      const fromAddresses = ['soon@pest.example', 'always@pest.example']
      const sender = { fromAddresses, envelopeFrom: null, ip: null, helo: null }
      const found = await findListings(world.deps, account, sender, [])
      return found.lists.map(({ value }) => value).sort()
    }
    const listed = async () => (await listEntries(world.deps, owner(), '', 10)).map(({ entry }) => entry).sort()
    const both = ['always@pest.example', 'soon@pest.example']
    expect([await hits(), await listed()]).toEqual([expect.arrayContaining(both), both])
    await forgetOld(world.deps, 0)
    expect(await listed()).toEqual(both)
    world.clock.ms += HOUR * 1000
    expect(new Set(await hits())).toEqual(new Set(['always@pest.example']))
    await forgetOld(world.deps, 0)
    expect(await listed()).toEqual(['always@pest.example'])
    world.clock.ms -= HOUR * 1000
  })
})

describe('a blocked domain', () => {
  it('is found in the links of mail from others, and tells whose entry it is', async () => {
    await putEntry(world.deps, account, { entry: 'lure.example', list: 'block' })
    await putEntry(world.deps, SERVER, { entry: 'trap.example', list: 'block' })
    await putEntry(world.deps, account, { entry: 'good.example', list: 'allow' })
    const sender = { fromAddresses: ['ann@shop.example'], envelopeFrom: null, ip: null, helo: null }
    const linked = ['good.example', 'trap.example', 'lure.example', 'www.lure.example', 'other.example']
    expect(await findListings(world.deps, account, sender, linked)).toEqual({
      lists: [],
      urlListings: [
        { host: 'lure.example', source: 'your own list' },
        { host: 'trap.example', source: "the server's list" },
      ],
    })
    const self = { ...sender, fromAddresses: ['eve@lure.example'] }
    expect((await findListings(world.deps, account, self, [])).lists.map(({ value }) => value)).toEqual([
      'lure.example',
    ])
  })
})
