/** Bounces and complaints by mail: from the envelope to the submission, what is believed, and what is not lost on the way. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { consumeQueue } from '../../src/inbound/queues.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { applyMailReports, authorityOf } from '../../src/outbound/mail-reports.ts'
import { verpAddress } from '../../src/outbound/return-path.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { SenderVerdict } from '../../src/verify/verdict.ts'
import { FAULT_MODES, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { accountClient, type Client } from '../helpers/http.ts'
import { latin1, makeAccount, makeWorld, migrate, receiveRaw, type World } from '../helpers/world.ts'

const ROOT = env.POSTERN_SECRET as string
const RETURN = 'bounces.postern.test'

let world: World
let account: number
let client: Client
let address: string

beforeEach(async () => {
  await migrate()
  world = makeWorld({
    provider: { send: async () => ({ kind: 'delivered', providerId: null }) },
    returnDomain: RETURN,
  })
  address = `u${crypto.randomUUID().slice(0, 8)}@postern.test`
  account = await makeAccount(world, address)
  client = await accountClient(world, account)
})

type Sent = { id: string; message_id: string; number: number }

async function send(...to: string[]): Promise<Sent> {
  const { body } = await client.post('/v1/messages/send', { from: address, to, subject: 'Quinces', text: 'word' })
  await world.settle()
  await world.settle()
  const number = await env.DB.prepare('select id from submissions where message_id = ?')
    .bind(body.message_id)
    .first('id')
  return { ...body, number: number as number }
}

const verpOf = (sent: Sent, n = 0) => verpAddress(ROOT, RETURN, { accountId: account, submissionId: sent.number, n })

type Group = { recipient: string; status?: string; action?: string; said?: string }

/** A bounce as a remote server writes it. `about` is the Message-ID. */
function bounce(about: string, groups: Group[], from = 'MAILER-DAEMON@remote.example'): string {
  const fields = groups.map(
    ({ recipient, status = '5.1.1', action = 'failed', said = '550 5.1.1 User unknown' }) =>
      `Final-Recipient: rfc822; ${recipient}\r\nAction: ${action}\r\nStatus: ${status}\r\nDiagnostic-Code: smtp; ${said}\r\n`,
  )
  return [
    `From: Mail Delivery System <${from}>\r\nTo: ${address}\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0`,
    `Message-ID: <${crypto.randomUUID()}@remote.example>\r\nDate: Sun, 01 Mar 2026 12:00:00 +0000`,
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n',
    '--b\r\n\r\nIt did not go.\r\n',
    `--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.remote.example\r\n\r\n${fields.join('\r\n')}`,
    `--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <${about}>\r\nTo: ann@remote.example\r\n`,
    '--b--\r\n',
  ].join('\r\n')
}

async function arrive(to: string, raw: string): Promise<string> {
  const received = await receiveRaw(world, to, raw, { from: '' })
  await world.settle()
  return received.kind === 'filed' ? received.mailbox : received.kind
}

const statuses = async (sent: Sent) =>
  (await client.get(`/v1/submissions/${sent.id}`)).body.recipients.map((one: { status: string }) => one.status)
const suppressed = async () =>
  (await client.get('/v1/suppressions')).body.data.map(
    (one: { address: string; reason: string }) => `${one.address} ${one.reason}`,
  )
const waiting = () => env.DB.prepare('select count(*) n from mail_reports').first('n')

describe('a bounce to the envelope sender of a recipient', () => {
  it('is applied once where its message is held in quarantine, and not again when that is released', async () => {
    const sent = await send('ann@remote.example')
    // What came back brings a program along: it is held for that, whatever else it says.
    const program =
      '--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf.exe"\r\n\r\nMZ\r\n--b--\r\n'
    const raw = bounce(sent.message_id, [{ recipient: 'ann@remote.example' }]).replace('--b--\r\n', program)
    expect(await arrive(await verpOf(sent), raw)).toBe('withheld')
    expect([await statuses(sent), await suppressed(), await waiting()]).toEqual([
      ['bounced'],
      ['ann@remote.example bounce'],
      0,
    ])
    const [held] = (await client.get('/v1/quarantine')).body.data
    expect((await client.post(`/v1/quarantine/${held.id}/release`, {})).status).toBe(200)
    await world.settle()
    const { recipients } = (await client.get(`/v1/submissions/${sent.id}`)).body
    const lines = recipients[0].timeline.map((line: { status: string }) => line.status)
    expect([lines, await waiting()]).toEqual([['queued', 'delivered', 'bounced'], 0])
  })

  it('is delivered to who sent the message, noted, and suppresses the address', async () => {
    const sent = await send('ann@remote.example', 'bob@remote.example')
    expect(
      await arrive(await verpOf(sent, 1), bounce('of@somebody.example', [{ recipient: 'forwarded@inner.example' }])),
    ).toBe('inbox')
    expect(await statuses(sent)).toEqual(['delivered', 'bounced'])
    expect(await suppressed()).toEqual(['bob@remote.example bounce'])
    const [entry] = (await client.get('/v1/suppressions')).body.data
    expect(entry).toMatchObject({
      submission_id: sent.id,
      detail: '550 5.1.1 User unknown',
      expires_at: '2026-05-30T12:00:00Z',
    })
    const [message] = (await client.get('/v1/messages?limit=1')).body.data
    expect(message.subject).toBe('Undelivered Mail')
    expect(await waiting()).toBe(0)
  })

  it.each<[string, Omit<Group, 'recipient'>, string, string[]]>([
    ['a full mailbox', { status: '5.2.2', said: '552 5.2.2 mailbox full' }, 'bounced', []],
    ['a refusal of the message', { status: '5.7.1', said: '550 5.7.1 looks like spam' }, 'bounced', []],
    ['an end of tries', { status: '4.4.7', said: '421 4.4.2 timed out' }, 'bounced', []],
    ['a delay', { action: 'delayed', status: '4.4.1', said: '421 later' }, 'delivered', []],
    ['words alone', { status: '5.0.0', said: '550 no such user here' }, 'bounced', ['ann@remote.example bounce']],
  ])('that tells of %s', async (_, group, status, want) => {
    const sent = await send('ann@remote.example')
    await arrive(await verpOf(sent), bounce(sent.message_id, [{ recipient: 'ann@remote.example', ...group }]))
    expect([await statuses(sent), await suppressed()]).toEqual([[status], want])
  })

  it('is believed in capitals, and not with another letter', async () => {
    const sent = await send('ann@remote.example')
    const good = await verpOf(sent)
    const forged = good.replace(/.(?=@)/, (last) => (last === '0' ? '1' : '0'))
    expect(await arrive(forged, bounce(sent.message_id, [{ recipient: 'ann@remote.example' }]))).toBe('refused')
    expect(await statuses(sent)).toEqual(['delivered'])
    expect(await arrive(good.toUpperCase(), bounce('x@y.example', [{ recipient: 'ann@remote.example' }]))).toBe('inbox')
    expect(await statuses(sent)).toEqual(['bounced'])
  })

  it('that is no report at all is delivered, and changes nothing', async () => {
    const sent = await send('ann@remote.example')
    const raw = `From: ann@remote.example\r\nTo: ${address}\r\nSubject: I am away\r\nAuto-Submitted: auto-replied\r\n\r\nBack soon.\r\n`
    expect(await arrive(await verpOf(sent), raw)).toBe('inbox')
    expect([await statuses(sent), await suppressed()]).toEqual([['delivered'], []])
  })

  it('is refused where there is no such submission', async () => {
    const to = await verpAddress(ROOT, RETURN, { accountId: account, submissionId: 999_999, n: 0 })
    expect(await arrive(to, bounce('x@y.example', [{ recipient: 'a@b.example' }]))).toBe('refused')
    const nowhere = await verpAddress(ROOT, RETURN, { accountId: 99 * 65_536, submissionId: 1, n: 0 })
    expect(await arrive(nowhere, bounce('x@y.example', [{ recipient: 'a@b.example' }]))).toBe('refused')
  })
})

describe('a bounce that names a Message-ID', () => {
  it('marks that recipient of that submission, and suppresses nobody where nothing proves it', async () => {
    const sent = await send('ann@remote.example', 'bob@remote.example')
    await arrive(
      address,
      bounce(sent.message_id, [{ recipient: 'Bob@Remote.example' }, { recipient: 'eve@x.example' }]),
    )
    expect([await statuses(sent), await suppressed()]).toEqual([['delivered', 'bounced'], []])
    expect((await client.get('/v1/messages?limit=1')).body.data[0].subject).toBe('Undelivered Mail')
  })

  it('says nothing about mail of another account, of long ago, or of addresses that were not written to', async () => {
    const sent = await send('ann@remote.example', 'bob@remote.example')
    const other = await makeAccount(world, `o${crypto.randomUUID().slice(0, 8)}@postern.test`)
    const [to] = (
      await env.DB.prepare('select address from addresses where account_id = ?').bind(other).all<{ address: string }>()
    ).results
    await arrive(to?.address ?? '', bounce(sent.message_id, [{ recipient: 'ann@remote.example' }]))
    await arrive(address, bounce(sent.message_id, [{ recipient: 'eve@remote.example' }]))
    await arrive(
      address,
      bounce(sent.message_id, [{ recipient: 'ann@remote.example', action: 'delivered', status: '2.0.0' }]),
    )
    expect(await statuses(sent)).toEqual(['delivered', 'delivered'])
    world.clock.ms += 15 * 86_400_000
    await arrive(address, bounce(sent.message_id, [{ recipient: 'ann@remote.example' }]))
    expect(await statuses(sent)).toEqual(['delivered', 'delivered'])
  })

  it('says nothing where it comes from an account of this server', async () => {
    const sent = await send('ann@remote.example')
    const raw = latin1(bounce(sent.message_id, [{ recipient: 'ann@remote.example' }], 'mailer-daemon@postern.test'))
    expect(await world.deps.deliverLocal('mailer-daemon@postern.test', address, raw)).toEqual({ kind: 'delivered' })
    await world.settle()
    expect(await statuses(sent)).toEqual(['delivered'])
  })

  const pass: SenderVerdict = {
    ...UNKNOWN_VERDICT,
    dkim: [{ result: 'pass', domain: 'remote.example', selector: 's' }],
    dmarc: { result: 'pass', domain: 'remote.example', policy: null },
  }
  const fail: SenderVerdict = { ...pass, dmarc: { ...pass.dmarc, result: 'fail' } }
  it.each<[string, string, SenderVerdict, string | null]>([
    ['its own daemon, proven', 'mailer-daemon@remote.example', pass, 'remote.example'],
    [
      'a host of it, by DKIM alone',
      'postmaster@mx.remote.example',
      { ...pass, dmarc: UNKNOWN_VERDICT.dmarc },
      'mx.remote.example',
    ],
    ['somebody who has a mailbox there', 'eve@remote.example', pass, null],
    ['its own daemon, unproven', 'mailer-daemon@remote.example', UNKNOWN_VERDICT, null],
    ['its own daemon, forged', 'mailer-daemon@remote.example', fail, null],
    ['two daemons', 'mailer-daemon@remote.example, <postmaster@elsewhere.example>', pass, null],
  ])('has the word of a domain only where it is from %s', async (_, from, verdict, want) => {
    const message = await parseMessage(latin1(`From: ${from}\r\n\r\nx`))
    expect(authorityOf(message, verdict)).toBe(want)
  })

  it.each<[string | null, string, string[]]>([
    ['remote.example', 'ann@remote.example', ['ann@remote.example bounce']],
    ['mx.remote.example', 'ann@remote.example', ['ann@remote.example bounce']],
    ['elsewhere.example', 'ann@remote.example', []],
    [null, 'ann@remote.example', []],
  ])('with the word of %s suppresses %s as it may', async (authority, recipient, want) => {
    const sent = await send('ann@remote.example')
    const to = address
    await receiveRaw(world, to, bounce(sent.message_id, [{ recipient }]), { from: '' })
    await env.DB.prepare("update mail_reports set report = json_set(report, '$.authority', ?) where account_id = ?")
      .bind(authority, account)
      .run()
    await world.settle()
    expect([await statuses(sent), await suppressed()]).toEqual([['bounced'], want])
  })
})

describe('a complaint by mail', () => {
  const complaint = (about: string, type = 'abuse') =>
    [
      `From: feedback@remote.example\r\nTo: ${address}\r\nSubject: Complaint\r\nMIME-Version: 1.0`,
      `Message-ID: <${crypto.randomUUID()}@remote.example>`,
      'Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n',
      '--b\r\n\r\nA complaint.\r\n',
      `--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: ${type}\r\nOriginal-Rcpt-To: ann@remote.example\r\n`,
      `--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <${about}>\r\nTo: ann@remote.example\r\n\r\nword\r\n`,
      '--b--\r\n',
    ].join('\r\n')

  it.each([
    ['abuse', ['ann@remote.example complaint']],
    ['not-spam', []],
    ['auth-failure', []],
  ])('of the type %s to the envelope sender', async (type, want) => {
    const sent = await send('ann@remote.example')
    await arrive(await verpOf(sent), complaint(sent.message_id, type))
    expect([await statuses(sent), await suppressed()]).toEqual([['delivered'], want])
    await world.settle()
    const timeline = (await client.get('/v1/events?limit=200')).body.data.map((one: { type: string }) => one.type)
    expect(timeline.includes('delivery.complained')).toBe(want.length > 0)
  })

  it('by Message-ID alone suppresses nobody', async () => {
    const sent = await send('ann@remote.example')
    await arrive(address, complaint(sent.message_id))
    expect(await suppressed()).toEqual([])
  })
})

describe('what fails on the way', () => {
  it('is tried again until it is done, and then not again', async () => {
    const sent = await send('ann@remote.example')
    await receiveRaw(world, await verpOf(sent), bounce(sent.message_id, [{ recipient: 'ann@remote.example' }]), {
      from: '',
    })
    expect(await waiting()).toBe(1)
    const broken = {
      ...world.deps,
      stores: {
        ...world.deps.stores,
        find: () => {
          throw new Error('no storage')
        },
      },
    }
    const batch = { queue: 'postern-events', messages: [{ body: { shard: 0 }, attempts: 1, ack() {}, retry() {} }] }
    await consumeQueue(broken, batch as unknown as MessageBatch)
    expect([await waiting(), await statuses(sent)]).toEqual([1, ['delivered']])
    world.clock.ms += 3_600_000
    await consumeQueue(world.deps, batch as unknown as MessageBatch)
    expect([await waiting(), await statuses(sent), await suppressed()]).toEqual([
      0,
      ['bounced'],
      ['ann@remote.example bounce'],
    ])
  })

  it('leaves a message that is delivered twice noted once', async () => {
    const sent = await send('ann@remote.example')
    const raw = bounce(sent.message_id, [{ recipient: 'ann@remote.example' }])
    const to = await verpOf(sent)
    expect([await arrive(to, raw), await arrive(to, raw)]).toEqual(['inbox', 'duplicate'])
    expect(
      (await client.get('/v1/messages')).body.data.filter(
        (one: { subject: string }) => one.subject === 'Undelivered Mail',
      ),
    ).toHaveLength(1)
  })
})

it.each(FAULT_MODES)(
  'a fault at each call of applying a report (%s): it is applied once',
  { timeout: 60_000 },
  async (mode) => {
    await env.DB.prepare(`update accounts set sending = '{"messagesPerMinute":100000}' where id = ?`)
      .bind(account)
      .run()
    let injected = 0
    for (let at = 1; at <= 40; at++) {
      const sent = await send(`ann${at}@remote.example`)
      await receiveRaw(world, await verpOf(sent), bounce(sent.message_id, [{ recipient: `ann${at}@remote.example` }]), {
        from: '',
      })
      world.events.length = 0
      expect(await waiting()).toBe(1)
      const faults = faultsAt(at, mode)
      await applyMailReports(faultyWorld(world, faults).deps, 0).catch(() => undefined)
      world.clock.ms += 3_600_000
      await applyMailReports(world.deps, 0)
      const where = `${mode} ${at} (${faults.calls[at - 1]})`
      const { recipients } = (await client.get(`/v1/submissions/${sent.id}`)).body
      const lines = recipients[0].timeline.map((line: { status: string }) => line.status)
      expect([lines, await waiting()], where).toEqual([['queued', 'delivered', 'bounced'], 0])
      expect(await suppressed(), where).toContain(`ann${at}@remote.example bounce`)
      if (faults.calls.length < at) break
      injected++
    }
    console.log(`${injected} faults injected over applying a report (${mode})`)
    expect(injected).toBeGreaterThan(3)
    expect(injected).toBeLessThan(40)
  },
)
