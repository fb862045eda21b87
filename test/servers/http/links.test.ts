/** Signed links: what they give, when they end, and that nobody makes one. */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeAccount } from '../../../src/access/accounts.ts'
import { createAddress } from '../../../src/access/addresses.ts'
import { decodeBase64url, encodeBase64url } from '../../../src/access/base64url.ts'
import { isFailure } from '../../../src/errors.ts'
import { changeAll } from '../../../src/mailbox/change.ts'
import { whole } from '../../../src/mailbox/reader.ts'
import { sealCursor } from '../../../src/servers/http/cursor.ts'
import { parseId } from '../../../src/servers/http/ids.ts'
import { openMinter, readLink } from '../../../src/servers/http/links.ts'
import { type Meter, metered } from '../../helpers/counting.ts'
import { type Answer, accountClient, type Client, deliver, mailboxWithRole, makeClient } from '../../helpers/http.ts'
import { latin1, makeAccount, makeWorld, migrate, NOON, plainMessage, type World } from '../../helpers/world.ts'

const ATTACHED = 'Quinces, apples and \xe9 pears.\r\n'
const ORIGIN = 'https://postern.test'

let meter: Meter
let world: World
let account: number
let client: Client
let nobody: Client

beforeAll(async () => {
  await migrate()
  meter = metered(env.DB)
  world = makeWorld({ databases: [meter.d1] })
  account = await makeAccount(world, 'demo@postern.test')
  client = await accountClient(world, account)
  nobody = makeClient(world.deps, null)
})

beforeEach(() => {
  world.clock.ms = NOON
})

/** A new message with one attachment of this type, as its id. */
async function delivered(type = 'application/pdf', encoding = 'base64', to = 'demo@postern.test'): Promise<string> {
  const bytes = encoding === 'base64' ? Buffer.from(ATTACHED, 'latin1').toString('base64') : ATTACHED
  const raw = plainMessage(
    { 'Content-Type': 'multipart/mixed; boundary=b' },
    [
      '--b\r\nContent-Type: text/plain\r\n\r\nText\r\n',
      `--b\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; filename="a.bin"\r\n`,
      `Content-Transfer-Encoding: ${encoding}\r\n\r\n${bytes}\r\n--b--\r\n`,
    ].join(''),
  )
  return (await deliver(world, client, raw, to)).id
}

async function attachmentOf(id: string, query = '', reader = client): Promise<Answer['body']> {
  return (await reader.get(`/v1/messages/${id}${query}`)).body.attachments[0]
}

/** The path of the link to a message's attachment. */
async function linkTo(id: string, query = ''): Promise<string> {
  return (await attachmentOf(id, query)).url.slice(ORIGIN.length)
}

async function outcome(path: string): Promise<unknown[]> {
  const { status, body } = await nobody.get(path)
  return [status, body?.code]
}

async function moveTo(id: string, role: string): Promise<void> {
  const box = parseId('mbx', await mailboxWithRole(client, role)) as number
  await changeAll(world.deps, whole(account), [parseId('msg', id) as number], { remove: 'all', add: [box] })
}

describe('a link', () => {
  it('stands at the attachment, with its end, and works without a key', async () => {
    const { url, url_expires_at } = await attachmentOf(await delivered())
    expect(url).toMatch(/^https:\/\/postern\.test\/v1\/links\/[\w-]{80,200}$/)
    expect(url_expires_at).toBe('2026-03-01T13:00:00Z')
    const { status, bytes, headers } = await nobody.get(url.slice(ORIGIN.length))
    expect([status, bytes]).toEqual([200, latin1(ATTACHED)])
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="a.bin"; filename*=UTF-8''a.bin`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
  })

  it.each(['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/xml', 'message/rfc822'])(
    'gives %s as a download of bytes',
    async (type) => {
      const { headers } = await nobody.get(await linkTo(await delivered(type, '8bit'), '?allow_spam=true'))
      expect(headers.get('content-type')).toBe('application/octet-stream')
      expect(headers.get('content-disposition')).toMatch(/^attachment; /)
    },
  )

  it('obeys ranges and conditions, HEAD included', async () => {
    const path = await linkTo(await delivered('text/plain', '8bit'))
    const head = await nobody.call('HEAD', path)
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([
      200,
      String(ATTACHED.length),
      0,
    ])
    const etag = head.headers.get('etag') ?? ''
    const part = await nobody.get(path, { range: 'Bytes=2-5', 'if-range': etag })
    expect([part.status, part.bytes]).toEqual([206, latin1(ATTACHED.slice(2, 6))])
    expect((await nobody.get(path, { 'if-none-match': etag })).status).toBe(304)
    expect((await nobody.get(path, { 'if-match': '"other"' })).status).toBe(412)
    expect((await nobody.get(path, { range: 'bytes=99-' })).status).toBe(416)
  })

  it('names the bytes by the same tag as the link after it, and tells nothing of the ids', async () => {
    const id = await delivered('text/plain', '8bit')
    const [one, two] = [await linkTo(id), await linkTo(id)]
    expect(one).not.toBe(two)
    const tags = await Promise.all([one, two].map(async (path) => (await nobody.get(path)).headers.get('etag')))
    expect(tags[0]).toBe(tags[1])
    expect(tags[0]).not.toContain(id.slice(4))
    const token = one.slice('/v1/links/'.length)
    const seen = new TextDecoder('latin1').decode(decodeBase64url(token) ?? new Uint8Array())
    for (const secret of [String(parseId('msg', id)), id.slice(4), String(account)].filter((text) => text.length > 3))
      expect(seen).not.toContain(secret)
  })

  it('takes no parameters and no other method, and leaves no trace of its token in the log', async () => {
    const path = await linkTo(await delivered())
    world.logs.length = 0
    expect(await outcome(`${path}?allow_spam=true`)).toEqual([422, 'invalid'])
    expect((await nobody.call('POST', path)).status).toBe(405)
    expect((await nobody.get(path)).status).toBe(200)
    expect((await nobody.get(`${path}x`)).status).toBe(404)
    expect(world.logs.map(({ route }) => route)).toEqual(Array(4).fill('/v1/links/{token}'))
    expect(JSON.stringify(world.logs)).not.toContain(path.slice('/v1/links/'.length, 40))
  })

  it('costs at most six rows, and none where it is over or forged', async () => {
    const path = await linkTo(await delivered())
    const rows = async (given: string) => {
      meter.reset()
      await nobody.get(given)
      return meter.read
    }
    const followed = await rows(path)
    console.log(`a link: ${followed} rows read`)
    expect(followed).toBeGreaterThan(0)
    expect(followed).toBeLessThanOrEqual(6)
    expect(await rows(`${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`)).toBe(0)
    world.clock.ms += 3_600_000
    expect(await rows(path)).toBe(0)
  })

  it('costs the reading of its message nothing beyond its six rows', async () => {
    const id = await delivered()
    await client.get(`/v1/messages/${id}`)
    await world.settle()
    meter.reset()
    expect((await client.get(`/v1/messages/${id}?html=sanitized`)).status).toBe(200)
    expect(meter.read).toBeLessThanOrEqual(6)
    console.log(`a message with its links: ${meter.read} rows read`)
  })

  it('is not made without POSTERN_SECRET, and mail is read all the same', async () => {
    const id = await delivered()
    const path = await linkTo(id)
    const deps = { ...world.deps, secrets: { ...world.deps.secrets, root: null } }
    expect((await makeClient(deps, null).get(path)).status).toBe(404)
    const reader = await accountClient({ ...world, deps }, account)
    expect(await attachmentOf(id, '?html=sanitized', reader)).toMatchObject({
      part: '2',
      url: null,
      url_expires_at: null,
    })
  })
})

describe('a link ends', () => {
  it('an hour after it was made', async () => {
    const path = await linkTo(await delivered())
    world.clock.ms += 3_599_999
    expect((await nobody.get(path)).status).toBe(200)
    world.clock.ms += 1
    expect(await outcome(path)).toEqual([410, 'gone'])
  })

  it('with its message', async () => {
    const id = await delivered()
    const path = await linkTo(id)
    await changeAll(world.deps, whole(account), [parseId('msg', id) as number], { destroy: true })
    expect(await outcome(path)).toEqual([404, 'not-found'])
  })

  it('with its account, before the rows are erased', async () => {
    const doomed = await makeAccount(world, 'doomed@postern.test')
    const reader = await accountClient(world, doomed)
    const raw = plainMessage({ 'Content-Type': 'application/pdf', 'Content-Disposition': 'attachment' }, ATTACHED)
    const { id } = await deliver(world, reader, raw, 'doomed@postern.test')
    const path = (await attachmentOf(id, '', reader)).url.slice(ORIGIN.length)
    expect((await nobody.get(path)).status).toBe(200)
    await removeAccount(world.deps, doomed)
    expect(await outcome(path)).toEqual([404, 'not-found'])
  })
})

describe('mail in Junk', () => {
  it('has links only for who asks for them', async () => {
    const id = await delivered()
    await moveTo(id, 'junk')
    expect(await attachmentOf(id)).toMatchObject({ url: null, url_expires_at: null })
    expect(await attachmentOf(id, '?allow_spam=false')).toMatchObject({ url: null })
    expect((await client.get(`/v1/messages/${id}?allow_spam=yes`)).status).toBe(422)
    expect((await nobody.get(await linkTo(id, '?allow_spam=true'))).bytes).toEqual(latin1(ATTACHED))
  })

  it('is no longer given by a link of before it was moved there, until it is moved back', async () => {
    const id = await delivered()
    const [plain, allowed] = [await linkTo(id), await linkTo(id, '?allow_spam=true')]
    await moveTo(id, 'junk')
    expect(await outcome(plain)).toEqual([404, 'not-found'])
    expect((await nobody.get(allowed)).status).toBe(200)
    await moveTo(id, 'archive')
    expect((await nobody.get(plain)).status).toBe(200)
  })
})

describe('nobody', () => {
  it('bound to one address gets links to mail of another', async () => {
    const made = await createAddress(world.deps, {
      address: 'sales@postern.test',
      kind: 'address',
      accountId: account,
      target: null,
    })
    if (isFailure(made)) throw new Error(made.detail)
    const sales = await accountClient(world, account, ['mail:read'], made.id)
    const [mine, others] = [await delivered('image/png', '8bit', 'sales@postern.test'), await delivered()]
    expect((await attachmentOf(mine, '', sales)).url).toContain('/v1/links/')
    expect((await sales.get(`/v1/messages/${others}`)).status).toBe(404)
  })

  it('opens what was changed by one bit, cut, or sealed for something else', async () => {
    const token = (await linkTo(await delivered())).slice('/v1/links/'.length)
    const bytes = decodeBase64url(token) ?? new Uint8Array()
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const forged = bytes.slice()
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await readLink(world.deps, encodeBase64url(forged))).toBeNull()
    }
    for (let length = 0; length < token.length; length++)
      expect(await readLink(world.deps, token.slice(0, length))).toBeNull()
    const cursor = await sealCursor(world.deps, [], JSON.stringify([account, 1, '2', 0, 1, 9_999_999_999]))
    expect(await readLink(world.deps, cursor)).toBeNull()
    expect(await readLink(world.deps, 'x'.repeat(1_000_000))).toBeNull()
  })

  it('is let in by anything that was not made here', async () => {
    const token = (await linkTo(await delivered())).slice('/v1/links/'.length)
    const changed = fc
      .tuple(fc.nat(token.length - 1), fc.constantFrom(...'ABCDEFyz0189-_'))
      .map(([at, to]) => token.slice(0, at) + to + token.slice(at + 1))
      .filter((text) => text !== token)
    const anything = fc
      .oneof(
        changed,
        fc.string({ unit: 'binary', maxLength: 90 }),
        fc.uint8Array({ maxLength: 99 }).map(encodeBase64url),
      )
      .filter((text) => !['', '.', '..'].includes(text))
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        const { status } = await nobody.get(`/v1/links/${encodeURIComponent(text.toWellFormed())}`)
        expect(status).toBe(404)
      }),
      { numRuns: 200 },
    )
  })

  it('of one account is led to the mail of another, whatever message is named', async () => {
    const id = parseId('msg', await delivered()) as number
    const stranger = await makeAccount(world, 'stranger@postern.test')
    const follow = async (accountId: number, messageId: number, part: string) => {
      const minter = await openMinter(world.deps, '', { accountId, messageId, allowSpam: true })
      return (await nobody.get((await minter?.mint(part, 'attachment')) ?? '')).status
    }
    expect(await follow(account, id, '2')).toBe(200)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(stranger, account + 1, account - 1),
        fc.constantFrom('1', '2'),
        async (other, part) => {
          expect(await follow(other, id, part)).toBe(404)
        },
      ),
      { numRuns: 12 },
    )
    for (const part of ['1', '0', '', 'TEXT', '3', '2.1', '9'.repeat(150)])
      expect([part, await follow(account, id, part)]).toEqual([part, 404])
  })
})
