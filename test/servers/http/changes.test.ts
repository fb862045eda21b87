/** Following an account's changes over HTTP. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { accountClient, type Client, deliver, readAll } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, plainMessage, type World } from '../../helpers/world.ts'

let world: World
let client: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  client = await accountClient(world, await makeAccount(world, 'demo@postern.test'))
})

describe('GET /v1/changes', () => {
  it('tells every change once, page by page', async () => {
    const own = await accountClient(world, await makeAccount(world, 'changes@postern.test'))
    const start = (await own.get('/v1/changes')).body
    expect(start).toEqual({ data: [], has_more: false, state: expect.any(String) })
    expect((await own.get('/v1/me')).body.state).toBe(start.state)
    for (let n = 0; n < 7; n++) await deliver(world, own, plainMessage(), 'changes@postern.test')
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
    await deliver(world, own, plainMessage(), 'gone@postern.test')
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
    expect((await client.get(`/v1/changes?since=${'1'.repeat(101)}`)).status).toBe(422)
    // Ahead of the account: as after a database was restored.
    expect((await client.get(`/v1/changes?since=${state.split('.')[0]}.zzzzzz`)).status).toBe(410)
  })
})
