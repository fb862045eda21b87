/** What comes late: a person's decision days after the message was sent, more to be told than one round tells, and an answer about a webhook that is gone. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { openProviders, type SendOutcome } from '../../src/outbound/provider.ts'
import { sendDue } from '../../src/outbound/send-due.ts'
import { getSubmission } from '../../src/outbound/submission.ts'
import { resendUnknown } from '../../src/outbound/submission-decide.ts'
import { submit } from '../../src/outbound/submit.ts'
import { accountClient } from '../helpers/http.ts'
import { resolvePublic } from '../helpers/receiver.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

const DAY_MS = 86_400_000
const UNKNOWN: SendOutcome = { kind: 'unknown', code: null, detail: 'lost' }
const REFUSED: SendOutcome = { kind: 'permanent', code: '5.1.1', detail: 'nobody' }
const TAKEN: SendOutcome = { kind: 'delivered', providerId: null }

let world: World
let account: number
let outcome: SendOutcome
let handed: string[]

beforeAll(() => migrate())

beforeEach(async () => {
  handed = []
  world = makeWorld()
  world.deps.providers = openProviders([
    {
      ...{ name: 'resend', recipientsMax: 50, bytesMax: 1e7, hasEnvelope: false, idempotentSeconds: 0 },
      send: async ({ recipients }) => {
        handed.push(...recipients)
        return recipients.map(() => outcome)
      },
    },
  ])
  account = await makeAccount(world, `u${crypto.randomUUID()}@a.example`)
})

async function submitted(address: string): Promise<number> {
  const fields = { from: null, to: [{ name: '', address }], cc: [], bcc: [], replyTo: [], subject: 'Hi', text: 'Hi.' }
  const answer = await submit(world.deps, whole(account), { ...fields, html: null, headers: [], attachments: [] }, null)
  if (isFailure(answer)) throw new Error(answer.detail)
  return answer.id
}

it.each([1, 6, 29])('hands over what somebody sends again after %i days, once', async (days) => {
  outcome = UNKNOWN
  const id = await submitted('x@elsewhere.example')
  await sendDue(world.deps, 0)
  world.clock.ms += days * DAY_MS
  outcome = TAKEN
  await resendUnknown(world.deps, whole(account), id)
  for (let round = 0; round < 2; round++) await sendDue(world.deps, 0)
  const [recipient] = (await getSubmission(world.deps, whole(account), id))?.recipients ?? []
  expect([recipient?.status, handed.length]).toEqual(['delivered', 2])
})

it('goes on telling what did not arrive until all is told, without a sweep', async () => {
  outcome = REFUSED
  for (let n = 0; n < 25; n++) await submitted(`gone${n}@elsewhere.example`)
  // One wake-up of all: others that would tell the rest by chance are lost.
  await scheduler.wait(0)
  world.outbound.splice(0, world.outbound.length, { shard: 0 })
  for (let round = 0; round < 6; round++) await world.settle()
  const left = await env.DB.prepare('select count(*) n from submission_recipients where dsn = 1').first('n')
  expect([handed.length, left, world.outbound.length]).toEqual([25, 0, 0])
})

it('tells nobody that a webhook was switched off which was deleted while its receiver was asked', async () => {
  let ask = async () => {}
  let asked = 0
  world = makeWorld({
    resolve: resolvePublic,
    fetch: async () => {
      asked++
      await ask()
      return new Response(null, { status: 410 })
    },
  })
  const address = `u${crypto.randomUUID()}@a.example`
  const client = await accountClient(world, await makeAccount(world, address))
  const { id } = (await client.post('/v1/webhooks', { url: 'https://hooks.test/', events: ['message.received'] })).body
  ask = async () => void (await client.delete(`/v1/webhooks/${id}`))
  await receiveRaw(world, address, plainMessage())
  for (let round = 0; round < 4; round++) await world.settle()
  const { data } = (await client.get('/v1/messages')).body
  expect([asked, data.length]).toEqual([1, 1])
})
