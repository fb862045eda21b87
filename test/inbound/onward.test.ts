/** What else becomes of delivered mail: it is sent on and answered, once, and ends where it would go in circles. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { putForwarding } from '../../src/access/forwarding.ts'
import { putVacation, type Vacation } from '../../src/access/vacation.ts'
import { isFailure } from '../../src/errors.ts'
import { forgetOld } from '../../src/inbound/forget.ts'
import { sweep } from '../../src/inbound/sweep.ts'
import { releaseHeld } from '../../src/junk/quarantine.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { MARK_FIELD } from '../../src/mime/forwarded.ts'
import { srsAddress } from '../../src/outbound/return-path.ts'
import { submit, type Wanted } from '../../src/outbound/submit.ts'
import {
  disguisedMessage,
  makeAccount,
  makeWorld,
  migrate,
  NOON,
  plainMessage,
  receiveRaw,
  type World,
} from '../helpers/world.ts'

const DAY_MS = 86_400_000
const ALICE = 'alice@elsewhere.example'

let world: World
let ann: number
let bob: number
let sent: { from: string; to: string; text: string }[]

beforeAll(async () => {
  await migrate()
  world = makeWorld({
    returnDomain: 'back.example',
    resolve: async () => ({ kind: 'none' }),
    provider: {
      send: async ({ from, to, raw }) => {
        sent.push({ from, to, text: new TextDecoder().decode(raw) })
        return { kind: 'delivered', providerId: null }
      },
    },
  })
  ann = await makeAccount(world, 'ann@here.test', 'ann2@here.test')
  bob = await makeAccount(world, 'bob@here.test')
})

beforeEach(async () => {
  sent = []
  for (const account of [ann, bob]) {
    await forwarding(account, [])
    await vacation(account, { isEnabled: false })
  }
  await env.DB.batch(
    ['vacation_answers', 'messages', 'placements'].map((name) => env.DB.prepare(`delete from ${name}`)),
  )
})

async function forwarding(account: number, targets: string[], keepsCopy = true): Promise<void> {
  const done = await putForwarding(world.deps, account, { targets, keepsCopy })
  if (isFailure(done)) throw new Error(done.detail)
}

async function vacation(account: number, over: Partial<Vacation> = {}): Promise<void> {
  const wanted = {
    isEnabled: true,
    startsAt: null,
    endsAt: null,
    days: 7,
    subject: null,
    text: 'Away.',
    html: null,
    ...over,
  }
  const done = await putVacation(world.deps, account, wanted, null)
  if (isFailure(done)) throw new Error(done.detail)
}

/** All that stands in the mailboxes of an account: the mailbox's role and the subject. */
async function standing(account: number): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `select b.role, m.subject, m.flags & 1 seen from messages m join placements p on p.message_id = m.id
      join mailboxes b on b.id = p.mailbox_id where m.account_id = ? order by m.id`,
  )
    .bind(account)
    .all<{ role: string; subject: string; seen: number }>()
  return results.map(({ role, subject, seen }) => `${role}${seen ? ' (read)' : ''}: ${subject}`)
}

/** Everything that follows takes place: rounds of the queue, which may bring more mail. */
async function settle(): Promise<void> {
  for (let round = 0; round < 8; round++) await world.settle()
}

/** From an account here: proven without any DNS. */
async function send(from: number, to: string, over: Partial<Wanted> = {}): Promise<void> {
  const draft = {
    from: null,
    to: [{ name: '', address: to }],
    cc: [],
    bcc: [],
    replyTo: [],
    headers: [],
    attachments: [],
  }
  const wanted = { ...draft, subject: 'Plums', text: 'Ripe.', html: null, ...over } as Wanted
  const done = await submit(world.deps, whole(from), wanted, null)
  if (isFailure(done)) throw new Error(done.detail)
  await settle()
}

const fromAnn = { from: { name: '', address: 'ann@here.test' } }

describe('an account that sends on', () => {
  it('keeps a copy, and sends the same bytes under a sender that leads back', async () => {
    await forwarding(ann, ['ann@elsewhere.example', 'ann@third.example'])
    const raw = plainMessage({ Subject: 'Onward' })
    await receiveRaw(world, 'ann@here.test', raw)
    await settle()
    expect(await standing(ann)).toEqual(['inbox: Onward'])
    expect(sent.map(({ to }) => to).sort()).toEqual(['ann@elsewhere.example', 'ann@third.example'])
    for (const { from, text } of sent) {
      expect(from).toMatch(/^SRS0=.*=elsewhere\.example=sender@back\.example$/)
      const end = raw.indexOf('\r\n\r\n')
      expect(text).toContain(raw.slice(0, end))
      expect(text.endsWith(raw.slice(end))).toBe(true)
      expect(text).toMatch(/^Received: by here\.test/)
      expect(text).toMatch(/^Delivered-To: ann@here\.test\r$/m)
    }
  })

  it('without a copy has it in Trash, read', async () => {
    await forwarding(ann, ['ann@elsewhere.example'], false)
    await receiveRaw(world, 'ann@here.test', plainMessage({ Subject: 'Gone on' }))
    await settle()
    expect([await standing(ann), sent.length]).toEqual([['trash (read): Gone on'], 1])
  })

  it('sends on to as many in a day as it may write to, and keeps the rest in the Inbox', async () => {
    const limit = (sending: string | null) =>
      env.DB.prepare('update accounts set sending = ? where id = ?').bind(sending, ann).run()
    await env.DB.prepare('delete from sent_counts').run()
    await limit('{"recipientsPerDay":5}')
    await forwarding(ann, ['ann@elsewhere.example', 'ann@third.example'], false)
    for (const n of [1, 2, 3]) await receiveRaw(world, 'ann@here.test', plainMessage({ Subject: `Many ${n}` }))
    await settle()
    expect(sent.length).toBe(4)
    expect(await standing(ann)).toEqual(['trash (read): Many 1', 'trash (read): Many 2', 'inbox: Many 3'])
    await limit(null)
  })

  it('sends each message once, however often it is offered', async () => {
    await forwarding(ann, ['ann@elsewhere.example'])
    const raw = plainMessage({ Subject: 'Offered' })
    for (const _ of [1, 2, 3]) await receiveRaw(world, 'ann@here.test', raw)
    await Promise.all([receiveRaw(world, 'ann@here.test', raw), receiveRaw(world, 'ann@here.test', raw)])
    await settle()
    expect([await standing(ann), sent.length]).toEqual([['inbox: Offered'], 1])
    expect((await env.RAW.list({ prefix: 'outgoing/' })).objects).toEqual([])
  })

  it('sends on nothing that is held back, nor what is released of it', async () => {
    await forwarding(ann, ['ann@elsewhere.example'])
    const held = await receiveRaw(world, 'ann@here.test', disguisedMessage())
    if (held.kind !== 'withheld') throw new Error(held.kind)
    await releaseHeld(world.deps, whole(ann), held.id, { learn: false, allowSender: false })
    await settle()
    expect(sent).toEqual([])
  })

  it('vouches for a stranger to an account here no more than for the first', async () => {
    await forwarding(ann, ['bob@here.test'])
    await receiveRaw(world, 'ann@here.test', plainMessage({ From: 'Ann <ann@here.test>', Subject: 'Forged' }))
    await settle()
    const row = await env.DB.prepare('select auth from messages where account_id = ?')
      .bind(bob)
      .first<{ auth: string }>()
    expect(JSON.parse(row?.auth ?? '{}').source).not.toBe('local')
  })

  it.each([
    ['an address of its own', 'ann2@here.test'],
    ['its own with a plus-tag', 'ann+again@here.test'],
    ['nobody here', 'nobody@here.test'],
    ['no address', 'nonsense'],
    ['a catch-all', '*@elsewhere.example'],
  ])('cannot choose %s', async (_, target) => {
    expect(await putForwarding(world.deps, ann, { targets: ['x@y.example', target], keepsCopy: true })).toMatchObject({
      failure: 'invalid',
      field: 'targets/1',
    })
  })
})

describe('circles', () => {
  it('of two accounts that send on to each other end with one copy each', async () => {
    await forwarding(ann, ['bob@here.test'])
    await forwarding(bob, ['ann@here.test'])
    await receiveRaw(world, 'ann@here.test', plainMessage({ Subject: 'Round' }))
    await settle()
    expect([await standing(ann), await standing(bob)]).toEqual([['inbox: Round'], ['inbox: Round']])
  })

  it('to an address that became the own one later end with one copy for each address', async () => {
    await env.DB.prepare(`update accounts set settings = json_set(settings, '$.forwarding', json(?)) where id = ?`)
      .bind(JSON.stringify({ targets: ['ann+again@here.test'], keep: true }), ann)
      .run()
    await receiveRaw(world, 'ann@here.test', plainMessage({ Subject: 'Myself' }))
    await settle()
    expect(await standing(ann)).toEqual(['inbox: Myself', 'inbox: Myself'])
  })

  it('by way of another server end, whether it keeps our marks or says where it was delivered', async () => {
    await forwarding(ann, ['ann@elsewhere.example'])
    await receiveRaw(world, 'ann@here.test', plainMessage({ Subject: 'Away' }))
    await settle()
    const mark = new RegExp(`^${MARK_FIELD}: ([0-9a-f]{16})\r$`, 'm').exec(sent[0]?.text ?? '')?.[1] ?? ''
    expect(mark).not.toBe('')
    await receiveRaw(world, 'ann@here.test', plainMessage({ Subject: 'Back', [MARK_FIELD]: mark }))
    await receiveRaw(world, 'ann@here.test', plainMessage({ Subject: 'Back too', 'Delivered-To': 'Ann@here.test' }))
    await settle()
    expect(await standing(ann)).toEqual(['inbox: Away', 'inbox: Back', 'inbox: Back too'])
    expect(sent).toHaveLength(1)
  })

  it('of two vacations end before they begin', async () => {
    await vacation(ann)
    await vacation(bob)
    await send(ann, 'bob@here.test', fromAnn)
    expect(await standing(ann)).toEqual(['sent (read): Plums', 'inbox: Auto: Plums'])
    expect(await standing(bob)).toEqual(['inbox: Plums'])
  })
})

describe('a vacation', () => {
  it('is answered with what marks an answer, from the address that was written to', async () => {
    await vacation(bob, { text: 'Picking plums.' })
    await send(ann, 'bob@here.test', fromAnn)
    const row = await env.DB.prepare(`select * from messages where account_id = ? and subject like 'Auto:%'`)
      .bind(ann)
      .first<{ headers: string; return_path: string; from_addr: string; preview: string }>()
    expect(row).toMatchObject({ return_path: '', from_addr: 'bob@here.test', preview: 'Picking plums.' })
    expect(row?.headers).toMatch(/^Auto-Submitted: auto-replied\r$/m)
    expect(row?.headers).toMatch(/^In-Reply-To: <[^>]+@here\.test>\r$/m)
    const submission = await env.DB.prepare(
      `select kind, sender from submissions where kind = 'vacation' order by id desc`,
    ).first()
    expect(submission).toEqual({ kind: 'vacation', sender: '' })
  })

  it('answers a sender once in its days, and anew after them', async () => {
    await vacation(bob, { days: 3 })
    const answers = async () => (await standing(ann)).filter((one) => one.includes('Auto:')).length
    await send(ann, 'bob@here.test', fromAnn)
    await send(ann, 'bob@here.test', { ...fromAnn, subject: 'Quinces' })
    expect(await answers()).toBe(1)
    world.clock.ms += 3 * DAY_MS + 1_000
    await send(ann, 'bob@here.test', { ...fromAnn, subject: 'Medlars' })
    expect(await answers()).toBe(2)
    world.clock.ms = NOON
  })

  it('answers one of two messages that come at the same moment', async () => {
    await vacation(bob)
    const wanted = (subject: string) =>
      ({
        ...fromAnn,
        to: [{ name: '', address: 'bob@here.test' }],
        cc: [],
        bcc: [],
        replyTo: [],
        headers: [],
        attachments: [],
        subject,
        text: 'Ripe.',
        html: null,
      }) as Wanted
    for (const subject of ['One', 'Two']) await submit(world.deps, whole(ann), wanted(subject), null)
    const { deliverLocal } = world.deps
    const raws = await Promise.all(
      (await env.RAW.list({ prefix: 'outgoing/' })).objects.map(
        async ({ key }) => new Uint8Array((await (await env.RAW.get(key))?.arrayBuffer()) ?? []),
      ),
    )
    await Promise.all(raws.map((raw) => deliverLocal('ann@here.test', 'bob@here.test', raw)))
    await settle()
    expect((await standing(ann)).filter((one) => one.includes('Auto:'))).toHaveLength(1)
    expect((await env.RAW.list({ prefix: 'outgoing/' })).objects).toEqual([])
  })

  it.each<[string, Partial<Vacation>]>([
    ['before it begins', { startsAt: NOON / 1000 + 60 }],
    ['after it ends', { endsAt: NOON / 1000 }],
    ['switched off', { isEnabled: false }],
  ])('%s answers nobody', async (_, over) => {
    await vacation(bob, over)
    await send(ann, 'bob@here.test', fromAnn)
    expect(await standing(ann)).toEqual(['sent (read): Plums'])
  })

  it.each<[string, Partial<Wanted>]>([
    [
      'to others, with the account in secret',
      { to: [{ name: '', address: 'eve@elsewhere.example' }], bcc: [{ name: '', address: 'bob@here.test' }] },
    ],
    ['that was made by a program', { headers: [{ name: 'Auto-Submitted', value: 'auto-generated' }] }],
    ['of a list', { headers: [{ name: 'List-Unsubscribe', value: '<https://list.example/u>' }] }],
  ])('does not answer a message %s', async (_, over) => {
    await vacation(bob)
    await send(ann, 'bob@here.test', { ...fromAnn, ...over })
    expect(await standing(ann)).toEqual(['sent (read): Plums'])
  })

  it('does not answer a stranger of whom nothing is proven, and forgets old answers', async () => {
    await vacation(bob)
    await receiveRaw(world, 'bob@here.test', plainMessage({ To: 'bob@here.test' }), { from: ALICE })
    await settle()
    expect(sent).toEqual([])
    const count = () => env.DB.prepare('select count(*) n from vacation_answers').first('n')
    await send(ann, 'bob@here.test', fromAnn)
    expect(await count()).toBe(1)
    world.clock.ms += 30 * DAY_MS
    await forgetOld(world.deps, 0)
    expect(await count()).toBe(1)
    world.clock.ms += 2 * DAY_MS
    await forgetOld(world.deps, 0)
    expect(await count()).toBe(0)
    world.clock.ms = NOON
  })
})

describe('what comes back to an address that stands for a sender', () => {
  const bounce = plainMessage({ From: 'MAILER-DAEMON@third.example', Subject: 'Undelivered' })
  const back = () => srsAddress(world.deps.secrets.root ?? '', 'back.example', ALICE, NOON)

  it('goes to him with the null sender, once, where it is a bounce', async () => {
    for (const _ of [1, 2])
      expect(await receiveRaw(world, await back(), bounce, { from: '' })).toEqual({ kind: 'returned' })
    await settle()
    expect(sent).toMatchObject([{ from: '', to: ALICE, text: expect.stringContaining('Subject: Undelivered') }])
  })

  it('goes to him from another address too, where it is a report by its structure', async () => {
    const status = 'Final-Recipient: rfc822; x@third.example\r\nAction: failed\r\nStatus: 5.1.1\r\n'
    const report = plainMessage(
      { From: 'bounces@third.example', 'Content-Type': 'multipart/report; report-type=delivery-status; boundary=b' },
      `--b\r\n\r\nNo such user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n${status}\r\n--b--\r\n`,
    )
    expect(await receiveRaw(world, await back(), report, { from: '' })).toEqual({ kind: 'returned' })
    await settle()
    expect(sent).toMatchObject([{ from: '', to: ALICE }])
  })

  it.each(['billing@bank.example', 'MAILER-DAEMON@third.example, billing@bank.example'])(
    'is refused where it is anybody’s mail with the null sender: from %s',
    async (From) => {
      const mail = plainMessage({ From, Subject: 'Your account' }, 'Log in at https://evil.example/ now.')
      expect(await receiveRaw(world, await back(), mail, { from: '' })).toMatchObject({ kind: 'refused' })
      await sweep(world.deps)
      await settle()
      expect(sent).toEqual([])
    },
  )

  it.each<[string, () => Promise<string>, string, number]>([
    ['is no bounce', back, 'spammer@third.example', NOON],
    ['comes too late', back, '', NOON + 40 * DAY_MS],
    [
      'comes to an address that was made up',
      async () => 'SRS0=aaaaaaaa=aa=elsewhere.example=alice@back.example',
      '',
      NOON,
    ],
  ])('is refused where it %s', async (_, to, from, now) => {
    const address = await to()
    world.clock.ms = now
    expect(await receiveRaw(world, address, bounce, { from })).toMatchObject({ kind: 'refused' })
    world.clock.ms = NOON
    await sweep(world.deps)
    expect(sent).toEqual([])
  })
})
