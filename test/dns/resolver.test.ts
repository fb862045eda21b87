import { beforeEach, describe, expect, it } from 'vitest'
import { type Asked, askDns } from '../../src/dns/doh.ts'
import { DnsMemory, dnsResolver } from '../../src/dns/resolver.ts'

const SECOND = 1_000
const DAY = 86_400 * SECOND

let nowMs: number
let asked: string[]
let answer: Asked
let work: Promise<unknown>[]
let logs: object[]
let serial = 0
/** A name of its own for each test: the Cache API outlives it. */
let name: string

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 2)
  asked = []
  work = []
  logs = []
  name = `n${serial++}.example`
  answer = { kind: 'found', records: ['a'], ttlSeconds: 300 }
})

/** One isolate after the other: each has a memory of its own, and all share the Cache API. */
function isolate() {
  const memory = new DnsMemory()
  const ask = async (what: string) => {
    asked.push(what)
    return answer
  }
  const resolve = dnsResolver({
    now: () => nowMs,
    background: (one) => work.push(one),
    log: (entry) => logs.push(entry),
    memory,
    ask,
  })
  return async (what = name) => {
    const got = await resolve(what, 'TXT')
    await Promise.all(work.splice(0))
    return got.kind === 'found' ? got.records.join() : got.kind
  }
}

describe('what is remembered', () => {
  it('is not asked for again, here or in another isolate, until its time is over', async () => {
    const [here, there] = [isolate(), isolate()]
    expect([await here(), await here(), await here(name.toUpperCase()), await there()]).toEqual(['a', 'a', 'a', 'a'])
    expect(asked).toHaveLength(1)
    nowMs += 301 * SECOND
    answer = { kind: 'found', records: ['b'], ttlSeconds: 300 }
    expect([await here(), await isolate()()]).toEqual(['b', 'b'])
    expect(asked).toHaveLength(2)
  })

  const times: [string, Asked, number][] = [
    ['a short time is stretched', { kind: 'found', records: ['a'], ttlSeconds: 0 }, 60],
    ['a long time is cut', { kind: 'found', records: ['a'], ttlSeconds: 10 * 86_400 }, 3_600],
    ['none is believed for less', { kind: 'none', ttlSeconds: 86_400 }, 300],
  ]
  it.each(times)('%s', async (_name, given, seconds) => {
    answer = given
    const here = isolate()
    await here()
    nowMs += seconds * SECOND - 1
    await here()
    expect(asked).toHaveLength(1)
    nowMs += 1
    await here()
    expect(asked).toHaveLength(2)
  })

  it('is bounded', async () => {
    const memory = new DnsMemory()
    for (let i = 0; i < 3_000; i++) memory.set(`TXT ${i}`, { answer: { kind: 'none' }, freshUntilMs: 0 })
    const kept = Array.from({ length: 3_000 }, (_, i) => memory.get(`TXT ${i}`)).filter((one) => one !== undefined)
    expect(kept).toHaveLength(1_000)
    expect(memory.get('TXT 2999')).toBeDefined()
    const records = ['x'.repeat(60_000)]
    memory.set('TXT 2999', { answer: { kind: 'found', records }, freshUntilMs: 0 })
    expect(memory.get('TXT 2999')).toBeUndefined()
  })
})

describe('where DNS cannot be asked', () => {
  it.each(['unknown', 'silent'] as const)('%s: the last good answer stands in for three days', async (kind) => {
    const here = isolate()
    await here()
    answer = { kind }
    nowMs += 2 * DAY
    expect([await here(), await isolate()()]).toEqual(['a', 'a'])
    nowMs += 2 * DAY
    expect([await here(), await isolate()()]).toEqual(['unknown', 'unknown'])
  })

  it('"none" stands in for nothing', async () => {
    answer = { kind: 'none', ttlSeconds: 60 }
    const here = isolate()
    expect(await here()).toBe('none')
    answer = { kind: 'unknown' }
    nowMs += 61 * SECOND
    expect(await here()).toBe('unknown')
  })

  it('a resolver that cannot be reached is left alone for a minute, and that is logged once', async () => {
    answer = { kind: 'silent' }
    const here = isolate()
    for (let i = 0; i < 10; i++) expect(await here(`${i}.${name}`)).toBe('unknown')
    expect([asked.length, logs.length]).toEqual([1, 1])
    nowMs += 61 * SECOND
    answer = { kind: 'found', records: ['back'], ttlSeconds: 60 }
    expect(await here()).toBe('back')
  })

  it('one domain that does not answer silences no other', async () => {
    answer = { kind: 'unknown' }
    const here = isolate()
    expect(await here()).toBe('unknown')
    answer = { kind: 'found', records: ['b'], ttlSeconds: 60 }
    expect(await here(`other.${name}`)).toBe('b')
  })
})

it('what is no name is never asked for', async () => {
  expect(await askDns('a..b', 'A')).toEqual({ kind: 'none', ttlSeconds: 0 })
})
