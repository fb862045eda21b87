/** The account, its mailboxes, and lists of messages over HTTP: paged, filtered, searched. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Answer,
  accountClient,
  type Client,
  deliver,
  mailboxWithRole,
  makeClient,
  utf8,
} from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let client: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  await makeAccount(world, 'first@other.test')
  client = await accountClient(world, await makeAccount(world, 'demo@postern.test'))
})

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
        address_id: null,
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
    await deliver(world, client, raw)
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
    await deliver(world, client, raw, 'DEMO+Shop@postern.test')
    const [message] = (await client.get('/v1/messages?q=invoice')).body.data
    expect(message).toEqual({
      id: expect.stringMatching(/^msg_/),
      thread_id: expect.stringMatching(/^thr_/),
      mailbox_ids: [await mailboxWithRole(client, 'inbox')],
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
      spam: { score: expect.any(Number), verdict: 'inbox' },
    })
  })

  it('pages without gaps or repeats while mail arrives', async () => {
    const paged = await makeAccount(world, 'paged@postern.test')
    const own = await accountClient(world, paged)
    for (let n = 0; n < 25; n++)
      await deliver(world, client, plainMessage({ Subject: `old ${n}` }), 'paged@postern.test')
    const inbox = (await own.get('/v1/mailboxes')).body.data.find((box: { role: string }) => box.role === 'inbox').id
    for (const filter of ['', `mailbox=${inbox}&`, 'unread=true&', 'q=old&', `q=old&mailbox=${inbox}&unread=true&`]) {
      const seen: string[] = []
      let cursor = ''
      for (let page = 0; page < 20; page++) {
        const { body } = await own.get(`/v1/messages?${filter}limit=7${cursor && `&cursor=${cursor}`}`)
        seen.push(...body.data.map((message: { subject: string }) => message.subject))
        expect(body.has_more).toBe(body.next_cursor !== null)
        await deliver(world, client, plainMessage({ Subject: `new ${crypto.randomUUID()}` }), 'paged@postern.test')
        if (!body.has_more) break
        cursor = body.next_cursor
      }
      const old = seen.filter((subject) => subject.startsWith('old'))
      expect(old).toEqual(Array.from({ length: 25 }, (_, n) => `old ${24 - n}`))
      expect(new Set(seen).size).toBe(seen.length)
    }
  })

  it('takes another limit with the same cursor, and nothing else', async () => {
    for (let n = 0; n < 3; n++) await deliver(world, client, plainMessage())
    const cursor = (await client.get('/v1/messages?limit=1')).body.next_cursor
    expect((await client.get(`/v1/messages?limit=2&cursor=${cursor}`)).body.data).toHaveLength(2)
    const inbox = await mailboxWithRole(client, 'inbox')
    const flipped = (cursor[0] === 'M' ? 'N' : 'M') + cursor.slice(1)
    const queries = [
      ...[`unread=true&cursor=${cursor}`, `q=word&cursor=${cursor}`, `mailbox=${inbox}&cursor=${cursor}`],
      ...[
        `cursor=${flipped}`,
        `cursor=${cursor}x`,
        `cursor=${cursor}.x`,
        `cursor=${cursor.slice(0, -4)}`,
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
    expect((await client.get(`/v1/spam/lists?cursor=${cursor}`)).status).toBe(400)
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
    await deliver(world, client, plainMessage({ 'Message-ID': '<p@t.example>', Subject: 'Lunch' }))
    const reply = await deliver(world, client, plainMessage({ Subject: 'Re: Lunch', References: '<p@t.example>' }))
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
    ...[' ', '\t\n', 'x'.repeat(1_000), 'a '.repeat(500), '"'.repeat(1_000), `${'('.repeat(500)}a`, '* '.repeat(300)],
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
    const { id } = await deliver(world, client, quoted)
    for (const q of ['rubicon', 'RUBICON crossing', '"the rubicon"', 'rubi*', '日本語', '本語', 'メール'])
      expect([q, (await search(q)).map((message) => message.id)]).toEqual([q, [id]])
    for (const q of ['rubi', '"rubicon the"', '語日', 'rubicon nothing', '!!!'])
      expect([q, await search(q)]).toEqual([q, []])
  })

  it('refuses to search for more than it would read', async () => {
    expect((await client.get(`/v1/messages?q=${'x'.repeat(1_000)}`)).status).toBe(200)
    const { status, body } = await client.get(`/v1/messages?q=${'x'.repeat(1_001)}`)
    expect([status, body.errors]).toEqual([
      422,
      [{ in: 'query', pointer: '/q', detail: 'must have at most 1000 characters' }],
    ])
  })

  async function search(q: string): Promise<Answer['body'][]> {
    return (await client.get(`/v1/messages?q=${encodeURIComponent(q)}`)).body.data
  }
})
