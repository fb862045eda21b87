/** A question over real HTTP, to a resolver of the test's own on this machine. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askDns } from '../../src/dns/doh.ts'

/** RFC 8484 §4.1.1's question, and an answer to it: www.example.com is 192.0.2.1 for 128 seconds. */
const QUESTION = 'AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB'
const ANSWER = Uint8Array.from([
  ...[0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0],
  ...Buffer.from(QUESTION, 'base64url').subarray(12),
  ...[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 128, 0, 4, 192, 0, 2, 1],
])

let server: Server
let url: string
let answer: (response: ServerResponse) => void
const asked: { url: string | undefined; accept: string | undefined }[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push({ url: request.url, accept: request.headers.accept })
    answer(response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it("asks as RFC 8484's own example does", async () => {
  answer = (response) => response.end(ANSWER)
  const want = { kind: 'found', records: ['192.0.2.1'], ttlSeconds: 128 }
  expect(await askDns('www.example.com', 'A', url)).toEqual(want)
  expect(asked.at(-1)).toEqual({ url: `/dns-query?dns=${QUESTION}`, accept: 'application/dns-message' })
})

const failures: [string, (response: ServerResponse) => void, string][] = [
  ['an error', (response) => response.writeHead(503).end('busy'), 'unknown'],
  ['a page', (response) => response.end('<html></html>'), 'unknown'],
  ['nothing', (response) => response.end(), 'unknown'],
  ['more than a message', (response) => response.end(Buffer.alloc(70_000)), 'unknown'],
  ['nothing at all, for too long', () => {}, 'unknown'],
  ['a connection that breaks', (response) => response.destroy(), 'silent'],
]
it.each(failures)('%s', async (_name, fail, kind) => {
  answer = fail
  expect(await askDns('www.example.com', 'A', url)).toEqual({ kind })
})

it('nobody there', async () => {
  expect(await askDns('www.example.com', 'A', 'http://127.0.0.1:1/dns-query')).toEqual({ kind: 'silent' })
})
