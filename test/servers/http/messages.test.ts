/** Listing, searching and reading mail over HTTP: every message got there as Email Routing hands it over. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { putEntry } from '../../../src/junk/lists.ts'
import { type Answer, accountClient, type Client, makeClient, readAll } from '../../helpers/http.ts'
import { latin1, makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let account: number
let client: Client
/** Reads of R2 since the test reset it: [key, offset, length]. */
const reads: { offset: number | undefined; length: number | undefined }[] = []

beforeAll(async () => {
  await migrate()
  world = makeWorld({ bucket: watched(env.RAW) })
  await makeAccount(world, 'first@other.test')
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

async function deliver(raw: string | Uint8Array, to = 'demo@postern.test', over = {}): Promise<void> {
  const received = await receiveRaw(world, to, raw, over)
  if (received.kind !== 'filed') throw new Error(JSON.stringify(received))
}

/** Delivers and gives the message as the list shows it. */
async function deliverOne(raw: string | Uint8Array): Promise<Answer['body']> {
  await deliver(raw)
  return (await client.get('/v1/messages?limit=1')).body.data[0]
}

async function roleId(role: string): Promise<string> {
  return (await client.get('/v1/mailboxes')).body.data.find((box: { role: string }) => box.role === role).id
}

describe('GET /v1/me', () => {
  it('tells the account, the key, the addresses and the state', async () => {
    const { body } = await client.get('/v1/me')
    expect(body).toEqual({
      account: {
        id: expect.stringMatching(/^acc_/),
        name: 'demo@postern.test',
        used_bytes: expect.any(Number),
        quota_bytes: null,
        created_at: '2026-03-01T12:00:00Z',
      },
      key: {
        id: expect.stringMatching(/^key_/),
        name: 'test',
        scopes: ['mail:read', 'mail:write', 'mail:send', 'spam:train', 'settings'],
      },
      addresses: [{ address: 'demo@postern.test', kind: 'address', enabled: true }],
      state: expect.any(String),
    })
  })
})

describe('GET /v1/mailboxes', () => {
  it('lists every role with its counts', async () => {
    const before = (await client.get('/v1/mailboxes')).body
    expect(before.data.map((box: { role: string }) => box.role).sort()).toEqual([
      ...['archive', 'drafts', 'inbox', 'junk', 'sent', 'trash'],
    ])
    const raw = plainMessage()
    await deliver(raw)
    const inboxOf = (body: Answer['body']) => body.data.find((box: { role: string }) => box.role === 'inbox')
    const [was, is] = [inboxOf(before), inboxOf((await client.get('/v1/mailboxes')).body)]
    expect(is).toEqual({
      ...was,
      total: was.total + 1,
      unread: was.unread + 1,
      threads: was.threads + 1,
      unread_threads: was.unread_threads + 1,
      bytes: was.bytes + raw.length,
    })
  })
})

describe('GET /v1/messages', () => {
  it('shows a message without its body', async () => {
    const raw = plainMessage(
      { Subject: 'Invoice', From: '"Doe, Ann" <ann@shop.example>', 'Message-ID': '<one@shop.example>' },
      'A unique sentence.\r\n',
    )
    await deliver(raw, 'DEMO+Shop@postern.test')
    const [message] = (await client.get('/v1/messages?q=invoice')).body.data
    expect(message).toEqual({
      id: expect.stringMatching(/^msg_/),
      thread_id: expect.stringMatching(/^thr_/),
      mailbox_ids: [await roleId('inbox')],
      message_id: 'one@shop.example',
      recipient: 'DEMO+Shop@postern.test',
      from: { name: 'Doe, Ann', address: 'ann@shop.example' },
      to_text: 'demo@postern.test',
      subject: 'Invoice',
      preview: 'A unique sentence.',
      received_at: '2026-03-01T12:00:00Z',
      sent_at: '2026-03-01T11:59:00Z',
      size: raw.length,
      unread: true,
      flagged: false,
      answered: false,
      draft: false,
      keywords: [],
      has_attachment: false,
      spam: { score: expect.any(Number), verdict: 'clean' },
    })
  })

  it('pages without gaps or repeats while mail arrives', async () => {
    const paged = await makeAccount(world, 'paged@postern.test')
    const own = await accountClient(world, paged)
    for (let n = 0; n < 25; n++) await deliver(plainMessage({ Subject: `old ${n}` }), 'paged@postern.test')
    const inbox = (await own.get('/v1/mailboxes')).body.data.find((box: { role: string }) => box.role === 'inbox').id
    for (const filter of ['', `mailbox=${inbox}&`, 'unread=true&', 'q=old&', `q=old&mailbox=${inbox}&unread=true&`]) {
      const seen: string[] = []
      let cursor = ''
      for (let page = 0; page < 20; page++) {
        const { body } = await own.get(`/v1/messages?${filter}limit=7${cursor && `&cursor=${cursor}`}`)
        seen.push(...body.data.map((message: { subject: string }) => message.subject))
        expect(body.has_more).toBe(body.next_cursor !== null)
        await deliver(plainMessage({ Subject: `new ${crypto.randomUUID()}` }), 'paged@postern.test')
        if (!body.has_more) break
        cursor = body.next_cursor
      }
      const old = seen.filter((subject) => subject.startsWith('old'))
      expect(old).toEqual(Array.from({ length: 25 }, (_, n) => `old ${24 - n}`))
      expect(new Set(seen).size).toBe(seen.length)
    }
  })

  it('takes another limit with the same cursor, and nothing else', async () => {
    for (let n = 0; n < 3; n++) await deliver(plainMessage())
    const cursor = (await client.get('/v1/messages?limit=1')).body.next_cursor
    expect((await client.get(`/v1/messages?limit=2&cursor=${cursor}`)).body.data).toHaveLength(2)
    const inbox = await roleId('inbox')
    const flipped = (cursor[0] === 'M' ? 'N' : 'M') + cursor.slice(1)
    const queries = [
      ...[`unread=true&cursor=${cursor}`, `q=word&cursor=${cursor}`, `mailbox=${inbox}&cursor=${cursor}`],
      ...[
        `cursor=${flipped}`,
        `cursor=${cursor}x`,
        `cursor=${cursor}.x`,
        `cursor=${cursor.split('.')[0]}`,
        'cursor=.',
        'cursor=',
      ],
      ...['cursor=MTIz.AAAA', 'cursor=null', 'cursor=%00', 'cursor=%F0%9F%92%A9'],
    ]
    for (const query of queries) {
      const answer = await client.get(`/v1/messages?${query}`)
      expect([query, answer.status, answer.body.code]).toEqual([query, 400, 'malformed'])
      expect(answer.body.errors[0].pointer).toBe('/cursor')
    }
    const other = await accountClient(world, await makeAccount(world, 'cursor@postern.test'))
    expect((await other.get(`/v1/messages?cursor=${cursor}`)).status).toBe(400)
    expect((await client.get(`/v1/lists?cursor=${cursor}`)).status).toBe(400)
  })

  it('cannot continue a page without the root secret, and says so', async () => {
    const key = { ...world.deps, secrets: { root: null, adminKey: null } }
    const made = await accountKey()
    expect((await makeClient(key, made).get('/v1/messages?limit=1')).body.code).toBe('not-configured')
  })

  async function accountKey(): Promise<string> {
    return (await client.post('/v1/keys', { name: 'k', scopes: ['mail:read'] })).body.key
  }

  it('lists a thread, and says where there is none', async () => {
    await deliver(plainMessage({ 'Message-ID': '<p@t.example>', Subject: 'Lunch' }))
    const reply = await deliverOne(plainMessage({ Subject: 'Re: Lunch', References: '<p@t.example>' }))
    expect((await client.get(`/v1/messages?thread=${reply.thread_id}`)).body.data).toHaveLength(2)
    expect((await client.get(`/v1/messages?thread=${reply.thread_id}&flagged=true`)).body.data).toEqual([])
    expect((await client.get('/v1/messages?thread=thr_1')).status).toBe(404)
    expect((await client.get('/v1/messages?thread=msg_1')).status).toBe(404)
    expect((await client.get('/v1/messages?mailbox=mbx_zzzz')).status).toBe(404)
  })

  it.each([
    ...[
      '"',
      '""',
      '"""',
      "'",
      "''",
      '*',
      '**',
      '***a',
      'a*b*',
      '-',
      '--',
      '-a',
      '+',
      '(',
      ')',
      '()',
      '((((',
      'a)',
      '^a',
    ],
    ...['AND', 'OR', 'NOT', 'NEAR', 'a AND', 'OR b', 'NOT', 'a NEAR b', 'NEAR(a b)', 'NEAR/2', 'a OR OR b', 'a NOT'],
    ...['subject:', 'subject:x', ':', 'a:b:c', '{a b}:c', '{', '}', '[', 'a.b', 'a,b', 'a;b', 'a\\', '\\"', '"a\\"'],
    ...[
      "'; drop table messages; --",
      '" or 1=1 --',
      '%',
      '_',
      '?',
      '?1',
      '$a',
      '@a',
      '#',
      '/* a */',
      '--a',
      'a\0b',
      '\0',
    ],
    ...['\ud800', 'é́́́', '中', '中文字', 'ภาษาไทย', 'a中b', '😀', '\u202e', '\ufeff', 'ﷺ', '"中', '中*', '"a b', 'a"b"c'],
    ...[' ', '\t\n', 'x'.repeat(5_000), 'a '.repeat(2_000), '"'.repeat(1_000), `${'('.repeat(500)}a`, '* '.repeat(300)],
    ...[
      '\u0000*',
      '"*"',
      '"*',
      '*"',
      'rowid:1',
      'ft match a',
      'bm25(ft)',
      '-subject:a',
      '"" ""',
      'a^2',
      '~a',
      '`a`',
      '|',
      '||',
      '&&',
    ],
  ])('is no syntax error to search for %j', async (text) => {
    const { status, body } = await client.get(`/v1/messages?q=${encodeURIComponent(text.toWellFormed())}`)
    expect([status, body.code]).toEqual([200, undefined])
    expect(Array.isArray(body.data)).toBe(true)
  })

  it('finds words, phrases, prefixes and unspaced scripts, and nothing where nothing can match', async () => {
    const quoted = plainMessage(
      { Subject: 'Crossing the Rubicon', 'Content-Type': 'text/plain; charset=utf-8' },
      utf8('日本語のメール\r\n'),
    )
    const { id } = await deliverOne(quoted)
    for (const q of ['rubicon', 'RUBICON crossing', '"the rubicon"', 'rubi*', '日本語', '本語', 'メール'])
      expect([q, (await search(q)).map((message) => message.id)]).toEqual([q, [id]])
    for (const q of ['rubi', '"rubicon the"', '語日', 'rubicon nothing', '!!!'])
      expect([q, await search(q)]).toEqual([q, []])
  })

  async function search(q: string): Promise<Answer['body'][]> {
    return (await client.get(`/v1/messages?q=${encodeURIComponent(q)}`)).body.data
  }
})

/** UTF-8 as one character a byte, which is how the fixtures are written. */
function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text))
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
    const listed = await deliverOne(withAttachment('report.pdf', 'application/pdf', 'Content-ID: <c@x>\r\n'))
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
      has_html: false,
      attachments: [
        {
          part: '2',
          filename: 'report.pdf',
          content_type: 'application/pdf',
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
    expect(Object.keys(body)).not.toContain('html')
  })

  it('gives references, and tells that there is HTML', async () => {
    const raw = plainMessage(
      { 'Content-Type': 'text/html', References: '<a@x>\r\n <b@x>', 'In-Reply-To': '<b@x>' },
      '<p>Hello <b>you</b></p><script>alert(1)</script>',
    )
    const { body } = await client.get(`/v1/messages/${(await deliverOne(raw)).id}`)
    expect(body).toMatchObject({ references: ['a@x', 'b@x'], in_reply_to: 'b@x', has_html: true })
    expect(body.text).toContain('Hello you')
    expect(JSON.stringify(body)).not.toContain('<script>')
  })

  it.each([
    ['no headers', 'just text'],
    ['nothing', ''],
    ['a date of another age', plainMessage({ Date: 'Mon, 1 Jan 99999 00:00:00 +0000' })],
    ['a negative date', plainMessage({ Date: 'Mon, 1 Jan 1900 00:00:00 +0000' })],
    ['a broken address', plainMessage({ From: '<<<@@@>>>' })],
    ['raw bytes', latin1(Array.from({ length: 3_000 }, (_, n) => String.fromCharCode((n * 31) % 256)).join(''))],
  ])('reads a message of %s', async (_, raw) => {
    const { id } = await deliverOne(raw)
    const { status, body } = await client.get(`/v1/messages/${id}`)
    expect(status).toBe(200)
    expect(body.sent_at === null || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(body.sent_at)).toBe(true)
  })
})

describe('GET /v1/messages/{id}/raw', () => {
  it('gives the message byte for byte, as a download that no browser runs', async () => {
    const raw = latin1(withAttachment('x.bin'))
    const { id } = await deliverOne(raw)
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
    const { id } = await deliverOne(raw)
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
    const { id } = await deliverOne(raw)
    for (const range of [`bytes=${raw.length}-`, 'bytes=-0', 'bytes=999999-9999999']) {
      const answer = await client.get(`/v1/messages/${id}/raw`, { range })
      expect([range, answer.status, answer.body.code]).toEqual([range, 416, 'range-not-satisfiable'])
      expect(answer.headers.get('content-range')).toBe(`bytes */${raw.length}`)
    }
  })

  it('gives the whole where If-Range names other bytes', async () => {
    const { id } = await deliverOne(plainMessage())
    const path = `/v1/messages/${id}/raw`
    expect((await client.get(path, { range: 'bytes=0-1', 'if-range': `"${id}"` })).status).toBe(206)
    expect((await client.get(path, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200)
  })

  it('answers HEAD with the size and without reading the bytes', async () => {
    const raw = plainMessage()
    const { id } = await deliverOne(raw)
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
    const { id } = await deliverOne(raw)
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
    const { id } = await deliverOne(withAttachment('file', type))
    const [attachment] = (await client.get(`/v1/messages/${id}`)).body.attachments
    const { headers } = await client.get(`/v1/messages/${id}/attachments/${attachment.part}`)
    expect(headers.get('content-type')).toBe(served)
    expect(headers.get('content-disposition')).toMatch(/^attachment; /)
  })

  it.each([
    ['../../etc/passwd', '_.._etc_passwd'],
    ['C:\\\\autoexec.bat', 'C_autoexec.bat'],
    ['a\x07b.txt', 'a_b.txt'],
    [utf8('photo\u202egpj.exe'), 'photo_gpj.exe'],
    ['...', null],
    [utf8('Überweisung №5.pdf'), 'Überweisung №5.pdf'],
    [`${'x'.repeat(200)}.pdf`, `${'x'.repeat(76)}.pdf`],
  ])('makes the file name %s safe', async (given, safe) => {
    const { id } = await deliverOne(withAttachment(given))
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
    const { id } = await deliverOne(withAttachment('a.pdf'))
    for (const part of ['1', '0', '3', '2.1', 'TEXT', '2%2F..', '%00', '..', 'constructor'])
      expect([part, (await client.get(`/v1/messages/${id}/attachments/${part}`)).status]).toEqual([part, 404])
  })

  it('gives those of junk only to who asks for them', async () => {
    await putEntry(world.deps, account, 'spammer.example', 'block')
    const raw = withAttachment('prize.pdf').replace('alice@elsewhere.example', 'x@spammer.example')
    const message = await deliverOne(raw)
    expect(message).toMatchObject({ mailbox_ids: [await roleId('junk')], spam: { verdict: 'junk' } })
    const path = `/v1/messages/${message.id}/attachments/2`
    expect((await client.get(path)).body.code).toBe('forbidden')
    expect((await client.get(`${path}?allow_spam=false`)).status).toBe(403)
    expect((await client.get(`${path}?allow_spam=yes`)).status).toBe(422)
    expect((await client.get(`${path}?allow_spam=true`)).bytes).toEqual(ATTACHED)
  })

  it('answers HEAD without reading the bytes', async () => {
    const { id } = await deliverOne(withAttachment('a.pdf'))
    reads.length = 0
    expect((await client.call('HEAD', `/v1/messages/${id}/attachments/2`)).headers.get('content-type')).toBe(
      'application/pdf',
    )
    expect(reads).toEqual([])
  })
})

describe('GET /v1/changes', () => {
  it('tells every change once, page by page', async () => {
    const own = await accountClient(world, await makeAccount(world, 'changes@postern.test'))
    const start = (await own.get('/v1/changes')).body
    expect(start).toEqual({ data: [], has_more: false, state: expect.any(String) })
    expect((await own.get('/v1/me')).body.state).toBe(start.state)
    for (let n = 0; n < 7; n++) await deliver(plainMessage(), 'changes@postern.test')
    const listed = (await readAll(own, '/v1/messages')).reverse()
    const seen = []
    let state = start.state
    for (let page = 0; page < 10; page++) {
      const { body } = await own.get(`/v1/changes?since=${state}&limit=3`)
      seen.push(...body.data)
      state = body.state
      if (!body.has_more) break
    }
    expect(seen).toEqual(
      listed.map(({ id, thread_id, mailbox_ids }) => ({ kind: 'created', id, thread_id, mailbox_ids })),
    )
    expect((await own.get(`/v1/changes?since=${state}`)).body).toEqual({ data: [], has_more: false, state })
  })

  it('is gone where the changes are no longer known', async () => {
    const id = await makeAccount(world, 'gone@postern.test')
    const own = await accountClient(world, id)
    const { state } = (await own.get('/v1/changes')).body
    await deliver(plainMessage(), 'gone@postern.test')
    await env.DB.prepare('update accounts set changes_floor = modseq where id = ?').bind(id).run()
    const answer = await own.get(`/v1/changes?since=${state}`)
    expect([answer.status, answer.body.code]).toEqual([410, 'gone'])
  })

  it('refuses what is not a state of this account', async () => {
    const other = await accountClient(world, await makeAccount(world, 'state@postern.test'))
    const { state } = (await client.get('/v1/changes')).body
    expect((await other.get(`/v1/changes?since=${state}`)).status).toBe(400)
    for (const since of ['', '1', 'x', `${state}.`, `${state}.1.1`, `0${state}`, `${state} `, '.', '..'])
      expect([since, (await client.get(`/v1/changes?since=${encodeURIComponent(since)}`)).body.code]).toEqual([
        since,
        'malformed',
      ])
    expect((await client.get(`/v1/changes?since=${'1'.repeat(100)}`)).status).toBe(422)
    // Ahead of the account: as after a database was restored.
    expect((await client.get(`/v1/changes?since=${state.split('.')[0]}.zzzzzz`)).status).toBe(410)
  })
})
