/** Mail that is refused: what is, what is kept of it, and what becomes of it where its sender was not told. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Settings } from '../../src/access/settings.ts'
import { filePending } from '../../src/inbound/pending.ts'
import { putEntry } from '../../src/junk/lists.ts'
import { listHeld, readHeld, readHeldContent, releaseHeld } from '../../src/junk/quarantine.ts'
import { makeOwner, type Owner, usedBytes } from '../helpers/owner.ts'
import { disguisedMessage, latin1, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

const NEWEST = Number.MAX_SAFE_INTEGER

let world: World

beforeAll(async () => {
  await migrate()
  world = makeWorld()
})

const owner = (settings: Partial<Settings> = {}) => makeOwner(world, settings)

const disguised = (subject = 'Invoice') => disguisedMessage({ Subject: subject })

const objectsOf = async (me: Owner) =>
  (await env.RAW.list()).objects.filter(({ key }) => key.startsWith('raw/') && key.includes(`/${me.reader.accountId}/`))

describe('a refusal', () => {
  it.each<[string, Partial<Settings>, string, string, string]>([
    ['nothing, where nobody has chosen it', {}, 'pest', 'filed', 'withheld'],
    ['what a list blocks', { reject: 'lists' }, 'pest', 'refused', 'withheld'],
    ['programs in disguise too', { reject: 'lists-and-malware' }, 'pest', 'refused', 'refused'],
  ])('is for %s', async (_, settings, pest, ofList, ofMalware) => {
    const me = await owner(settings)
    await putEntry(world.deps, me.reader.accountId, { entry: `${pest}@spam.example`, list: 'block' })
    const listed = await receiveRaw(world, me.address, plainMessage({ From: `${pest}@spam.example` }))
    const malware = await receiveRaw(world, me.address, disguised())
    expect([listed.kind, malware.kind]).toEqual([ofList, ofMalware])
    for (const one of [listed, malware]) if (one.kind === 'refused') expect(one.reply).toMatch(/^5\.7\.1 /)
  })

  it('is recorded once with its reason, and nothing of the message is kept', async () => {
    const me = await owner({ reject: 'lists-and-malware' })
    const raw = disguised('Refuse me')
    for (let n = 0; n < 3; n++)
      expect(await receiveRaw(world, me.address, `Received: ${n}\r\n${raw}`)).toMatchObject({ kind: 'refused' })
    await world.settle()
    const [record, ...others] = await listHeld(world.deps, me.reader, NEWEST, 10)
    expect([record, others]).toMatchObject([{ kind: 'rejected', subject: 'Refuse me', reason: 'malware' }, []])
    expect([await usedBytes(me), await objectsOf(me)]).toEqual([0, []])
    const detail = await readHeld(world.deps, me.reader, record?.id ?? 0)
    expect(detail && (await readHeldContent(world.deps, detail))).toBeNull()
    const release = { learn: true, allowSender: false }
    expect(await releaseHeld(world.deps, me.reader, record?.id ?? 0, release)).toMatchObject({ failure: 'conflict' })
  })

  it('leaves a record of a few kilobytes, whatever was refused', async () => {
    const me = await owner({ reject: 'lists' })
    await putEntry(world.deps, me.reader.accountId, { entry: 'pest@spam.example', list: 'block' })
    const to = Array.from({ length: 600 }, (_, n) => `"${'\\"<x'.repeat(40)}" <${'a'.repeat(60)}${n}@spam.example>`)
    const part = (n: number) =>
      `--b\r\nContent-Type: application/zip; name="${'n'.repeat(200)}${n}"\r\nContent-ID: <${'i'.repeat(200)}>\r\n\r\nx\r\n`
    const headers = { From: 'pest@spam.example', To: to.join(',\r\n '), 'Content-Type': 'multipart/mixed; boundary=b' }
    const raw = plainMessage(headers, Array.from({ length: 400 }, (_, n) => part(n)).join(''))
    expect(await receiveRaw(world, me.address, raw)).toMatchObject({ kind: 'refused' })
    const size = await env.DB.prepare(
      'select length(envelope) + length(structure) + length(attachments) + length(to_text) n from withheld where account_id = ?',
    )
      .bind(me.reader.accountId)
      .first<number>('n')
    expect(size).toBeLessThan(16 * 1024)
  })

  it('that the sender was not told of is held whole, and is news', async () => {
    const me = await owner({ reject: 'lists-and-malware' })
    const raw = disguised('Refused, but not told')
    expect(await receiveRaw(world, me.address, raw)).toMatchObject({ kind: 'refused' })
    const [record] = await listHeld(world.deps, me.reader, NEWEST, 10)
    const { results } = await env.DB.prepare('select raw_key key from withheld where id = ?')
      .bind(record?.id ?? 0)
      .all<{ key: string }>()
    const key = results[0]?.key ?? ''
    // The mark was not written: the object stands, and the sweep meets it.
    await env.DB.prepare('delete from raw_deletes where raw_key = ?').bind(key).run()
    expect(await filePending(world.deps, key)).toMatchObject({ kind: 'withheld' })
    const [now, ...others] = await listHeld(world.deps, me.reader, NEWEST, 10)
    expect([now?.kind, others]).toEqual(['quarantine', []])
    expect(now?.id).toBeGreaterThan(record?.id ?? 0)
    const detail = await readHeld(world.deps, me.reader, now?.id ?? 0)
    expect(detail && (await readHeldContent(world.deps, detail))?.text).toBe('Pay the quinces.')
    expect(detail?.attachments).toHaveLength(1)
    expect(await usedBytes(me)).toBe(raw.length)
  })

  it('does not keep out the same message where it is welcome later', async () => {
    const me = await owner({ reject: 'lists' })
    const entry = { entry: 'pest@spam.example', list: 'block' } as const
    await putEntry(world.deps, me.reader.accountId, entry)
    const raw = plainMessage({ From: 'pest@spam.example' })
    expect(await receiveRaw(world, me.address, raw)).toMatchObject({ kind: 'refused' })
    await putEntry(world.deps, me.reader.accountId, { ...entry, list: 'allow' })
    expect(await receiveRaw(world, me.address, raw)).toMatchObject({ kind: 'filed' })
  })

  it('comes too late for what was accepted: that is held in quarantine', async () => {
    const me = await owner({ reject: 'lists-and-malware' })
    const receipt = {
      key: `raw/2026-03-01/${me.reader.accountId}/late`,
      accountId: me.reader.accountId,
      addressId: null,
      from: 'a@elsewhere.example',
      to: me.address,
      receivedAtMs: world.clock.ms,
      source: 'email-routing' as const,
      sha256: '',
    }
    await world.deps.stores.raw.put(receipt, latin1(disguised()))
    expect(await filePending(world.deps, receipt.key)).toMatchObject({ kind: 'withheld' })
    expect(await filePending(world.deps, receipt.key)).toMatchObject({ kind: 'withheld' })
    expect(await listHeld(world.deps, me.reader, NEWEST, 10)).toMatchObject([{ kind: 'quarantine' }])
  })
})
