import { describe, expect, it } from 'vitest'
import { listKeys, normaliseListEntry, typedEntry } from '../../src/junk/list-keys.ts'

describe('normaliseListEntry', () => {
  const accepted: [string, string][] = [
    ['A@B.example', 'address:a@b.example'],
    [' a@b.example. ', 'address:a@b.example'],
    ['"a b"@b.example', 'address:"a b"@b.example'],
    ['a@bücher.example', 'address:a@xn--bcher-kva.example'],
    ['B.Example', 'domain:b.example'],
    ['@b.example', 'domain:b.example'],
    ['*.b.example', 'domain:b.example'],
    ['*@b.example', 'domain:b.example'],
    ['*@*.B.example', 'domain:b.example'],
    ['bücher.example', 'domain:xn--bcher-kva.example'],
    ['192.0.2.1', 'ip:192.0.2.1'],
    ['192.0.2.1/32', 'ip:192.0.2.1'],
    ['192.0.2.77/24', 'ip:192.0.2.0/24'],
    ['10.0.0.0/8', 'ip:10.0.0.0/8'],
    ['192.0.2.77/31', 'ip:192.0.2.76/31'],
    ['2001:DB8::/32', 'ip:2001:db8::/32'],
    ['2001:db8::1', 'ip:2001:db8::1'],
    ['2001:db8::1/128', 'ip:2001:db8::1'],
    ['2001:db8:1:2:3::/64', 'ip:2001:db8:1:2::/64'],
    ['::ffff:192.0.2.1', 'ip:192.0.2.1'],
    ['helo:Mail.Bad.Example', 'helo:mail.bad.example'],
    ['helo:*.bad.example', 'helo:bad.example'],
  ]
  it.each(accepted)('%s is %s', (text, key) => {
    expect(normaliseListEntry(text)).toEqual({ kind: key.slice(0, key.indexOf(':')), key })
  })

  const refused = [
    '',
    ' ',
    '@',
    'a@',
    '@@b.example',
    'com',
    '*',
    '*.com',
    '*@com',
    '*@a@b.example',
    'a b@b.example',
    'a@b',
    'a@b..example',
    '-b.example',
    'b.example/24',
    'a.b.c.d.e.example',
    'http://b.example',
    'b_.example:80',
    '192.0.2',
    'bücher.example/path',
    '0.0.0.0/0',
    '10.0.0.0/7',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/024',
    '192.0.2.0/24/24',
    '2001:db8::/33',
    '2001:db8::/12',
    '2001:db8::/68',
    '2001:db8::/129',
    '::ffff:192.0.2.0/120',
    `${'a'.repeat(300)}@b.example`,
    'helo:',
    'helo:localhost',
    'helo:192.0.2',
    'helo:a@b.example',
    'helo:helo:b.example',
  ]
  it.each(accepted)('reads %s back from the form that people are shown', (text, key) => {
    const normal = normaliseListEntry(text)
    const shown = typedEntry(normal?.kind ?? 'domain', key.slice(key.indexOf(':') + 1))
    expect(normaliseListEntry(shown)?.key).toBe(key)
  })

  it.each(refused)('refuses %j', (text) => {
    expect(normaliseListEntry(text)).toBeNull()
  })
})

describe('listKeys', () => {
  const none = { fromAddresses: [], envelopeFrom: null, ip: null, helo: null }

  it('asks for the address and each domain above it', () => {
    expect(listKeys({ ...none, fromAddresses: ['a@mail.shop.example'] })).toEqual([
      'address:a@mail.shop.example',
      'domain:mail.shop.example',
      'domain:shop.example',
    ])
  })

  it('asks for the end of a long domain', () => {
    const keys = listKeys({ ...none, fromAddresses: ['a@1.2.3.4.5.6.shop.example'] })
    expect(keys).toEqual([
      'address:a@1.2.3.4.5.6.shop.example',
      'domain:4.5.6.shop.example',
      'domain:5.6.shop.example',
      'domain:6.shop.example',
      'domain:shop.example',
    ])
  })

  it('asks for the envelope sender too, and for nothing twice', () => {
    const keys = listKeys({ ...none, fromAddresses: ['a@b.example'], envelopeFrom: 'bounce@b.example' })
    expect(keys).toEqual(['address:a@b.example', 'domain:b.example', 'address:bounce@b.example'])
  })

  it('asks for an IPv4 address and its networks, the narrowest first', () => {
    const keys = listKeys({ ...none, ip: '192.0.2.77' })
    expect(keys.slice(0, 3)).toEqual(['ip:192.0.2.77', 'ip:192.0.2.76/31', 'ip:192.0.2.76/30'])
    expect(keys).toHaveLength(25)
    expect(keys.at(-1)).toBe('ip:192.0.0.0/8')
  })

  it('asks for an IPv6 address and its networks', () => {
    const keys = listKeys({ ...none, ip: '2001:db8:1:2::3' })
    expect(keys).toHaveLength(14)
    expect(keys.slice(0, 2)).toEqual(['ip:2001:db8:1:2::3', 'ip:2001:db8:1:2::/64'])
    expect(keys.at(-1)).toBe('ip:2001::/16')
  })

  it('asks for the HELO name and each domain above it', () => {
    expect(listKeys({ ...none, helo: 'MX1.mail.bad.example.' })).toEqual([
      'helo:mx1.mail.bad.example',
      'helo:mail.bad.example',
      'helo:bad.example',
    ])
  })

  it('asks for no HELO that is no name', () => {
    for (const helo of ['localhost', '[192.0.2.1]', 'a b.example']) expect(listKeys({ ...none, helo })).toEqual([])
  })

  it('asks for nothing where nothing is known', () => {
    expect(listKeys(none)).toEqual([])
    expect(listKeys({ fromAddresses: ['', 'nobody', '@b.example'], envelopeFrom: '', ip: 'unknown' })).toEqual([])
  })

  it('asks for a bounded number of keys', () => {
    const fromAddresses = Array.from({ length: 1_000 }, (_, i) => `a@${'x.'.repeat(90)}${i}.a.b.c.d.example`)
    expect(listKeys({ fromAddresses, envelopeFrom: 'b@1.2.3.4.example', ip: '192.0.2.1' }).length).toBeLessThanOrEqual(
      69,
    )
  })

  const pairs: [string, { from?: string; ip?: string; helo?: string }][] = [
    ['*.shop.example', { from: 'a@b.c.shop.example' }],
    ['*@shop.example', { from: 'a@shop.example' }],
    ['a@bücher.example', { from: 'a@xn--bcher-kva.example' }],
    ['198.51.100.200/25', { ip: '198.51.100.129' }],
    ['2001:db8:ffff::/44', { ip: '2001:db8:fff3::1' }],
    ['::ffff:192.0.2.1', { ip: '192.0.2.1' }],
    ['helo:bad.example', { helo: 'mail.bad.example' }],
  ]
  it.each(pairs)('an entry %s is among the keys of what it covers', (entry, { from, ip, helo }) => {
    const keys = listKeys({ ...none, fromAddresses: from ? [from] : [], ip: ip ?? null, helo: helo ?? null })
    expect(keys).toContain(normaliseListEntry(entry)?.key)
  })
})
