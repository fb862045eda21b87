import { describe, expect, it } from 'vitest'
import { formatIp, networkOf, parseIp } from '../../src/verify/ip.ts'

const canonical = (text: string) => {
  const ip = parseIp(text)
  return ip && formatIp(ip)
}

describe('parseIp', () => {
  const good: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::', '2001:db8::'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
  ]
  it.each(good)('reads %s as %s', (text, want) => {
    expect(canonical(text)).toBe(want)
  })

  const bad = [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '0x7f.1.1.1',
    '1.2.3.4 ',
    '1.2.3.-4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1.2.3.4::',
    '::1.2.3',
    '[::1]',
    '١.2.3.4',
    '1'.repeat(1000),
  ]
  it.each(bad)('refuses %s', (text) => {
    expect(parseIp(text)).toBeNull()
  })
})

describe('networkOf', () => {
  const cases: [string, number, string][] = [
    ['192.0.2.77', 24, '192.0.2.0'],
    ['192.0.2.77', 28, '192.0.2.64'],
    ['192.0.2.77', 32, '192.0.2.77'],
    ['192.0.2.77', 0, '0.0.0.0'],
    ['2001:db8:abcd:ef12::1', 44, '2001:db8:abc0::'],
  ]
  it.each(cases)('%s/%i is %s', (text, prefix, want) => {
    const ip = parseIp(text)
    expect(ip && formatIp(networkOf(ip, prefix))).toBe(want)
  })
})
