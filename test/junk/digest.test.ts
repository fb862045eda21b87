/** The daily digest: what it says, how often it comes, and that no sender can break it. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { changeSettings, settingsOf } from '../../src/access/settings.ts'
import { isFailure } from '../../src/errors.ts'
import { sendDigests } from '../../src/junk/digest.ts'
import { formatHeldId } from '../../src/junk/held-id.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { readContent, readMessage } from '../../src/mailbox/read.ts'
import { type Reader, whole } from '../../src/mailbox/reader.ts'
import { formatId } from '../../src/servers/http/ids.ts'
import { readUntold } from '../../src/store/withheld-read.ts'
import { metered } from '../helpers/counting.ts'
import { FAULT_MODES, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { disguisedMessage, makeAccount, makeWorld, migrate, receiveRaw, type World } from '../helpers/world.ts'

const HOUR = 3_600_000

let world: World
let serial = 0

beforeAll(async () => {
  await migrate()
  world = makeWorld()
})

type Owner = { reader: Reader; address: string }

async function owner(): Promise<Owner> {
  const address = `owner${++serial}@postern.test`
  return { reader: whole(await makeAccount(world, address)), address }
}

async function hold(me: Owner, headers: Record<string, string> = {}): Promise<number> {
  const received = await receiveRaw(world, me.address, disguisedMessage(headers))
  if (received.kind !== 'withheld') throw new Error(received.kind)
  return received.id
}

async function send(from: World = world): Promise<void> {
  from.clock.ms = world.clock.ms
  await sendDigests(from.deps, 0, (row) => settingsOf(row).digest !== false)
}

async function digests({ reader }: Owner) {
  const page = await listMessages(world.deps, reader, { before: null, limit: 50 })
  if (isFailure(page)) throw new Error(page.detail)
  return await Promise.all(
    page.messages.map(async ({ id }) => {
      const message = await readMessage(world.deps, reader, id)
      if (!message) throw new Error('missing')
      return { message, content: await readContent(world.deps, message) }
    }),
  )
}

describe('a digest', () => {
  it('reads no more where thousands were refused', async () => {
    const me = await owner()
    const id = await hold(me)
    const columns = `received_at, size, from_addr, from_name, to_text, subject, preview, score, reason, envelope, structure,
      attachments, spam_report, auth, defects, created_at`
    await env.DB.prepare(
      `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 3000)
        insert into withheld (account_id, kind, raw_key, dedupe, ${columns})
          select account_id, 'rejected', 'refused/' || n, n, ${columns} from withheld join numbers where id = ?`,
    )
      .bind(id)
      .run()
    const last = await hold(me)
    const meter = metered(env.DB)
    const { deps } = makeWorld({ databases: [meter.d1] })
    expect((await readUntold(deps.stores.of(0), me.reader.accountId, 0, 500)).map((row) => row.id)).toEqual([id, last])
    expect(meter.read).toBeLessThanOrEqual(4)
    await env.DB.prepare("delete from withheld where kind = 'rejected'").run()
  })

  it('tells an hour later what is held back, and from whom, and how to get it', async () => {
    const me = await owner()
    const id = await hold(me, { From: 'Eve <eve@pest.example>', Subject: 'Your invoice' })
    await send()
    expect(await digests(me)).toEqual([])
    world.clock.ms += 2 * HOUR
    await send()
    const [digest, ...more] = await digests(me)
    expect(more).toEqual([])
    expect(digest?.message).toMatchObject({
      subject: '1 message is held in quarantine',
      from: { name: 'Postern', address: 'postern@postern.test' },
      unread: true,
      spam: null,
    })
    const { text, html, headers } = digest?.content ?? {}
    for (const word of ['Eve <eve@pest.example>', 'Your invoice', formatHeldId(id), '/release'])
      expect(text).toContain(word)
    expect(html).toContain('<td>Eve &lt;eve@pest.example&gt;</td>')
    expect(headers).toContainEqual({ name: 'Auto-Submitted', value: 'auto-generated' })
  })

  it('comes once a day, and only where there is something new', async () => {
    const me = await owner()
    await hold(me)
    world.clock.ms += 2 * HOUR
    for (let n = 0; n < 3; n++) await send()
    expect(await digests(me)).toHaveLength(1)
    await hold(me)
    world.clock.ms += 20 * HOUR
    await send()
    expect(await digests(me)).toHaveLength(1)
    world.clock.ms += 5 * HOUR
    await Promise.all([send(), send(), send()])
    const told = await digests(me)
    expect(told.map(({ message }) => message.subject)).toEqual(Array(2).fill('1 message is held in quarantine'))
    world.clock.ms += 48 * HOUR
    await send()
    expect(await digests(me)).toHaveLength(2)
  })

  it('can be turned off; what was held meanwhile is not told later', async () => {
    const me = await owner()
    await changeSettings(world.deps, me.reader.accountId, { digest: false })
    await hold(me)
    world.clock.ms += 2 * HOUR
    await send()
    await changeSettings(world.deps, me.reader.accountId, { digest: true })
    world.clock.ms += 25 * HOUR
    await send()
    expect(await digests(me)).toEqual([])
  })

  it.each([
    ['markup', 'Eve </td></table><script>x()</script><a href="https://pest.example/">click</a>'],
    ['the look of a field', '=?utf-8?q?a=0D=0ABcc:_victim=40shop.example=0D=0A=0D=0Abody?='],
    ['reordering and control characters', '=?utf-8?q?=E2=80=AEgro.knab=E2=80=AC=00=07?='],
    ['a thousand words', 'word '.repeat(1_000)],
    ['nothing', ''],
  ])('is not broken by a subject and a name of %s', async (_, text) => {
    const me = await owner()
    const id = await hold(me, { From: `"${text.replaceAll('"', '')}" <eve@pest.example>`, Subject: text })
    world.clock.ms += 2 * HOUR
    await send()
    const [digest] = await digests(me)
    expect(digest?.message.envelope).toMatchObject({ to: [{ address: me.address }], cc: [], bcc: [] })
    expect(digest?.content.text).toContain(formatHeldId(id))
    expect(digest?.content.text).not.toMatch(/[\u202a-\u202e\u0000-\u0008]/)
    expect(digest?.content.html).not.toMatch(/<script|<a /i)
    expect(digest?.content.html?.match(/<tr>/g)).toHaveLength(2)
    expect(digest?.content.text?.length).toBeLessThan(1_500)
  })

  it('lists fifty of many, and counts them all', async () => {
    const me = await owner()
    for (let n = 0; n < 53; n++) await hold(me)
    world.clock.ms += 2 * HOUR
    await send()
    const [digest] = await digests(me)
    expect(digest?.message.subject).toBe('53 messages are held in quarantine')
    expect(digest?.content.text?.match(/^qua_/gm)).toHaveLength(50)
  })

  it('comes once whichever call fails', async () => {
    for (const mode of FAULT_MODES)
      for (let at = 1; at < 30; at++) {
        const me = await owner()
        await hold(me)
        world.clock.ms += 2 * HOUR
        const faults = faultsAt(at, mode)
        await send(faultyWorld(world, faults)).catch(() => undefined)
        if (faults.calls.length < at) break
        world.clock.ms += 7 * HOUR
        await send()
        expect([mode, at, (await digests(me)).length]).toEqual([mode, at, 1])
      }
  })

  it('names held mail as the API does', () => {
    for (const id of [1, 31, 32, 1_000, 123_456_789, Number.MAX_SAFE_INTEGER])
      expect(formatHeldId(id)).toBe(formatId('qua', id))
  })
})

it('is not due for an account that was deleted', async () => {
  const me = await owner()
  await hold(me)
  await env.DB.prepare('update accounts set deleted_at = 1 where id = ?').bind(me.reader.accountId).run()
  world.clock.ms += 2 * HOUR
  await send()
  expect(
    await env.DB.prepare('select due_at from digests where account_id = ?').bind(me.reader.accountId).first('due_at'),
  ).toBeNull()
})
