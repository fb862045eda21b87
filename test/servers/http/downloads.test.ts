/** Downloads under conditions and by ranges (RFC 9110 §13, §14), of whole messages and of attachments. */
import { beforeAll, describe, expect, it } from 'vitest'
import { accountClient, type Client, deliver } from '../../helpers/http.ts'
import { latin1, makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

const ATTACHED = 'Quinces, apples and \xe9 pears.\r\nA second line.\r\n'
/** Of each transfer encoding, how these bytes are written. */
const WRITTEN = {
  '7bit': ATTACHED.replace('\xe9', 'e'),
  '8bit': ATTACHED,
  binary: ATTACHED,
  base64: Buffer.from(ATTACHED, 'latin1').toString('base64'),
  'quoted-printable': ATTACHED.replace('\xe9', '=E9'),
}

let world: World
let client: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  client = await accountClient(world, await makeAccount(world, 'demo@postern.test'))
})

/** The path of an attachment that stands in a new message in this encoding. */
async function attached(encoding: keyof typeof WRITTEN, type = 'application/pdf'): Promise<string> {
  const raw = plainMessage(
    { 'Content-Type': 'multipart/mixed; boundary=b' },
    [
      '--b\r\nContent-Type: text/plain\r\n\r\nText\r\n',
      `--b\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; filename="a.bin"\r\n`,
      `Content-Transfer-Encoding: ${encoding}\r\n\r\n${WRITTEN[encoding]}\r\n--b--\r\n`,
    ].join(''),
  )
  return `/v1/messages/${(await deliver(world, client, raw)).id}/attachments/2`
}

describe('conditions', () => {
  it.each([
    [{ 'if-none-match': 'SAME' }, 304],
    [{ 'if-none-match': 'W/SAME' }, 304],
    [{ 'if-none-match': '"a", SAME ,"b"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-none-match': 'SAMEx, x' }, 304],
    [{ 'if-none-match': '"' }, 200],
    [{ 'if-none-match': '' }, 200],
    [{ 'if-match': 'SAME' }, 200],
    [{ 'if-match': '"a", SAME' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': 'W/SAME' }, 412],
    [{ 'if-match': '"other"' }, 412],
    [{ 'if-match': '' }, 412],
    // If-Match comes first, and a range last.
    [{ 'if-match': '"other"', 'if-none-match': 'SAME' }, 412],
    [{ 'if-match': 'SAME', 'if-none-match': 'SAME' }, 304],
    [{ 'if-none-match': 'SAME', range: 'bytes=0-1' }, 304],
    [{ 'if-match': '"other"', range: 'bytes=99999-' }, 412],
    [{ 'if-none-match': '"other"', range: 'bytes=0-1' }, 206],
    [{ 'if-match': 'SAME', range: 'bytes=99999-' }, 416],
    [{ range: 'bytes=0-1', 'if-range': 'SAME' }, 206],
    [{ range: 'bytes=0-1', 'if-range': 'W/SAME' }, 200],
    [{ range: 'bytes=99999-', 'if-range': '"other"' }, 200],
    [{ range: 'bytes=0-1', 'if-range': 'Sun, 01 Mar 2026 12:00:00 GMT' }, 200],
  ])('%j give %i', async (given, status) => {
    const { id } = await deliver(world, client, plainMessage())
    for (const path of [`/v1/messages/${id}/raw`, await attached('8bit')]) {
      const { headers } = await client.call('HEAD', path)
      const etag = headers.get('etag') ?? ''
      expect(etag).toMatch(/^"[\w/]+"$/)
      const conditions = Object.fromEntries(
        Object.entries(given as Record<string, string>).map(([name, value]) => [name, value.replace('SAME', etag)]),
      )
      const answer = await client.get(path, conditions)
      expect(answer.status).toBe(status)
      if (status === 412) expect(answer.body.code).toBe('precondition-failed')
      if (status < 400) expect(answer.headers.get('etag')).toBe(etag)
      if (status === 304) expect(answer.bytes.length).toBe(0)
    }
  })

  it('hold for HEAD, which knows no range', async () => {
    const { id } = await deliver(world, client, plainMessage())
    for (const path of [`/v1/messages/${id}/raw`, await attached('binary')]) {
      const whole = await client.call('HEAD', path)
      expect(whole.status).toBe(200)
      for (const range of ['bytes=0-1', 'bytes=99999-']) {
        const answer = await client.call('HEAD', path, { headers: { range } })
        expect([range, answer.status, answer.headers.get('content-range')]).toEqual([range, 200, null])
        expect(answer.headers.get('content-length')).toBe(whole.headers.get('content-length'))
      }
      const etag = whole.headers.get('etag') ?? ''
      expect((await client.call('HEAD', path, { headers: { 'if-none-match': etag } })).status).toBe(304)
      expect((await client.call('HEAD', path, { headers: { 'if-match': '"other"' } })).status).toBe(412)
    }
  })

  it('tell nothing about what is not the caller’s', async () => {
    const stranger = await accountClient(world, await makeAccount(world, 'stranger@postern.test'))
    const { id } = await deliver(world, client, plainMessage())
    for (const condition of ['if-match', 'if-none-match'])
      expect((await stranger.get(`/v1/messages/${id}/raw`, { [condition]: '*' })).status).toBe(404)
  })
})

describe('ranges of attachments', () => {
  it.each(['7bit', '8bit', 'binary'] as const)('are given where the part is %s', async (encoding) => {
    const path = await attached(encoding)
    const bytes = latin1(WRITTEN[encoding])
    const whole = await client.get(path)
    expect([whole.status, whole.headers.get('content-length')]).toEqual([200, String(bytes.length)])
    expect([whole.bytes, whole.headers.get('accept-ranges')]).toEqual([bytes, 'bytes'])
    for (const [range, start, end] of [
      ['bytes=5-9', 5, 10],
      ['bytes=40-', 40, bytes.length],
      ['bytes=-3', bytes.length - 3, bytes.length],
    ] as const) {
      const part = await client.get(path, { range })
      expect([part.status, part.bytes]).toEqual([206, bytes.slice(start, end)])
      expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${bytes.length}`)
      expect(part.headers.get('content-disposition')).toContain('attachment')
    }
    const outside = await client.get(path, { range: `bytes=${bytes.length}-` })
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`])
  })

  it.each(['base64', 'quoted-printable'] as const)(
    'are not, where it is %s: only decoding tells its size',
    async (encoding) => {
      const path = await attached(encoding)
      const whole = await client.get(path, { range: 'bytes=0-1', 'if-none-match': '*' })
      expect([whole.status, whole.bytes]).toEqual([200, latin1(ATTACHED)])
      for (const name of ['accept-ranges', 'content-range', 'etag', 'content-length'])
        expect(whole.headers.get(name)).toBeNull()
    },
  )
})

describe('the charset of an attachment', () => {
  it.each([
    ['text/plain; charset=iso-8859-1', 'iso-8859-1', 'text/plain; charset=iso-8859-1'],
    ['text/plain; charset="UTF-8"', 'utf-8', 'text/plain; charset=utf-8'],
    ['text/plain', null, 'text/plain'],
    ['text/plain; charset="a b"', null, 'text/plain'],
    ['text/html; charset=utf-8', 'utf-8', 'application/octet-stream'],
    ['application/pdf; charset=utf-8', null, 'application/pdf'],
  ])('is told and served: %s', async (type, charset, served) => {
    const path = await attached('8bit', type)
    const { attachments } = (await client.get(path.replace('/attachments/2', ''))).body
    expect(attachments[0]?.charset).toBe(charset)
    expect((await client.get(path)).headers.get('content-type')).toBe(served)
  })
})
