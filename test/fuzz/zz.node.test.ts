/**
 * Hostile bytes into everything in mime/ that reads them. Nothing may throw, and what comes out must be whole: parts
 * within parts, one part a path, strings that storage carries. A failure prints the seed that repeats it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldAddress, parseAddressList } from '../../src/mime/addresses.ts'
import { parseDate } from '../../src/mime/date.ts'
import { decodeHeader, headerBlockText, parseHeaderBlock } from '../../src/mime/headers.ts'
import { htmlToText } from '../../src/mime/html-text.ts'
import { messageIdentity } from '../../src/mime/identity.ts'
import { latin1Bytes } from '../../src/mime/latin1.ts'
import type { ParsedMessage, Part } from '../../src/mime/message.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { previewOf } from '../../src/mime/preview.ts'
import { deserializeStructure, findPart, serializeStructure } from '../../src/mime/structure.ts'
import { baseSubject, threadKeys } from '../../src/mime/threading.ts'
import { decodeTransferBytes, transferDecoder } from '../../src/mime/transfer.ts'
import { allParts } from '../mime/condense.ts'
import { fixtures } from '../mime/fixtures.ts'

/** Each property stops here, passed, however slow the machine: the fuzz is a sample, not a proof. */
const limits = { interruptAfterTimeLimit: 40_000, numRuns: 2_000_000 }

/** What breaks parsers when it stands where they do not expect it. */
const splices = [
  ...['\r', '\n', '\r\n', '\r\n\r\n', '\0', '--', '--b', '--b--\r\n', '\r\n--m1\r\n', '=', '=?', '?=', '=?utf-8?B?'],
  ...['"', '(', ')', '<', '>', '\\', ';', ':', ',', '@', '\xff', '\xe2\x9c', '\x1b$B', '+AP', 'begin 644 a\n'],
  ...['Content-Type: multipart/mixed; boundary=m1\r\n', 'Content-Type: message/rfc822\r\n\r\n', 'charset=utf-16\r\n'],
  ...[
    'Content-Transfer-Encoding: base64\r\n',
    'Content-Transfer-Encoding: quoted-printable\r\n',
    '<div hidden>',
    '<!--',
  ],
].map(latin1Bytes)

/** A fixture with some places cut out, doubled, overwritten or spliced into. */
const mutated = fc
  .record({
    fixture: fc.constantFrom(...fixtures),
    edits: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(40),
        splice: fc.oneof(fc.constantFrom(...splices), fc.uint8Array({ maxLength: 8 })),
        repeat: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ fixture, edits }) => {
    let bytes = [...fixture.bytes]
    for (const { at, cut, splice, repeat } of edits) {
      const from = Math.floor(at * bytes.length)
      const middle = Array.from({ length: repeat }, () => [...splice]).flat()
      bytes = [...bytes.slice(0, from), ...middle, ...bytes.slice(from + cut)]
    }
    return Uint8Array.from(bytes)
  })

const headerText = fc
  .array(
    fc.oneof(
      fc.constantFrom('=?utf-8?Q?a=C3?=', '"', '<', '>', '(', ')', ',', ':', ';', '@', ' ', 'a.b', '\\', '=?', '\xc3'),
      fc.string({ maxLength: 3 }),
    ),
  )
  .map((pieces) => pieces.join('').replace(/[^\0-\xff]/g, '?'))

test('a mutated message parses, and its tree is whole', async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async (bytes) => {
      const message = await parseMessage(bytes)
      expectNested(message.structure, 0, bytes.length)
      expectUniquePaths(message.structure)
      expect(deserializeStructure(serializeStructure(message.structure))).toEqual(message.structure)
      expectStorable(message)
      expect(message.defects).not.toContain('parse-failed')
      headerBlockText(message.fields, bytes)
      threadKeys(message)
      previewOf(message.text)
      expect(await messageIdentity(bytes, 'ann@example.org')).toHaveLength(32)
    }),
    { ...limits, interruptAfterTimeLimit: 120_000 },
  )
})

test('any bytes parse', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expectNested((await parseMessage(bytes)).structure, 0, bytes.length)
      const block = parseHeaderBlock(bytes)
      for (const field of block.fields) expect(field.start < field.end && field.end <= block.end).toBe(true)
    }),
    limits,
  )
})

test('any header value reads as text, addresses, a date, a subject', () => {
  fc.assert(
    fc.property(headerText, (raw) => {
      expect(isStorable(decodeHeader(raw, 'koi8-r'))).toBe(true)
      for (const { name, address } of parseAddressList(raw)) expect(isStorable(name + address)).toBe(true)
      const folded = foldAddress(decodeHeader(raw))
      if (folded !== null) expect(foldAddress(folded)).toBe(folded)
      expect(baseSubject(baseSubject(raw))).toBe(baseSubject(raw))
      parseDate(raw)
      expect(isStorable(htmlToText(raw))).toBe(true)
    }),
    limits,
  )
})

test('a transfer encoding decodes the same wherever it is split', () => {
  const text = fc.array(
    fc.constantFrom(
      '=',
      '=\r\n',
      '=4',
      '41',
      'QUJD',
      '\r',
      '\n',
      ' ',
      '\xff',
      'begin 644 a\n',
      '#0V%T\n',
      'end\n',
      '==',
      'x',
    ),
  )
  const encodings = fc.constantFrom('base64', 'quoted-printable', 'x-uuencode', '7bit')
  fc.assert(
    fc.property(encodings, text, fc.array(fc.nat(40)), (encoding, pieces, cuts) => {
      const bytes = latin1Bytes(pieces.join(''))
      const decoder = transferDecoder(encoding)
      const out: number[] = []
      let at = 0
      for (const cut of cuts) {
        out.push(...decoder.push(bytes.subarray(at, at + cut)))
        at += cut
      }
      out.push(...decoder.push(bytes.subarray(at)), ...decoder.end())
      expect(out).toEqual([...decodeTransferBytes(encoding, bytes).bytes])
    }),
    limits,
  )
})

function expectNested(part: Part, start: number, end: number): void {
  const { headerStart, bodyStart, bodyEnd } = part
  expect(start <= headerStart && headerStart <= bodyStart && bodyStart <= bodyEnd && bodyEnd <= end).toBe(true)
  if (part.type === 'multipart') expect(part.parts.length).toBeGreaterThan(0)
  else if (part.type !== 'message') expect(part.parts).toEqual([])
  let from = bodyStart
  for (const child of part.parts) {
    expectNested(child, from, bodyEnd)
    from = child.bodyEnd
  }
}

function expectUniquePaths(root: Part): void {
  const parts = allParts(root)
  expect(new Set(parts.map((part) => part.path)).size).toBe(parts.length)
  for (const part of parts) expect(findPart(root, part.path)).toBe(part)
}

/** Raw header values are bytes, kept for reading and never stored; everything else must be storable. */
function expectStorable({ fields: _, ...message }: ParsedMessage): void {
  expect(isStorableJson(JSON.stringify(message))).toBe(true)
}

function isStorable(text: string): boolean {
  return isStorableJson(JSON.stringify(text))
}

/** JSON writes a NUL and a lone surrogate as escapes; a backslash of the text itself stands doubled before them. */
function isStorableJson(json: string): boolean {
  return json.isWellFormed() && !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f]..)/.test(json)
}
