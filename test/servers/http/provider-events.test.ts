/**
 * Providers' events: each signed as its provider signs, and each attacked. What they do to a recipient is the same for all, and
 * stands in one table.
 */
import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatReference } from '../../../src/outbound/correlation.ts'
import type { EventSettings } from '../../../src/outbound/provider-events/configure.ts'
import { certificateFor } from '../../helpers/der.ts'
import { type Answer, accountClient, type Client, makeClient } from '../../helpers/http.ts'
import { ann, eventForms } from '../../helpers/provider-events.ts'
import {
  base64,
  CERT_URL,
  derSignature,
  type Keys,
  makeKeys,
  pair,
  type Signed,
  type Signing,
  settingsFor,
  signersOf,
  snsMessage,
  spki,
  TOPIC,
} from '../../helpers/provider-signing.ts'
import { consume, makeAccount, makeWorld, migrate, type World } from '../../helpers/world.ts'

const encoder = new TextEncoder()

let world: World
let client: Client
let sent: { id: string; reference: string; providerId: string }
let settings: EventSettings
let keys: Keys
let fetched: string[]

beforeAll(async () => {
  await migrate()
  keys = await makeKeys()
  settings = await settingsFor(keys)
})

/** The hosts that certificates and keys come from, and nothing else. */
async function network(input: RequestInfo | URL): Promise<Response> {
  const url = String(input)
  fetched.push(url)
  if (url === CERT_URL) return new Response(certificateFor(await spki(keys.rsa)))
  if (url === 'https://api.mailchannels.net/tx/v1/webhook/public-key?id=mckey')
    return Response.json({ id: 'mckey', key: base64(await spki(keys.ed25519)) })
  return new Response('', { status: url.startsWith('https://sns.eu-west-1.amazonaws.com/?') ? 200 : 404 })
}

beforeEach(async () => {
  fetched = []
  const providerId = `p-${crypto.randomUUID()}`
  world = makeWorld({
    provider: { name: 'cloudflare', send: async () => ({ kind: 'delivered', providerId }) },
    eventSettings: settings,
    fetch: network as typeof fetch,
    resolve: async (_name, type) => (type === 'A' ? { kind: 'found', records: ['93.184.216.34'] } : { kind: 'none' }),
  })
  const address = `u${crypto.randomUUID().slice(0, 8)}@postern.test`
  const account = await makeAccount(world, address)
  client = await accountClient(world, account)
  const { body } = await client.post('/v1/messages/send', { from: address, to: ['ann@remote.example'], text: 'word' })
  await world.settle()
  await world.settle()
  const sql = 'select id from submissions where message_id = ?'
  const submissionId = (await env.DB.prepare(sql).bind(body.message_id).first<number>('id')) ?? 0
  sent = { id: body.id, reference: formatReference({ accountId: account, submissionId }), providerId }
})

const post = (name: string, { text, headers }: Signed): Promise<Answer> =>
  makeClient(world.deps, null).call('POST', `/v1/providers/${name}/events`, {
    text,
    headers: { 'content-type': 'text/plain; charset=UTF-8', ...headers },
  })

const secondsAgo = (age = 0) => Math.floor(world.clock.ms / 1000) - age
const signed = (name: string, event: unknown, signing: Signing = {}) =>
  signersOf(keys, world.clock.ms)[name]?.(event, signing) ?? Promise.reject(new Error(name))
const sns = (over: Record<string, string>, signing: Signing = {}) => snsMessage(keys, world.clock.ms, over, signing)

const outcome = async () => [
  (await client.get(`/v1/submissions/${sent.id}`)).body.recipients[0].status,
  (await client.get('/v1/suppressions')).body.data.map((one: { reason: string }) => one.reason).join(),
]

const WANTED: Record<string, [string, string]> = {
  hard: ['bounced', 'bounce'],
  soft: ['bounced', ''],
  complaint: ['delivered', 'complaint'],
  delivered: ['delivered', ''],
  delayed: ['delivered', ''],
  suppressed: ['suppressed', ''],
  other: ['delivered', ''],
}

const FORMS = eventForms('', 0)
const NAMES = Object.keys(FORMS)
const CASES = NAMES.flatMap((name) => Object.keys(FORMS[name] ?? {}).map((what) => [name, what] as const))
const eventOf = (name: string, what: string) => eventForms(sent.reference, secondsAgo())[name]?.[what]?.()

describe('an event', () => {
  it.each(CASES)('of %s: %s', async (name, what) => {
    const answer = await post(name, await signed(name, eventOf(name, what)))
    expect([answer.status, answer.body.events]).toEqual([200, what === 'other' ? 0 : 1])
    expect(await outcome()).toEqual(WANTED[what])
  })

  it.each(NAMES)(
    'of %s that comes twice counts once, and brings no suppression back that was deleted',
    async (name) => {
      const request = await signed(name, eventOf(name, 'hard'))
      await post(name, request)
      const [entry] = (await client.get('/v1/suppressions')).body.data
      await client.delete(`/v1/suppressions/${entry.id}`)
      expect((await post(name, request)).body).toEqual({ events: 1, applied: 0 })
      expect(await outcome()).toEqual(['bounced', ''])
    },
  )

  it.each(NAMES)('of %s about mail that nobody here has sent is taken, and changes nothing', async (name) => {
    sent.reference = 'p1-9z9z9'
    expect((await post(name, await signed(name, eventOf(name, 'hard')))).body).toEqual({ events: 1, applied: 0 })
    expect(await outcome()).toEqual(['delivered', ''])
  })

  it.each(NAMES)('of %s that could not be stored is to be sent again, and counts then', async (name) => {
    const request = await signed(name, eventOf(name, 'hard'))
    const whole = world.deps.stores.find
    world.deps.stores.find = () => {
      throw new Error('D1_ERROR: Network connection lost.')
    }
    expect((await post(name, request)).status).toBe(503)
    world.deps.stores.find = whole
    expect((await post(name, request)).body).toEqual({ events: 1, applied: 1 })
  })
})

describe('a request that is not as its provider would send it', () => {
  const altered = (request: Signed): Signed => ({
    ...request,
    text: request.text.replace('remote.example', 'other.example'),
  })

  // Postmark signs nothing, and Mailgun does not sign the event.
  it.each(['resend', 'ses', 'sendgrid', 'mailchannels'])('of %s: its body altered', async (name) => {
    expect((await post(name, altered(await signed(name, eventOf(name, 'hard'))))).status).toBe(401)
    expect(await outcome()).toEqual(['delivered', ''])
  })

  it.each<[string, number]>([
    ['resend', 301],
    ['resend', -301],
    ['mailgun', 86_401],
    ['mailgun', -301],
    ['ses', 8 * 86_400],
    ['sendgrid', 2 * 86_400 + 1],
    ['mailchannels', 301],
    ['mailchannels', -301],
  ])('of %s: signed %d seconds ago', async (name, ageSeconds) => {
    expect((await post(name, await signed(name, eventOf(name, 'hard'), { ageSeconds }))).status).toBe(401)
    expect(
      (await post(name, await signed(name, eventOf(name, 'hard'), { ageSeconds: 290 * Math.sign(ageSeconds) }))).status,
    ).toBe(200)
  })

  it.each(NAMES)('of %s: without its signature, or with one of nothing', async (name) => {
    const { text } = await signed(name, eventOf(name, 'hard'))
    const bare = name === 'mailgun' || name === 'ses' ? text.replace(/"signature":"[^"]*"/i, '"signature":""') : text
    for (const headers of [{}, { authorization: 'Basic ', 'svix-signature': 'v1,', signature: 'sig_1=::' }])
      expect((await post(name, { text: bare, headers: headers as Record<string, string> })).status).toBe(401)
    for (const nonsense of ['', '[]', '{', 'null', '[[]]', '\u0000', '{"signature":[]}'])
      expect([nonsense, (await post(name, { text: nonsense, headers: {} })).status]).toEqual([nonsense, 401])
    expect(await outcome()).toEqual(['delivered', ''])
  })

  it.each(NAMES)('of %s: signed with another key', async (name) => {
    const request = await signed(name, eventOf(name, 'hard'))
    const other = {
      ...settings,
      postmark: 'post:other',
      mailgun: 'other',
      resend: 'whsec_b3RoZXI=',
      mailchannels: 'other',
    }
    world.deps.eventSettings = {
      ...other,
      ses: TOPIC.replace('bounces', 'other'),
      sendgrid: base64(await spki(await pair({ name: 'ECDSA', namedCurve: 'P-256' }))),
    }
    expect((await post(name, request)).status).toBe(401)
  })

  it.each(NAMES)('of %s: where it is not set up', async (name) => {
    world.deps.eventSettings = { ...settings, [name]: null }
    expect((await post(name, await signed(name, eventOf(name, 'hard')))).status).toBe(404)
  })

  it('of nobody that there is', async () => {
    expect((await post('nobody', { text: '{}', headers: {} })).status).toBe(422)
    expect((await post('cloudflare', { text: '{}', headers: {} })).status).toBe(422)
  })

  it('of any: larger than a provider sends', async () => {
    expect((await post('sendgrid', { text: 'x'.repeat(1024 * 1024 + 1), headers: {} })).status).toBe(413)
  })
})

describe('Resend', () => {
  it('signs as Standard Webhooks do', async () => {
    const text = JSON.stringify(eventOf('resend', 'hard'))
    const signature = new Webhook(settings.resend as string).sign('msg_1', new Date(world.clock.ms), text)
    const headers = { 'svix-id': 'msg_1', 'svix-timestamp': String(secondsAgo()), 'svix-signature': signature }
    expect((await post('resend', { text, headers })).body).toEqual({ events: 1, applied: 1 })
  })

  it('may be given two secrets, while one is exchanged for the other', async () => {
    const old = settings.resend
    world.deps.eventSettings = { ...settings, resend: `whsec_bmV3 ${old}` }
    expect((await post('resend', await signed('resend', eventOf('resend', 'hard')))).status).toBe(200)
  })

  it('names all recipients of a message: of several only who stands in the words is meant', async () => {
    const bounce = { type: 'Permanent', message: `550 5.1.1 <${ann}> user unknown` }
    const event = (data: object) => {
      const one = eventOf('resend', 'hard') as { data: object }
      return { ...one, data: { ...one.data, bounce: {}, to: ['bob@remote.example', ann], ...data } }
    }
    expect((await post('resend', await signed('resend', event({})))).body.events).toBe(0)
    expect((await post('resend', await signed('resend', event({ bounce })))).body).toEqual({ events: 1, applied: 1 })
  })
})

describe('SNS', () => {
  const about = () => ({ Message: JSON.stringify(eventOf('ses', 'hard')) })

  it('signs with SHA-1 too, and a subject where there is one', async () => {
    expect((await post('ses', await sns({ ...about(), SignatureVersion: '1', Subject: 'Amazon SES' }))).status).toBe(
      200,
    )
    expect(await outcome()).toEqual(['bounced', 'bounce'])
  })

  it.each([
    ['another host', { SigningCertURL: 'https://sns.eu-west-1.evil.example/a.pem' }],
    ['a host that begins like it', { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com.evil.example/a.pem' }],
    ['a bucket there', { SigningCertURL: 'https://evil.s3.amazonaws.com/a.pem' }],
    ['another region', { SigningCertURL: 'https://sns.us-east-1.amazonaws.com/a.pem' }],
    ['a login in front', { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com:x@evil.example/a.pem' }],
    ['a port', { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com:8443/a.pem' }],
    ['clear text', { SigningCertURL: 'http://sns.eu-west-1.amazonaws.com/a.pem' }],
    ['a backslash', { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com\\@evil.example/a.pem' }],
    ['what is no certificate', { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/?Action=Evil' }],
    ['an answer of its API', { SigningCertURL: `${CERT_URL}?Action=GetEndpointAttributes` }],
    [
      'an answer of its API at another path',
      { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/a.pem?Action=Evil' },
    ],
    ['a file of another name', { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/evil.pem' }],
    ['a fragment', { SigningCertURL: `${CERT_URL}#b.pem` }],
    ['another topic', { TopicArn: 'arn:aws:sns:eu-west-1:999999999999:bounces' }],
    ['another version', { SignatureVersion: '3' }],
    ['another type', { Type: 'constructor' }],
  ])('is not believed with %s, and nothing is fetched', async (_, over) => {
    expect((await post('ses', await sns({ ...about(), ...(over as Record<string, string>) }))).status).toBe(401)
    expect(fetched).toEqual([])
  })

  it('has a subscription confirmed at its own host alone', async () => {
    const over = (SubscribeURL: string) => ({
      Type: 'SubscriptionConfirmation',
      Message: 'm',
      Token: 't',
      SubscribeURL,
    })
    const url = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t'
    expect((await post('ses', await sns(over(url)))).status).toBe(200)
    expect(fetched).toContain(url)
    expect((await post('ses', await sns(over('https://evil.example/?a')))).status).toBe(401)
    expect(fetched.some((one) => one.includes('evil'))).toBe(false)
  })
})

describe('Mailgun', () => {
  it('has a token once, wherever the time before it is said to end', async () => {
    const request = await signed('mailgun', eventOf('mailgun', 'hard'), { id: 'e0abc' })
    expect((await post('mailgun', request)).body).toEqual({ events: 1, applied: 1 })
    const { signature, ...rest } = JSON.parse(request.text)
    const moved = { ...signature, timestamp: `${signature.timestamp}e0`, token: 'abc' }
    const again = { ...request, text: JSON.stringify({ ...rest, signature: moved }) }
    expect((await post('mailgun', again)).status).toBe(401)
  })
})

describe('MailChannels', () => {
  it('signs the digest, and the digest is the body', async () => {
    const request = await signed('mailchannels', eventOf('mailchannels', 'hard'))
    const other = `sha-256=:${base64(await crypto.subtle.digest('SHA-256', encoder.encode('x')))}:`
    const attacks: Record<string, string>[] = [
      { 'content-digest': other },
      { 'content-digest': `unknown=:AAAA:` },
      { 'signature-input': request.headers['signature-input']?.replace('"content-digest"', '"@method"') ?? '' },
      { 'signature-input': request.headers['signature-input']?.replace('mckey', '../other') ?? '' },
      { 'signature-input': request.headers['signature-input']?.replace('ed25519', 'none') ?? '' },
      { 'signature-input': request.headers['signature-input']?.replace('mckey', 'nokey') ?? '' },
    ]
    for (const headers of attacks)
      expect((await post('mailchannels', { ...request, headers: { ...request.headers, ...headers } })).status).toBe(401)
    expect((await post('mailchannels', request)).status).toBe(200)
  })

  it('signs events of all its customers with one key: those of another are refused', async () => {
    const event = { ...(eventOf('mailchannels', 'hard') as object), customer_handle: 'evil' }
    expect((await post('mailchannels', await signed('mailchannels', event))).status).toBe(401)
  })
})

describe('SendGrid', () => {
  it('may send more at once than one call can apply: it sends the rest again', async () => {
    const many = Array.from({ length: 100 }, () => eventOf('sendgrid', 'delivered'))
    const at = String(secondsAgo())
    const text = JSON.stringify(many)
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    const raw = new Uint8Array(await crypto.subtle.sign(algorithm, keys.ecdsa.privateKey, encoder.encode(at + text)))
    const headers = {
      'x-twilio-email-event-webhook-timestamp': at,
      'x-twilio-email-event-webhook-signature': base64(derSignature(raw)),
    }
    expect((await post('sendgrid', { text, headers })).status).toBe(503)
    expect((await post('sendgrid', { text, headers })).status).toBe(200)
  })
})

describe('Cloudflare', () => {
  const event = (over: object = {}) => ({
    type: 'cf.email.sending.message.bounced',
    payload: {
      ...{ eventId: crypto.randomUUID(), messageId: sent.providerId, recipient: ann, terminal: true },
      delivery: { smtpStatusCode: 550, smtpEnhancedStatusCode: '5.1.1', smtpResponse: '550 5.1.1 User unknown' },
      bounce: { type: 'hard', classification: 'user-unknown' },
      ...over,
    },
  })

  it('tells by a queue, and is found by its own id of the message', async () => {
    expect(await consume(world.deps, 'postern-sending-events', [event(), { type: 'cf.other' }, null])).toEqual([])
    expect(await outcome()).toEqual(['bounced', 'bounce'])
  })

  it('may tell before the answer to the sending is stored: that is tried again for a while', async () => {
    const early = event({ messageId: 'not-yet' })
    expect(await consume(world.deps, 'postern-sending-events', [early])).toEqual([early])
    expect(await consume(world.deps, 'postern-sending-events', [early], 9)).toEqual([])
  })
})
