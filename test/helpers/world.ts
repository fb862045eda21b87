/**
 * A server in a test: the real local D1 and R2 of workerd, a clock that the test moves, and queues whose messages wait
 * until the test hands them to the consumer, so that "later" is a line in the test.
 */
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createAccount } from '../../src/access/accounts.ts'
import { createAddress, createDomain } from '../../src/access/addresses.ts'
import { type Limiter, RateWindows } from '../../src/access/rate-limit.ts'
import type { Deps, PendingMessage, WakeMessage } from '../../src/deps.ts'
import { isFailure } from '../../src/errors.ts'
import { deliverLocally } from '../../src/inbound/local.ts'
import { consumeQueue } from '../../src/inbound/queues.ts'
import { type Incoming, type Received, receive } from '../../src/inbound/receive.ts'
import type { Live } from '../../src/notify/live.ts'
import type { Blocklists } from '../../src/opinions/blocklists.ts'
import type { Classifier } from '../../src/opinions/classifier.ts'
import { openProviders } from '../../src/outbound/provider.ts'
import { type EventSettings, eventSettings } from '../../src/outbound/provider-events/configure.ts'
import { makePayload } from '../../src/servers/http/webhook-payload.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/spam/input.ts'
import { openStores } from '../../src/store/stores.ts'
import type { Resolve } from '../../src/verify/resolve.ts'
import { providerOf, type SimpleProvider } from './provider.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      TEST_MIGRATIONS: D1Migration[]
      POSTERN_SECRET?: string
      POSTERN_ADMIN_KEY?: string
      POSTERN_DEV?: string
    }
  }
}

export type World = {
  deps: Deps
  /** Milliseconds; `deps.now()` gives it. */
  clock: { ms: number }
  pending: PendingMessage[]
  events: WakeMessage[]
  outbound: WakeMessage[]
  webhooks: WakeMessage[]
  logs: Record<string, unknown>[]
  /** Waits for background work, then lets the consumers take all that waits. Returns what they asked to try again. */
  settle(): Promise<unknown[]>
}

/** 2026-03-01T12:00:00Z */
export const NOON = Date.UTC(2026, 2, 1, 12)

export async function migrate(d1: D1Database = env.DB): Promise<void> {
  await applyD1Migrations(d1, env.TEST_MIGRATIONS)
}

/** A server over these databases and this bucket; the real ones of the test where none are given. */
export function makeWorld(
  over: {
    blocklists?: Blocklists
    classifier?: Classifier
    databases?: D1Database[]
    bucket?: R2Bucket
    queues?: Partial<Deps['queues']>
    provider?: SimpleProvider
    returnDomain?: string
    eventSettings?: Partial<EventSettings>
    limiter?: Partial<Limiter>
    resolve?: Resolve
    /** What answers requests that go out; where none is given, each fails as without a network. */
    fetch?: typeof fetch
    origin?: string
    policy?: Partial<Policy>
    live?: Live
  } = {},
): World {
  const clock = { ms: NOON }
  const pending: PendingMessage[] = []
  const events: WakeMessage[] = []
  const outbound: WakeMessage[] = []
  const webhooks: WakeMessage[] = []
  const logs: Record<string, unknown>[] = []
  const background: Promise<unknown>[] = []
  const deps: Deps = {
    stores: openStores(over.databases ?? [env.DB], over.bucket ?? env.RAW),
    queues: {
      pending: over.queues?.pending ?? collector(pending),
      events: over.queues?.events ?? collector(events),
      outbound: over.queues?.outbound ?? collector(outbound),
      webhooks: over.queues?.webhooks ?? collector(webhooks),
    },
    providers: openProviders(over.provider ? [providerOf(over.provider)] : [], { now: () => clock.ms }),
    eventSettings: { ...eventSettings({}), ...over.eventSettings },
    returnDomain: over.returnDomain ?? null,
    deliverLocal: (from, to, raw, source) => deliverLocally(deps, from, to, raw, source),
    resolve: over.resolve ?? (async () => ({ kind: 'unknown' })),
    payloadOf: (told, origin) => makePayload(deps, told, origin),
    fetch: over.fetch ?? (() => Promise.reject(new TypeError('there is no network'))),
    origin: over.origin ?? null,
    now: () => clock.ms,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    secrets: { root: env.POSTERN_SECRET ?? null, adminKey: env.POSTERN_ADMIN_KEY ?? null },
    limiter: {
      windows: new RateWindows(),
      // More than any test asks for that is not about limits.
      requestsPerMinute: 1_000_000,
      failuresPerMinute: 1_000_000,
      requests: null,
      failures: null,
      ...over.limiter,
    },
    live: over.live ?? null,
    blocklists: over.blocklists ?? null,
    classifier: over.classifier ?? null,
    policy: { ...DEFAULT_POLICY, ...over.policy },
    corsOrigins: [],
    dev: false,
    log: (entry) => logs.push(entry),
    background: (work) => background.push(work.catch(() => undefined)),
  }
  const settle = async () => {
    await Promise.all(background.splice(0))
    const again = [
      ...(await consume(deps, 'postern-outbound', outbound.splice(0))),
      ...(await consume(deps, 'postern-pending', pending.splice(0))),
      ...(await consume(deps, 'postern-events', events.splice(0))),
      ...(await consume(deps, 'postern-webhooks', webhooks.splice(0))),
    ]
    await Promise.all(background.splice(0))
    return again
  }
  return { deps, clock, pending, events, outbound, webhooks, logs, settle }
}

/** Hands messages to a queue's consumer; gives the bodies it wants again. */
export async function consume(deps: Deps, queue: string, bodies: unknown[], attempts = 1): Promise<unknown[]> {
  const again: unknown[] = []
  const messages = bodies.map((body, i) => ({
    id: String(i),
    timestamp: new Date(deps.now()),
    body,
    attempts,
    ack: () => {},
    retry: () => again.push(body),
  }))
  const batch = { queue, messages, ackAll: () => {}, retryAll: () => again.push(...bodies) }
  await consumeQueue(deps, batch as unknown as MessageBatch)
  return again
}

function collector<T>(list: T[]): Pick<Queue<T>, 'send'> {
  const send = async (body: T) => {
    list.push(body)
  }
  return { send } as unknown as Pick<Queue<T>, 'send'>
}

/** An account with these addresses, the domains made where they are missing. */
export async function makeAccount(world: World, ...addresses: string[]): Promise<number> {
  const account = await createAccount(world.deps, { name: addresses[0] ?? 'test', quotaBytes: null })
  for (const address of addresses) {
    await createDomain(world.deps, address.slice(address.lastIndexOf('@') + 1))
    const kind = address.startsWith('*@') ? 'catch_all' : 'address'
    const made = await createAddress(world.deps, { address, kind, accountId: account.id, target: null })
    if (isFailure(made)) throw new Error(made.detail)
  }
  return account.id
}

/** Delivers raw bytes as Email Routing does. */
export function receiveRaw(
  world: World,
  to: string,
  raw: string | Uint8Array,
  over: Partial<Incoming> = {},
): Promise<Received> {
  const bytes = typeof raw === 'string' ? latin1(raw) : raw
  return receive(world.deps, {
    from: 'sender@elsewhere.example',
    to,
    source: 'email-routing',
    read: async () => bytes,
    ...over,
  })
}

/** One byte a character, so that a test can write any byte. Lines end as they are written. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

let serial = 0

/** A plain message of its own Message-ID. Header lines given here replace or follow the usual ones. */
export function plainMessage(
  over: { [header: string]: string } = {},
  body = 'Hello,\r\n\r\nthis is a message.\r\n',
): string {
  serial++
  const headers: { [header: string]: string } = {
    From: 'Alice Example <alice@elsewhere.example>',
    To: 'demo@postern.test',
    Subject: `Message ${serial}`,
    Date: 'Sun, 01 Mar 2026 11:59:00 +0000',
    'Message-ID': `<message-${serial}@elsewhere.example>`,
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=utf-8',
    ...over,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${lines.join('')}\r\n${body}`
}

/** A message with a program that is dressed up as a document: it is held back wherever it goes. */
export function disguisedMessage(over: { [header: string]: string } = {}): string {
  const body = [
    ['--b', 'Content-Type: text/plain', '', 'Pay the quinces.'],
    [
      '--b',
      'Content-Type: application/octet-stream',
      'Content-Disposition: attachment; filename="a.pdf.exe"',
      '',
      'MZ',
    ],
    ['--b--', ''],
  ]
  return plainMessage({ 'Content-Type': 'multipart/mixed; boundary=b', ...over }, body.flat().join('\r\n'))
}
