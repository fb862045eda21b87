/**
 * A receiver of webhooks in a test: what stands behind the server's `fetch`. It checks each request as a receiver does, by the
 * library of Standard Webhooks, and answers as the test says.
 */
import { Webhook } from 'standardwebhooks'
import type { Resolve } from '../../src/verify/resolve.ts'

// biome-ignore lint/suspicious/noExplicitAny: a payload, whose shape is what the test asserts.
export type Payload = any

export type Heard = {
  url: string
  id: string
  atMs: number
  headers: Record<string, string>
  body: string
  payload: Payload
}

export type Receiver = {
  /** Every request in order, also those that were answered with a failure. */
  heard: Heard[]
  /** How it answers; 204 where nothing else is said. */
  answer: (heard: Heard) => Response | Promise<Response>
  fetch: typeof fetch
}

/** `nowMs` is the server's clock. */
export function makeReceiver(nowMs: () => number): Receiver {
  const receiver: Receiver = {
    heard: [],
    answer: () => new Response(null, { status: 204 }),
    fetch: (async (url: string, init: RequestInit) => {
      const headers = init.headers as Record<string, string>
      const body = init.body as string
      const heard = { url, id: headers['webhook-id'] ?? '', atMs: nowMs(), headers, body, payload: JSON.parse(body) }
      receiver.heard.push(heard)
      return await receiver.answer(heard)
    }) as unknown as typeof fetch,
  }
  return receiver
}

/**
 * What the secret vouches for; throws where the signature does not fit. The library compares times with the real clock, so a test
 * whose clock stands elsewhere cannot use it.
 */
export function verified(secret: string, { body, headers }: Heard): Payload {
  return new Webhook(secret).verify(body, headers)
}

/** Every name has one public address. */
export const resolvePublic: Resolve = async (_, type) =>
  type === 'A' ? { kind: 'found', records: ['93.184.215.14'] } : { kind: 'none' }
