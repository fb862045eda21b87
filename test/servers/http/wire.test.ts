/** The pure pieces of the wire, on anything: ids, states, base64url, ranges, file names; and no body breaks a route. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../../src/servers/http/base64url.ts'
import { formatState, parseState } from '../../../src/servers/http/change-state.ts'
import { attachmentDisposition, safeFilename, servedType } from '../../../src/servers/http/download.ts'
import { formatId, idPattern, parseId } from '../../../src/servers/http/ids.ts'
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

it('change states come back as they went, for their account only', () => {
  fc.assert(
    fc.property(idNumber, fc.maxSafeNat(), fc.maxSafeNat(), (account, modseq, id) => {
      const text = formatState(account, { modseq, id })
      expect(parseState(account, text)).toEqual({ modseq, id })
      expect(parseState(account === 1 ? 2 : account - 1, text)).toBeNull()
    }),
  )
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
      '😀',
      '\ud800',
      ':',
      ' ',
    )
    const name = fc.oneof(
      anyText,
      fc.array(pieces, { maxLength: 120 }).map((list) => list.join('')),
    )
    fc.assert(
      fc.property(name, (given) => {
        const safe = safeFilename(given)
        if (safe === null) return
        expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}/\\:"<>|?*]|^[.\s]|^$/u)
        expect(new TextEncoder().encode(safe).length).toBeLessThanOrEqual(4 * 80)
        const header = attachmentDisposition(safe)
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
    ])
      expect(servedType(type)).toBe('application/octet-stream')
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
    const posted = fc.constantFrom(...paths, '/v1/lists', '/v1/keys')
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
    const paths = fc.constantFrom('/v1/messages', '/v1/changes', '/v1/lists', '/v1/keys', '/v1/mailboxes')
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
