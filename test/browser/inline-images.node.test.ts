/**
 * A mail with pictures of its own, from the whole Worker to a real browser: received, read over HTTP, sanitised, and shown
 * in the sandboxed frame of a page that stands on another origin.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Frame } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestHarness } from 'wrangler'
import { MAIL_FRAME_SANDBOX, sanitisedDocument } from '../../src/mime/sanitise-document.ts'
import { launchChromium } from './chromium.ts'

const ADMIN_KEY = 'pst_admin_only_this_test_knows'
/** Two pixels by two. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=='
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').toString('base64')

const worker = createTestHarness({
  workers: [
    {
      configPath: './wrangler.toml',
      vars: { POSTERN_SECRET: 'a root secret that only this test knows', POSTERN_ADMIN_KEY: ADMIN_KEY },
    },
  ],
})

/** The mail's sender, and the page: neither is the Worker's origin. */
let elsewhere: Server
let asked: string[] = []
let elsewhereOrigin: string
let workerOrigin: string
let browser: Browser
let key: string
let serial = 0

beforeAll(async () => {
  elsewhere = createServer((request, response) => {
    asked.push(request.url ?? '')
    const isPage = request.url === '/page'
    response.writeHead(200, {
      'content-type': isPage ? 'text/html' : 'image/png',
      ...(request.url === '/own.png' ? { 'cross-origin-resource-policy': 'same-origin' } : {}),
    })
    response.end(isPage ? '<!DOCTYPE html><main></main>' : Buffer.from(PNG, 'base64'))
  })
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  elsewhereOrigin = `http://localhost:${(elsewhere.address() as AddressInfo).port}`
  workerOrigin = new URL((await worker.listen()).url).origin
  await worker.getWorker().applyD1Migrations('DB')
  await admin('domains', { name: 'postern.test' })
  const { id } = await admin('accounts', { name: 'Demo' })
  await admin('addresses', { address: 'demo@postern.test', account_id: id })
  key = (await admin('keys', { account_id: id, name: 'page', scopes: ['mail:read'] })).key ?? ''
  browser = await launchChromium()
}, 90_000)

afterAll(async () => {
  await browser?.close()
  await worker.close()
  elsewhere.close()
})

async function admin(path: string, body: unknown): Promise<Record<string, string>> {
  const response = await fetch(`${workerOrigin}/v1/admin/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(201)
  return (await response.json()) as Record<string, string>
}

type Read = { html: string; blocked_remote: number; attachments: { part: string; inline: boolean; url: string }[] }

/** Receives a mail of this HTML and these parts, and reads it as a page would. */
async function received(html: string): Promise<Read> {
  const part = (type: string, id: string, body: string) =>
    `--b\r\nContent-Type: ${type}\r\nContent-ID: <${id}>\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`
  const raw = [
    'From: Ada <ada@example.com>\r\nTo: demo@postern.test\r\nSubject: Pictures\r\nMIME-Version: 1.0\r\n',
    `Message-ID: <${++serial}.pictures@example.com>\r\nDate: Thu, 05 Nov 2026 10:00:00 +0000\r\n`,
    `Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n${html}\r\n`,
    part('image/png', 'own@x', PNG),
    part('image/svg+xml', 'svg@x', SVG),
    part('image/png', 'not-a-picture@x', Buffer.from('<script>alert(1)</script>').toString('base64')),
    '--b--\r\n',
  ].join('')
  await worker.getWorker().email({ from: 'ada@example.com', to: 'demo@postern.test', raw })
  const get = async (path: string) =>
    (await fetch(workerOrigin + path, { headers: { authorization: `Bearer ${key}` } })).json()
  const { data } = (await get('/v1/messages?limit=1')) as { data: { id: string }[] }
  return (await get(`/v1/messages/${data[0]?.id}?html=sanitized`)) as Read
}

/** Shows a document in the sandboxed frame of a page of `elsewhere`; gives the width of each picture as it was drawn. */
async function drawn(document: string): Promise<{ alt: string; width: number }[]> {
  const page = await browser.newPage()
  await page.goto(`${elsewhereOrigin}/page`)
  // The frame has loaded when each of its pictures has, or has failed to.
  await page.evaluate(`new Promise((loaded) => {
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', ${JSON.stringify(MAIL_FRAME_SANDBOX)})
    frame.srcdoc = ${JSON.stringify(document)}
    frame.onload = loaded
    document.querySelector('main').append(frame)
  }).then(() => null)`)
  const widths = await (page.frames()[1] as Frame).evaluate(
    '[...document.images].map(({ alt, naturalWidth }) => ({ alt, width: naturalWidth }))',
  )
  await page.close()
  return widths as { alt: string; width: number }[]
}

test('a picture of the mail is shown; a remote one, an SVG and what is none are not', async () => {
  const { html, blocked_remote, attachments } = await received(
    [
      '<img alt=own src="cid:OWN@x"><img alt=svg src="cid:svg@x"><img alt=other src="cid:nobody@x">',
      `<img alt=none src="cid:not-a-picture@x"><img alt=remote src="${elsewhereOrigin}/pixel.png">`,
    ].join('\r\n'),
  )
  expect(blocked_remote).toBe(1)
  expect(attachments.map(({ inline }) => inline)).toEqual([true, false, true])
  asked = []
  expect(await drawn(sanitisedDocument(html, { imagesFrom: workerOrigin }))).toEqual([
    { alt: 'own', width: 2 },
    { alt: 'svg', width: 0 },
    { alt: 'other', width: 0 },
    { alt: 'none', width: 0 },
    { alt: 'remote', width: 0 },
  ])
  expect(asked).toEqual(['/page'])
})

test('the frame shows nothing without that header, nor from an origin that it was not told of', async () => {
  const { html, attachments } = await received('<img alt=own src="cid:own@x">')
  // The page's own server, whose page the frame has no part in.
  const strict = `<img alt=strict src="${elsewhereOrigin}/own.png"><img alt=open src="${elsewhereOrigin}/open.png">`
  expect(await drawn(sanitisedDocument(strict, { imagesFrom: elsewhereOrigin }))).toEqual([
    { alt: 'strict', width: 0 },
    { alt: 'open', width: 2 },
  ])
  // The link for saving the same picture keeps the header that every other answer has.
  const saved = `<img alt=saved src="${attachments[0]?.url}">`
  expect(await drawn(sanitisedDocument(saved, { imagesFrom: workerOrigin }))).toEqual([{ alt: 'saved', width: 0 }])
  expect(await drawn(sanitisedDocument(html))).toEqual([{ alt: 'own', width: 0 }])
})

test('a link opened by itself runs nothing, whatever the part holds', async () => {
  const { html } = await received('<img src="cid:not-a-picture@x"><img src="cid:own@x">')
  const links = [...html.matchAll(/src="([^"]+)"/g)].map(([, url]) => url as string)
  expect(links.length).toBe(2)
  const page = await browser.newPage()
  const happened: string[] = []
  page.on('dialog', (dialog) => {
    happened.push(dialog.message())
    void dialog.dismiss()
  })
  for (const link of links) {
    const answer = await page.goto(link)
    expect(answer?.headers()['content-security-policy']).toBe("sandbox; default-src 'none'")
    expect(await page.evaluate('self.origin')).toBe('null')
  }
  expect(happened).toEqual([])
  await page.close()
})
