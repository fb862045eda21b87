import { expect, test } from 'vitest'
import { ENVELOPE_ADDRESS_CHARS_MAX } from '../../src/mime/envelope.ts'
import {
  decodeHeader,
  fieldValues,
  firstField,
  HEADER_BYTES_MAX,
  HEADER_FIELDS_MAX,
  headerBlockBytes,
  headerBlockText,
  isTraceField,
  parseHeaderBlock,
} from '../../src/mime/headers.ts'
import { latin1, latin1Bytes } from '../../src/mime/latin1.ts'
import { parseMessage } from '../../src/mime/parse.ts'

const block = (text: string) => parseHeaderBlock(latin1Bytes(text))

test('fields come in order with their bytes, the body after the empty line', () => {
  const text = 'Subject: one\r\n two\r\nTo :a@x\r\n\r\nBody: no\r\n'
  const { fields, end, defects } = block(text)
  expect(fields.map((f) => [f.name, f.key, f.raw])).toEqual([
    ['Subject', 'subject', 'one two'],
    ['To', 'to', 'a@x'],
  ])
  expect(fields.map((f) => text.slice(f.start, f.end))).toEqual(['Subject: one\r\n two\r\n', 'To :a@x\r\n'])
  expect([text.slice(end), defects]).toEqual(['Body: no\r\n', []])
})

test('a block inside a larger buffer keeps the offsets of the buffer', () => {
  const bytes = latin1Bytes('xxxxA: b\r\n\r\nrest')
  const { fields, end } = parseHeaderBlock(bytes, 4, 12)
  expect([fields[0]?.start, fields[0]?.end, fields[0]?.raw, end]).toEqual([4, 10, 'b', 12])
})

test.each([
  ['no field\nA: b\n\n', ['header-malformed']],
  ['A: b', ['header-no-end']],
  ['A: \xff\n\n', ['header-8bit']],
  ['A: \0\n\n', ['header-nul']],
  ['A: b\rC: d\n\n', ['bare-cr']],
  [': b\n\n', ['header-malformed']],
  ['A B: b\n\n', ['header-malformed']],
])('%j has defects', (text, want) => {
  expect(block(text).defects).toEqual(want)
})

test('a CR alone starts no field', () => {
  expect(block('A: b\rFrom: ceo@x\n\n').fields.map((f) => f.raw)).toEqual(['b From: ceo@x'])
})

test('a block over its limits is read to them, and its body found', () => {
  const long = `A: ${'x'.repeat(HEADER_BYTES_MAX)}\r\nB: c\r\n\r\nbody`
  expect(block(long).defects).toContain('header-too-long')
  expect(block(long).end).toBe(long.length - 4)
  const many = 'A:\n'.repeat(HEADER_FIELDS_MAX + 1)
  expect(block(`${many}\n`).fields).toHaveLength(HEADER_FIELDS_MAX)
  expect(block(`${many}\n`).defects).toContain('header-too-long')
})

test('the first of a name counts, all can be had', () => {
  const { fields } = block('To: a\nto: b\n\n')
  expect([firstField(fields, 'to'), fieldValues(fields, 'to'), firstField(fields, 'cc')]).toEqual([
    'a',
    ['a', 'b'],
    null,
  ])
})

test.each([
  ['plain', 'plain'],
  ['=?utf-8?Q?a_b=20c?=', 'a b c'],
  ['=?UTF-8?B?w6Q=?=', 'ä'],
  ['=?utf-8?B?w?= =?utf-8?B?6Q=?=', '�'],
  ['=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=', 'ä'],
  ['=?utf-8?Q?a?=\r\n =?iso-8859-1?Q?=E4?= b', 'aä b'],
  ['=?utf-8?Q?a?= and =?utf-8?Q?b?=', 'a and b'],
  ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
  ['=?iso-2022-jp?B?GyRCRnwbKEI=?= =?iso-2022-jp?B?GyRCS1wbKEI=?=', '日本'],
  ['=?gb2312?B?xOO6ww==?=', '你好'],
  ['=?ISO_8859-2:1987?Q?=B1?=', 'ą'],
  ['=?koi8-r?Q?=F0=D2=C9?=', 'При'],
  ['\xc3\xa4', 'ä'],
  ['\xe4', 'ä'],
  ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
  ['=?utf-8?Q?a=0D=0Ab=00c?=', 'a bc'],
  ['=?utf-16be?B?2AA=?=', '�'],
  ['=?utf-7?Q?a_+AOQ-b+-c+2D3eAA-?= =?utf-7?Q?+?=', 'a äb+c😀+'],
  ['a\tb\x1b]0;c\x07', 'a b]0;c'],
  ['=?utf-8?Q?a=1B[31m=C2=9Bb=C2=85c=7F?=', 'a[31mb c'],
  ['=?utf-8?Q?a=09=0Bb=E2=80=A8c?=', 'a b c'],
  ['=?utf-8?Q?=E2=80=AEa?=', '\u202ea'],
  ['=?us-ascii?Q?=80?=', '€'],
])('%j decodes', (raw, want) => {
  expect(decodeHeader(raw)).toBe(want)
})

test('the hint is for raw bytes that are not UTF-8', () => {
  expect(decodeHeader('\xf0\xd2\xc9', 'koi8-r')).toBe('При')
  expect(decodeHeader('\xc3\xa4', 'koi8-r')).toBe('ä')
})

test.each([
  'received',
  'return-path',
  'delivered-to',
  'arc-seal',
  'authentication-results',
  'received-spf',
  'x-cf-spamh-score',
])('%s is a trace field', (key) => expect(isTraceField(key)).toBe(true))

const stored = (text: string, limit?: number) => headerBlockText(block(text).fields, latin1Bytes(text), limit)

test('the stored block leaves out trace fields and is complete without them', () => {
  expect(stored('Received: x\r\n y\r\nA: \xff\r\nARC-Seal: z\r\nB: c\r\n\r\n')).toEqual({
    text: 'A: \xff\r\nB: c\r\n',
    complete: true,
  })
  expect(latin1(headerBlockBytes('A: \xff\r\n'))).toBe('A: \xff\r\n')
})

test.each([
  ['A: b\r\njunk\r\nC: d\r\n\r\n', 'A: b\r\nC: d\r\n', 100],
  ['junk\r\nC: d\r\n\r\n', 'C: d\r\n', 100],
  ['A: \0b\r\n\r\n', 'A: b\r\n', 100],
  ['A: b\r\nC: d\r\n\r\n', 'A: b\r\n', 11],
])('%j is not complete', (text, want, limit) => {
  expect(stored(text, limit)).toEqual({ text: want, complete: false })
})

test('names, subjects and file names reach nobody with controls, and the stored block keeps them', async () => {
  const head = latin1Bytes(
    'From: "A\x1b[2Jnn" <a\x07nn@example.org>\r\nSubject: one\x9b\x1btwo\r\nContent-Description: a\x08b\r\n' +
      'Content-Type: application/x; name*=utf-8\'\'a%1B%0Ab%C2%9B.exe\r\nContent-Disposition: attachment; x="\x1by"\r\n\r\n',
  )
  const { envelope, structure, fields } = await parseMessage(head)
  expect([envelope.from, envelope.subject]).toEqual([[{ name: 'A[2Jnn', address: 'a\ufffdnn@example.org' }], 'one›two'])
  expect([structure.filename, structure.description, structure.dispositionParams.x]).toEqual(['a b.exe', 'ab', 'y'])
  expect(headerBlockBytes(headerBlockText(fields, head).text)).toEqual(head.subarray(0, -2))
})

test('an envelope is bounded whatever its header holds', async () => {
  const long = Array.from({ length: 900 }, (_, n) => `"${'n'.repeat(400)}" <${'a'.repeat(300)}${n}@x.org>`).join(', ')
  const references = Array.from({ length: 500 }, (_, n) => `<${n}@x>`).join('\r\n ')
  const message = await parseMessage(latin1Bytes(`To: ${long}\r\nReferences: ${references}\r\n\r\n`))
  expect(JSON.stringify(message.envelope).length).toBeLessThan(ENVELOPE_ADDRESS_CHARS_MAX + 10_000)
  expect(message.envelope.to.length).toBeGreaterThan(100)
  expect([message.references[0], message.references[1], message.references.at(-1)]).toEqual(['0@x', '401@x', '499@x'])
})
