/** A domain's DKIM keys: from making one to mail that is signed with it, and how one follows another. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { signOutgoing } from '../../src/outbound/dkim-keys.ts'
import { verifyDkim } from '../../src/verify/dkim.ts'
import type { DnsAnswer } from '../../src/verify/resolve.ts'
import { accountClient, adminClient, type Client, readAll } from '../helpers/http.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'
import { rawMessageOf } from '../verify/raw-message.ts'

const DAY_MS = 86_400_000
const RAW = Uint8Array.from('From: Ann <ann@keys.example>\r\nSubject: x\r\n\r\nHello.\r\n', (char) =>
  char.charCodeAt(0),
)

let world: World
let admin: Client
/** What is published, or 'unknown' where the DNS does not answer. */
const zone = new Map<string, string[] | 'unknown'>()

async function resolve(name: string): Promise<DnsAnswer> {
  const records = zone.get(name)
  if (records === 'unknown') return { kind: 'unknown' }
  return records ? { kind: 'found', records } : { kind: 'none' }
}

beforeAll(async () => {
  await migrate()
  world = makeWorld({ resolve })
  admin = adminClient(world.deps)
})

async function makeDomain(name: string): Promise<string> {
  return (await admin.post('/v1/admin/domains', { name })).body.id
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON.
type Key = any

async function makeKey(domain: string, body: object = {}): Promise<Key> {
  const made = await admin.post(`/v1/admin/domains/${domain}/dkim-keys`, body)
  expect(made.status).toBe(201)
  return made.body
}

/** Publishes a key and activates it. */
async function activate(key: Key): Promise<Key> {
  zone.set(key.record.name, [key.record.value])
  const answer = await admin.post(`/v1/admin/dkim-keys/${key.id}/activate`, {})
  expect(answer.status).toBe(200)
  return answer.body
}

/** The message as it goes out. */
async function sign(domain: string, root = world.deps.secrets.root): Promise<Uint8Array> {
  const fields = await signOutgoing({ stores: world.deps.stores, root, nowMs: world.deps.now() }, RAW, domain)
  return Uint8Array.of(...fields, ...RAW)
}
const verdicts = async (bytes: Uint8Array) =>
  (await verifyDkim(rawMessageOf(bytes), resolve, world.deps.now())).map(({ result, domain, selector }) => [
    result,
    domain,
    selector,
  ])

describe('a key', () => {
  it('is shown with its record and without its private half, and signs nothing yet', async () => {
    const domain = await makeDomain('keys.example')
    const key = await makeKey(domain)
    expect(key).toEqual({
      id: expect.stringMatching(/^dkm_/),
      domain: 'keys.example',
      selector: 'p20260301r',
      algorithm: 'rsa-sha256',
      state: 'pending',
      record: {
        type: 'TXT',
        name: 'p20260301r._domainkey.keys.example',
        value: expect.stringMatching(/^v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{392}$/),
      },
      ...{ created_at: '2026-03-01T12:00:00Z', activated_at: null, retired_at: null, record_needed_until: null },
    })
    expect((await admin.get(`/v1/admin/dkim-keys/${key.id}`)).body).toEqual(key)
    expect((await readAll(admin, `/v1/admin/domains/${domain}/dkim-keys?limit=1`)).map(({ id }) => id)).toEqual([
      key.id,
    ])
    expect(await sign('keys.example')).toEqual(RAW)
    const stored = await env.DB.prepare('select private_key from dkim_keys').first<string>('private_key')
    expect(atob(stored ?? '')).not.toContain('RSA')
    expect(JSON.stringify((await admin.get('/v1/admin/audit')).body)).not.toContain(stored)
  })

  it('signs once its record is published, and not before', async () => {
    const domain = await makeDomain('published.example')
    const key = await makeKey(domain, { selector: 'Mail2026' })
    const other = await makeKey(domain, { selector: 'other' })
    expect(key.record.name).toBe('mail2026._domainkey.published.example')
    const states: [record: string[] | 'unknown' | null, seen: string, status: number][] = [
      [null, 'missing', 409],
      ['unknown', 'unknown', 503],
      [['v=spf1 -all'], 'missing', 409],
      [['v=DKIM1; p='], 'different', 409],
      [[other.record.value], 'different', 409],
      [['v=spf1 -all', key.record.value], 'published', 200],
    ]
    for (const [records, seen, status] of states) {
      if (records) zone.set(key.record.name, records)
      const checked = await admin.post(`/v1/admin/dkim-keys/${key.id}/check`, {})
      const activated = await admin.post(`/v1/admin/dkim-keys/${key.id}/activate`, {})
      expect([records, checked.body, activated.status]).toEqual([records, { record: seen }, status])
    }
    expect((await admin.get(`/v1/admin/dkim-keys/${key.id}`)).body).toMatchObject({ state: 'active' })
    expect(await verdicts(await sign('published.example'))).toEqual([['pass', 'published.example', 'mail2026']])
    expect(await sign('keys.example')).toEqual(RAW)
  })

  it('follows another: mail of both verifies, and the record of the old one is needed for a week', async () => {
    const domain = await makeDomain('rotated.example')
    await activate(await makeKey(domain, { selector: 'one' }))
    const before = await sign('rotated.example')
    world.clock.ms += DAY_MS
    const second = await activate(await makeKey(domain, { selector: 'two' }))
    expect(second).toMatchObject({ state: 'active', activated_at: '2026-03-02T12:00:00Z', record_needed_until: null })
    const [first] = (await admin.get(`/v1/admin/domains/${domain}/dkim-keys`)).body.data
    expect(first).toMatchObject({
      state: 'retired',
      retired_at: '2026-03-02T12:00:00Z',
      record_needed_until: '2026-03-09T12:00:00Z',
    })
    expect(await verdicts(before)).toEqual([['pass', 'rotated.example', 'one']])
    expect(await verdicts(await sign('rotated.example'))).toEqual([['pass', 'rotated.example', 'two']])
    // And back again.
    expect(await activate(first)).toMatchObject({ state: 'active', retired_at: null })
    expect(await verdicts(await sign('rotated.example'))).toEqual([['pass', 'rotated.example', 'one']])
  })

  it('stands beside one of the other algorithm', async () => {
    const domain = await makeDomain('both.example')
    await activate(await makeKey(domain, { selector: 'r' }))
    const ed = await activate(await makeKey(domain, { algorithm: 'ed25519-sha256' }))
    expect(ed.record.value).toMatch(/^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/)
    expect(await verdicts(await sign('both.example'))).toEqual([
      ['pass', 'both.example', 'r'],
      ['pass', 'both.example', ed.selector],
    ])
    await admin.post(`/v1/admin/dkim-keys/${ed.id}/retire`, {})
    expect(await verdicts(await sign('both.example'))).toEqual([['pass', 'both.example', 'r']])
  })

  it('is deleted only where it does not sign, and with its domain', async () => {
    const domain = await makeDomain('deleted.example')
    const key = await activate(await makeKey(domain))
    const path = `/v1/admin/dkim-keys/${key.id}`
    expect((await admin.delete(path)).status).toBe(409)
    expect((await admin.post(`${path}/retire`, {})).body).toMatchObject({ state: 'retired' })
    expect((await admin.post(`${path}/retire`, {})).status).toBe(409)
    expect((await admin.delete(path)).status).toBe(204)
    expect((await admin.delete(path)).status).toBe(404)
    const left = await makeKey(domain, { selector: 'left' })
    expect((await admin.delete(`/v1/admin/domains/${domain}`)).status).toBe(204)
    expect((await admin.get(`/v1/admin/dkim-keys/${left.id}`)).status).toBe(404)
    const rows = await env.DB.prepare("select count(*) n from dkim_keys where selector = 'left'").first<number>('n')
    expect(rows).toBe(0)
  })

  it('that cannot be opened stops mail, rather than letting it go unsigned', async () => {
    const domain = await makeDomain('sealed.example')
    await activate(await makeKey(domain))
    await expect(sign('sealed.example', 'another secret')).rejects.toThrow()
    await expect(sign('sealed.example', null)).rejects.toThrow()
  })

  it.each([
    [{ selector: 'a.b' }, 422, '/selector'],
    [{ selector: '-a' }, 422, '/selector'],
    [{ selector: 'p._domainkey' }, 422, '/selector'],
    [{ algorithm: 'rsa-sha1' }, 422, '/algorithm'],
    [{ bits: 512 }, 422, '/bits'],
    [{ selector: 'twice' }, 409, undefined],
  ])('is refused for %j', async (body, status, pointer) => {
    const domain = (await admin.get('/v1/admin/domains')).body.data[0].id
    if (status === 409) await makeKey(domain, body)
    const answer = await admin.post(`/v1/admin/domains/${domain}/dkim-keys`, body)
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([status, pointer])
  })

  it('is one of twenty at most', async () => {
    const domain = await makeDomain('many.example')
    const statuses: number[] = []
    for (let n = 0; n < 21; n++) {
      const body = { selector: `s${n}`, algorithm: 'ed25519-sha256' }
      statuses.push((await admin.post(`/v1/admin/domains/${domain}/dkim-keys`, body)).status)
    }
    expect(statuses).toEqual([...Array(20).fill(201), 409])
  })

  it('is for the admin alone, and of a domain that there is', async () => {
    const client = await accountClient(world, await makeAccount(world, 'ann@keys.example'))
    const domain = (await admin.get('/v1/admin/domains')).body.data[0].id
    expect((await client.get(`/v1/admin/domains/${domain}/dkim-keys`)).status).toBe(403)
    expect((await admin.get('/v1/admin/domains/dom_zzz/dkim-keys')).status).toBe(404)
    expect((await admin.post('/v1/admin/domains/dom_zzz/dkim-keys', {})).status).toBe(404)
    expect((await admin.post('/v1/admin/dkim-keys/dkm_zzz/activate', {})).status).toBe(404)
  })
})
