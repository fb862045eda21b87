/**
 * Answers in the Cache API, which all isolates of a data centre share. It may lose anything at any time, and a failure of it
 * is a miss: DNS is asked, as it would be without.
 */
import type { DnsAnswer } from '../verify/resolve.ts'

export type Kept = {
  answer: Exclude<DnsAnswer, { kind: 'unknown' }>
  /** Epoch milliseconds. */
  freshUntilMs: number
}

/** The Cache API wants URLs. RFC 6761 §6.4: nothing of this name is ever asked for. */
const ORIGIN = 'https://dns.invalid/'
/** An answer that is larger is not worth sharing. */
const KEPT_CHARS_MAX = 100_000

export async function readKept(question: string): Promise<Kept | undefined> {
  try {
    const response = await caches.default.match(urlOf(question))
    return response && ((await response.json()) as Kept)
  } catch {
    return undefined
  }
}

export async function writeKept(question: string, kept: Kept, keepSeconds: number): Promise<void> {
  const body = JSON.stringify(kept)
  if (body.length > KEPT_CHARS_MAX) return
  const headers = { 'content-type': 'application/json', 'cache-control': `max-age=${keepSeconds}` }
  try {
    await caches.default.put(urlOf(question), new Response(body, { headers }))
  } catch {
    // The next message asks again.
  }
}

function urlOf(question: string): string {
  return ORIGIN + encodeURIComponent(question.toWellFormed())
}
