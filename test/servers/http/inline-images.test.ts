/** The pictures of a message's own HTML, and attached messages. */
import { beforeAll, describe, expect, it } from 'vitest'
import { INLINE_IMAGES_MAX } from '../../../src/servers/http/inline-images.ts'
import { type Answer, accountClient, type Client, deliver, makeClient } from '../../helpers/http.ts'
import { latin1, makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAFElEQVR4nGP4z8Dwn4GBgYGJAQoAHhACAQOVKkYAAAAASUVORK5CYII='
const ORIGIN = 'https://postern.test'

let world: World
let client: Client
let nobody: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  client = await accountClient(world, await makeAccount(world, 'demo@postern.test'))
  nobody = makeClient(world.deps, null)
})

type Picture = [contentId: string | null, type?: string, body?: string]

function related(html: string, ...pictures: Picture[]): string {
  const parts = pictures.map(([contentId, type = 'image/png', body = PNG]) =>
    [
      `--b\r\nContent-Type: ${type}\r\n`,
      contentId === null ? '' : `Content-ID: ${contentId}\r\n`,
      `Content-Transfer-Encoding: base64\r\n\r\n${body}\r\n`,
    ].join(''),
  )
  return plainMessage(
    { 'Content-Type': 'multipart/related; boundary=b' },
    `--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${html}\r\n${parts.join('')}--b--\r\n`,
  )
}

/** A message as it is read with its HTML. */
async function read(raw: string, query = '?html=sanitized'): Promise<Answer['body']> {
  const { id } = await deliver(world, client, raw)
  return (await client.get(`/v1/messages/${id}${query}`)).body
}

function sources(html: string): string[] {
  return [...html.matchAll(/<img[^>]*? src="([^"]*)"/g)].map(([, source]) => source as string)
}

describe('a picture that the HTML shows', () => {
  it('is a link that shows it inline, to a frame of any page', async () => {
    const { html, attachments, blocked_remote } = await read(related('<img src="cid:a@x">', ['<a@x>']))
    const [source = '', ...more] = sources(html)
    expect([more, blocked_remote]).toEqual([[], 0])
    expect(source).toMatch(/^https:\/\/postern\.test\/v1\/links\/[\w-]+$/)
    expect(attachments).toMatchObject([{ part: '2', content_id: 'a@x', inline: true }])
    const { status, bytes, headers } = await nobody.get(source.slice(ORIGIN.length))
    expect([status, bytes]).toEqual([200, new Uint8Array(Buffer.from(PNG, 'base64'))])
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': `inline; filename="attachment-2"; filename*=UTF-8''attachment-2`,
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    })
    // The link for saving it stays a download.
    const saved = await nobody.get(attachments[0].url.slice(ORIGIN.length))
    expect(saved.headers.get('content-disposition')).toMatch(/^attachment; /)
    expect(saved.headers.get('cross-origin-resource-policy')).toBe('same-origin')
  })

  it.each([
    ['in another case', 'cid:IMAGE001.PNG@01DA', '<image001.png@01da>'],
    ['percent-encoded', 'cid:a%20b%2bc%40x', '<a b+c@x>'],
    ['percent-encoded in both places', 'cid:a%2bb@x', '<a%2bb@x>'],
    ['with brackets', 'cid:<a@x>', '<a@x>'],
    ['with encoded brackets', 'CID:%3Ca@x%3E', '<a@x>'],
    ['without brackets at the part', 'cid:a@x', 'a@x'],
    ['with entities', 'c&#105;d:a&commat;x', '<a@x>'],
    ['broken by lines', 'cid:a\r\n@x', '<a@x>'],
    ['with a percent sign that encodes nothing', 'cid:100%@x', '<100%@x>'],
  ])('is found %s', async (_, address, contentId) => {
    const { html, attachments } = await read(related(`<img src="${address}">`, [contentId]))
    expect([sources(html).length, attachments[0].inline]).toEqual([1, true])
  })

  it.each([
    ['image/jpg', 'image/jpeg'],
    ['image/x-png', 'image/png'],
    ['image/webp', 'image/webp'],
    ['image/bmp', 'image/bmp'],
  ])('named %s is served as %s', async (type, served) => {
    const [source = ''] = sources((await read(related('<img src="cid:a@x">', ['<a@x>', type]))).html)
    const { headers } = await nobody.get(source.slice(ORIGIN.length))
    expect([headers.get('content-type'), headers.get('content-disposition')?.slice(0, 7)]).toEqual([served, 'inline;'])
  })

  it.each(['image/svg+xml', 'text/html', 'application/octet-stream', 'image/tiff', 'application/xhtml+xml'])(
    'is not one of type %s',
    async (type) => {
      const { html, attachments } = await read(related('<img src="cid:a@x">', ['<a@x>', type]))
      expect([sources(html), attachments[0].inline]).toEqual([[], false])
      expect((await nobody.get(attachments[0].url.slice(ORIGIN.length))).headers.get('content-disposition')).toMatch(
        /^attachment; /,
      )
    },
  )

  it('is none of another id, and none without one', async () => {
    const { html, attachments } = await read(
      related('<img src="cid:other@x"><img src="cid:"><img src="cid:%00">', ['<a@x>'], [null]),
    )
    expect(sources(html)).toEqual([])
    expect(attachments.map(({ inline }: { inline: boolean }) => inline)).toEqual([false, false])
  })

  it('stands in the source of an image and nowhere else', async () => {
    const { html, attachments } = await read(
      related(
        [
          '<body background="cid:a@x" style="background:url(cid:a@x)"><a href="cid:a@x">x</a><table background="cid:a@x">',
          '<img alt="cid:a@x" srcset="cid:a@x 2x" lowsrc="cid:a@x"><video poster="cid:a@x" src="cid:a@x"></video>',
          '<iframe src="cid:a@x"></iframe><object data="cid:a@x"></object><input type=image src="cid:a@x">',
          '<svg><image href="cid:a@x"/></svg><link rel=icon href="cid:a@x"><style>p{background:url(cid:a@x)}</style>',
        ].join('\r\n'),
        ['<a@x>'],
      ),
    )
    expect(html).not.toContain('/v1/links/')
    expect(attachments[0].inline).toBe(false)
  })

  it('is marked though the HTML is not asked for', async () => {
    const { html, attachments } = await read(
      related('<img src="cid:a@x">', ['<a@x>'], ['<b@x>'], [null, 'application/pdf']),
      '',
    )
    expect(html).toBeNull()
    expect(attachments.map(({ inline }: { inline: boolean }) => inline)).toEqual([true, false, false])
  })

  it('is the first of two of one id, and shown as often as the HTML says', async () => {
    const { html, attachments } = await read(
      related('<img src="cid:a@x"><img src="cid:a@x">', ['<a@x>'], ['<A@X>', 'image/gif']),
    )
    const [one, two] = sources(html)
    expect(one).toBe(two)
    expect(attachments.map(({ inline }: { inline: boolean }) => inline)).toEqual([true, false])
  })

  it('is one of a bounded number', async () => {
    const ids = Array.from({ length: INLINE_IMAGES_MAX + 5 }, (_, n) => `p${n}@x`)
    const html = ids.map((id) => `<img src="cid:${id}">`).join('\r\n')
    const body = await read(related(html, ...ids.map((id): Picture => [`<${id}>`])))
    expect(new Set(sources(body.html)).size).toBe(INLINE_IMAGES_MAX)
    expect(body.attachments.filter(({ url }: { url: string | null }) => url !== null).length).toBe(ids.length)
  })

  it('of mail in Junk is left out, unless that is asked for', async () => {
    const { id } = await deliver(world, client, related('<img src="cid:a@x">', ['<a@x>']))
    const junk = (await client.get('/v1/mailboxes')).body.data.find(({ role }: { role: string }) => role === 'junk')
    expect((await client.patch(`/v1/messages/${id}`, { mailbox_ids: [junk.id] })).status).toBe(200)
    const withheld = (await client.get(`/v1/messages/${id}?html=sanitized`)).body
    expect([sources(withheld.html), withheld.attachments[0].url]).toEqual([[], null])
    const allowed = (await client.get(`/v1/messages/${id}?html=sanitized&allow_spam=true`)).body
    const [source = ''] = sources(allowed.html)
    expect((await nobody.get(source.slice(ORIGIN.length))).status).toBe(200)
  })
})

describe('an attached message', () => {
  const INNER = [
    'From: carl@elsewhere.example\r\nSubject: Inner\r\nMIME-Version: 1.0\r\n',
    'Content-Type: multipart/related; boundary=i\r\n\r\n--i\r\nContent-Type: text/html\r\n\r\n<img src="cid:in@x">\r\n',
    `--i\r\nContent-Type: image/png\r\nContent-ID: <in@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n${PNG}\r\n--i--`,
  ].join('')

  function forwarded(encoding: '8bit' | 'base64'): string {
    const inner = encoding === 'base64' ? Buffer.from(INNER, 'latin1').toString('base64') : INNER
    return plainMessage(
      { 'Content-Type': 'multipart/mixed; boundary=o' },
      [
        '--o\r\nContent-Type: text/html\r\n\r\n<p>See below <img src="cid:in@x"></p>\r\n',
        `--o\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${inner}\r\n--o--\r\n`,
      ].join(''),
    )
  }

  it.each(['8bit', 'base64'] as const)('in %s is one attachment, whole, with all that it carries', async (encoding) => {
    const { html, attachments } = await read(forwarded(encoding))
    expect(attachments).toMatchObject([{ part: '2', content_type: 'message/rfc822', filename: null, inline: false }])
    // What it shows is its own: the message around it cannot borrow its pictures.
    expect(sources(html)).toEqual([])
    const { bytes, headers } = await nobody.get(attachments[0].url.slice(ORIGIN.length))
    expect(bytes).toEqual(latin1(INNER))
    expect(headers.get('content-type')).toBe('application/octet-stream')
    expect(headers.get('content-disposition')).toContain('attachment; filename="attachment-2.eml"')
  })

  it('has no parts of its own among the attachments', async () => {
    const { id } = await deliver(world, client, forwarded('8bit'))
    for (const part of ['2.1', '2.2', '2.TEXT', '2.TEXT.2'])
      expect([part, (await client.get(`/v1/messages/${id}/attachments/${part}`)).status]).toEqual([part, 404])
  })
})
