/**
 * Messages made to cost a parser the square of their size. Each is large enough that a quadratic reading would take
 * minutes; the cap is far above what a linear one needs on a slow machine. In Node, where clocks run while code does.
 */
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
  ['empty lines', filled('A: b\n\n', '\n')],
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
