/**
 * The environment -> providers: each stands where its settings do. What is wrong with a setting is a problem to be logged: it
 * costs that provider, never the server.
 *
 * Credentials are Worker secrets. No problem ever holds a value.
 */
import { PROVIDER_NAMES, type Provider, type ProviderName } from '../provider.ts'
import { cloudflareProvider } from './cloudflare.ts'
import { cloudflareRestProvider } from './cloudflare-rest.ts'
import { mailchannelsProvider } from './mailchannels.ts'
import { mailgunProvider } from './mailgun.ts'
import { postmarkProvider } from './postmark.ts'
import { resendProvider } from './resend.ts'
import { sendgridProvider } from './sendgrid.ts'
import { sesProvider } from './ses.ts'
import { parseSmtpUrl } from './smtp/server.ts'
import { openSocket } from './smtp/socket.ts'
import { smtpProvider } from './smtp.ts'

export const PROVIDER_SETTINGS = [
  'POSTERN_PROVIDERS',
  ...(['POSTERN_CLOUDFLARE_ACCOUNT', 'POSTERN_CLOUDFLARE_TOKEN'] as const),
  'POSTERN_RESEND_KEY',
  ...(['POSTERN_POSTMARK_TOKEN', 'POSTERN_POSTMARK_STREAM'] as const),
  ...(['POSTERN_MAILGUN_KEY', 'POSTERN_MAILGUN_DOMAIN', 'POSTERN_MAILGUN_REGION'] as const),
  ...(['POSTERN_SES_KEY_ID', 'POSTERN_SES_SECRET', 'POSTERN_SES_REGION', 'POSTERN_SES_CONFIGURATION_SET'] as const),
  ...(['POSTERN_SENDGRID_KEY', 'POSTERN_SENDGRID_REGION'] as const),
  'POSTERN_MAILCHANNELS_KEY',
  'POSTERN_SMTP_URL',
] as const

export type ProviderSetting = (typeof PROVIDER_SETTINGS)[number]
export type ProviderEnv = { [Name in ProviderSetting]?: string } & {
  EMAIL?: SendEmail
  POSTERN_DEV?: string
}

/** What providers are handed. */
export type ProviderTools = {
  fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Epoch milliseconds. */
  now(): number
  /** How long an answer may take; TIMEOUT_MS (call.ts) where it is absent. */
  timeoutMs?: number
}

/** For a provider that signs nothing itself. */
export type Signer = {
  /** The DKIM signatures of its domain, to be put on top of the message; empty where there are none. */
  sign(raw: Uint8Array, domain: string): Promise<Uint8Array>
}

export type Configured = {
  providers: Provider[]
  /** The server's own order. */
  order: ProviderName[]
  problems: string[]
}

/** A provider from its settings, or null where it has none. */
type Maker = (settings: Settings, tools: ProviderTools & Signer, env: ProviderEnv) => Provider | null

/** In the order in which they are asked where POSTERN_PROVIDERS names none. */
const MAKERS: { [Name in ProviderName]?: Maker } = {
  cloudflare: (_settings, _tools, env) => (env.EMAIL ? cloudflareProvider(env.EMAIL) : null),
  'cloudflare-rest': (settings, tools) => {
    const [account, token] = settings.all('POSTERN_CLOUDFLARE_ACCOUNT', 'POSTERN_CLOUDFLARE_TOKEN') ?? []
    return account && token ? cloudflareRestProvider({ account, token }, tools) : null
  },
  resend: (settings, tools) => {
    const [key] = settings.all('POSTERN_RESEND_KEY') ?? []
    return key ? resendProvider({ key }, tools) : null
  },
  postmark: (settings, tools) => {
    const [token] = settings.all('POSTERN_POSTMARK_TOKEN') ?? []
    const stream = settings.optional('POSTERN_POSTMARK_STREAM')
    return token ? postmarkProvider({ token, stream }, tools) : null
  },
  mailgun: (settings, tools) => {
    const [key, domain] = settings.all('POSTERN_MAILGUN_KEY', 'POSTERN_MAILGUN_DOMAIN') ?? []
    const region = settings.choice('POSTERN_MAILGUN_REGION', ['us', 'eu'])
    return key && domain ? mailgunProvider({ key, domain, region }, tools) : null
  },
  ses: (settings, tools) => {
    const [keyId, secret] = settings.all('POSTERN_SES_KEY_ID', 'POSTERN_SES_SECRET', 'POSTERN_SES_REGION') ?? []
    // It becomes a label of the host that mail is sent to.
    const region = settings.matching('POSTERN_SES_REGION', /^[a-z0-9-]+$/)
    const configurationSet = settings.optional('POSTERN_SES_CONFIGURATION_SET')
    return keyId && secret && region ? sesProvider({ keyId, secret, region, configurationSet }, tools) : null
  },
  sendgrid: (settings, tools) => {
    const [key] = settings.all('POSTERN_SENDGRID_KEY') ?? []
    const region = settings.choice('POSTERN_SENDGRID_REGION', ['global', 'eu'])
    return key ? sendgridProvider({ key, region }, tools) : null
  },
  mailchannels: (settings, tools) => {
    const [key] = settings.all('POSTERN_MAILCHANNELS_KEY') ?? []
    return key ? mailchannelsProvider({ key }, tools) : null
  },
  smtp: smtpOf,
}

export function configureProviders(env: ProviderEnv, tools: ProviderTools & Signer): Configured {
  const problems: string[] = []
  const settings = new Settings(env, problems)
  const providers = PROVIDER_NAMES.flatMap((name) => MAKERS[name]?.(settings, tools, env) ?? [])
  const order = orderOf(settings, providers, problems)
  return { providers, order, problems }
}

function smtpOf(settings: Settings, { sign }: Signer, env: ProviderEnv): Provider | null {
  const url = settings.optional('POSTERN_SMTP_URL')
  const server = url === null ? null : parseSmtpUrl(url, env.POSTERN_DEV === '1')
  if (server === null) return null
  if (!('problem' in server)) return smtpProvider({ server, connect: openSocket, sign })
  settings.refuse('POSTERN_SMTP_URL', server.problem)
  return null
}

function orderOf(settings: Settings, providers: Provider[], problems: string[]): ProviderName[] {
  const configured = providers.map(({ name }) => name)
  const list = settings.optional('POSTERN_PROVIDERS')
  if (list === null) return configured
  const named = [...new Set(list.toLowerCase().split(/[\s,]+/))].filter((name) => name !== '')
  for (const name of named) {
    if (!PROVIDER_NAMES.some((one) => one === name))
      problems.push('POSTERN_PROVIDERS names a provider that there is not.')
    else if (!configured.some((one) => one === name))
      problems.push(`POSTERN_PROVIDERS names ${name}, which is not set up.`)
  }
  const order = named.flatMap((name) => configured.find((one) => one === name) ?? [])
  // An order of nothing would stop all mail for a slip of the pen.
  return order.length > 0 ? order : configured
}

/** The settings as they are read; what is odd about them is noted. */
export class Settings {
  private readonly env: ProviderEnv
  private readonly problems: string[]

  constructor(env: ProviderEnv, problems: string[]) {
    this.env = env
    this.problems = problems
  }

  /** Notes what is wrong with a setting, which the problem must not show. */
  refuse(name: ProviderSetting, problem: string): void {
    this.problems.push(`${name}: ${problem}`)
  }

  /** Printable ASCII, as a list or one word. Null where it is absent, or nothing that could be meant. */
  optional(name: ProviderSetting): string | null {
    const value = String(this.env[name] ?? '').trim()
    if (value === '') return null
    if (/^[\x20-\x7e]+$/.test(value)) return value
    this.problems.push(`${name} holds what is not printable ASCII.`)
    return null
  }

  /** All of them, or null where one is missing, which is a problem only where another is there. */
  all<Names extends ProviderSetting[]>(...names: [...Names]): { [Index in keyof Names]: string } | null {
    const values = names.map((name) => this.optional(name))
    const missing = names.filter((_, n) => values[n] === null)
    if (missing.length === 0) return values as { [Index in keyof Names]: string }
    const present = names.filter((_, n) => values[n] !== null)
    if (present.length > 0) this.problems.push(`${present.join(', ')} stands there without ${missing.join(', ')}.`)
    return null
  }

  /** Null where it is absent, or of another form. */
  matching(name: ProviderSetting, form: RegExp): string | null {
    const value = this.optional(name)
    if (value === null || form.test(value)) return value
    this.problems.push(`${name} has not the form of one.`)
    return null
  }

  /** One of a few words; the first where it is absent. */
  choice<Word extends string>(name: ProviderSetting, words: readonly [Word, ...Word[]]): Word {
    const value = this.optional(name)?.toLowerCase() ?? null
    const word = words.find((one) => one === value)
    if (value !== null && word === undefined) this.problems.push(`${name} is none of ${words.join(', ')}.`)
    return word ?? words[0]
  }
}
