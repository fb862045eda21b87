/** Sending over HTTP: from the call to the message in the other account's Inbox. */
import { beforeAll, describe, expect, it } from 'vitest'
import { accountClient, type Client } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let ann: Client
let bob: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  ann = await accountClient(world, await makeAccount(world, 'ann@a.example'))
  bob = await accountClient(world, await makeAccount(world, 'bob@b.example'))
})

describe('a message to another account of this server', () => {
  it('comes into its Inbox as clean mail, and stands in Sent', async () => {
    const answer = await ann.post('/v1/messages/send', {
      to: ['Bob <bob@b.example>'],
      subject: 'Hello',
      text: 'Hi Bob.',
    })
    expect(answer).toMatchObject({
      status: 202,
      body: { id: expect.stringMatching(/^sub_/), recipients: [{ address: 'bob@b.example', status: 'queued' }] },
    })
    expect(await world.settle()).toEqual([])
    const [message] = (await bob.get('/v1/messages')).body.data
    expect(message).toMatchObject({
      subject: 'Hello',
      from: { address: 'ann@a.example' },
      message_id: answer.body.message_id,
      spam: { score: 0, verdict: 'clean' },
    })
    const detail = (await bob.get(`/v1/messages/${message.id}`)).body
    expect(detail).toMatchObject({
      text: 'Hi Bob.',
      authentication: { source: 'local', dmarc: { result: 'pass', domain: 'a.example' } },
    })
    const done = (await ann.get(`/v1/submissions/${answer.body.id}`)).body
    expect(done).toMatchObject({
      recipients: [{ status: 'delivered', code: null }],
      finished_at: '2026-03-01T12:00:00Z',
    })
    expect((await ann.get(`/v1/messages/${answer.body.message}`)).body).toMatchObject({
      subject: 'Hello',
      unread: false,
    })
  })
})
