/** Many messages in one call: each by itself, once, and within what one invocation may ask D1. */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { accountClient, type Client } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let ann: Client
let bob: Client
/** Calls of D1 since the test began: a batch is one, as it is one request of the Worker. */
let calls = 0

beforeAll(async () => {
  await migrate()
  world = makeWorld({ databases: [counted(env.DB)] })
  ann = await accountClient(world, await makeAccount(world, 'ann@a.example'))
  bob = await accountClient(world, await makeAccount(world, 'bob@b.example'))
})

const ORIGINAL = Symbol('the statement underneath')

function counted(d1: D1Database): D1Database {
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement =>
    ({
      [ORIGINAL]: statement,
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: () => {
        calls++
        return statement.all()
      },
    }) as unknown as D1PreparedStatement
  return {
    prepare: (sql: string) => wrap(d1.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => {
      calls++
      return d1.batch(statements.map((one) => (one as unknown as { [ORIGINAL]: D1PreparedStatement })[ORIGINAL]))
    },
  } as unknown as D1Database
}

const post = (messages: object[], key?: string) =>
  ann.call('POST', '/v1/messages/send-batch', {
    json: { messages },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  })
const message = (n: number, over: object = {}) => ({
  to: ['bob@b.example'],
  subject: `No. ${n}`,
  text: `${n}`,
  ...over,
})

it('sends each by itself: one that is refused stops no other', async () => {
  const answer = await post([
    message(1),
    message(2, { from: 'bob@b.example' }),
    message(3, { subject: 'a\r\nb' }),
    message(4, { template: 'tpl_1', subject: undefined, text: undefined }),
    message(5),
  ])
  expect(answer).toMatchObject({
    status: 200,
    body: {
      results: [
        { submission: { id: expect.stringMatching(/^sub_/), recipients: [{ status: 'queued' }] }, problem: null },
        { submission: null, problem: { code: 'forbidden', pointer: '/from' } },
        { submission: null, problem: { code: 'invalid', pointer: '/subject' } },
        { submission: null, problem: { code: 'invalid', pointer: '/template' } },
        { submission: { message: expect.stringMatching(/^msg_/) }, problem: null },
      ],
    },
  })
  await world.settle()
  const received = (await bob.get('/v1/messages')).body.data.map(({ subject }: { subject: string }) => subject)
  expect(received.sort()).toEqual(['No. 1', 'No. 5'])
})

it('sends each once for one Idempotency-Key, also where the first answer is lost', async () => {
  const first = await post([message(6), message(7)], 'k')
  await env.DB.prepare('delete from idempotency').run()
  const second = await post([message(6), message(7)], 'k')
  expect(second.body).toEqual(first.body)
  expect((await ann.get('/v1/messages?subject=%22No.+6%22')).body.data).toHaveLength(1)
})

it('sends a hundred within the thousand queries of an invocation', async () => {
  calls = 0
  const { body } = await post(
    Array.from({ length: 100 }, (_, n) => message(n)),
    'hundred',
  )
  expect(body.results.filter((one: { submission: object | null }) => one.submission !== null)).toHaveLength(100)
  console.log(`${calls} calls of D1 for a batch of 100`)
  expect(calls).toBeLessThan(1_000)
  expect(world.outbound.length).toBeLessThanOrEqual(2)
})

it.each([[0], [101]])('takes no batch of %i', async (n) => {
  expect((await post(Array.from({ length: n }, (_, at) => message(at)))).status).toBe(422)
})
