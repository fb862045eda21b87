import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../src/opinions/answer.ts'
import { parseZones } from '../../src/opinions/zones.ts'

const KEY = 'abcdefghijklmnopqrstuvwxyz'

describe('parseZones', () => {
  it('reads kinds, answers and weights', () => {
    const { zones, problems } = parseZones(' ip:ZEN.example,domain:dbl.example=127.0.1.[2..99;104]\n ip:bl.example*2  ')
    expect(problems).toEqual([])
    expect(zones).toEqual([
      { kind: 'ip', name: 'zen.example', shown: 'zen.example', codes: null, weight: 1 },
      {
        kind: 'domain',
        name: 'dbl.example',
        shown: 'dbl.example',
        codes: [
          [[127, 127]],
          [[0, 0]],
          [[1, 1]],
          [
            [2, 99],
            [104, 104],
          ],
        ],
        weight: 1,
      },
      { kind: 'ip', name: 'bl.example', shown: 'bl.example', codes: null, weight: 2 },
    ])
  })

  it('names nothing where nothing is named', () => {
    for (const text of ['', ' ,\n,']) expect(parseZones(text)).toEqual({ zones: [], problems: [] })
  })

  it("shows no zone with the operator's key", () => {
    expect(parseZones(`ip:${KEY}.zen.dq.example`).zones).toMatchObject([
      { name: `${KEY}.zen.dq.example`, shown: 'zen.dq.example' },
    ])
  })

  const refused: [string, RegExp][] = [
    ['zen.example', /ip:ZONE/],
    ['ipv4:zen.example', /ip:ZONE/],
    ['ip:', /ip:ZONE/],
    ['ip:zen.example=2.5', /answers/],
    ['ip:zen.example*3', /ip:ZONE/],
    ['ip:zen.example*-1', /ip:ZONE/],
    ['ip:zen', /name of a zone/],
    ['ip:zen..example', /name of a zone/],
    ['ip:zen.example/24', /name of a zone/],
    [`ip:${'a.'.repeat(70)}example`, /name of a zone/],
    ['ip:zen.example=127.0.0', /answers/],
    ['ip:zen.example=127.0.0.2.3', /answers/],
    ['ip:zen.example=127.0.0.256', /answers/],
    ['ip:zen.example=127.0.0.[9..2]', /answers/],
    ['ip:zen.example=127.0.0.[]', /answers/],
    ['ip:zen.example=127.0.0.[2;;3]', /answers/],
    ['ip:zen.example=127.0.0.2..9', /answers/],
    ['ip:zen.example=127.0.0.[2', /answers/],
    [`ip:zen.example=127.0.0.[${'2;'.repeat(40)}2]`, /answers/],
  ]
  it.each(refused)('refuses %s and keeps the rest', (entry, why) => {
    const { zones, problems } = parseZones(`ip:bl.example ${entry}`)
    expect(zones.map(({ name }) => name)).toEqual(['bl.example'])
    expect(problems).toEqual([expect.stringMatching(why)])
    expect(problems[0]).toMatch(/^entry 2: /)
  })

  it('repeats no entry in what it says of it: a key may stand there', () => {
    expect(
      JSON.stringify(parseZones(`${KEY}.zen.example ip:${KEY}..example ip:${KEY}.a.example=x`).problems),
    ).not.toMatch(KEY)
  })

  it('takes a zone once, and four in all', () => {
    expect(parseZones('ip:a.example ip:A.example. domain:a.example').problems).toEqual(['entry 2: the same zone again'])
    const many = parseZones(Array.from({ length: 6 }, (_, i) => `ip:z${i}.example`).join(' '))
    expect(many.zones).toHaveLength(4)
    expect(many.problems).toEqual(['entry 5: more than 4 zones', 'entry 6: more than 4 zones'])
  })
})

describe('readAnswer', () => {
  const [filtered] = parseZones('ip:zen.example=127.0.0.[2..9;11]').zones
  const codes = filtered?.codes ?? null
  const answers: [string[], string, string][] = [
    [['127.0.0.2'], 'listed', 'listed'],
    [['127.0.0.10'], 'listed', 'not-listed'],
    [['127.0.0.10', '127.0.0.11'], 'listed', 'listed'],
    [['127.0.1.2'], 'listed', 'not-listed'],
    [[], 'not-listed', 'not-listed'],
    [['127.255.255.254'], 'refused', 'refused'],
    [['127.255.255.252', '127.0.0.2'], 'refused', 'refused'],
    [['127.0.0.2', '127.0.0.1'], 'refused', 'refused'],
    [['127.0.1.255'], 'refused', 'refused'],
    [['192.0.2.1'], 'refused', 'refused'],
    [['::1'], 'refused', 'refused'],
    [['listed!'], 'refused', 'refused'],
  ]
  it.each(answers)('%j is %s, and %s where some answers count', (records, all, some) => {
    expect(readAnswer({ kind: 'found', records }, null).kind).toBe(all)
    expect(readAnswer({ kind: 'found', records }, codes).kind).toBe(some)
  })

  it('tells the answer that counts', () => {
    const found = { kind: 'found' as const, records: ['127.0.0.10', '127.0.0.4'] }
    expect(readAnswer(found, codes)).toEqual({ kind: 'listed', code: '127.0.0.4' })
  })

  it('takes silence for nothing', () => {
    expect(readAnswer({ kind: 'none' }, null).kind).toBe('not-listed')
    expect(readAnswer({ kind: 'unknown' }, null).kind).toBe('unknown')
  })
})

describe('whatever is written', () => {
  it('by the operator, gives bounded zones and as many problems', () => {
    const piece = fc.constantFrom('ip:', 'domain:', 'zen.example', '=', '127.0.0.', '[2..9]', '*2', ' ', ',', '..', 'é')
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(text, (written) => {
        const { zones, problems } = parseZones(written)
        const entries = written.split(/[\s,]+/).filter((entry) => entry !== '')
        expect(zones.length + problems.length).toBe(entries.length)
        for (const { name } of zones) expect(name).toMatch(/^[a-z0-9_.-]{3,120}$/)
      }),
    )
  })

  it('by a list, lists only by what no refusal looks like', () => {
    const octet = fc.oneof(fc.constantFrom(0, 1, 2, 127, 255), fc.nat(255))
    const address = fc.tuple(fc.oneof(fc.constant(127), octet), octet, octet, octet).map((bytes) => bytes.join('.'))
    const record = fc.oneof(address, fc.string(), fc.ipV6())
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        if (readAnswer({ kind: 'found', records }, null).kind !== 'listed') return
        for (const one of records) {
          expect(one).toMatch(/^127\.\d+\.\d+\.\d+$|^(?:0*:)+ffff:/i)
          expect(one).not.toMatch(/^127\.(?:0\.0\.1|0\.1\.255|255\.255\.\d+)$/)
        }
      }),
    )
  })
})
