/** The quarantine over HTTP: who sees what, what is shown of hostile mail, and how it leaves. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createAddress } from '../../../src/access/addresses.ts'
import { isFailure } from '../../../src/errors.ts'
import { accountClient, type Client, mailboxWithRole, readAll } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let own: Client
let bound: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  const account = await makeAccount(world, 'demo@postern.test')
  const made = await createAddress(world.deps, {
    address: 'sales@postern.test',
    kind: 'address',
    accountId: account,
    target: null,
  })
  if (isFailure(made)) throw new Error(made.detail)
  own = await accountClient(world, account)
  bound = await accountClient(world, account, ['mail:read', 'mail:write', 'spam:train'], made.id)
})

async function hold(subject: string, to = 'demo@postern.test'): Promise<string> {
  const body =
    '--b\r\nContent-Type: text/html\r\n\r\n<p onclick="x()">Look <img src="https://pest.example/p.gif"><script>x()</script>here</p>\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="a.pdf.exe"\r\n\r\nMZ\r\n--b--\r\n'
  await receiveRaw(world, to, plainMessage({ Subject: subject, 'Content-Type': 'multipart/mixed; boundary=b' }, body))
  return (await own.get('/v1/quarantine?limit=1')).body.data[0].id
}

describe('the quarantine', () => {
  it('lists page by page, newest first', async () => {
    const ids = []
    for (let n = 0; n < 5; n++) ids.unshift(await hold(`Page ${n}`))
    const listed = await readAll(own, '/v1/quarantine?limit=2')
    expect(listed.map(({ id }) => id)).toEqual(ids)
    expect(listed[0]).toEqual({
      id: ids[0],
      kind: 'quarantine',
      received_at: '2026-03-01T12:00:00Z',
      expires_at: '2026-03-31T12:00:00Z',
      recipient: 'demo@postern.test',
      from: { name: 'Alice Example', address: 'alice@elsewhere.example' },
      to_text: 'demo@postern.test',
      subject: 'Page 4',
      preview: expect.any(String),
      size: expect.any(Number),
      score: expect.any(Number),
      reason: 'malware',
    })
  })

  it('shows a message safely: no script, no picture, no way to its attachment', async () => {
    const id = await hold('Hostile')
    const { body } = await own.get(`/v1/quarantine/${id}?html=sanitized`)
    expect(body).toMatchObject({
      id,
      text: expect.stringContaining('Look'),
      spam: { verdict: 'quarantine', reason: 'malware', clues: [] },
      attachments: [{ filename: 'a.pdf.exe', content_type: 'application/octet-stream', size: 2 }],
    })
    expect(body.html).toContain('here')
    expect(body.html).not.toMatch(/script|onclick|pest\.example/)
    expect((await own.get(`/v1/quarantine/${id}`)).body.html).toBeNull()
    const message = id.replace('qua_', 'msg_')
    for (const path of ['', '/raw', '/attachments/2'])
      expect((await own.get(`/v1/messages/${message}${path}`)).status).toBe(404)
  })

  it('releases into the Inbox, once', async () => {
    const id = await hold('Out')
    const { status, body, headers } = await own.post(`/v1/quarantine/${id}/release`, { allow_sender: false })
    expect([status, body.mailbox_ids]).toEqual([200, [await mailboxWithRole(own, 'inbox')]])
    expect(headers.get('location')).toBe(`/v1/messages/${body.id}`)
    expect((await own.get(`/v1/messages/${body.id}`)).body.subject).toBe('Out')
    expect((await own.post(`/v1/quarantine/${id}/release`, {})).status).toBe(404)
    expect((await own.get(`/v1/quarantine/${id}`)).status).toBe(404)
    await world.settle()
    expect((await own.get(`/v1/messages/${body.id}`)).body.taught).toBe('ham')
  })

  it('deletes for good', async () => {
    const id = await hold('Gone')
    expect((await own.delete(`/v1/quarantine/${id}`)).status).toBe(204)
    expect((await own.delete(`/v1/quarantine/${id}`)).status).toBe(404)
  })

  it('shows and gives a key of one address what came to that address', async () => {
    const others = await hold('To the boss')
    const mine = await hold('To sales', 'sales@postern.test')
    expect((await readAll(bound, '/v1/quarantine')).map(({ id }) => id)).toEqual([mine])
    expect((await bound.get(`/v1/quarantine/${others}`)).status).toBe(404)
    expect((await bound.post(`/v1/quarantine/${others}/release`, {})).status).toBe(404)
    expect((await bound.delete(`/v1/quarantine/${others}`)).status).toBe(404)
    expect((await bound.post(`/v1/quarantine/${mine}/release`, { allow_sender: true })).status).toBe(403)
    expect((await bound.post(`/v1/quarantine/${mine}/release`, { learn: false })).status).toBe(200)
  })
})
