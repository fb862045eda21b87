/** Addresses that are not ASCII: written as they are, carried only by who can, delivered here, and refused in words. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { writableAddress } from '../../src/mime/compose-address.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { openProviders } from '../../src/outbound/provider.ts'
import { getSubmission } from '../../src/outbound/submission.ts'
import { submit } from '../../src/outbound/submit.ts'
import { providerOf } from '../helpers/provider.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

let world: World
let account: number
let handed: { by: string; to: string; raw: Uint8Array }[]

beforeEach(async () => {
  await migrate()
  await env.DB.prepare('update submission_recipients set next_at = null').run()
  handed = []
  world = makeWorld()
  account = await makeAccount(world, `u${crypto.randomUUID()}@a.example`)
})

/** In the order of the names. Only 'smtp' knows SMTPUTF8. */
function providers(...names: ('smtp' | 'resend')[]): void {
  const made = names.map((name) =>
    providerOf({
      name,
      hasSmtpUtf8: name === 'smtp',
      send: async ({ to, raw }) => {
        handed.push({ by: name, to, raw })
        return { kind: 'delivered', providerId: null }
      },
    }),
  )
  world.deps.providers = openProviders(made)
}

function send(...to: string[]) {
  return submit(
    world.deps,
    whole(account),
    {
      ...{ from: null, to: to.map((address) => ({ name: 'Jü', address })), cc: [], bcc: [], replyTo: [] },
      ...{ subject: 'Grüße', text: 'Hallo.', html: null, headers: [], attachments: [] },
    },
    null,
  )
}

describe('an address that is not ASCII', () => {
  it('stands in the message as it is, and goes by the provider that can carry it', async () => {
    providers('resend', 'smtp')
    expect(isFailure(await send('jürgen@Bücher.example', 'ann@elsewhere.example'))).toBe(false)
    await world.settle()
    expect(handed.map(({ by, to }) => `${by} ${to}`).sort()).toEqual([
      'smtp ann@elsewhere.example',
      'smtp jürgen@xn--bcher-kva.example',
    ])
    const { envelope } = await parseMessage(handed[0]?.raw as Uint8Array)
    expect(envelope.to).toEqual([
      { name: 'Jü', address: 'jürgen@xn--bcher-kva.example' },
      { name: 'Jü', address: 'ann@elsewhere.example' },
    ])
    expect(envelope.subject).toBe('Grüße')
  })

  it('is refused where no provider can carry it, before anything is stored', async () => {
    providers('resend')
    expect(await send('jürgen@elsewhere.example')).toMatchObject({ failure: 'invalid', field: 'to' })
    await world.settle()
    const stored = await env.DB.prepare('select count(*) n from submissions where account_id = ?')
      .bind(account)
      .first('n')
    expect([stored, handed]).toEqual([0, []])
  })

  it('fails for good where the provider that could carry it is gone', async () => {
    providers('smtp')
    const answer = await send('jürgen@elsewhere.example')
    if (isFailure(answer)) throw new Error(answer.detail)
    providers('resend')
    await world.settle()
    const submission = await getSubmission(world.deps, whole(account), answer.id)
    expect(submission?.recipients).toMatchObject([{ status: 'failed', code: '5.3.4' }])
    expect(handed).toEqual([])
  })

  it('is delivered to where it is one of this server', async () => {
    const name = `jürgen${crypto.randomUUID().slice(0, 8)}`
    const jurgen = await makeAccount(world, `${name}@b.example`)
    expect(isFailure(await send(`${name}@b.example`))).toBe(false)
    await world.settle()
    const { results } = await env.DB.prepare('select subject from messages where account_id = ?').bind(jurgen).all()
    expect(results).toEqual([{ subject: 'Grüße' }])
  })

  it.each([
    ['jürgen@b.example', 'jürgen@b.example'],
    ['ju\u0308rgen@b.example', 'jürgen@b.example'],
    ['用户@例え.example', '用户@xn--r8jz45g.example'],
    ['"jür gen"@b.example', null],
    ['jür\u202egen@b.example', null],
    ['jür\u200bgen@b.example', null],
    ['jür\u00a0gen@b.example', null],
    ['jür\u2028gen@b.example', null],
    ['jür\r\ngen@b.example', null],
    ['jür\ud800gen@b.example', null],
    ['jür..gen@b.example', null],
    [`${'ü'.repeat(33)}@b.example`, null],
  ])('of %j is written as %j', (given, written) => expect(writableAddress(given)).toBe(written))
})
