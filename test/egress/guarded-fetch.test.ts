/**
 * Requests on someone's word: to every URL, every answer of the DNS and every answer of the other side that an attacker can
 * choose, the guard says what it shall, and asks nothing that it may not.
 */
import { describe, expect, it } from 'vitest'
import { ANSWER_BYTES_MAX, type GuardedRequest, guardedFetch } from '../../src/egress/guarded-fetch.ts'
import { URL_CHARS_MAX } from '../../src/egress/target.ts'
import { isFailure } from '../../src/errors.ts'
import type { DnsAnswer } from '../../src/verify/resolve.ts'

type Zone = Record<string, { A?: string[] | 'unknown'; AAAA?: string[] | 'unknown' }>

const PUBLIC = { A: ['93.184.215.14'], AAAA: ['2606:2800:220:1::1'] }

/** A guard over a zone, and what was asked of the network. */
function guard(
  over: { zone?: Zone; answer?: (url: string, init: RequestInit) => Promise<Response>; dev?: boolean } = {},
) {
  const asked: { url: string; init: RequestInit }[] = []
  const looked: string[] = []
  const zone: Zone = over.zone ?? { 'hooks.test': PUBLIC }
  const deps = {
    dev: over.dev ?? false,
    origin: 'https://mail.own.test',
    resolve: async (name: string, type: string): Promise<DnsAnswer> => {
      looked.push(`${type} ${name}`)
      const records = zone[name]?.[type as 'A' | 'AAAA']
      if (records === 'unknown') return { kind: 'unknown' }
      return records ? { kind: 'found', records } : { kind: 'none' }
    },
    fetch: (async (url: string, init: RequestInit) => {
      asked.push({ url, init })
      return over.answer ? await over.answer(url, init) : new Response('fine')
    }) as unknown as typeof fetch,
  }
  const go = (url: string, request: Partial<GuardedRequest> = {}) =>
    guardedFetch(deps, url, { method: 'POST', body: 'b', ...request })
  return { go, asked, looked }
}

const detailOf = async (result: ReturnType<typeof guardedFetch>) => {
  const given = await result
  return isFailure(given) ? `${given.failure}: ${given.detail}` : given.status
}

describe('a URL', () => {
  it.each([
    ['http://hooks.test/', 'https URL'],
    ['ftp://hooks.test/', 'https URL'],
    ['javascript:alert(1)', 'https URL'],
    ['data:text/plain,a', 'https URL'],
    ['file:///etc/passwd', 'https URL'],
    ['https://hooks.test:8443/', 'port'],
    ['https://hooks.test:80/', 'port'],
    ['https://user@hooks.test/', 'user'],
    ['https://user:secret@hooks.test/', 'user'],
    ['https://:secret@hooks.test/', 'user'],
    ['https://hooks.test@10.0.0.1/', 'user'],
    ['https://127.0.0.1/', 'IP address'],
    ['https://93.184.215.14/', 'IP address'],
    ['https://2130706433/', 'IP address'],
    ['https://0x7f000001/', 'IP address'],
    ['https://0x7f.1/', 'IP address'],
    ['https://0177.0.0.1/', 'IP address'],
    ['https://127.1/', 'IP address'],
    ['https://0/', 'IP address'],
    ['https://127.0.0.1./', 'IP address'],
    ['https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/', 'IP address'],
    ['https://127%2e0%2e0%2e1/', 'IP address'],
    ['https://127\u{3002}0\u{3002}0\u{3002}1/', 'IP address'],
    ['https://[::1]/', 'IP address'],
    ['https://[::ffff:127.0.0.1]/', 'IP address'],
    ['https://[64:ff9b::a00:1]/', 'IP address'],
    ['https://[2606:2800:220:1::1]/', 'IP address'],
    ['https://localhost/', 'with its domain'],
    ['https://intranet/', 'with its domain'],
    ['https://hooks.test./', 'with its domain'],
    ['https://localhost./', 'with its domain'],
    ['https://a..test/', 'with its domain'],
    ['https://a.localhost/', 'of the Internet'],
    ['https://printer.local/', 'of the Internet'],
    ['https://metadata.google.internal/', 'of the Internet'],
    ['https://router.home.arpa/', 'of the Internet'],
    ['https://abc.onion/', 'of the Internet'],
    ['https://mail.own.test/v1/me', 'this server'],
    ['https://MAIL.own.test/', 'this server'],
    ['https://mail.own.test./', 'this server'],
    ['https://mail.ow\u{ff4e}.test/', 'this server'],
    ['http://mail.own.test/', 'this server'],
    ['https:///', 'not a URL'],
    ['https://', 'not a URL'],
    ['', 'not a URL'],
    ['//hooks.test/', 'not a URL'],
    ['hooks.test', 'not a URL'],
    ['https://hooks .test/', 'not a URL'],
    ['https://hooks.test\\@10.0.0.1/', 'not a URL'],
    ['https://ho\noks.test/', 'not a URL'],
    ['ht\ttps://hooks.test/', 'not a URL'],
    ['https://hooks.test/\u0000', 'not a URL'],
    [' https://hooks.test/', 'not a URL'],
    ['https://xn--/', 'with its domain'],
    [`https://hooks.test/${'a'.repeat(URL_CHARS_MAX)}`, 'characters'],
  ])('%j is refused at once', async (url, why) => {
    const { go, asked, looked } = guard()
    const detail = await detailOf(go(url))
    expect(detail).toMatch(/^invalid/)
    expect(detail).toContain(why)
    expect([...asked, ...looked]).toEqual([])
  })

  it('of another origin of ours is refused too', async () => {
    const { go, asked } = guard()
    expect(await detailOf(go('https://hooks.test/', { ownOrigin: 'https://hooks.test' }))).toContain('this server')
    expect(asked).toEqual([])
  })

  it.each([
    ['https://hooks.test', 'https://hooks.test/'],
    ['https://hooks.test:443/a?b=c#d', 'https://hooks.test/a?b=c'],
    ['HTTPS://Hooks.TEST/', 'https://hooks.test/'],
    ['https://b\u00fccher.test/', 'https://xn--bcher-kva.test/'],
    ['https://xn--bcher-kva.test/', 'https://xn--bcher-kva.test/'],
  ])('%j is asked as %j', async (url, href) => {
    const { go, asked } = guard({ zone: { 'hooks.test': PUBLIC, 'xn--bcher-kva.test': PUBLIC } })
    expect(await detailOf(go(url))).toBe(200)
    expect(asked.map((one) => one.url)).toEqual([href])
    expect(asked[0]?.init).toMatchObject({ method: 'POST', redirect: 'manual', body: 'b' })
  })

  it.each([
    ['http://127.0.0.1:9000/hook', 200],
    ['http://localhost:9000/', 200],
    ['http://[::1]:9000/', 200],
    ['http://127.8.8.8/', 200],
    ['http://10.0.0.1/', 'invalid: The URL must be an https URL.'],
    ['http://a.localhost/', 'invalid: The URL must be an https URL.'],
    ['https://127.0.0.1/', 'invalid: The URL must name a host, not an IP address.'],
    ['http://user@localhost:9000/', 'invalid: The URL must not hold a user or a password.'],
  ])('%j, under POSTERN_DEV: %s', async (url, want) => {
    expect(await detailOf(guard({ dev: true }).go(url))).toBe(want)
  })

  it('of this machine that is the server itself is refused under POSTERN_DEV by its port', async () => {
    const { go } = guard({ dev: true })
    const ownOrigin = 'http://127.0.0.1:8787'
    expect(await detailOf(go('http://localhost:8787/', { ownOrigin }))).toContain('this server')
    expect(await detailOf(go('http://localhost:8788/', { ownOrigin }))).toBe(200)
  })
})

describe('a name', () => {
  it.each([
    ['public', PUBLIC, 200],
    ['public, with IPv4 alone', { A: ['1.1.1.1'] }, 200],
    ['public, with IPv6 alone', { AAAA: ['2a00:1450:4001::1'] }, 200],
    ['nobody', {}, 'does not exist'],
    ['one that cannot be asked for', { A: 'unknown', AAAA: 'unknown' } as const, 'for now'],
    ['one of whose IPv6 nobody knows', { A: ['1.1.1.1'], AAAA: 'unknown' } as const, 'for now'],
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
      '192.0.0.8',
      '192.0.2.1',
      '192.88.99.1',
      '192.168.1.1',
      '198.18.0.1',
      '198.19.255.255',
      '198.51.100.7',
      '203.0.113.9',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
      // What is no address in one way of reading alone.
      '010.0.0.1',
      '8.8.8.8 ',
      '0x8.8.8.8',
      '',
    ].map((ip) => [ip, { A: [ip] }, 'not public'] as const),
    ...[
      '::',
      '::1',
      '::ffff:10.0.0.1',
      '::ffff:a00:1',
      '::10.0.0.1',
      '64:ff9b::a00:1',
      '64:ff9b:1::1',
      '100::1',
      'fc00::1',
      'fd12::1',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      'ff02::1',
      '2001::1',
      '2001:0:4136:e378::1',
      '2001:2::1',
      '2001:20::1',
      '2001:db8::1',
      '2002:a00:1::1',
      '3fff::1',
      '4000::1',
      '5f00::1',
    ].map((ip) => [ip, { AAAA: [ip] }, 'not public'] as const),
    ['public and private', { A: ['1.1.1.1', '10.0.0.1'] }, 'not public'],
    ['public, and private last of many', { A: [...new Array(50).fill('1.1.1.1'), '127.0.0.1'] }, 'not public'],
    ['public by IPv4 and loopback by IPv6', { A: ['1.1.1.1'], AAAA: ['::1'] }, 'not public'],
    ['private by IPv4 and public by IPv6', { A: ['192.168.0.1'], AAAA: ['2a00::1'] }, 'not public'],
    ['just outside of 172.16/12', { A: ['172.32.0.1'] }, 200],
    ['just outside of 100.64/10', { A: ['100.128.0.1'] }, 200],
    ['an IPv4 address that IPv6 maps', { AAAA: ['::ffff:1.1.1.1'] }, 200],
  ] as [string, Zone[string], number | string][])('of %s', async (_, records, want) => {
    const { go, asked, looked } = guard({ zone: { 'hooks.test': records } })
    const detail = await detailOf(go('https://hooks.test/'))
    expect(looked.sort()).toEqual(['A hooks.test', 'AAAA hooks.test'])
    expect(asked).toHaveLength(want === 200 ? 1 : 0)
    if (want === 200) expect(detail).toBe(200)
    else expect(detail).toMatch(new RegExp(`^unavailable.*${want}`))
  })

  it('is asked for again at each attempt', async () => {
    const zone: Zone = { 'hooks.test': PUBLIC }
    const { go, asked } = guard({ zone })
    expect(await detailOf(go('https://hooks.test/'))).toBe(200)
    zone['hooks.test'] = { A: ['10.0.0.1'] }
    expect(await detailOf(go('https://hooks.test/'))).toContain('not public')
    expect(asked).toHaveLength(1)
  })
})

/** A body that never ends: a chunk at each pull, or, without one, nothing at all. */
function endless(chunk?: Uint8Array) {
  const state = { cancelled: false, pulled: 0 }
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      state.pulled++
      if (chunk) controller.enqueue(chunk)
      else await new Promise(() => {})
    },
    cancel: () => {
      state.cancelled = true
    },
  })
  return { state, body }
}

describe('an answer', () => {
  it.each([200, 204, 400, 404, 410, 429, 500, 503])('%i is handed on', async (status) => {
    const { go } = guard({ answer: async () => new Response(null, { status, headers: { 'retry-after': '7' } }) })
    const given = await go('https://hooks.test/')
    expect(given).toMatchObject({ status, bytes: new Uint8Array() })
    expect(isFailure(given) ? null : given.headers.get('retry-after')).toBe('7')
  })

  it.each([300, 301, 302, 303, 304, 307, 308])('%i is a failure, and followed nowhere', async (status) => {
    const headers = { location: 'https://10.0.0.1/' }
    const { go, asked } = guard({ answer: async () => new Response(null, { status, headers }) })
    expect(await detailOf(go('https://hooks.test/'))).toContain(`redirect (${status})`)
    expect(asked).toHaveLength(1)
  })

  it('of the largest size is read whole; one byte more is a failure', async () => {
    const sized = (bytes: number) => guard({ answer: async () => new Response('a'.repeat(bytes)) })
    const whole = await sized(ANSWER_BYTES_MAX).go('https://hooks.test/')
    expect(isFailure(whole) ? whole : whole.bytes.length).toBe(ANSWER_BYTES_MAX)
    expect(await detailOf(sized(ANSWER_BYTES_MAX + 1).go('https://hooks.test/'))).toContain('more than')
  })

  it('that never ends is cut off, whatever length it claims', async () => {
    const { state, body } = endless(new Uint8Array(10_000))
    const { go } = guard({ answer: async () => new Response(body, { headers: { 'content-length': '1' } }) })
    expect(await detailOf(go('https://hooks.test/'))).toContain('more than')
    expect(state.cancelled).toBe(true)
    expect(state.pulled).toBeLessThan(12)
  })

  it('of which only the status is wanted is not read', async () => {
    const { state, body } = endless()
    const { go } = guard({ answer: async () => new Response(body, { status: 202 }) })
    expect(await go('https://hooks.test/', { wants: 'status' })).toMatchObject({ status: 202 })
    expect(state.cancelled).toBe(true)
  })

  it('with a header beyond all bounds is a failure', async () => {
    const headers = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`x-${i}`, 'v'.repeat(1_000)]))
    const { go } = guard({ answer: async () => new Response('', { headers }) })
    expect(await detailOf(go('https://hooks.test/'))).toContain('header')
  })

  it.each([
    ['the DNS', { resolve: 'stuck' }],
    ['the connection', { answer: () => new Promise<Response>(() => {}) }],
    ['the body', { answer: async () => new Response(endless().body) }],
  ])(
    'is not waited for: %s hangs',
    async (_, { resolve, answer }: { resolve?: string; answer?: () => Promise<Response> }) => {
      const deps = {
        dev: false,
        origin: null,
        resolve: (): Promise<DnsAnswer> =>
          resolve ? new Promise(() => {}) : Promise.resolve({ kind: 'found', records: ['1.1.1.1'] }),
        fetch: (answer ?? (async () => new Response(''))) as unknown as typeof fetch,
      }
      const given = guardedFetch(deps, 'https://hooks.test/', { method: 'GET', timeoutMs: 50 })
      expect(await detailOf(given)).toBe('unavailable: The host did not answer within 0.05 s.')
    },
  )

  it('that fails tells nothing of the network behind', async () => {
    const { go } = guard({ answer: () => Promise.reject(new Error('connect ECONNREFUSED 10.1.2.3:443')) })
    expect(await detailOf(go('https://hooks.test/'))).toBe('unavailable: The host could not be reached.')
  })
})
