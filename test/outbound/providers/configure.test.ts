/** Providers from settings: which stand, in which order, and what is said of the rest. */
import { env as workerEnv } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { makeDeps } from '../../../src/deps.ts'
import { openProviders } from '../../../src/outbound/provider.ts'
import { configureProviders, type ProviderEnv } from '../../../src/outbound/providers/configure.ts'

const tools = {
  fetch: () => Promise.reject(new Error('not here')),
  now: () => 0,
  sign: async () => new Uint8Array(),
}
const EMAIL = { send: () => Promise.reject(new Error('not here')) } as unknown as SendEmail
const ALL: ProviderEnv = {
  ...{ EMAIL, POSTERN_CLOUDFLARE_ACCOUNT: 'a', POSTERN_CLOUDFLARE_TOKEN: 't', POSTERN_RESEND_KEY: 'k' },
  ...{ POSTERN_POSTMARK_TOKEN: 't', POSTERN_MAILGUN_KEY: 'k', POSTERN_MAILGUN_DOMAIN: 'a.example' },
  ...{ POSTERN_SES_KEY_ID: 'k', POSTERN_SES_SECRET: 's', POSTERN_SES_REGION: 'eu-central-1' },
  ...{ POSTERN_SENDGRID_KEY: 'k', POSTERN_MAILCHANNELS_KEY: 'k' },
}
const NAMES = ['cloudflare', 'cloudflare-rest', 'resend', 'postmark', 'mailgun', 'ses', 'sendgrid', 'mailchannels']

const read = (env: ProviderEnv) => {
  const { providers, order, problems } = configureProviders(env, tools)
  return { names: providers.map(({ name }) => name), order, problems }
}

describe('settings', () => {
  it('make the providers that they are whole for, and no other', () => {
    expect(read({})).toEqual({ names: [], order: [], problems: [] })
    expect(read(ALL)).toEqual({ names: NAMES, order: NAMES, problems: [] })
  })

  it.each([
    [
      'one is missing',
      { POSTERN_MAILGUN_KEY: 'k' },
      'POSTERN_MAILGUN_KEY stands there without POSTERN_MAILGUN_DOMAIN.',
    ],
    [
      'it could be no header',
      { POSTERN_RESEND_KEY: 'a\r\nb' },
      'POSTERN_RESEND_KEY holds what is not printable ASCII.',
    ],
    ['it is no URL', { POSTERN_SMTP_URL: 'mail.example' }, 'POSTERN_SMTP_URL: It is no smtps:// or smtp:// URL.'],
    ['it is no text', { POSTERN_RESEND_KEY: 'schlüssel' }, 'POSTERN_RESEND_KEY holds what is not printable ASCII.'],
    [
      'it would lead to another host',
      { POSTERN_SES_KEY_ID: 'k', POSTERN_SES_SECRET: 's', POSTERN_SES_REGION: 'x.evil.example/' },
      'POSTERN_SES_REGION has not the form of one.',
    ],
  ])('cost a provider where %s, and nothing else', (_, env, problem) => {
    expect(read({ ...env, EMAIL })).toEqual({ names: ['cloudflare'], order: ['cloudflare'], problems: [problem] })
  })

  it('name a region, or the first one stands', () => {
    const env = { POSTERN_MAILGUN_KEY: 'k', POSTERN_MAILGUN_DOMAIN: 'a.example', POSTERN_MAILGUN_REGION: 'moon' }
    expect(read(env)).toEqual({
      ...{ names: ['mailgun'], order: ['mailgun'] },
      problems: ['POSTERN_MAILGUN_REGION is none of us, eu.'],
    })
  })

  it('never show their values in a problem', () => {
    const secret = 'geheim\u0007'
    const env = Object.fromEntries(Object.keys(ALL).map((name) => [name, secret])) as unknown as ProviderEnv
    expect(JSON.stringify(read(env).problems)).not.toContain('geheim')
  })
})

describe('the server’s own order', () => {
  it.each([
    ['ses, resend', ['ses', 'resend'], []],
    ['SES resend ses', ['ses', 'resend'], []],
    ['pigeon,resend', ['resend'], ['POSTERN_PROVIDERS names a provider that there is not.']],
    ['smtp,ses', ['ses'], ['POSTERN_PROVIDERS names smtp, which is not set up.']],
    ['pigeon', NAMES, ['POSTERN_PROVIDERS names a provider that there is not.']],
  ])('of %j is %j', (text, order, problems) => {
    expect(read({ ...ALL, POSTERN_PROVIDERS: text })).toEqual({ names: NAMES, order, problems })
  })

  it('leaves out who is asked only where a domain has chosen him', () => {
    const { providers, order } = configureProviders({ ...ALL, POSTERN_PROVIDERS: 'ses' }, tools)
    const opened = openProviders(providers, { order })
    const names = (chosen: string[] | null) => opened.inOrder(chosen).map(({ name }) => name)
    expect(names(null)).toEqual(['ses'])
    expect(names(['resend', 'smtp', 'ses'])).toEqual(['resend', 'ses'])
    expect(opened.get('resend')?.name).toBe('resend')
    expect(opened.get('smtp')).toBeNull()
  })
})

describe('a request', () => {
  it('has the providers of the environment; what is wrong with them is logged once, and their health outlives it', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const settings = { EMAIL: undefined, POSTERN_RESEND_KEY: 'k', POSTERN_PROVIDERS: 'resend, heron' }
    const open = () => makeDeps({ ...workerEnv, ...settings } as unknown as Env, { waitUntil: () => {} })
    const first = open()
    const second = open()
    const said = log.mock.calls.filter(([line]) => String(line).includes('POSTERN_PROVIDERS'))
    log.mockRestore()
    expect(said).toHaveLength(1)
    expect(first.providers.inOrder(null).map(({ name }) => name)).toEqual(['resend'])
    expect(second.providers.get('cloudflare')).toBeNull()
    const fetch = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('', { status: 503 }))
    const raw = new TextEncoder().encode('From: a@a.example\r\n\r\nHi\r\n')
    const message = { sender: '', recipients: ['x@b.example'], raw, messageId: 'm', domain: 'a.example' }
    for (let n = 0; n < 3; n++) await first.providers.get('resend')?.send({ ...message, key: 'k', reference: 'p1-1' })
    fetch.mockRestore()
    expect(second.providers.health('resend')).toMatchObject({ state: 'failing', failures: 3 })
  })
})
