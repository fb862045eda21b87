/**
 * The seam to whoever takes mail to other servers. Each provider (providers/) says what became of a message in the same few
 * words, so that nothing above it knows one provider from another.
 *
 * Invariant: 'unknown' means that the message may have been sent. It is never repeated blindly.
 */
import { type Health, ProviderHealth } from './providers/health.ts'

export const PROVIDER_NAMES = [
  'cloudflare',
  'cloudflare-rest',
  'resend',
  'postmark',
  'mailgun',
  'ses',
  'sendgrid',
  'mailchannels',
  'smtp',
] as const
export type ProviderName = (typeof PROVIDER_NAMES)[number]

export type SendOutcome =
  | { kind: 'delivered'; providerId: string | null }
  /** `temporary` may succeed in minutes, `later` in hours (a daily limit). */
  | {
      kind: 'temporary' | 'later' | 'permanent' | 'unknown'
      /** The enhanced SMTP code (RFC 3463) where one is known, else the provider's own. */
      code: string | null
      /** The SMTP reply code, where one is known. */
      smtp?: number | null
      detail: string
      /**
       * The trouble is the provider's (its limits, its account, its servers), not the message's: another one may take it.
       * Never with 'unknown', which another one must not repeat.
       */
      isProviders?: boolean
    }

/** One call: a message for some recipients of one submission. */
export type Outgoing = {
  /** The envelope sender; '' is the null sender. Only a provider with `hasEnvelope` keeps to it. */
  sender: string
  /** At least one, at most `recipientsMax`. ASCII. */
  recipients: readonly string[]
  /** With CRLF. Bcc is not in it. */
  raw: Uint8Array
  /** Without angle brackets. */
  messageId: string
  /** The domain of this server in whose name it is sent. */
  domain: string
  /** The same for every repetition of this very call, and for no other: ASCII, at most 64 characters. */
  key: string
  /** Names the submission in the provider's events (tags, metadata): outbound/correlation.ts makes and reads it. ASCII. */
  reference: string
}

export type Provider = {
  name: ProviderName
  /** Of one call. */
  recipientsMax: number
  /** Of a whole message, as it is sent. */
  bytesMax: number
  /** It keeps to the envelope sender that it is given: SRS, VERP and the null sender can be had. */
  hasEnvelope: boolean
  /** It takes addresses whose local part is not ASCII (RFC 6531). Absent: it takes none. */
  hasSmtpUtf8?: boolean
  /** For so many seconds it takes a call with the same key once, however often it is repeated. 0: it knows no keys. */
  idempotentSeconds: number
  /**
   * Hands a message over: an outcome for each recipient, in their order. Checks its own limits before it calls. What it
   * throws counts as unknown for all.
   */
  send(message: Outgoing): Promise<SendOutcome[]>
  /** Where the provider can be asked what became of a call whose answer was lost; null: it cannot tell. */
  lookUp?(message: Omit<Outgoing, 'raw'>): Promise<SendOutcome[] | null>
}

/** What is configured. */
export type Providers = {
  get(name: ProviderName): Provider | null
  /**
   * Those to be asked for mail from a domain, in order: `chosen` (domains.providers), else the server's own order. One that
   * has failed again and again of late stands at the end (providers/health.ts).
   */
  inOrder(chosen: readonly string[] | null): Provider[]
  /** How it has done of late, as far as this isolate knows. */
  health(name: ProviderName): Health
}

/** The reply begins with its enhanced code (RFC 3463). */
export type LocalDelivery = { kind: 'delivered' } | { kind: 'refused'; reply: string }

/**
 * Providers, each watched. `order` is the server's own order; who is left out of it is asked only for the domains that have
 * chosen it. `health` may outlive this: what is known of a provider is worth more than one request.
 */
export function openProviders(
  providers: readonly Provider[],
  over: { order?: readonly ProviderName[]; health?: ProviderHealth; now?: () => number } = {},
): Providers {
  const { order = providers.map(({ name }) => name), health = new ProviderHealth(), now = () => 0 } = over
  const watched = providers.map((one) => watch(one, health, now))
  const get = (name: string) => watched.find((one) => one.name === name) ?? null
  return {
    get,
    inOrder: (chosen) => {
      const asked = (chosen ?? order).map(get).filter((one) => one !== null)
      const isFailing = asked.map(({ name }) => health.isPassedOver(name, now()))
      return [...asked.filter((_, n) => !isFailing[n]), ...asked.filter((_, n) => isFailing[n])]
    },
    health: (name) => health.of(name, now()),
  }
}

function watch(provider: Provider, health: ProviderHealth, now: () => number): Provider {
  return {
    ...provider,
    async send(message) {
      health.begin(provider.name, now())
      try {
        const outcomes = await provider.send(message)
        health.note(provider.name, outcomes, now())
        return outcomes
      } catch (error) {
        health.fail(provider.name, now())
        throw error
      }
    },
  }
}
