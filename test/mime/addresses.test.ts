import { expect, test } from 'vitest'
import { ADDRESSES_MAX, foldAddress, parseAddressList, splitAddress } from '../../src/mime/addresses.ts'

const lists: [raw: string, want: string[]][] = [
  ['ann@example.org', ['|ann@example.org']],
  ['Ann Example <ann@example.org>, bob@example.com', ['Ann Example|ann@example.org', '|bob@example.com']],
  ['"Doe, John" <john@example.org>', ['Doe, John|john@example.org']],
  ['Doe, John <john@example.org>', ['Doe, John|john@example.org']],
  ['"a \\"quoted\\" name" <a@x.org>', ['a "quoted" name|a@x.org']],
  ['Team: a@x.org, b@x.org;, c@x.org', ['|a@x.org', '|b@x.org', '|c@x.org']],
  ['undisclosed-recipients:;', []],
  ['ann@example.org (Ann (the first))', ['Ann (the first)|ann@example.org']],
  ['(before) ann@example.org', ['before|ann@example.org']],
  ['"a b"@x.org', ['|"a b"@x.org']],
  ['"a@b"@x.org', ['|"a@b"@x.org']],
  ['"ceo@victim.org" <a@x.org>', ['ceo@victim.org|a@x.org']],
  ['"ceo@victim.org"', ['ceo@victim.org|']],
  ['=?utf-8?Q?=3Cceo=40victim.org=3E?=', ['<ceo@victim.org>|']],
  ['=?utf-8?Q?a=2C_b?= <a@x.org>', ['a, b|a@x.org']],
  ['<@relay.org,@two.org:a@x.org>', ['|a@x.org']],
  ['john . doe @ x . org', ['|john.doe@x.org']],
  ['Name ,_<a@b.org>', ['Name, _|a@b.org']],
  ['a@x.org; b@x.org', ['|a@x.org', '|b@x.org']],
  ['Ann <ann@x.org, bob@x.org', ['Ann|ann@x.org', '|bob@x.org']],
  ['Ann ann@x.org', ['Ann|ann@x.org']],
  ['Undisclosed Recipients <no one@x.org>', ['Undisclosed Recipients|no one@x.org']],
  ['<>', ['|']],
  [',,,', []],
  ['', []],
  ['(never closed', ['(never closed|']],
  ['J\xfcrgen <j@x.org>', ['Jürgen|j@x.org']],
  ['J\xc3\xbcrgen <j\xc3\xbc@x.org>', ['Jürgen|jü@x.org']],
]

test.each(lists)('%s', (raw, want) => {
  expect(parseAddressList(raw).map(({ name, address }) => `${name}|${address}`)).toEqual(want)
})

test('a list ends at its limit', () => {
  expect(parseAddressList('a@x.org,'.repeat(ADDRESSES_MAX * 3))).toHaveLength(ADDRESSES_MAX)
})

const folds: [address: string, want: string | null][] = [
  ['Ann@Example.ORG', 'ann@example.org'],
  [' ann@example.org. ', 'ann@example.org'],
  ['"ann"@example.org', 'ann@example.org'],
  ['"Ann B"@example.org', '"ann b"@example.org'],
  ['"a\\"b"@example.org', '"a\\"b"@example.org'],
  ['"a\\nn"@example.org', 'ann@example.org'],
  ['"a"b"@example.org', null],
  ['"unclosed@example.org', null],
  ['a b@example.org', null],
  ['a..b.@example.org', 'a..b.@example.org'],
  ['GRÜSSE@example.org', 'grüsse@example.org'],
  ['u\u0308@example.org', 'ü@example.org'],
  ['ann@BÜCHER.example', 'ann@xn--bcher-kva.example'],
  ['ann@faß.example', 'ann@xn--fa-hia.example'],
  ['ann@例え。テスト', 'ann@xn--r8jz45g.xn--zckzah'],
  ['ann@xn--bcher-kva.example', 'ann@xn--bcher-kva.example'],
  ['ann@[127.0.0.1]', null],
  ['ann@127.0.0.1', null],
  ['ann@0x7f000001', null],
  ['ann@１２７.0.0.1', null],
  ['ann@example.org:25', null],
  ['ann@example.org/x', null],
  ['ann@exa%6dple.org', null],
  ['ann@b@example.org', null],
  ['ann@', null],
  ['@example.org', null],
  ['ann', null],
  ['ann@-x.org', null],
  ['ann@a..org', null],
  ['a\0b@example.org', null],
  ['a\u200bb@example.org', null],
  ['\ud800@example.org', null],
  [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
  [`${'a'.repeat(65)}@example.org`, null],
  [`${'ü'.repeat(33)}@example.org`, null],
  [`a@${'b'.repeat(63)}.org`, `a@${'b'.repeat(63)}.org`],
  [`a@${'b'.repeat(64)}.org`, null],
  [`a@${'b.'.repeat(130)}org`, null],
]

test.each(folds)('%j folds', (address, want) => {
  expect(foldAddress(address)).toBe(want)
  if (want !== null) expect(foldAddress(want)).toBe(want)
})

test.each([
  ['ann@x.org', 'ann', null],
  ['ann+shop@x.org', 'ann', 'shop'],
  ['ann+a+b@x.org', 'ann', 'a+b'],
  ['ann+@x.org', 'ann', ''],
  ['+ann@x.org', '+ann', null],
  ['"a+ b"@x.org', '"a+ b"', null],
])('%s splits', (address, base, tag) => {
  const split = splitAddress(address)
  expect([split.base, split.tag, split.domain, `${split.local}@${split.domain}`]).toEqual([base, tag, 'x.org', address])
})
