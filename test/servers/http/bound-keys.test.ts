/** A key bound to one address sees what was delivered to that address, by every route that shows mail, and nothing else. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createAddress, removeAddress } from '../../../src/access/addresses.ts'
import { decodeBase64url } from '../../../src/access/base64url.ts'
import { createApiKey } from '../../../src/access/keys.ts'
import { isFailure } from '../../../src/errors.ts'
import { changeAll } from '../../../src/mailbox/change.ts'
import { whole } from '../../../src/mailbox/reader.ts'
import { handleHttp } from '../../../src/servers/http/app.ts'
import { formatId, formatNumber } from '../../../src/servers/http/ids.ts'
import { accountClient, mailboxWithRole } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'

let world: World
let account: number
let salesId: number
let key: string
let mine: number
let others: number

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  account = await makeAccount(world, 'boss@postern.test')
  const sales = await createAddress(world.deps, {
    address: 'sales@postern.test',
    kind: 'address',
    accountId: account,
    target: null,
  })
  if (isFailure(sales)) throw new Error(sales.detail)
  salesId = sales.id
  const made = await createApiKey(world.deps, {
    accountId: account,
    addressId: salesId,
    name: 'sales',
    scopes: ['mail:read'],
  })
  if (isFailure(made)) throw new Error(made.detail)
  key = made.key
  mine = await filed('sales+web@postern.test', 'An order of quinces')
  others = await filed('boss@postern.test', 'Secret quinces')
})

async function filed(to: string, subject: string): Promise<number> {
  const received = await receiveRaw(world, to, plainMessage({ Subject: subject }))
  if (received.kind !== 'filed') throw new Error(received.kind)
  return received.id
}

async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const request = new Request(`https://postern.test${path}`, { headers: { authorization: `Bearer ${key}` } })
  const response = await handleHttp(request, world.deps)
  return { status: response.status, body: await response.json() }
}

describe('a key bound to an address', () => {
  it.each(['/v1/messages', '/v1/messages?q=quinces', '/v1/messages?unread=true'])(
    'lists only its mail by %s',
    async (path) => {
      const { body } = await get(path)
      expect((body.data as { id: string }[]).map((one) => one.id)).toEqual([formatId('msg', mine)])
    },
  )

  it.each(['', '/raw', '/attachments/1'])('does not find another address’s message%s', async (rest) => {
    expect(await get(`/v1/messages/${formatId('msg', others)}${rest}`)).toMatchObject({ status: 404 })
    expect(await get(`/v1/messages?thread=${formatId('thr', others)}`)).toMatchObject({ status: 404 })
  })

  it('reads its own message', async () => {
    expect(await get(`/v1/messages/${formatId('msg', mine)}`)).toMatchObject({
      status: 200,
      body: { recipient: 'sales+web@postern.test' },
    })
  })

  it('sees no counts of the whole account, and only its address', async () => {
    const { body } = await get('/v1/mailboxes')
    expect(body.data).toContainEqual(expect.objectContaining({ role: 'inbox', total: null, unread: null, bytes: null }))
    const me = (await get('/v1/me')).body
    expect(me.addresses).toEqual([expect.objectContaining({ address: 'sales@postern.test' })])
    expect(me.key).toMatchObject({ address_id: formatId('adr', salesId) })
    expect(me.account).toMatchObject({ used_bytes: null, quota_bytes: null })
  })

  it('hears of changes of its own mail only, destroyed mail included', async () => {
    const { body } = await get('/v1/changes')
    const more = await filed('sales@postern.test', 'one')
    const theirs = await filed('boss@postern.test', 'two')
    await changeAll(world.deps, whole(account), [more, theirs], { destroy: true })
    const after = await get(`/v1/changes?since=${body.state}`)
    expect(after.body.data).toEqual([expect.objectContaining({ kind: 'destroyed', id: formatId('msg', more) })])
  })

  it('cannot read the id of another address’s message out of a cursor or a state', async () => {
    const hidden: number[] = []
    for (let n = 0; n < 4; n++) {
      await filed('sales@postern.test', 'mine')
      hidden.push(await filed('boss@postern.test', 'theirs'))
    }
    const told: string[] = []
    for (let limit = 1; limit < 8; limit++) {
      told.push(String((await get(`/v1/messages?unread=true&limit=${limit}`)).body.next_cursor))
      told.push(String((await get(`/v1/messages?q=message&limit=${limit}`)).body.next_cursor))
      const { state } = (await get('/v1/changes')).body
      const first = `${String(state).split('.')[0]}.0`
      told.push(String((await get(`/v1/changes?since=${first}&limit=${limit}`)).body.state))
    }
    for (const text of told)
      for (const piece of text.split('.')) {
        const decoded = new TextDecoder().decode(decodeBase64url(piece) ?? new Uint8Array())
        for (const id of hidden) {
          expect(decoded).not.toContain(String(id))
          expect(piece).not.toBe(formatNumber(id))
        }
      }
  })

  it('cannot have settings, or an address of another account', async () => {
    const wide = await createApiKey(world.deps, {
      accountId: account,
      addressId: salesId,
      name: 'x',
      scopes: ['settings'],
    })
    expect(wide).toMatchObject({ failure: 'invalid', field: 'scopes' })
    const stranger = await makeAccount(world, 'stranger@postern.test')
    const foreign = await createApiKey(world.deps, {
      accountId: stranger,
      addressId: salesId,
      name: 'x',
      scopes: ['mail:read'],
    })
    expect(foreign).toMatchObject({ failure: 'invalid', field: 'address_id' })
  })

  it('changes nothing of another address’s mail, and no mailbox', async () => {
    const client = await accountClient(world, account, ['mail:read', 'mail:write'], salesId)
    const [own, foreign] = [formatId('msg', mine), formatId('msg', others)]
    const archive = await mailboxWithRole(client, 'archive')
    for (const verb of ['move', 'copy'])
      expect((await client.post(`/v1/messages/${foreign}/${verb}`, { mailbox_id: archive })).status).toBe(404)
    expect((await client.patch(`/v1/messages/${foreign}`, { flagged: true })).status).toBe(404)
    expect((await client.post('/v1/messages/batch', { ids: [own, foreign], flagged: true })).body).toMatchObject({
      changed: [own],
      not_found: [foreign],
    })
    expect((await client.get('/v1/threads')).status).toBe(403)
    expect((await client.get(`/v1/threads/${formatId('thr', others)}`)).status).toBe(404)
    expect((await client.post('/v1/mailboxes', { name: 'Mine' })).status).toBe(403)
    expect((await client.delete(`/v1/mailboxes/${archive}?messages=permanent`)).status).toBe(403)
  })

  it('ends with its address', async () => {
    await removeAddress(world.deps, salesId)
    expect(await get('/v1/me')).toMatchObject({ status: 401 })
  })
})
