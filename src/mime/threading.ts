/**
 * Thread keys (RFC 8621 §3): messages belong together where one names the other's Message-ID and their base
 * subjects agree.
 *
 * A key is 53 bits, so that it is exact as a JavaScript number and as an SQLite integer. It is the head of a SHA-256
 * with no secret in it: the same in every database, so an index can be rebuilt. By chance two of a million messages
 * of one account collide with a probability of one in 18,000; two unrelated threads are then shown as one. Nothing
 * is lost and no access hangs on it. An attacker who searches 2^27 messages finds such a pair too, of their own two
 * messages: to hit a given thread's key would take 2^53 tries, and the victim's Message-ID, with which a plain reply
 * joins the thread anyway.
 */
import { createHash } from 'node:crypto'
import { baseSubject } from './base-subject.ts'

export { baseSubject } from './base-subject.ts'

/** Each costs a row read and a row written on delivery. */
export const THREAD_REFS_MAX = 10

export type ThreadKeys = { own: number | null; refs: number[] }

type Threaded = {
  envelope: { subject: string | null; messageId: string | null }
  inReplyTo: string[]
  references: string[]
}

export function threadKeys(message: Threaded): ThreadKeys {
  const base = baseSubject(message.envelope.subject ?? '').toLowerCase()
  const ids = mentioned(message)
  const own = message.envelope.messageId
  return { own: own ? key(own, base) : null, refs: [...new Set(ids.map((id) => key(id, base)))] }
}

/** The thread's first message and the nine nearest: mailers shorten References in the middle (RFC 5322 §3.6.4). */
function mentioned(message: Threaded): string[] {
  const own = message.envelope.messageId
  const ids = [...new Set([...message.references, ...message.inReplyTo])].filter((id) => id !== own)
  return ids.length <= THREAD_REFS_MAX ? ids : [...ids.slice(0, 1), ...ids.slice(1 - THREAD_REFS_MAX)]
}

function key(id: string, base: string): number {
  // A Message-ID holds no NUL, so the two cannot run into each other.
  const digest = createHash('sha256').update(`${id}\0${base}`).digest()
  return digest.readUIntBE(0, 6) * 32 + ((digest[6] ?? 0) >> 3)
}
