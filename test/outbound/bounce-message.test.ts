/** What a sender is told of what did not arrive: once, as a report that programs read, and never in circles. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { composeBounce } from '../../src/mime/compose-bounce.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { writeBounceMessages } from '../../src/outbound/bounce-message.ts'
import { enqueue } from '../../src/outbound/enqueue.ts'
import { recordOutcome } from '../../src/outbound/record.ts'
import { submit } from '../../src/outbound/submit.ts'
import { latin1, makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

let world: World
let account: number
let address: string
let handed: { from: string; to: string; text: string }[]
let refused: string[]

beforeEach(async () => {
  await migrate()
  await env.DB.prepare('update submission_recipients set next_at = null, dsn = 0').run()
  handed = []
  refused = []
  world = makeWorld({
    returnDomain: 'bounces.example',
    provider: {
      async send({ from, to, raw }) {
        handed.push({ from, to, text: new TextDecoder().decode(raw) })
        if (!refused.includes(to)) return { kind: 'delivered', providerId: 'p' }
        return { kind: 'permanent', code: '5.1.1', smtp: 550, detail: 'nobody\r\nX-Evil: 1\r\n\r\nSubject: ü' }
      },
    },
  })
  address = `u${crypto.randomUUID()}@a.example`
  account = await makeAccount(world, address)
})

async function sent(...to: string[]): Promise<number> {
  const answer = await submit(
    world.deps,
    whole(account),
    {
      ...{ from: null, to: to.map((one) => ({ name: '', address: one })), cc: [], bcc: [], replyTo: [] },
      ...{ subject: 'Über Quitten', text: 'Hi.', html: null, headers: [], attachments: [] },
    },
    null,
  )
  if (isFailure(answer)) throw new Error(answer.detail)
  await world.settle()
  return answer.id
}

async function inbox(): Promise<string[]> {
  const { results } = await env.DB.prepare(`select m.raw_key from messages m join placements p on p.message_id = m.id
      join mailboxes b on b.id = p.mailbox_id where m.account_id = ? and b.role = 'inbox' order by m.id`)
    .bind(account)
    .all<{ raw_key: string }>()
  return await Promise.all(results.map(async ({ raw_key }) => (await (await env.RAW.get(raw_key))?.text()) ?? ''))
}

async function forwarded(sender: string, kind: 'forward' | 'vacation' | 'bounce' = 'forward'): Promise<void> {
  const made = await enqueue(world.deps, {
    ...{ accountId: account, kind, addressId: null, sender, domain: 'a.example', messageId: 'm@x.example' },
    ...{ recipients: ['gone@x.example'], source: 'email-routing' as const },
    raw: latin1('From: w@w.example\r\nSubject: Hi\r\nMessage-ID: <m@x.example>\r\n\r\nHi.\r\n'),
  })
  await world.deps.stores.of(account).batch(made?.statements ?? [])
  world.outbound.push({ shard: 0 })
  for (let n = 0; n < 3; n++) await world.settle()
}

describe('a message that failed', () => {
  it('is told of in the Inbox, in one message for all whom it did not reach', async () => {
    refused = ['gone@x.example', 'away@x.example']
    await sent('ok@x.example', ...refused)
    const [text = '', ...others] = await inbox()
    expect(others).toEqual([])
    const { envelope, structure, defects } = await parseMessage(new TextEncoder().encode(text))
    expect([envelope.subject, envelope.to[0]?.address, defects]).toEqual(['Undelivered: Über Quitten', address, []])
    expect(JSON.stringify(structure)).toContain('delivery-status')
    expect(text.match(/^Final-Recipient: rfc822; .*$/gm)).toEqual([
      'Final-Recipient: rfc822; gone@x.example',
      'Final-Recipient: rfc822; away@x.example',
    ])
    expect(text).toMatch(/^Status: 5\.1\.1\r$/m)
    expect(text).toMatch(/^Auto-Submitted: auto-replied\r$/m)
    expect(text).toMatch(/^Diagnostic-Code: smtp;\r\n 550 5\.1\.1 nobody X-Evil: 1 Subject: \?\r$/m)
    expect(text).not.toMatch(/^X-Evil/m)
  })

  it('is told of once, however many write of it at the same time', async () => {
    refused = ['gone@x.example']
    const id = await sent('gone@x.example')
    await env.DB.prepare('update submission_recipients set dsn = 1 where submission_id = ?').bind(id).run()
    await Promise.all(Array.from({ length: 4 }, () => writeBounceMessages(world.deps, 0)))
    expect(await inbox()).toHaveLength(2)
    await world.settle()
    const key = await env.DB.prepare('select raw_key from submissions where id = ?').bind(id).first<string>('raw_key')
    await world.settle()
    expect(await env.RAW.head(key ?? '')).toBeNull()
  })

  it('and bounced later is told of with what the copy in Sent still says', async () => {
    const id = await sent('ok@x.example')
    await world.settle()
    const report = { at: 0, provider: 'ses', smtp: null, code: '5.2.1', detail: 'closed' }
    await recordOutcome(world.deps, { accountId: account, submissionId: id, n: 0 }, { status: 'bounced', ...report })
    await world.settle()
    await world.settle()
    expect((await inbox())[0]).toContain('\r\nSubject: =?utf-8?B?w5xiZXIgUXVpdHRlbg==?=\r\n')
  })

  it('whose bounce stands in the Inbox already is not told of again', async () => {
    const id = await sent('ok@x.example')
    const report = { status: 'bounced' as const, at: 0, provider: null, smtp: null, code: null, detail: null }
    await recordOutcome(world.deps, { accountId: account, submissionId: id, n: 0 }, { ...report, isTold: true })
    await world.settle()
    expect(await inbox()).toEqual([])
  })

  it('is not told of where there is no room, and nothing is tried for ever', async () => {
    refused = ['gone@x.example']
    world.deps.deliverLocal = async () => ({ kind: 'delivered' })
    const id = await sent('ok@x.example')
    await env.DB.prepare('update accounts set quota_bytes = 1 where id = ?').bind(account).run()
    await env.DB.prepare('update submission_recipients set dsn = 1 where submission_id = ?').bind(id).run()
    await writeBounceMessages(world.deps, 0)
    const left = await env.DB.prepare('select sum(dsn) n from submission_recipients where submission_id = ?')
      .bind(id)
      .first('n')
    expect([await inbox(), left]).toEqual([[], 0])
  })
})

describe('a forward that failed', () => {
  beforeEach(() => {
    refused = ['gone@x.example']
  })

  it('goes back to who wrote it, under the null sender', async () => {
    await forwarded('w@w.example')
    expect(handed.map(({ from, to }) => [from.split('@')[1] ?? '', to])).toEqual([
      ['bounces.example', 'gone@x.example'],
      ['', 'w@w.example'],
    ])
    expect(handed[1]?.text).toMatch(/^Auto-Submitted: auto-replied\r$/m)
    expect(await inbox()).toEqual([])
  })

  it('is told to the account where no provider keeps the null sender', async () => {
    const inOrder = world.deps.providers.inOrder
    world.deps.providers.inOrder = (chosen) => inOrder(chosen).map((one) => ({ ...one, hasEnvelope: false }))
    await forwarded('w@w.example')
    expect([handed.length, (await inbox()).length]).toEqual([1, 1])
  })

  it.each([
    ['of the null sender', '', 'forward'],
    ['that was a bounce', 'w@w.example', 'bounce'],
    ['that was a vacation answer', 'w@w.example', 'vacation'],
  ] as const)('%s is told to nobody', async (_, sender, kind) => {
    await forwarded(sender, kind)
    expect([handed.length, await inbox()]).toEqual([1, []])
  })

  it('whose bounce fails too ends there', async () => {
    refused = ['gone@x.example', 'w@w.example']
    await forwarded('w@w.example')
    expect([handed.length, await inbox()]).toEqual([2, []])
  })
})

describe('a report', () => {
  const compose = (original: Uint8Array | null, over = {}) =>
    new TextDecoder('latin1').decode(
      composeBounce(
        {
          ...{ to: 'a@a.example', domain: 'a.example', about: 'm@a.example', subject: 'x', original, arrivedAt: 0 },
          recipients: [{ address: 'x@x.example', smtp: null, code: 'E_OTHER', detail: null, at: 0 }],
          ...over,
        },
        { messageId: 'n@a.example', nowMs: 0, unique: 'abc' },
      ),
    )

  it.each([
    [
      'a plain one',
      'From: a@a.example\r\nTo: b\r\n\r\nbody\r\n',
      '\r\n\r\nFrom: a@a.example\r\nTo: b\r\n\r\n--b_abc--',
    ],
    ['one with other bytes', 'Subject: \xfc\r\n\r\nbody', 'base64\r\n\r\nU3ViamVjdDog'],
    ['one with bare line ends', 'Subject: a\nTo: b\n\nbody', 'base64\r\n\r\n'],
    ['one with a long line', `X: ${'x'.repeat(2_000)}\r\n\r\nbody`, 'base64\r\n\r\n'],
    ['one without an end', `X: ${'x'.repeat(40_000)}`, '\r\n\r\n\r\n--b_abc--'],
  ])('holds the header and never the body of %s', (_, original, expected) => {
    const text = compose(latin1(original))
    expect(text).toContain(expected)
    expect(text).not.toContain('body')
    for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998)
    expect(text).toMatch(/^[\t\r\n\x20-\x7e]*$/)
  })

  it('names nothing that could end a line, and no code that is none', () => {
    const text = compose(null, { about: 'a>\r\nX-Evil: 1', subject: 'x\r\nX-Evil: 1', to: 'no address' })
    expect(text).not.toMatch(/^X-Evil/m)
    expect(text).toMatch(/^To: undisclosed-recipients:;\r$/m)
    expect(text).toMatch(/^Status: 5\.0\.0\r$/m)
  })
})
