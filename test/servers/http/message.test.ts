/** One message over HTTP: what is told about it, its raw bytes, and its attachments as safe downloads. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { putEntry } from '../../../src/junk/lists.ts'
import { accountClient, type Client, deliver, mailboxWithRole, utf8 } from '../../helpers/http.ts'
import { latin1, makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let account: number
let client: Client
/** Reads of R2 since the test reset it. */
const reads: { offset: number | undefined; length: number | undefined }[] = []

beforeAll(async () => {
  await migrate()
  world = makeWorld({ bucket: watched(env.RAW) })
  account = await makeAccount(world, 'demo@postern.test')
  client = await accountClient(world, account)
})

function watched(bucket: R2Bucket): R2Bucket {
  const get = (key: string, options?: R2GetOptions) => {
    const range = options?.range as { offset?: number; length?: number } | undefined
    reads.push({ offset: range?.offset, length: range?.length })
    return bucket.get(key, options as R2GetOptions)
  }
  return new Proxy(bucket, {
    get: (target, name) => (name === 'get' ? get : (Reflect.get(target, name) as () => unknown).bind(target)),
  })
}

const ATTACHED = latin1(Array.from({ length: 5_000 }, (_, n) => String.fromCharCode((n * 7) % 256)).join(''))

function withAttachment(filename: string, type = 'application/pdf', extra = ''): string {
  const base64 = Buffer.from(ATTACHED).toString('base64').replace(/.{76}/g, '$&\r\n')
  return plainMessage(
    {
      'Content-Type': 'multipart/mixed; boundary=b',
      Cc: 'Bob <bob@elsewhere.example>',
      'Reply-To': 'desk@elsewhere.example',
    },
    [
      '--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xfc\xdfe\r\n',
      `--b\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; filename="${filename}"\r\n`,
      `Content-Transfer-Encoding: base64\r\n${extra}\r\n${base64}\r\n--b--\r\n`,
    ].join(''),
  )
}

describe('GET /v1/messages/{id}', () => {
  it('gives text, headers, attachments, authentication and the spam report', async () => {
    const listed = await deliver(
      world,
      client,
      withAttachment('report.pdf', 'application/pdf', 'Content-ID: <c@x>\r\n'),
    )
    const { status, body } = await client.get(`/v1/messages/${listed.id}`)
    expect(status).toBe(200)
    const { spam, ...summary } = listed
    expect(body).toMatchObject(summary)
    expect(body).toMatchObject({
      return_path: 'sender@elsewhere.example',
      to: [{ name: null, address: 'demo@postern.test' }],
      cc: [{ name: 'Bob', address: 'bob@elsewhere.example' }],
      bcc: [],
      reply_to: [{ name: null, address: 'desk@elsewhere.example' }],
      in_reply_to: null,
      references: [],
      text: 'Grüße',
      truncated: false,
      extracted_text: expect.any(String),
      has_html: false,
      html: null,
      blocked_remote: null,
      headers_truncated: false,
      attachments: [
        {
          part: '2',
          filename: 'report.pdf',
          content_type: 'application/pdf',
          charset: null,
          disposition: 'attachment',
          content_id: 'c@x',
          size: ATTACHED.length,
        },
      ],
      authentication: { source: 'none', spf: { result: 'unknown' }, dmarc: { result: 'unknown', policy: null } },
      spam: { ...spam, threshold: 5, reason: 'below-threshold', tags: expect.any(Array) },
      defects: [],
    })
    expect(body.headers[0]).toEqual({ name: 'From', value: 'Alice Example <alice@elsewhere.example>' })
  })

  it('gives references, and tells that there is HTML', async () => {
    const raw = plainMessage(
      { 'Content-Type': 'text/html', References: '<a@x>\r\n <b@x>', 'In-Reply-To': '<b@x>' },
      '<p>Hello <b>you</b></p><script>alert(1)</script>',
    )
    const { body } = await client.get(`/v1/messages/${(await deliver(world, client, raw)).id}`)
    expect(body).toMatchObject({ references: ['a@x', 'b@x'], in_reply_to: 'b@x', has_html: true })
    expect(body.text).toContain('Hello you')
    expect(JSON.stringify(body)).not.toContain('<script>')
  })

  it('reads references before words are decoded', async () => {
    const raw = plainMessage({ References: '<a@x> =?utf-8?q?=3Cforged=40x=3E?= <b@x>' })
    const { body } = await client.get(`/v1/messages/${(await deliver(world, client, raw)).id}`)
    expect(body.references).toEqual(['a@x', 'b@x'])
    expect(body.headers).toContainEqual({ name: 'References', value: '<a@x> <forged@x> <b@x>' })
  })

  it.each([
    ['inside a field', 'x'.repeat(900), ''],
    ['in a folded one', 'x'.repeat(60), ` ${'y'.repeat(59)}\r\n`.repeat(8)],
  ])('shows no field in part where the header is cut %s, and says so', async (_, value, folded) => {
    const fields = Array.from({ length: 700 }, (_, n) => `X-${n}: ${value}\r\n${folded}`)
    const raw = plainMessage({ 'Message-ID': '<long@x>' }).replace('\r\n\r\n', `\r\n${fields.join('')}\r\n`)
    const { body } = await client.get(`/v1/messages/${(await deliver(world, client, raw)).id}`)
    expect(body.headers_truncated).toBe(true)
    const shown = body.headers.filter((header: { name: string }) => header.name.startsWith('X-'))
    expect(shown.length).toBeGreaterThan(100)
    expect(shown.length).toBeLessThan(700)
    expect(new Set(shown.map((header: { value: string }) => header.value)).size).toBe(1)
  })

  it.each([
    ['no headers', 'just text'],
    ['nothing', ''],
    ['a date of another age', plainMessage({ Date: 'Mon, 1 Jan 99999 00:00:00 +0000' })],
    ['a negative date', plainMessage({ Date: 'Mon, 1 Jan 1900 00:00:00 +0000' })],
    ['a broken address', plainMessage({ From: '<<<@@@>>>' })],
    ['raw bytes', latin1(Array.from({ length: 3_000 }, (_, n) => String.fromCharCode((n * 31) % 256)).join(''))],
  ])('reads a message of %s', async (_, raw) => {
    const { id } = await deliver(world, client, raw)
    const { status, body } = await client.get(`/v1/messages/${id}`)
    expect(status).toBe(200)
    expect(body.sent_at === null || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(body.sent_at)).toBe(true)
  })
})

describe('GET /v1/messages/{id}?html=sanitized', () => {
  const html =
    '<p onclick=alert(1)>Hello<script>alert(1)</script> <img src="https://track.example/p.gif" alt="pixel"></p><a href="javascript:alert(1)">x</a>'

  async function sanitised(query: string) {
    const { id } = await deliver(world, client, plainMessage({ 'Content-Type': 'text/html' }, html))
    return (await client.get(`/v1/messages/${id}${query}`)).body
  }

  it('gives the HTML without what could do harm, and without remote content', async () => {
    const body = await sanitised('?html=sanitized')
    expect(body).toMatchObject({ has_html: true, blocked_remote: 1 })
    expect(body.html).toContain('Hello')
    expect(body.html).not.toMatch(/script|onclick|javascript|track\.example/)
  })

  it('keeps remote images where that is asked for', async () => {
    expect((await sanitised('?html=sanitized&remote_content=true')).html).toContain('https://track.example/p.gif')
  })

  it('gives none where none is asked for, and refuses another form', async () => {
    expect(await sanitised('')).toMatchObject({ html: null, has_html: true })
    expect(await sanitised('?html=raw')).toMatchObject({ code: 'invalid', errors: [{ pointer: '/html' }] })
  })
})

describe('the words of a reply', () => {
  it('are given without what it quotes', async () => {
    const body =
      'Yes, Thursday suits me.\r\n\r\nOn Sun, 1 Mar 2026 at 11:00, Bob <bob@x.example> wrote:\r\n> Thursday?\r\n'
    const { id } = await deliver(
      world,
      client,
      plainMessage({ Subject: 'Re: Thursday', 'In-Reply-To': '<q@x.example>' }, body),
    )
    expect((await client.get(`/v1/messages/${id}`)).body.extracted_text.trim()).toBe('Yes, Thursday suits me.')
  })
})

describe('GET /v1/messages/{id}/raw', () => {
  it('gives the message byte for byte, as a download that no browser runs', async () => {
    const raw = latin1(withAttachment('x.bin'))
    const { id } = await deliver(world, client, raw)
    const { status, headers, bytes } = await client.get(`/v1/messages/${id}/raw`)
    expect(status).toBe(200)
    expect(bytes).toEqual(raw)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'message/rfc822',
      'content-length': String(raw.length),
      'content-disposition': `attachment; filename="${id}.eml"; filename*=UTF-8''${id}.eml`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'accept-ranges': 'bytes',
      etag: `"${id}"`,
    })
  })

  it.each([
    ['bytes=0-0', 206, 0, 1],
    ['bytes=10-19', 206, 10, 20],
    ['bytes=10-', 206, 10, null],
    ['bytes=-5', 206, -5, null],
    ['bytes=-999999', 206, 0, null],
    ['bytes=5-999999', 206, 5, null],
    ['bytes=0-1,5-6', 200, 0, null],
    ['bytes=9-5', 200, 0, null],
    ['bytes=-', 200, 0, null],
    ['lines=0-1', 200, 0, null],
    ['bytes = 0-1', 200, 0, null],
  ])('answers the range %s with %i', async (range, status, start, end) => {
    const raw = latin1(plainMessage())
    const { id } = await deliver(world, client, raw)
    const answer = await client.get(`/v1/messages/${id}/raw`, { range })
    expect(answer.status).toBe(status)
    expect(answer.bytes).toEqual(raw.slice(start, end ?? undefined))
    const from = start < 0 ? raw.length + start : start
    const to = from + answer.bytes.length - 1
    expect(answer.headers.get('content-range')).toBe(status === 206 ? `bytes ${from}-${to}/${raw.length}` : null)
    expect(answer.headers.get('content-length')).toBe(String(answer.bytes.length))
  })

  it('refuses a range outside the message', async () => {
    const raw = plainMessage()
    const { id } = await deliver(world, client, raw)
    for (const range of [`bytes=${raw.length}-`, 'bytes=-0', 'bytes=999999-9999999']) {
      const answer = await client.get(`/v1/messages/${id}/raw`, { range })
      expect([range, answer.status, answer.body.code]).toEqual([range, 416, 'range-not-satisfiable'])
      expect(answer.headers.get('content-range')).toBe(`bytes */${raw.length}`)
    }
  })

  it('gives the whole where If-Range names other bytes', async () => {
    const { id } = await deliver(world, client, plainMessage())
    const path = `/v1/messages/${id}/raw`
    expect((await client.get(path, { range: 'bytes=0-1', 'if-range': `"${id}"` })).status).toBe(206)
    expect((await client.get(path, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200)
  })

  it('answers HEAD with the size and without reading the bytes', async () => {
    const raw = plainMessage()
    const { id } = await deliver(world, client, raw)
    reads.length = 0
    const answer = await client.call('HEAD', `/v1/messages/${id}/raw`)
    expect([answer.status, answer.headers.get('content-length'), answer.bytes.length]).toEqual([
      200,
      String(raw.length),
      0,
    ])
    expect(reads).toEqual([])
  })
})

describe('GET /v1/messages/{id}/attachments/{part}', () => {
  it('gives the decoded bytes, and reads only their range', async () => {
    const raw = withAttachment('report.pdf')
    const { id } = await deliver(world, client, raw)
    reads.length = 0
    const { status, bytes, headers } = await client.get(`/v1/messages/${id}/attachments/2`)
    expect(status).toBe(200)
    expect(bytes).toEqual(ATTACHED)
    expect(headers.get('content-type')).toBe('application/pdf')
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
    const offset = raw.indexOf('base64\r\n\r\n') + 'base64\r\n\r\n'.length
    expect(reads).toEqual([{ offset, length: raw.indexOf('\r\n--b--') - offset }])
  })

  it.each([
    ['text/html', 'application/octet-stream'],
    ['image/svg+xml', 'application/octet-stream'],
    ['application/xhtml+xml', 'application/octet-stream'],
    ['application/javascript', 'application/octet-stream'],
    ['image/png', 'image/png'],
    ['x', 'application/octet-stream'],
  ])('serves %s as %s', async (type, served) => {
    const { id } = await deliver(world, client, withAttachment('file', type))
    const [attachment] = (await client.get(`/v1/messages/${id}`)).body.attachments
    const { headers } = await client.get(`/v1/messages/${id}/attachments/${attachment.part}`)
    expect(headers.get('content-type')).toBe(served)
    expect(headers.get('content-disposition')).toMatch(/^attachment; /)
  })

  it.each([
    ['../../etc/passwd', '_.._etc_passwd'],
    ['C:\\\\autoexec.bat', 'C_autoexec.bat'],
    ['a\x07b.txt', 'ab.txt'],
    [utf8('photo\u202egpj.exe'), 'photo_gpj.exe'],
    ['...', null],
    [utf8('Überweisung №5.pdf'), 'Überweisung №5.pdf'],
    [utf8(`${'é'.repeat(150)}.pdf`), `${'é'.repeat(118)}.pdf`],
  ])('makes the file name %s safe', async (given, safe) => {
    // Imported, since a name that is made to be read backwards would be held back.
    const text = new TextDecoder().decode(latin1(withAttachment(given)))
    const call = { text, headers: { 'content-type': 'message/rfc822' } }
    const { id } = (await client.call('POST', '/v1/messages/import', call)).body
    const { attachments } = (await client.get(`/v1/messages/${id}`)).body
    expect(attachments[0].filename).toBe(safe)
    const disposition =
      (await client.get(`/v1/messages/${id}/attachments/2?allow_spam=true`)).headers.get('content-disposition') ?? ''
    const [, ascii, extended] =
      /^attachment; filename="([ -~]*)"; filename\*=UTF-8''([\w.%~!-]+)$/.exec(disposition) ?? []
    expect(decodeURIComponent(extended ?? '')).toBe(safe ?? 'attachment-2')
    expect(ascii).not.toMatch(/["\\/]/)
  })

  it('has no other parts', async () => {
    const { id } = await deliver(world, client, withAttachment('a.pdf'))
    for (const part of ['1', '0', '3', '2.1', 'TEXT', '2%2F..', '%00', '..', 'constructor'])
      expect([part, (await client.get(`/v1/messages/${id}/attachments/${part}`)).status]).toEqual([part, 404])
  })

  it('gives those of junk only to who asks for them', async () => {
    await putEntry(world.deps, account, { entry: 'spammer.example', list: 'block' })
    const raw = withAttachment('prize.pdf').replace('alice@elsewhere.example', 'x@spammer.example')
    const message = await deliver(world, client, raw)
    expect(message).toMatchObject({ mailbox_ids: [await mailboxWithRole(client, 'junk')], spam: { verdict: 'junk' } })
    const path = `/v1/messages/${message.id}/attachments/2`
    // The pointer tells this apart from a key that lacks the scope.
    expect((await client.get(path)).body).toMatchObject({
      code: 'forbidden',
      errors: [{ in: 'query', pointer: '/allow_spam', detail: expect.any(String) }],
    })
    expect((await client.get(`${path}?allow_spam=false`)).status).toBe(403)
    expect((await client.get(`${path}?allow_spam=yes`)).status).toBe(422)
    expect((await client.get(`${path}?allow_spam=true`)).bytes).toEqual(ATTACHED)
  })

  it('answers HEAD without reading the bytes', async () => {
    const { id } = await deliver(world, client, withAttachment('a.pdf'))
    reads.length = 0
    expect((await client.call('HEAD', `/v1/messages/${id}/attachments/2`)).headers.get('content-type')).toBe(
      'application/pdf',
    )
    expect(reads).toEqual([])
  })
})
