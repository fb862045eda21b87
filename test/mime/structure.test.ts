import { expect, test } from 'vitest'
import { DISPLAYED_BYTES_MAX, DISPLAYED_CHARS_MAX, readDisplayed } from '../../src/mime/body.ts'
import { latin1Bytes } from '../../src/mime/latin1.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { clipFilename } from '../../src/mime/storable.ts'
import {
  ALL_HEADERS_BYTES_MAX,
  DEPTH_MAX,
  deserializeStructure,
  findPart,
  PARTS_MAX,
  parseStructure,
  STRUCTURE_BYTES_MAX,
  serializeStructure,
} from '../../src/mime/structure.ts'
import { allParts } from './condense.ts'

const multipart = (parts: string[], boundary = 'b') =>
  `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n${parts.map((p) => `--${boundary}\r\n${p}\r\n`).join('')}--${boundary}--\r\n`

const parse = (text: string) => parseStructure(latin1Bytes(text))

test('section numbers follow RFC 9051 §6.4.5.1', () => {
  // The example of the RFC: text, binary, a message with two parts, and a multipart with an image and a message.
  const inner = `Content-Type: message/rfc822\r\n\r\n${multipart(['\r\ntext', 'Content-Type: application/x\r\n\r\ny'], 'i')}`
  const message = `Content-Type: message/rfc822\r\n\r\n${multipart(['\r\ntext', '\r\nrichtext'], 'm')}`
  const { root } = parse(
    multipart(['\r\ntext', 'Content-Type: application/x\r\n\r\nx', message, multipart(['\r\ng', inner], 'n')]),
  )
  const paths = allParts(root).map((part) => part.path)
  expect(paths).toEqual(['', '1', '2', '3', '3.TEXT', '3.1', '3.2', '4', '4.1', '4.2', '4.2.TEXT', '4.2.1', '4.2.2'])
  for (const path of paths) expect(findPart(root, path)?.path).toBe(path)
  expect(findPart(root, '5')).toBeNull()
})

test('a message that is not multipart is also its section 1', () => {
  const { root } = parse('Subject: x\r\n\r\nbody')
  expect([findPart(root, '1'), findPart(root, '')]).toEqual([root, root])
  expect(findPart(parse(multipart(['\r\nx'])).root, '1')?.path).toBe('1')
})

test('lines are counted as IMAP counts them', () => {
  const lines = (body: string) => parse(`A: b\r\n\r\n${body}`).root.lines
  expect(['', 'a', 'a\r\n', 'a\r\nb', '\r\n\r\n'].map(lines)).toEqual([0, 1, 1, 2, 2])
})

test('more parts than the limit are one opaque part', () => {
  const { root, defects } = parse(multipart(Array.from({ length: PARTS_MAX * 2 }, () => '\r\nx')))
  expect(allParts(root)).toHaveLength(PARTS_MAX)
  const last = root.parts.at(-1)
  expect([last?.type, last?.bodyEnd]).toEqual(['application', root.bodyEnd])
  expect(defects).toContain('too-many-parts')
})

test('deeper nesting than the limit is opaque', () => {
  const deep = (levels: number): string => (levels === 0 ? '\r\nx' : multipart([deep(levels - 1)], `b${levels}`))
  const { root, defects } = parse(deep(DEPTH_MAX + 5))
  expect([allParts(root).length, defects]).toEqual([DEPTH_MAX + 1, ['too-deep']])
  const messages = parse('Content-Type: message/rfc822\r\n\r\n'.repeat(DEPTH_MAX + 5))
  expect(allParts(messages.root)).toHaveLength(DEPTH_MAX + 1)
  expect(messages.defects).toContain('too-deep')
})

test('a stored tree is bounded, and keeps every offset', () => {
  const name = 'ü"'.repeat(1_500)
  const part = `Content-Type: ${'t'.repeat(64)}/${'s'.repeat(64)}; a="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-ID: <${name}>\r\n\r\nx`
  const { root } = parse(multipart(Array.from({ length: PARTS_MAX - 1 }, () => part)))
  const text = serializeStructure(root)
  expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(STRUCTURE_BYTES_MAX)
  const place = (p: (typeof root)['parts'][number]) => [
    p.path,
    p.type,
    p.subtype,
    p.headerStart,
    p.bodyStart,
    p.bodyEnd,
    p.lines,
  ]
  expect(allParts(deserializeStructure(text)).map(place)).toEqual(allParts(root).map(place))
})

test('reading the text of a message fetches its text parts and nothing else', async () => {
  const big = `Content-Type: application/x\r\n\r\n${'x'.repeat(500_000)}`
  const bytes = latin1Bytes(
    multipart([multipart(['\r\none', 'Content-Type: text/html\r\n\r\n<p>two'], 'a'), big, '\r\nthree']),
  )
  const read: number[] = []
  const body = await readDisplayed(parseStructure(bytes).root, async (start, end) => {
    read.push(end - start)
    return bytes.slice(start, end)
  })
  expect(body.text).toBe('one\ntwo\nthree')
  expect(read).toHaveLength(2)
  expect(read.reduce((sum, size) => sum + size, 0)).toBeLessThan(100)
})

test('a text over the limit is cut and says so', async () => {
  const bytes = latin1Bytes(`Content-Type: text/plain; charset=utf-8\r\n\r\n${'\xc3\xa4'.repeat(3_000_000)}`)
  const body = await readDisplayed(parseStructure(bytes).root, async (start, end) => bytes.subarray(start, end))
  expect([body.text?.length, body.truncated, body.text?.includes('\ufffd')]).toEqual([1024 * 1024, true, false])
  expect((await parseMessage(bytes)).text).toBe(body.text)
})

test('what is displayed is bounded for all parts together, and what is over is neither fetched nor decoded', async () => {
  const half = `Content-Type: text/plain\r\n\r\n${'x'.repeat(DISPLAYED_CHARS_MAX / 2)}`
  const far = `Content-Type: application/x\r\n\r\n${'y'.repeat(100_000)}`
  const bytes = latin1Bytes(multipart([half, half, far, 'Content-Type: text/html\r\n\r\n<p>late']))
  const reads: number[] = []
  const body = await readDisplayed(parseStructure(bytes).root, async (start, end) => {
    reads.push(end - start)
    return bytes.slice(start, end)
  })
  expect([body.text?.length, body.truncated, reads.length]).toEqual([DISPLAYED_CHARS_MAX, true, 1])

  const nothing = `Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n${'!'.repeat(3_000_000)}`
  const empty = latin1Bytes(multipart([nothing, nothing, nothing, nothing, '\r\nlate']))
  let read = 0
  const late = await readDisplayed(parseStructure(empty).root, async (start, end) => {
    read += end - start
    return empty.subarray(start, end)
  })
  expect([late.text?.trim(), late.truncated, read < DISPLAYED_BYTES_MAX + 1_000]).toEqual(['', true, true])
})

test('the headers of all parts are read to a limit, and those of an honest size always', async () => {
  const long = `X: ${'x'.repeat(900_000)}\r\nContent-Type: text/x\r\n\r\nx`
  const { root, defects } = parse(multipart([long, long, long, long, long, 'Content-Type: text/y\r\n\r\ny']))
  expect(root.parts.map((part) => part.subtype)).toEqual(['x', 'x', 'x', 'x', 'plain', 'y'])
  expect([ALL_HEADERS_BYTES_MAX, defects]).toEqual([4 * 1024 * 1024, expect.arrayContaining(['header-too-long'])])
})

test.each([
  [`${'a'.repeat(260)}.exe`, `${'a'.repeat(239)}${'a'.repeat(12)}.exe`],
  [`invoice.pdf${' '.repeat(300)}.exe`, `invoice.pdf${' '.repeat(240)}.exe`],
  [`${'a'.repeat(300)}.application`, `${'a'.repeat(243)}.application`],
  [`${'a'.repeat(5_000)}.exe`, `${'a'.repeat(251)}.exe`],
  [`${'a'.repeat(300)}.exe${'. '.repeat(40)}.`, `${'a'.repeat(251)}.exe`],
  [`${'a'.repeat(255)}`, `${'a'.repeat(255)}`],
])('a long file name keeps its extension: %s', async (name, want) => {
  const message = await parseMessage(
    latin1Bytes(
      `Content-Type: application/x; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n`,
    ),
  )
  expect(message.attachments[0]?.filename).toBe(want)
  expect(message.structure.params.name).toContain(want.slice(-4))
})

test('a cut file name halves no pair', () => {
  expect(clipFilename(`a${'😀'.repeat(20)}`, 30)).toBe(`a${'😀'.repeat(14)}`)
  expect(clipFilename(`${'😀'.repeat(20)}a`, 30)).toBe(`${'😀'.repeat(14)}a`)
})

test.each([
  ['text/plain; charset="UTF-8"', 'utf-8'],
  ['text/csv; charset=Windows-1252', 'windows-1252'],
  ['text/csv', null],
  ['text/csv; charset="a b"', null],
  ["text/csv; charset*=utf-8''a%0D%0Ab", null],
  ['application/x; charset=utf-8', null],
])('the charset of an attachment of %s', async (type, want) => {
  const message = await parseMessage(
    latin1Bytes(`Content-Type: ${type}\r\nContent-Disposition: attachment; filename=a\r\n\r\nx`),
  )
  expect(message.attachments[0]?.charset).toBe(want)
})
