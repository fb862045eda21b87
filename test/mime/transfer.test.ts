import { expect, test } from 'vitest'
import { decodeTransfer } from '../../src/mime/body.ts'
import { latin1, latin1Bytes } from '../../src/mime/latin1.ts'
import { decodeTransferBytes } from '../../src/mime/transfer.ts'

const cases: [encoding: string, encoded: string, decoded: string, malformed: boolean][] = [
  ['base64', 'SGVsbG8=', 'Hello', false],
  ['base64', 'SGVs\r\nbG8=\r\n', 'Hello', false],
  ['base64', 'SGVsbG8', 'Hello', false],
  ['base64', 'SGVs=\nbG8=\n', 'Hello', false],
  ['base64', 'S*G-Vs', 'Hel', true],
  ['base64', 'SGVsbA==bG8=', 'Helllo', false],
  ['base64', 'S', '', true],
  ['base64', '', '', false],
  ['quoted-printable', 'a=C3=bc b', 'a\xc3\xbc b', false],
  ['quoted-printable', 'a=\r\nb=\nc= \t\r\nd', 'abcd', false],
  ['quoted-printable', 'kept \r\n', 'kept \r\n', false],
  ['quoted-printable', '=ZZ==41=4', '=ZZ=A=4', true],
  ['quoted-printable', 'end=', 'end', false],
  ['quoted-printable', 'a= b', 'a= b', true],
  ['quoted-printable', `a=${' '.repeat(200)}\nb`, `a=${' '.repeat(200)}\nb`, true],
  ['x-uuencode', 'text\nbegin 644 a\n#0V%T\n`\nend\nmore', 'Cat', false],
  ['x-uuencode', 'begin 644 a\r\n#0V%T\r\n#0V%T', 'CatCat', false],
  ['x-uuencode', 'no begin\n#0V%T\n', '', false],
  ['8bit', 'as \xff it is=41', 'as \xff it is=41', false],
]

test.each(cases)('%s of %j', (encoding, encoded, decoded, malformed) => {
  const got = decodeTransferBytes(encoding, latin1Bytes(encoded))
  expect([latin1(got.bytes), got.malformed]).toEqual([decoded, malformed])
})

test.each(cases)('%s of %j, a byte at a time', async (encoding, encoded, decoded) => {
  const chunks = [...latin1Bytes(encoded)].map((byte) => new Uint8Array([byte]))
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  const out = await new Response(source.pipeThrough(decodeTransfer(encoding))).arrayBuffer()
  expect(latin1(new Uint8Array(out))).toBe(decoded)
})
