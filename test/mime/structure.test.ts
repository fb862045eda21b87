import { expect, test } from 'vitest'
import { readDisplayed } from '../../src/mime/body.ts'
import { latin1Bytes } from '../../src/mime/latin1.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import {
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
