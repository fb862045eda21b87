/** Whom an account does not write to: by hand, from files, into files. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { sweep } from '../../../src/inbound/sweep.ts'
import { isSuppressed } from '../../../src/outbound/suppressions.ts'
import { readCsv } from '../../../src/servers/http/csv.ts'
import { putSuppressions } from '../../../src/store/suppression-write.ts'
import { metered } from '../../helpers/counting.ts'
import { accountClient, type Client, readAll } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

let world: World
let account: number
let client: Client

beforeAll(async () => {
  await migrate()
  world = makeWorld()
})

async function fresh(): Promise<void> {
  account = await makeAccount(world, `a${crypto.randomUUID().slice(0, 8)}@postern.test`)
  client = await accountClient(world, account)
}

const addressesOf = (entries: { address: string }[]) => entries.map(({ address }) => address)
const importText = (text: string, type = 'text/csv') =>
  client.call('POST', '/v1/suppressions/import', { text, headers: { 'content-type': type } })

describe('suppressions', () => {
  it('are put in, found by any spelling, listed newest first, and taken out', async () => {
    await fresh()
    const made = await client.post('/v1/suppressions', { address: 'Ann@Remote.Example', detail: 'She asked for it.' })
    expect([made.status, made.body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^sup_/),
        address: 'ann@remote.example',
        reason: 'manual',
        detail: 'She asked for it.',
        submission_id: null,
        created_at: '2026-03-01T12:00:00Z',
        expires_at: null,
      },
    ])
    await client.post('/v1/suppressions', { address: 'bob@remote.example' })
    await client.post('/v1/suppressions', { address: 'cid@remote.example' })
    expect(addressesOf(await readAll(client, '/v1/suppressions?limit=1'))).toEqual([
      'cid@remote.example',
      'bob@remote.example',
      'ann@remote.example',
    ])
    expect(addressesOf(await readAll(client, '/v1/suppressions?address=ANN@remote.example'))).toEqual([
      'ann@remote.example',
    ])
    expect((await client.get('/v1/suppressions?address=nobody')).body.data).toEqual([])
    expect((await client.get('/v1/suppressions?reason=bounce')).body.data).toEqual([])
    expect(await isSuppressed(world.deps, account, 'ann@remote.example')).toBe(true)
    expect((await client.delete(`/v1/suppressions/${made.body.id}`)).status).toBe(204)
    expect((await client.delete(`/v1/suppressions/${made.body.id}`)).status).toBe(404)
    expect(await isSuppressed(world.deps, account, 'ann@remote.example')).toBe(false)
  })

  it.each([
    [{ address: 'nobody' }, 'address'],
    [{ address: 'a@b.example', expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    [{ address: 'a@b.example', reason: 'bounce' }, ''],
  ])('refuse %j', async (json, field) => {
    await fresh()
    const answer = await client.post('/v1/suppressions', json)
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, `/${field}`.replace(/^\/$/, '/reason')])
  })

  it('end, and are forgotten by the sweep', async () => {
    await fresh()
    await client.post('/v1/suppressions', { address: 'soon@remote.example', expires_at: '2026-03-01T13:00:00Z' })
    expect(await isSuppressed(world.deps, account, 'soon@remote.example')).toBe(true)
    world.clock.ms += 3_600_000
    expect(await isSuppressed(world.deps, account, 'soon@remote.example')).toBe(false)
    await sweep(world.deps)
    expect((await client.get('/v1/suppressions')).body.data).toEqual([])
    world.clock.ms -= 3_600_000
  })

  it.each([
    ['a complaint over a bounce', ['bounce', null], ['complaint', null], ['complaint', null]],
    ['a bounce over a complaint', ['complaint', 5_000], ['bounce', null], ['complaint', null]],
    ['a longer one by hand over a bounce', ['bounce', 5_000], ['manual', 9_000], ['bounce', 9_000]],
    ['a shorter one by hand over a bounce', ['bounce', 5_000], ['manual', 4_000], ['bounce', 5_000]],
    ['one by hand over one by hand', ['manual', null], ['manual', 4_000], ['manual', 4_000]],
    ['one by hand over a complaint that has ended', ['complaint', 900], ['manual', 4_000], ['manual', 4_000]],
  ] as const)('meet one that is there: %s', async (_, before, after, want) => {
    await fresh()
    const db = world.deps.stores.of(account)
    const row = ([reason, expires_at]: readonly ['bounce' | 'complaint' | 'manual', number | null]) => ({
      address: 'x@remote.example',
      reason,
      detail: null,
      submission_id: null,
      created_at: 100,
      expires_at,
    })
    await db.batch([putSuppressions(account, [row(before)], 100)])
    const [made] = await db.all<{ reason: string; expires_at: number | null }>(
      putSuppressions(account, [row(after)], 1_000),
    )
    expect([made?.reason, made?.expires_at]).toEqual(want)
  })
})

describe('a file of suppressions', () => {
  it('is taken as it was given', async () => {
    await fresh()
    const db = world.deps.stores.of(account)
    const row = { reason: 'complaint', submission_id: 7, created_at: 1_700_000_000, expires_at: 1_900_000_000 } as const
    const detail = '=HYPERLINK("http://evil.example"),\r\nsecond "line"'
    await db.batch([
      putSuppressions(account, [{ ...row, address: '+a@remote.example', detail }], 0),
      putSuppressions(account, [{ ...row, address: 'b@remote.example', reason: 'bounce', detail: null }], 0),
    ])
    const before = await readAll(client, '/v1/suppressions')
    const files: [string, string][] = []
    for (const format of ['csv', 'jsonl']) {
      const answer = await client.get(`/v1/suppressions/export?format=${format}`)
      expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="suppressions.${format}"`)
      files.push([new TextDecoder().decode(answer.bytes), answer.headers.get('content-type') ?? ''])
    }
    expect(files[0]?.[0]).toContain(`'+a@remote.example,complaint,"'=HYPERLINK(""`)
    for (const [text, type] of files) {
      await fresh()
      expect((await importText(text, type)).body).toEqual({ imported: 2, failed: 0, errors: [] })
      const after = (await readAll(client, '/v1/suppressions')).reverse()
      const comparable = (one: object) => ({ ...one, id: null, submission_id: null })
      expect(after.map(comparable)).toEqual(before.map(comparable))
    }
  })

  it.each([
    ['a bare list', 'text/csv', 'a@x.example\nb@x.example\r\n\r\n c@x.example ', 3, []],
    ['usual names', 'text/csv', '\ufeffEmail Address,Reason\na@x.example,HardBounce\nb@x.example,SpamComplaint', 2, []],
    ['an unknown reason', 'text/csv', 'email,reason\na@x.example,whim\nb@x.example,', 1, [2]],
    ['no address', 'text/csv', 'address,detail\n,why\n"a\n@x.example",\nb@x.example,"x\ny"\nnobody,z', 1, [2, 3, 7]],
    ['a bad time', 'text/csv', 'address,expires_at\na@x.example,soon\nb@x.example,2020-01-01', 0, [2, 3]],
    ['a quote that never ends', 'text/csv', 'a@x.example\n"b@x.example', 2, []],
    ['lines of JSON', 'application/x-ndjson', '{"address":"a@x.example"}\n\n{"address":1}\n[]\n{', 1, [3, 4, 5]],
    ['nothing', 'text/csv', '', 0, []],
    ['one twice', 'text/csv', 'a@x.example\nA@X.example', 2, []],
  ])('may be %s', async (_, type, text, imported, lines) => {
    await fresh()
    const { status, body } = await importText(text, type)
    expect([status, body.imported, body.failed, body.errors.map(({ line }: { line: number }) => line)]).toEqual([
      200,
      imported,
      lines.length,
      lines,
    ])
  })

  it.each([
    ['another type', 'text/html', 'a@x.example', 415],
    ['what is no UTF-8', 'text/csv', new Uint8Array([0xff, 0xfe]), 400],
    ['too many lines', 'text/csv', 'a@x.example\n'.repeat(10_001), 413],
    ['too many bytes', 'text/csv', 'x'.repeat(2 * 1024 * 1024 + 1), 413],
  ])('may not be %s', async (_, type, text, status) => {
    await fresh()
    expect((await importText(text as string, type)).status).toBe(status)
  })

  it('is read in linear time, whatever stands in it', () => {
    for (const text of [
      '"'.repeat(1_000_000),
      `${'"",'.repeat(300_000)}`,
      `"a"${'b'.repeat(1_000_000)}`,
      ','.repeat(1_000_000),
    ])
      expect(readCsv(text, 10_000).length).toBeLessThanOrEqual(1)
  })

  it('of many thousand is imported and exported in few rows of D1 a line', async () => {
    const meter = metered(env.DB)
    world = makeWorld({ databases: [meter.d1] })
    await fresh()
    const text = Array.from({ length: 3_000 }, (_, i) => `n${i}@x.example`).join('\n')
    meter.reset()
    await importText(text)
    expect(meter.read / 3_000).toBeLessThan(4)
    expect(meter.written / 3_000).toBeLessThan(6)
    const file = new TextDecoder().decode((await client.get('/v1/suppressions/export')).bytes)
    expect(file.split('\r\n').length).toBe(3_002)
    for (const filter of ['limit=50', 'limit=50&reason=manual', 'limit=50&address=n7@x.example']) {
      meter.reset()
      await client.get(`/v1/suppressions?${filter}`)
      expect([filter, meter.read < 70, meter.written]).toEqual([filter, true, 0])
    }
  })
})
