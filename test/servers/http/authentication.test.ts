/** What a message tells about who sent it, from the way in to the API: found here, found by Cloudflare, stored long ago. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Resolve } from '../../../src/verify/resolve.ts'
import { accountClient, type Client } from '../../helpers/http.ts'
import { makeAccount, makeWorld, migrate, NOON, plainMessage, receiveRaw, type World } from '../../helpers/world.ts'
import { tableResolve } from '../../verify/raw-message.ts'
import { arcSet, dkimSigned, makeSigner, type Signer } from '../../verify/signing.ts'

let world: World
let client: Client
let sender: Signer
let cloudflare: Signer
/** What DNS answers, as the test likes. */
let resolve: Resolve
let zone: Parameters<typeof tableResolve>[0]

beforeAll(async () => {
  await migrate()
  sender = await makeSigner('elsewhere.example', 's1')
  cloudflare = await makeSigner('cloudflare-email.net', 'cf2024-1')
  zone = {
    [sender.question]: [sender.record],
    [cloudflare.question]: [cloudflare.record],
    'TXT _dmarc.elsewhere.example': ['v=DMARC1; p=quarantine'],
  }
  world = makeWorld({ resolve: (name, type) => resolve(name, type) })
  const account = await makeAccount(world, 'demo@postern.test')
  client = await accountClient(world, account)
})

async function authenticationOf(raw: string, dns: Resolve = tableResolve(zone)) {
  resolve = dns
  const received = await receiveRaw(world, 'demo@postern.test', raw)
  if (received.kind !== 'filed') throw new Error(`not filed but ${received.kind}`)
  return { id: received.id, shown: await shown() }
}

async function shown() {
  const { body } = await client.get('/v1/messages?limit=1')
  const { body: message } = await client.get(`/v1/messages/${body.data[0].id}`)
  return message.authentication
}

describe('the authentication of a message', () => {
  it('that we verified', async () => {
    const { shown } = await authenticationOf(await dkimSigned(plainMessage(), sender))
    expect(shown).toEqual({
      source: 'postern',
      seal: 'unknown',
      spf: { result: 'unknown', domain: null, checked_by: null, reason: null },
      dkim: [{ result: 'pass', domain: 'elsewhere.example', selector: 's1', checked_by: 'postern', reason: null }],
      dmarc: { result: 'pass', domain: 'elsewhere.example', policy: 'quarantine', checked_by: 'postern', reason: null },
      arc: { result: 'none', checked_by: 'postern' },
      client: { ip: null, helo: null },
      cloudflare_spam_score: null,
    })
  })

  it('that was changed on the way says why it does not pass', async () => {
    const raw = (await dkimSigned(plainMessage(), sender)).replace('this is', 'this was')
    const { shown } = await authenticationOf(raw)
    expect(shown).toMatchObject({
      dkim: [{ result: 'fail', reason: 'body was changed' }],
      dmarc: { result: 'unknown', checked_by: 'postern' },
    })
  })

  it('that Cloudflare sealed', async () => {
    const raw = plainMessage()
    const results = 'mx.cloudflare.net; dmarc=pass header.from=elsewhere.example; arc=none smtp.remote-ip=192.0.2.10'
    const set = await arcSet(raw, cloudflare, { results, t: NOON / 1000 })
    const received = 'Received: from a by cloudflare-email.net id x; Sun, 01 Mar 2026 11:59:00 +0000'
    const { shown } = await authenticationOf([received, set.seal, set.signature, set.results, raw].join('\r\n'))
    expect(shown).toMatchObject({
      source: 'cloudflare',
      seal: 'pass',
      dmarc: { result: 'pass', checked_by: 'cloudflare' },
      client: { ip: '192.0.2.10' },
    })
  })

  it('stored before anybody noted whose a finding is', async () => {
    const { id } = await authenticationOf(plainMessage())
    const stored = {
      source: 'cloudflare',
      seal: 'unknown',
      spf: { result: 'unknown', domain: null },
      dkim: [{ result: 'fail', domain: 'a.example', selector: null }],
      dmarc: { result: 'pass', domain: 'a.example', policy: 'none' },
      client: { ip: null, helo: null },
      cloudflareSpamScore: null,
    }
    await env.DB.prepare('update messages set auth = ? where id = ?').bind(JSON.stringify(stored), id).run()
    expect(await shown()).toMatchObject({
      spf: { result: 'unknown', checked_by: null, reason: null },
      dkim: [{ result: 'fail', checked_by: 'cloudflare' }],
      dmarc: { result: 'pass', checked_by: 'cloudflare' },
      arc: { result: 'unknown', checked_by: null },
    })
  })
})

describe('where DNS fails', () => {
  it('mail is filed all the same, and its retry is a duplicate', async () => {
    const raw = await dkimSigned(plainMessage(), sender)
    const { shown } = await authenticationOf(raw, async () => ({ kind: 'unknown' }))
    expect(shown).toMatchObject({ source: 'none', dkim: [{ result: 'unknown', checked_by: null }] })
    expect(await receiveRaw(world, 'demo@postern.test', `Received: again\r\n${raw}`)).toMatchObject({
      kind: 'duplicate',
    })
  })

  it('a copy that could not be checked does not hold back the one that could', async () => {
    const raw = await dkimSigned(plainMessage(), sender)
    await authenticationOf(raw, async () => ({ kind: 'unknown' }))
    const { shown } = await authenticationOf(raw)
    expect(shown).toMatchObject({ dmarc: { result: 'pass' } })
    resolve = async () => ({ kind: 'unknown' })
    expect(await receiveRaw(world, 'demo@postern.test', raw)).toMatchObject({ kind: 'duplicate' })
  })
})
