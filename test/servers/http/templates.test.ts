/** Templates over HTTP, and messages and drafts that use them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { accountClient, type Client, readAll } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let ann: Client
let bob: Client
let sender: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  const annId = await makeAccount(world, 'ann@a.example')
  ann = await accountClient(world, annId)
  sender = await accountClient(world, annId, ['mail:send'])
  bob = await accountClient(world, await makeAccount(world, 'bob@b.example'))
})

let serial = 0
const fields = { subject: 'Hi {{name}}', text: 'Hi {{name}}', html: '<p>Hi {{name}}' }
const make = async (over: object = {}) => {
  const answer = await ann.post('/v1/templates', { name: `t${++serial}`, ...fields, ...over })
  expect(answer.status).toBe(201)
  return answer.body
}

describe('a template', () => {
  it('is made, read, listed, changed where it is what it was, and deleted', async () => {
    const made = await make({ name: 'welcome' })
    const path = `/v1/templates/${made.id}`
    const first = await ann.get(path)
    expect(first.body).toMatchObject({ name: 'welcome', ...fields, variables: ['name'] })
    const etag = first.headers.get('etag') as string
    expect((await ann.get(path, { 'if-none-match': etag })).status).toBe(304)
    const change = (text: string) => ann.call('PATCH', path, { json: { text }, headers: { 'if-match': etag } })
    expect((await change('Hello {{name}} of {{town}}')).body.variables).toEqual(['name', 'town'])
    expect((await change('x')).status).toBe(412)
    expect((await ann.call('DELETE', path, { headers: { 'if-match': etag } })).status).toBe(412)
    await make({ name: 'b' })
    expect((await readAll(ann, '/v1/templates?limit=1')).map(({ name }) => name)).toEqual(['b', 'welcome'])
    expect((await ann.delete(path)).status).toBe(204)
    expect((await ann.get(path)).status).toBe(404)
  })

  it('has a name of its own, and is refused where a value could do harm', async () => {
    await make({ name: 'taken' })
    expect(await ann.post('/v1/templates', { name: 'taken', text: 'x' })).toMatchObject({ status: 409 })
    const wrong = await ann.post('/v1/templates', { name: 'x', html: '<script>{{x}}</script>' })
    expect(wrong).toMatchObject({ status: 422, body: { errors: [{ pointer: '/html' }] } })
    const other = await make()
    expect((await ann.patch(`/v1/templates/${other.id}`, { name: 'taken' })).status).toBe(409)
  })

  it('is previewed by who may send', async () => {
    const { id } = await make()
    const preview = (variables?: object) => sender.post(`/v1/templates/${id}/preview`, { variables })
    expect((await preview({ name: '<b>' })).body).toEqual({
      subject: 'Hi <b>',
      text: 'Hi <b>',
      html: '<p>Hi &lt;b&gt;',
    })
    expect(await preview()).toMatchObject({ status: 422, body: { errors: [{ pointer: '/variables' }] } })
    expect((await sender.get(`/v1/templates/${id}`)).status).toBe(403)
  })
})

describe('a message of a template', () => {
  it('says what the template says with its values, in one line where it is one', async () => {
    const { id } = await make()
    const name = 'Bob\r\nBcc: eve@e.example'
    const sent = await sender.post('/v1/messages/send', { to: ['bob@b.example'], template: id, variables: { name } })
    expect(sent).toMatchObject({ status: 202, body: { recipients: [{ address: 'bob@b.example' }] } })
    await world.settle()
    const [{ id: received }] = (await bob.get('/v1/messages?limit=1')).body.data
    expect((await bob.get(`/v1/messages/${received}?html=sanitized`)).body).toMatchObject({
      subject: 'Hi Bob Bcc: eve@e.example',
      bcc: [],
      text: 'Hi Bob\nBcc: eve@e.example',
    })
  })

  it('may be a draft', async () => {
    const { id } = await make()
    const made = await ann.post('/v1/drafts', { template: id, variables: { name: 'Bob' } })
    expect(made.body).toMatchObject({ subject: 'Hi Bob', text: 'Hi Bob', html: '<p>Hi Bob' })
  })

  it.each([
    ['/variables', { variables: {} }],
    ['/template', { variables: { name: 'x' }, subject: 'x' }],
    ['/variables/name', { variables: { name: ['x'] } }],
  ])('is refused with a wrong %s', async (pointer, over) => {
    const { id } = await make()
    const answer = await ann.post('/v1/messages/send', { to: ['bob@b.example'], template: id, ...over })
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } })
  })

  it('takes no template of another account', async () => {
    const { id } = await make()
    const answer = await bob.post('/v1/messages/send', {
      to: ['bob@b.example'],
      template: id,
      variables: { name: 'x' },
    })
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/template' }] } })
  })
})
