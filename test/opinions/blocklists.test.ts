/** Asking DNS blocklists, with a table for the DNS. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Asking, askBlocklists, BLOCKLISTS_MS_MAX } from '../../src/opinions/blocklists.ts'
import { probeZone } from '../../src/opinions/probe.ts'
import { ZoneHealth } from '../../src/opinions/zone-health.ts'
import { parseZones } from '../../src/opinions/zones.ts'
import type { DnsAnswer } from '../../src/verify/resolve.ts'
import { type DnsTable, tableDns, working } from './dns-table.ts'

const MINUTE_MS = 60_000

/** A server that asks `zones` of a DNS whose table the test may change. */
function asker(zones: string, table: DnsTable) {
  const { resolve, asked } = tableDns(table)
  const clock = { ms: 0 }
  const logs: Record<string, unknown>[] = []
  const background: Promise<unknown>[] = []
  const asking = {
    resolve,
    now: () => clock.ms,
    log: (entry: Record<string, unknown>) => logs.push(entry),
    background: (work: Promise<unknown>) => background.push(work),
  }
  const lists = { zones: parseZones(zones).zones, health: new ZoneHealth() }
  const ask = (ip: string | null, ...domains: string[]) => askBlocklists(asking, lists, { ip, domains })
  return { ask, asked, clock, logs, background }
}

const ZEN = working('ip', 'zen.example')
const DBL = working('domain', 'dbl.example')
const listedAt = (zone: string) => ({ zone, kind: 'ip', value: '192.0.2.7', code: '127.0.0.4', weight: 1 })

describe('asking', () => {
  it('finds a listed client, by its address backwards', async () => {
    const { ask } = asker('ip:zen.example', { ...ZEN, '7.2.0.192.zen.example': ['127.0.0.4'] })
    expect(await ask('192.0.2.7')).toEqual([listedAt('zen.example')])
    expect(await ask('192.0.2.8')).toEqual([])
  })

  it('finds a listed IPv6 client, by its nibbles backwards', async () => {
    const nibbles = `1.0.0.0.${'0.'.repeat(20)}8.b.d.0.1.0.0.2`
    const { ask } = asker('ip:zen.example', { ...ZEN, [`${nibbles}.zen.example`]: ['127.0.0.3'] })
    expect(await ask('2001:db8::1')).toMatchObject([{ value: '2001:db8::1', code: '127.0.0.3' }])
  })

  it('finds listed domains', async () => {
    const { ask, asked } = asker('domain:dbl.example', { ...DBL, 'bad.example.dbl.example': ['127.0.1.4'] })
    expect(await ask('192.0.2.7', 'good.example', 'bad.example')).toEqual([
      { zone: 'dbl.example', kind: 'domain', value: 'bad.example', code: '127.0.1.4', weight: 1 },
    ])
    expect(asked.filter((name) => name.startsWith('7.2'))).toEqual([])
  })

  it.each([
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '127.0.0.2',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    'nobody',
    null,
  ])('tells nobody of %s', async (ip) => {
    const { ask, asked } = asker('ip:zen.example', ZEN)
    expect(await ask(ip)).toEqual([])
    expect(asked).toEqual([])
  })

  it('asks ten questions about domains at most, over all zones', async () => {
    const zones = Array.from({ length: 4 }, (_, i) => `domain:z${i}.example`)
    const { ask, asked } = asker(zones.join(' '), {})
    await ask(null, ...Array.from({ length: 10 }, (_, i) => `d${i}.example`))
    expect(asked.filter((name) => /^d\d/.test(name))).toHaveLength(8)
  })

  it('asks for no name that the DNS cannot hold', async () => {
    const { ask, asked } = asker('domain:dbl.example', DBL)
    expect(await ask(null, `${'a'.repeat(60)}.`.repeat(4).slice(0, -1))).toEqual([])
    expect(asked).toEqual([])
  })
})

describe('trust in a zone', () => {
  const zones: [string, 'ip' | 'domain', DnsTable, string][] = [
    ['an address list that works', 'ip', { '2.0.0.127.z.example': ['127.0.0.2', '127.0.0.10'] }, 'usable'],
    ['a domain list that works', 'domain', { 'test.z.example': ['127.0.1.2'] }, 'usable'],
    ['a domain list that lists addresses', 'domain', { '2.0.0.127.z.example': ['127.0.0.14'] }, 'usable'],
    [
      'a domain list that refuses addresses',
      'domain',
      { 'test.z.example': ['127.0.1.2'], '2.0.0.127.z.example': ['127.0.1.255'] },
      'usable',
    ],
    ['a zone that is no list', 'ip', {}, 'lists-nothing'],
    ['a list of domains named as one of addresses', 'ip', working('domain', 'z.example'), 'lists-nothing'],
    [
      'a closed list',
      'ip',
      { '2.0.0.127.z.example': ['127.0.0.2'], '1.0.0.127.z.example': ['127.0.0.2'] },
      'lists-everything',
    ],
    [
      'a closed list of domains',
      'domain',
      { 'test.z.example': ['127.0.0.2'], 'invalid.z.example': ['127.0.0.2'] },
      'lists-everything',
    ],
    [
      'a parked zone',
      'ip',
      { '2.0.0.127.z.example': ['192.0.2.80'], '1.0.0.127.z.example': ['192.0.2.80'] },
      'refused',
    ],
    ['a refusal of the resolver', 'ip', { '2.0.0.127.z.example': ['127.255.255.254'] }, 'refused'],
    ['a refusal as 127.0.0.1', 'domain', { 'test.z.example': ['127.0.0.1'] }, 'refused'],
    ['silence', 'ip', { '2.0.0.127.z.example': 'unknown' }, 'unknown'],
    [
      'silence about what is never listed',
      'ip',
      { ...working('ip', 'z.example'), '1.0.0.127.z.example': 'unknown' },
      'unknown',
    ],
  ]
  it.each(zones)('%s', async (_name, kind, table, probe) => {
    const [zone] = parseZones(`${kind}:z.example`).zones
    if (!zone) throw new Error('no zone')
    expect(await probeZone(tableDns(table).resolve, zone)).toBe(probe)
  })

  it('believes nothing that a zone says before its probe', async () => {
    const { ask, logs } = asker('ip:zen.example', { '7.2.0.192.zen.example': ['127.0.0.4'] })
    expect(await ask('192.0.2.7')).toEqual([])
    expect(logs).toEqual([{ level: 'warn', at: 'dnsbl', zone: 'zen.example', found: 'lists-nothing' }])
  })

  it('probes once an hour, and leaves a broken zone alone until then', async () => {
    const table: DnsTable = { ...ZEN, '7.2.0.192.zen.example': ['127.0.0.4'] }
    const { ask, asked, clock } = asker('ip:zen.example', table)
    await ask('192.0.2.7')
    clock.ms = 59 * MINUTE_MS
    expect(await ask('192.0.2.7')).toHaveLength(1)
    expect(asked.filter((name) => name.startsWith('2.0.0.127'))).toHaveLength(1)
    table['1.0.0.127.zen.example'] = ['127.0.0.2']
    clock.ms = 61 * MINUTE_MS
    expect(await ask('192.0.2.7')).toEqual([])
    const before = asked.length
    clock.ms = 120 * MINUTE_MS
    expect(await ask('192.0.2.7')).toEqual([])
    expect(asked).toHaveLength(before)
    delete table['1.0.0.127.zen.example']
    clock.ms = 122 * MINUTE_MS
    expect(await ask('192.0.2.7')).toEqual([listedAt('zen.example')])
  })

  it.each(['127.255.255.255', '127.0.0.1', '192.0.2.80'])(
    'an answer %s lists nothing and shuts the zone',
    async (code) => {
      const { ask, asked, logs } = asker('ip:zen.example', { ...ZEN, '7.2.0.192.zen.example': [code] })
      expect(await ask('192.0.2.7')).toEqual([])
      expect(logs).toEqual([{ level: 'warn', at: 'dnsbl', zone: 'zen.example', found: 'refused' }])
      const before = asked.length
      await ask('192.0.2.7')
      expect(asked).toHaveLength(before)
    },
  )

  it('one bad zone takes nothing from the others', async () => {
    const { ask } = asker('ip:dead.example ip:zen.example', { ...ZEN, '7.2.0.192.zen.example': ['127.0.0.4'] })
    expect(await ask('192.0.2.7')).toEqual([listedAt('zen.example')])
  })

  it('logs no key', async () => {
    const key = 'k'.repeat(26)
    const { ask, logs } = asker(`ip:${key}.zen.example`, {})
    await ask('192.0.2.7')
    expect(logs).toHaveLength(1)
    expect(JSON.stringify(logs)).not.toContain(key)
  })
})

describe('a slow zone', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each(['7.2.0.192.slow.example', '2.0.0.127.slow.example', '1.0.0.127.slow.example'])(
    'that never answers for %s costs one wait in five minutes',
    async (silent) => {
      const { ask, asked, clock, logs, background } = asker('ip:slow.example ip:zen.example', {
        ...ZEN,
        ...working('ip', 'slow.example'),
        '7.2.0.192.zen.example': ['127.0.0.4'],
        [silent]: 'hangs',
      })
      const waiting = ask('192.0.2.7')
      await vi.advanceTimersByTimeAsync(BLOCKLISTS_MS_MAX)
      expect(await waiting).toEqual([listedAt('zen.example')])
      expect(logs).toEqual([{ level: 'warn', at: 'dnsbl', zone: 'slow.example', found: 'late' }])
      expect(background).toHaveLength(1)
      const before = asked.filter((name) => name.endsWith('slow.example')).length
      clock.ms = 4 * MINUTE_MS
      expect(await ask('192.0.2.7')).toEqual([listedAt('zen.example')])
      expect(asked.filter((name) => name.endsWith('slow.example'))).toHaveLength(before)
      clock.ms = 6 * MINUTE_MS
      const again = ask('192.0.2.7')
      await vi.advanceTimersByTimeAsync(BLOCKLISTS_MS_MAX)
      await again
      expect(asked.filter((name) => name.endsWith('slow.example')).length).toBeGreaterThan(before)
    },
  )

  it('that the resolver gives up on is left alone as well', async () => {
    const { ask, asked } = asker('ip:zen.example', { ...ZEN, '7.2.0.192.zen.example': 'unknown' })
    expect(await ask('192.0.2.7')).toEqual([])
    const before = asked.length
    expect(await ask('192.0.2.7')).toEqual([])
    expect(asked).toHaveLength(before)
  })

  it.each([
    ['7.2.0.192.zen.example', '127.0.0.4'],
    ['7.2.0.192.zen.example', '127.0.0.1'],
    ['2.0.0.127.zen.example', '127.0.0.2'],
  ])('that answers late for %s with %s changes nothing any more', async (lateName, code) => {
    let answer = () => {}
    const late = new Promise<DnsAnswer>((done) => {
      answer = () => done({ kind: 'found', records: [code] })
    })
    const { resolve } = tableDns({ ...ZEN, '7.2.0.192.zen.example': ['127.0.0.4'] })
    const logs: unknown[] = []
    const asking: Asking = {
      resolve: (name, type) => (name === lateName ? late : resolve(name, type)),
      now: () => 0,
      log: (entry) => logs.push(entry),
      background: () => {},
    }
    const lists = { zones: parseZones('ip:zen.example').zones, health: new ZoneHealth() }
    const waiting = askBlocklists(asking, lists, { ip: '192.0.2.7', domains: [] })
    await vi.advanceTimersByTimeAsync(BLOCKLISTS_MS_MAX)
    expect(await waiting).toEqual([])
    answer()
    await vi.advanceTimersByTimeAsync(0)
    expect(logs).toMatchObject([{ found: 'late' }])
    expect(lists.health.stateOf('zen.example', 4 * MINUTE_MS)).toBe('off')
    expect(lists.health.stateOf('zen.example', 6 * MINUTE_MS)).toBe('unprobed')
  })
})
