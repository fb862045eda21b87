/**
 * Messages made to cost a parser the square of their size. Each is large enough that a quadratic reading would take
 * minutes; the cap is far above what a linear one needs on a slow machine. In Node, where clocks run while code does.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { baseSubject } from '../../src/mime/base-subject.ts'
import { messageIdentity } from '../../src/mime/identity.ts'
import { latin1Bytes } from '../../src/mime/latin1.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { previewOf } from '../../src/mime/preview.ts'
import { serializeStructure } from '../../src/mime/structure.ts'
import { decodeTransferBytes } from '../../src/mime/transfer.ts'

const SIZE_BYTES = 4 * 1024 * 1024
const CAP_MS = 8_000

const filled = (start: string, repeated: string, end = '') =>
  start + repeated.repeat(Math.floor(SIZE_BYTES / repeated.length)) + end

const html = 'Content-Type: text/html\n\n'
const plain = 'Content-Type: text/plain; '
const mixed = 'Content-Type: multipart/mixed; boundary=b\n\n'
const unique = (make: (n: number) => string) => Array.from({ length: 40_000 }, (_, n) => make(n)).join('')

const messages: [name: string, text: string][] = [
  ['short fields', filled('', 'a:\n')],
  ['lines that are no field', filled('', 'x\n')],
  ['folds', filled('A: x', '\n x')],
  ['bare CR', filled('A: ', '\r')],
  ['open parentheses in From', filled('From: ', '(')],
  ['open angles in From', filled('From: ', '<')],
  ['commas after angles in From', filled('From: ', '<,')],
  ['apostrophes around @ in From', `${filled("From: <'", '@').slice(0, 1_000_000)}>\n\n`],
  ['names in From', filled('From: ', 'a,')],
  ['groups in From', filled('From: ', 'a:;')],
  ['words in From', filled('From: ', 'a ')],
  ['openings of encoded words', filled('Subject: ', '=?a?q?')],
  ['encoded words', filled('Subject: ', '=?utf-8?Q?=C3?= ')],
  ['encoded words of unknown charsets', `Subject: ${unique((n) => `=?x${n}?Q?a?= b `)}`],
  ['white space between encoded words', filled('Subject: =?utf-8?Q?a?=', ' ', '=?utf-8?Q?a?=')],
  ['references', `References: ${unique((n) => `<${n}@x>`)}`],
  ['open angles in References', filled('References: ', '<a')],
  ['open parentheses in a type', filled(plain, '(a', ')')],
  ['parameters', `${plain}${unique((n) => `p${n}=a;`)}`],
  ['continuations', `${plain}${unique((n) => `name*${n}*=%41;`)}`],
  ['boundaries', filled(mixed, '--b\n')],
  ['lines like boundaries', filled(mixed, '--\n')],
  ['nested multiparts', unique((n) => `Content-Type: multipart/mixed; boundary=b${n}\n\n--b${n}\n`)],
  ['nested messages', filled('', 'Content-Type: message/rfc822\n\n')],
  ['open tags', filled(html, '<i>')],
  ['end tags of what is not open', filled(filled(html, '<i>').slice(0, 500_000), '</p>')],
  ['open comments', filled(html, '<!--')],
  ['attributes', filled(`${html}<a `, 'style="display: " ')],
  ['unfinished scripts', filled(html, '<script></scrip')],
  ['flowed lines', filled('Content-Type: text/plain; format=flowed\n\n', 'a \n')],
  ['UTF-7 shifts', filled('Content-Type: text/plain; charset=utf-7\n\n', '+AP')],
  ['UTF-7 shifts of nothing', filled('Content-Type: text/plain; charset=utf-7\n\n', '+x-')],
  ['empty lines', filled('A: b\n\n', '\n')],
  ['broken characters before a cut', `${filled(`${plain}charset=utf-8\n\n`, '\xff').slice(0, -99)}${'a'.repeat(999)}`],
]

test.each(messages)('%s', async (_, text) => {
  const bytes = latin1Bytes(text)
  const start = performance.now()
  const message = await parseMessage(bytes)
  serializeStructure(message.structure)
  previewOf(message.text)
  await messageIdentity(bytes, 'ann@example.org')
  expect(performance.now() - start).toBeLessThan(CAP_MS)
})

test.each(['=', '= ', '=4', '=\n', '\n', '#\n'])('decoding a run of %j', (unit) => {
  const bytes = latin1Bytes(filled('begin 644 a\n', unit))
  const start = performance.now()
  for (const encoding of ['base64', 'quoted-printable', 'x-uuencode']) decodeTransferBytes(encoding, bytes)
  expect(performance.now() - start).toBeLessThan(CAP_MS)
})

test.each(['re:', '[', '[a]', '(fwd)', '[fwd:', ' '])('the base subject of a run of %j', (unit) => {
  const start = performance.now()
  baseSubject(filled('', unit))
  expect(performance.now() - start).toBeLessThan(CAP_MS)
})

/** Of a message as large as comes in: what a Worker has of time and memory for it is not much more. */
const WHOLE_BYTES = 24 * 1024 * 1024
const WHOLE_CAP_MS = 5_000
/** Beside the raw bytes. */
const HEAP_MB_MAX = 60

function whole(parts: number, head: string, unit: string): string {
  return multipart(parts, head, unit.repeat(Math.floor(WHOLE_BYTES / parts / unit.length)))
}
function wholeHeaders(start: string, unit: string): string {
  return multipart(498, start + unit.repeat(Math.floor(48_000 / unit.length)), 'x')
}
function multipart(parts: number, head: string, body: string): string {
  return `Content-Type: multipart/mixed; boundary=b\r\n\r\n${`--b\r\n${head}\r\n\r\n${body}\r\n`.repeat(parts)}--b--\r\n`
}

const plainPart = 'Content-Type: text/plain; charset='
const quoted = `${plainPart}utf-8\r\nContent-Transfer-Encoding: quoted-printable`
const flowed = 'Content-Type: text/plain; format=flowed'
const manyParams = Array.from({ length: 256 }, (_, n) => `; p${n}="${'=?us-ascii?Q?=80?= '.repeat(8)}"`).join('')
const wholes: [name: string, make: () => string][] = [
  ['UTF-7 in six parts', () => whole(6, `${plainPart}utf-7`, '+x-')],
  ['UTF-7 in 64 parts', () => whole(64, `${plainPart}utf-7`, '+AOQ-')],
  ['tags in 64 parts', () => whole(64, 'Content-Type: text/html', 'a<br>')],
  ['open angles in 64 parts', () => whole(64, 'Content-Type: text/html', '<')],
  ['entities in 64 parts', () => whole(64, 'Content-Type: text/html', '&amp;')],
  ['flowed lines in six parts', () => whole(6, flowed, '>a \n>>b \n')],
  ['empty flowed lines in 64 parts', () => whole(64, flowed, '\n')],
  ['soft line breaks that are none', () => whole(6, quoted, '=  ')],
  ['CR behind an equals sign', () => whole(6, quoted, '=\r')],
  ['bare CR', () => whole(6, `${plainPart}utf-8`, '\r')],
  ['NUL', () => whole(6, `${plainPart}utf-8`, '\0a')],
  ['broken characters', () => whole(6, `${plainPart}gb18030`, '\xff\x81')],
  ['parts that decode to nothing', () => whole(64, `${plainPart}iso-2022-jp`, '\x1b$B\x1b(B')],
  ['words of unknown charsets', () => wholeHeaders('Content-Description: ', '=?zz?Q?=80?= ')],
  ['words of many charsets', () => wholeHeaders('Content-Description: ', '=?utf-8?Q?=80?= =?koi8-r?B?8A==?= ')],
  ['UTF-7 words', () => wholeHeaders('Content-Description: ', '=?utf-7?Q?+A-?= ')],
  ['words in file names', () => wholeHeaders('Content-Disposition: attachment; filename=', '=?us-ascii?Q?=80?= ')],
  ['words in parameters', () => multipart(498, `Content-Type: text/plain${manyParams}`, 'x')],
  ['long parameters', () => wholeHeaders('Content-Type: text/plain; a=', 'a')],
]

/** Parses in a thread of little heap, which dies where that is not enough, and tells how long it took. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  import(workerData.parser).then(async ({ parseMessage }) => {
    await parseMessage(new TextEncoder().encode('Subject: to warm up'))
    const start = performance.now()
    await parseMessage(workerData.bytes)
    parentPort.postMessage(performance.now() - start)
  })
`

test.each(wholes)('a whole message: %s', async (_, make) => {
  const parser = new URL('../../src/mime/parse.ts', import.meta.url).href
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { parser, bytes: latin1Bytes(make()) },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  })
  const [ms] = await once(thread, 'message')
  await thread.terminate()
  expect(ms).toBeLessThan(WHOLE_CAP_MS)
})
