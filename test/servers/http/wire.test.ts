/** The pure pieces of the wire, on anything: ids, states, base64url, ranges, file names; and no body breaks a route. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../../src/access/base64url.ts'
import { formatState, parseState, STATE_CHARS_MAX } from '../../../src/servers/http/change-state.ts'
import { openSealed, sealCursor } from '../../../src/servers/http/cursor.ts'
import { contentDisposition, safeFilename, servedType } from '../../../src/servers/http/download.ts'
import { formatId, formatNumber, idPattern, parseId } from '../../../src/servers/http/ids.ts'
import { parseRange } from '../../../src/servers/http/range.ts'
import { accountClient, adminClient, type Client } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate } from '../../helpers/world.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 60 })
const idNumber = fc.maxSafeNat().filter((id) => id > 0)

describe('ids', () => {
  it('come back as they went, and fit their pattern', () => {
    fc.assert(
      fc.property(idNumber, (id) => {
        const text = formatId('msg', id)
        expect(parseId('msg', text)).toBe(id)
        expect(text).toMatch(new RegExp(idPattern('msg')))
      }),
    )
  })

  it('have one spelling', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyzA-_'), maxLength: 12 })
    fc.assert(
      fc.property(fc.oneof(letters, anyText), (text) => {
        const id = parseId('msg', `msg_${text}`)
        if (id !== null) expect(formatId('msg', id)).toBe(`msg_${text}`)
      }),
    )
  })

  it('end where numbers are no longer exact', () => {
    expect(parseId('msg', formatId('msg', Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER)
    expect(parseId('msg', 'msg_80000000000')).toBeNull()
  })
})

it('change states come back as they went, for their account only', async () => {
  const { deps } = makeWorld()
  const end = fc.constant(Number.MAX_SAFE_INTEGER)
  await fc.assert(
    fc.asyncProperty(idNumber, fc.maxSafeNat(), fc.oneof(fc.maxSafeNat(), end), async (account, modseq, id) => {
      const text = await formatState(deps, account, { modseq, id })
      expect(text.length).toBeLessThanOrEqual(STATE_CHARS_MAX)
      expect(await parseState(deps, account, text)).toEqual({ modseq, id })
      const [first, ...rest] = text.split('.')
      const other = account === 1 ? 2 : account - 1
      expect(await parseState(deps, other, text)).toBeNull()
      if (rest.length === 2) {
        expect(await parseState(deps, other, [formatNumber(other), ...rest].join('.'))).toBeNull()
        expect(await parseState(deps, account, [first, '1z', rest[1]].join('.'))).toBeNull()
      }
    }),
  )
})

describe('cursors', () => {
  const { deps } = makeWorld()
  const position = fc.oneof(fc.maxSafeNat(), fc.string({ unit: 'binary', maxLength: 400 }))

  it('come back as they went, for the list that they were made for', async () => {
    const value = fc.oneof(fc.maxSafeNat(), fc.boolean(), fc.constant(null), anyText)
    const binding = fc.array(value, { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(binding, binding, position, async (own, other, at) => {
        const cursor = await sealCursor(deps, own, at)
        expect(await openSealed(deps, own, cursor)).toBe(at)
        if (JSON.stringify(own) !== JSON.stringify(other)) expect(await openSealed(deps, other, cursor)).toBeNull()
      }),
    )
  })

  it('tell nothing, and the same position twice differs', async () => {
    const [one, two] = [await sealCursor(deps, ['x'], 123_456), await sealCursor(deps, ['x'], 123_456)]
    expect(one).not.toBe(two)
    expect(one.length).toBeLessThanOrEqual(60)
    for (const piece of one.split('.'))
      expect(new TextDecoder().decode(decodeBase64url(piece) ?? new Uint8Array())).not.toContain('123456')
  })

  it('cannot be forged: not one bit may change, and nothing else opens', async () => {
    const bytes = decodeBase64url(await sealCursor(deps, ['x'], 123_456)) ?? new Uint8Array()
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const forged = bytes.slice()
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await openSealed(deps, ['x'], encodeBase64url(forged))).toBeNull()
    }
    for (let length = 0; length < bytes.length; length++)
      expect(await openSealed(deps, ['x'], encodeBase64url(bytes.slice(0, length)))).toBeNull()
    const anything = fc.oneof(anyText, fc.uint8Array({ maxLength: 80 }).map(encodeBase64url))
    await fc.assert(fc.asyncProperty(anything, async (text) => (await openSealed(deps, ['x'], text)) === null))
  })
})

it('base64url has one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeBase64url(encodeBase64url(bytes))).toEqual(new Uint8Array(bytes))
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AZaz09-_+/= '), maxLength: 9 }), (text) => {
      const bytes = decodeBase64url(text)
      if (bytes) expect(encodeBase64url(bytes)).toBe(text)
    }),
  )
})

it('a range lies within the message', () => {
  const header = fc.oneof(anyText, fc.stringMatching(/^bytes=\d{0,17}-\d{0,17}$/))
  fc.assert(
    fc.property(header, fc.nat(1_000), (text, size) => {
      const range = parseRange(text, size)
      if (range === null || range === 'unsatisfiable') return
      expect(0 <= range.start && range.start < range.end && range.end <= size).toBe(true)
    }),
  )
})

describe('file names', () => {
  it('cannot leave a folder, lie about their end, or break a header', () => {
    const pieces = fc.constantFrom(
      '..',
      '/',
      '\\',
      '\u202e',
      '\0',
      '\r\n',
      '"',
      ';',
      'a',
      'é',
      '.pdf',
      'CON',
      '中',
      '😀',
      '\ud800',
      ':',
      ' ',
      '\u00a0',
      '\u3164',
    )
    const name = fc.oneof(
      anyText,
      fc.array(pieces, { maxLength: 200 }).map((list) => list.join('')),
    )
    fc.assert(
      fc.property(name, (given) => {
        const safe = safeFilename(given)
        if (safe === null) return
        expect(safe).not.toMatch(/[.\s]$|^(con|nul|com1)(\.|$)/iu)
        expect(safe).not.toMatch(/\s\s|[^\S ]|[\u115f\u1160\u2800\u3164\uffa0]/u)
        expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}/\\:"<>|?*]|^[.\s]|^$/u)
        expect(new TextEncoder().encode(safe).length).toBeLessThanOrEqual(240)
        const header = contentDisposition('attachment', safe)
        expect(header).toMatch(/^attachment; filename="[^"\\]*"; filename\*=UTF-8''[\w.%~!-]*$/)
        expect(header).toMatch(/^[\x20-\x7e]*$/)
        expect(decodeURIComponent(header.slice(header.indexOf("''") + 2))).toBe(safe)
      }),
    )
  })

  it('go with a type that no browser runs', () => {
    for (const type of [
      'text/html',
      'image/svg+xml',
      'text/xml',
      'application/xml',
      'text/javascript',
      'multipart/x',
      'text/plain; charset=x',
      'TEXT/HTML',
      '',
      'audio/',
      'audio/-',
      'video/+',
      `video/${'x'.repeat(200)}`,
    ])
      expect(servedType(type)).toBe('application/octet-stream')
    for (const type of ['audio/mpeg', 'video/mp4', 'image/png', 'text/plain']) expect(servedType(type)).toBe(type)
  })

  it('go with the charset of text, where that is one', () => {
    expect(servedType('text/plain', 'iso-8859-1')).toBe('text/plain; charset=iso-8859-1')
    expect(servedType('text/html', 'utf-8')).toBe('application/octet-stream')
    expect(servedType('application/pdf', 'utf-8')).toBe('application/pdf')
    for (const charset of ['', 'a b', 'a\r\nx: y', 'a;b', '"a"', 'ü', 'x'.repeat(41)])
      expect([charset, servedType('text/plain', charset)]).toEqual([charset, 'text/plain'])
  })

  it.each([
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['Com1 .pdf', '_Com1 .pdf'],
    ['console.log', 'console.log'],
    ['.con', '_con'],
    [`invoice.pdf${' '.repeat(99)}\u00a0.exe`, 'invoice.pdf .exe'],
    ['invoice.pdf\u3164\u3164.exe', 'invoice.pdf_.exe'],
    [`${'é'.repeat(200)}.pdf`, `${'é'.repeat(118)}.pdf`],
    [`${'中'.repeat(200)}`, '中'.repeat(80)],
    [`${'😀'.repeat(200)}.tar.gz`, `${'😀'.repeat(59)}.gz`],
    [`${'x'.repeat(235)}   ${'y'.repeat(99)}.pdf`, `${'x'.repeat(235)}.pdf`],
    [`${'x'.repeat(238)}. y`, 'x'.repeat(238)],
  ])('fit every file system: %s', (given, safe) => {
    expect(safeFilename(given)).toBe(safe)
  })
})

describe('any input', () => {
  let clients: Client[]

  beforeAll(async () => {
    await migrate()
    const world = makeWorld()
    clients = [adminClient(world.deps), await accountClient(world, await makeAccount(world, 'demo@postern.test'))]
  })

  it('as a body is answered with what is wrong, and never breaks a route', async () => {
    const paths = ['domains', 'accounts', 'addresses', 'keys', 'app-passwords', 'lists'].map(
      (name) => `/v1/admin/${name}`,
    )
    const known = fc.record(
      {
        name: fc.oneof(anyText, fc.jsonValue()),
        address: fc.oneof(anyText, fc.emailAddress(), fc.jsonValue()),
        account_id: fc.oneof(anyText, fc.constant('acc_1'), fc.jsonValue()),
        entry: fc.oneof(anyText, fc.ipV4(), fc.ipV6(), fc.domain(), fc.jsonValue()),
        list: fc.constantFrom('allow', 'block', 'x', null),
        scopes: fc.oneof(fc.constant(['mail:read']), fc.jsonValue()),
        quota_bytes: fc.oneof(fc.maxSafeInteger(), fc.double(), fc.constant(null)),
        kind: fc.constantFrom('alias', 'catch_all', 'address', 1),
        target: anyText,
      },
      { requiredKeys: [] },
    )
    const posted = fc.constantFrom(...paths, '/v1/spam/lists', '/v1/keys')
    await fc.assert(
      fc.asyncProperty(posted, fc.oneof(known, fc.jsonValue()), async (path, json) => {
        for (const client of clients) {
          const { status, body } = await client.post(path, json)
          expect([201, 403, 409, 422]).toContain(status)
          if (status === 422) expect(body.detail).not.toBe('')
        }
      }),
      { numRuns: 150 },
    )
  })

  it('as a query is answered with what is wrong', async () => {
    const names = fc.constantFrom('q', 'mailbox', 'thread', 'unread', 'flagged', 'cursor', 'limit', 'since', 'x')
    const paths = fc.constantFrom('/v1/messages', '/v1/changes', '/v1/spam/lists', '/v1/keys', '/v1/mailboxes')
    await fc.assert(
      fc.asyncProperty(paths, fc.array(fc.tuple(names, anyText), { maxLength: 3 }), async (path, pairs) => {
        const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&')
        for (const client of clients) {
          const { status } = await client.get(`${path}?${query}`)
          expect([200, 400, 403, 404, 422]).toContain(status)
        }
      }),
      { numRuns: 150 },
    )
  })
})
