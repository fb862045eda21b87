/**
 * Env -> Deps: the one place where bindings, clock, randomness and the log are put together. Everything below takes what
 * it needs from here, so that a test can hand it another clock or a storage that fails.
 */
import { FAILURES_PER_MINUTE, type Limiter, RateWindows, REQUESTS_PER_MINUTE } from './access/rate-limit.ts'
import { dnsResolver } from './dns/resolver.ts'
import { deliverLocally } from './inbound/local.ts'
import { serverPolicy } from './junk/policy.ts'
import { type Live, openLive } from './notify/live.ts'
import type { PayloadOf } from './notify/payload.ts'
import type { Blocklists } from './opinions/blocklists.ts'
import type { Classifier } from './opinions/classifier.ts'
import { type AiBinding, workersAiClassifier } from './opinions/workers-ai.ts'
import { ZoneHealth } from './opinions/zone-health.ts'
import { parseZones } from './opinions/zones.ts'
import { signOutgoing } from './outbound/dkim-keys.ts'
import { type LocalDelivery, openProviders, type Providers } from './outbound/provider.ts'
import { type EventEnv, type EventSettings, eventSettings } from './outbound/provider-events/configure.ts'
import { configureProviders, type ProviderEnv } from './outbound/providers/configure.ts'
import { ProviderHealth } from './outbound/providers/health.ts'
import { makePayload } from './servers/http/webhook-payload.ts'
import type { Policy } from './spam/input.ts'
import type { ReceiptSource } from './store/raw.ts'
import { openStores, type Stores } from './store/stores.ts'
import type { Resolve } from './verify/resolve.ts'

declare global {
  interface Env extends Omit<ProviderEnv, 'EMAIL'>, EventEnv {
    /** Every signing key is derived from it (access/secrets.ts). A Worker secret. */
    POSTERN_SECRET?: string
    /** The admin API's key. A Worker secret. */
    POSTERN_ADMIN_KEY?: string
    /** '1' under `npm start` only; `npm run deploy` refuses it. */
    POSTERN_DEV?: string
    /** Origins whose pages may call the API, with commas between them, or *. None where it is absent. */
    POSTERN_CORS_ORIGINS?: string
    /** Points from which mail is junk, where an account has not chosen; DEFAULT_POLICY's where it is absent. */
    POSTERN_JUNK_THRESHOLD?: string | number
    /** Points from which mail is held back in quarantine; absent: no mail is for its score. */
    POSTERN_QUARANTINE_THRESHOLD?: string | number
    /** never, lists, or lists-and-malware: what is turned away at the door. */
    POSTERN_REJECT?: string
    /** Requests a minute of one key; REQUESTS_PER_MINUTE where it is absent. */
    POSTERN_RATE_PER_MINUTE?: string | number
    /** DNS blocklists to ask (opinions/zones.ts). A variable, or a secret where it holds a key. None where it is absent. */
    POSTERN_DNSBL?: string
    /** Where this server is reached, such as https://mail.example.com. Where it is absent, a request tells. */
    POSTERN_URL?: string
    /** A domain of this server whose mail all reaches it (a catch-all rule): where bounces to its own envelope senders come in. */
    POSTERN_RETURN_DOMAIN?: string
    /** The model that the binding AI is asked for; opinions/workers-ai.ts has one where it is absent. */
    POSTERN_AI_MODEL?: string
  }
}

/** What waits in the pending queue: the key of a raw object, which carries its own envelope. */
export type PendingMessage = { raw_key: string }
/** A wake-up: this shard's outbox has something to tell, or recipients of it are due. */
export type WakeMessage = { shard: number }

export type Deps = {
  stores: Stores
  queues: {
    pending: Pick<Queue<PendingMessage>, 'send'>
    events: Pick<Queue<WakeMessage>, 'send'>
    outbound: Pick<Queue<WakeMessage>, 'send'>
    webhooks: Pick<Queue<WakeMessage>, 'send'>
  }
  /** What takes mail to other servers. Where none is configured, only local mail is sent. */
  providers: Providers
  /** What providers' events are believed by. */
  eventSettings: EventSettings
  /** The domain of this server at which it takes what comes back to envelope senders of its own making (VERP, SRS); null: none are made. */
  returnDomain: string | null
  /**
   * Delivers to an address of this server what an account of it sent ('local'), or what came in by another way and is passed
   * on. Throws for what is to be tried again.
   */
  deliverLocal(from: string, to: string, raw: Uint8Array, source?: ReceiptSource): Promise<LocalDelivery>
  /** Asks the DNS. */
  resolve: Resolve
  /** What a webhook is sent. */
  payloadOf: PayloadOf
  /** Speaks HTTP. What goes out on someone's word goes through egress/guarded-fetch.ts. */
  fetch: typeof fetch
  /** This server's own, as POSTERN_URL or else the present request has it; null where neither is there. */
  origin: string | null
  /** Epoch milliseconds. */
  now(): number
  /** `bytes` random bytes. */
  random(bytes: number): Uint8Array
  secrets: { root: string | null; adminKey: string | null }
  limiter: Limiter
  /** Where events are pushed to who follows them. Null where no object is bound for it: there are no streams then. */
  live: Live | null
  /** The DNS blocklists that the operator names. Null where there are none. */
  blocklists: Blocklists | null
  /** Null where Workers AI is not bound. */
  classifier: Classifier | null
  /** From how many points on mail goes where, where an account has not chosen. */
  policy: Policy
  /** Exact origins, or '*'; empty: CORS is off. */
  corsOrigins: readonly string[]
  dev: boolean
  /** Writes one JSON line. Never content, never secrets. */
  log(entry: Record<string, unknown>): void
  /** Lets work go on after the answer. Its failure is logged and changes nothing. */
  background(work: Promise<unknown>): void
}

/** This isolate's own counts: they outlive the request, which all else here does not. */
const windows = new RateWindows()
/** The blocklists with what this isolate has found out about them, and the text that names them. */
let blocklists: { text: string; opened: Blocklists | null } = { text: '', opened: null }
/** How the sending providers have done, and what was said of their settings. */
const health = new ProviderHealth()
const saidOfProviders = new Set<string>()

/** `requestUrl` is that of the request that is answered, where one is. */
export function makeDeps(env: Env, ctx: Pick<ExecutionContext, 'waitUntil'>, requestUrl?: string): Deps {
  const log = (entry: Record<string, unknown>) => console.log(JSON.stringify(entry))
  const stores = openStores(databasesOf(env), env.RAW)
  const deps: Deps = {
    stores,
    queues: { pending: env.PENDING, events: env.EVENTS, outbound: env.OUTBOUND, webhooks: env.WEBHOOKS },
    providers: providersOf(env, stores, log),
    eventSettings: eventSettings(env),
    returnDomain: env.POSTERN_RETURN_DOMAIN?.toLowerCase() || null,
    deliverLocal: (from, to, raw, source) => deliverLocally(deps, from, to, raw, source),
    resolve: dnsResolver({ now: () => Date.now(), background: (work) => deps.background(work), log }),
    payloadOf: (told, origin) => makePayload(deps, told, origin),
    // Bound: the runtime's own may not be called as another object's method.
    fetch: globalThis.fetch.bind(globalThis),
    origin: originOf(env.POSTERN_URL ?? '', log) ?? (requestUrl === undefined ? null : new URL(requestUrl).origin),
    now: () => Date.now(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    secrets: { root: env.POSTERN_SECRET || null, adminKey: env.POSTERN_ADMIN_KEY || null },
    limiter: limiterOf(env),
    live: env.LIVE ? openLive(env.LIVE, () => Date.now()) : null,
    blocklists: blocklistsOf(env.POSTERN_DNSBL ?? '', log),
    classifier: classifierOf(env),
    policy: serverPolicy({
      junk: env.POSTERN_JUNK_THRESHOLD,
      quarantine: env.POSTERN_QUARANTINE_THRESHOLD,
      reject: env.POSTERN_REJECT,
    }),
    corsOrigins: originsOf(env.POSTERN_CORS_ORIGINS ?? ''),
    dev: env.POSTERN_DEV === '1',
    log,
    background: (work) =>
      ctx.waitUntil(work.catch((error) => log({ level: 'error', at: 'background', error: String(error) }))),
  }
  return deps
}

function originOf(url: string, log: Deps['log']): string | null {
  const origin = URL.parse(url)?.origin ?? null
  if (url !== '' && origin === null) log({ level: 'error', at: 'POSTERN_URL', error: 'this is not a URL' })
  return origin
}

function originsOf(list: string): string[] {
  return list
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '')
}

function blocklistsOf(text: string, log: Deps['log']): Blocklists | null {
  if (blocklists.text !== text) {
    const { zones, problems } = parseZones(text)
    for (const problem of problems) log({ level: 'error', at: 'POSTERN_DNSBL', error: problem })
    blocklists = { text, opened: zones.length > 0 ? { zones, health: new ZoneHealth() } : null }
  }
  return blocklists.opened
}

function providersOf(env: Env, stores: Stores, log: Deps['log']): Providers {
  const now = () => Date.now()
  const root = env.POSTERN_SECRET || null
  const { providers, order, problems } = configureProviders(env, {
    now,
    fetch: (url, init) => fetch(url, init),
    sign: (raw, domain) => signOutgoing({ stores, root, nowMs: now() }, raw, domain),
  })
  for (const problem of problems) {
    if (saidOfProviders.has(problem)) continue
    saidOfProviders.add(problem)
    log({ level: 'error', at: 'providers', error: problem })
  }
  return openProviders(providers, { order, health, now })
}

// Not declared in Env: where wrangler.toml binds it, `wrangler types` declares it.
function classifierOf(env: Env): Classifier | null {
  const { AI } = env as unknown as { AI?: AiBinding }
  return AI ? workersAiClassifier(AI, env.POSTERN_AI_MODEL || undefined) : null
}

function limiterOf(env: Env): Limiter {
  const given = Number(env.POSTERN_RATE_PER_MINUTE)
  return {
    windows,
    requestsPerMinute: Number.isSafeInteger(given) && given > 0 ? given : REQUESTS_PER_MINUTE,
    failuresPerMinute: FAILURES_PER_MINUTE,
    requests: env.RATE_REQUESTS ?? null,
    failures: env.RATE_FAILURES ?? null,
  }
}

// DB is the directory and shard 0; DB_1, DB_2, ... are further shards, in order and without gaps.
function databasesOf(env: Env): D1Database[] {
  const bindings = env as unknown as Record<string, D1Database | undefined>
  const databases = [env.DB]
  for (let n = 1; ; n++) {
    const next = bindings[`DB_${n}`]
    if (!next) return databases
    databases.push(next)
  }
}
