import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/dns/doh.ts'
import { readReply, writeQuery } from '../../src/dns/packet.ts'
import type { DnsType } from '../../src/verify/resolve.ts'

const NAME = 'mail.shop.example'
/** Where the question's name stands in every message, and a pointer to it. */
const POINTER = [0xc0, 12]

const labels = (name: string) => [...name.split('.').flatMap((label) => [label.length, ...bytesOf(label)]), 0]
const bytesOf = (text: string) => Array.from(text, (char) => char.charCodeAt(0))
const u16 = (value: number) => [value >> 8, value & 255]

type Record = { owner?: number[]; type: number; ttl?: number; data: number[] }

function message(records: Record[], { code = 0, authority = [] as Record[], flags = 0x8180 } = {}): Uint8Array {
  const section = (all: Record[]) =>
    all.flatMap(({ owner = POINTER, type, ttl = 300, data }) => [
      ...owner,
      ...u16(type),
      ...u16(1),
      ...u16(ttl >> 16),
      ...u16(ttl & 0xffff),
      ...u16(data.length),
      ...data,
    ])
  const header = [0, 0, ...u16(flags | code), 0, 1, ...u16(records.length), ...u16(authority.length), 0, 0]
  return Uint8Array.from([...header, ...labels(NAME), 0, 1, 0, 1, ...section(records), ...section(authority)])
}

describe('writeQuery', () => {
  it('asks for one name, recursion desired, with the id 0', () => {
    const want = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels(NAME), 0, 16, 0, 1]
    expect([...(writeQuery(`${NAME}.`, 'TXT') ?? [])]).toEqual(want)
  })

  it.each(['', '.', 'a..b', '.a', `${'a'.repeat(64)}.example`, `${'a.'.repeat(130)}example`])('no name: %s', (name) => {
    expect(writeQuery(name, 'A')).toBeNull()
  })
})

describe('readReply', () => {
  const cases: [string, DnsType, Record[], string[]][] = [
    [
      'addresses',
      'A',
      [
        { type: 1, data: [192, 0, 2, 1] },
        { type: 1, data: [192, 0, 2, 2] },
      ],
      ['192.0.2.1', '192.0.2.2'],
    ],
    ['IPv6', 'AAAA', [{ type: 28, data: [0x20, 1, 13, 0xb8, ...Array(11).fill(0), 1] }], ['2001:db8:0:0:0:0:0:1']],
    [
      'exchangers, their names pointing into the question',
      'MX',
      [{ type: 15, data: [0, 10, 2, ...bytesOf('mx'), 0xc0, 17] }],
      ['10 mx.shop.example'],
    ],
    ['text of several strings', 'TXT', [{ type: 16, data: [3, ...bytesOf('v=s'), 0, 2, ...bytesOf('pf')] }], ['v=spf']],
    ['text with any bytes', 'TXT', [{ type: 16, data: [4, 0, 34, 92, 255] }], ['\0"\\\xff']],
    ['names', 'PTR', [{ type: 12, data: labels('Host.Example') }], ['host.example']],
    [
      'what an alias leads to',
      'A',
      [
        { type: 5, data: labels('b.example') },
        { type: 5, owner: labels('B.example'), data: labels('c.example') },
        { type: 1, owner: labels('c.example'), data: [1, 2, 3, 4] },
      ],
      ['1.2.3.4'],
    ],
    ['nothing of another name', 'A', [{ type: 1, owner: labels('evil.example'), data: [1, 2, 3, 4] }], []],
    ['nothing of another type', 'A', [{ type: 16, data: [1, 65] }], []],
    ['nothing where aliases run in a circle', 'A', [{ type: 5, data: POINTER }], []],
  ]
  it.each(cases)('%s', (_name, type, records, want) => {
    expect(readReply(message(records), NAME, type)?.records).toEqual(want)
  })

  const data = { type: 1, data: [1, 2, 3, 4] }
  const broken: [string, Uint8Array][] = [
    ['nothing', new Uint8Array()],
    ['a header alone', Uint8Array.from([0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])],
    ['a question', message([data], { flags: 0x0100 })],
    ['cut short', message([data]).subarray(0, -1)],
    ['a name that points to itself', message([{ ...data, owner: [0xc0, 12 + labels(NAME).length + 4] }])],
    ['a label that is too long', message([{ ...data, owner: [64, ...Array(64).fill(65), 0] }])],
    ['text that is longer than its record', message([{ type: 16, data: [200, 65] }])],
    ['an address of three bytes', message([{ type: 1, data: [1, 2, 3] }])],
  ]
  it.each(broken)('no answer: %s', (name, bytes) => {
    expect(readReply(bytes, NAME, name.startsWith('text') ? 'TXT' : 'A')).toBeNull()
  })

  it('any bytes read as something or as nothing, and never throw', () => {
    const types = fc.constantFrom<DnsType>('A', 'AAAA', 'MX', 'TXT', 'PTR')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), types, (bytes, type) => {
        readReply(bytes, NAME, type)
      }),
      { numRuns: 2_000 },
    )
    const good = message([{ type: 5, data: labels('b.example') }, data], { authority: [data] })
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), types, (at, byte, type) => {
        const bytes = good.slice()
        bytes[at] = byte
        readReply(bytes, NAME, type)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('what an answer says', () => {
  const soa = (ttl: number, minimum: number): Record => {
    const numbers = [1, 2, 3, 4, minimum].flatMap((n) => [...u16(n >> 16), ...u16(n & 0xffff)])
    return { type: 6, ttl, data: [...labels('ns.example'), ...labels('admin.example'), ...numbers] }
  }
  const cases: [string, Uint8Array, object][] = [
    [
      'records, for the shortest of their times',
      message([
        { type: 1, ttl: 900, data: [1, 2, 3, 4] },
        { type: 1, ttl: 70, data: [1, 2, 3, 5] },
      ]),
      { kind: 'found', records: ['1.2.3.4', '1.2.3.5'], ttlSeconds: 70 },
    ],
    [
      'no such name, for as long as its zone says',
      message([], { code: 3, authority: [soa(3_600, 120)] }),
      { kind: 'none', ttlSeconds: 120 },
    ],
    ['no such record', message([], { authority: [soa(60, 120)] }), { kind: 'none', ttlSeconds: 60 }],
    ['a server that failed', message([], { code: 2 }), { kind: 'unknown' }],
    ['a server that refused', message([], { code: 5 }), { kind: 'unknown' }],
    ['no DNS at all', Uint8Array.from([60, 104, 116, 109, 108, 62]), { kind: 'unknown' }],
  ]
  it.each(cases)('%s', (_name, bytes, want) => {
    expect(readAnswer(bytes, NAME, 'A')).toEqual(want)
  })
})
