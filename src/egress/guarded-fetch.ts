/**
 * The one guard for every request that goes out on someone's word: webhooks, one-click unsubscribe, providers' certificates.
 *
 *   the URL's own rules (target.ts) -> the name is asked for, all of A and AAAA -> one request -> its bounded answer
 *
 * Invariants:
 *  - At each attempt the name's answers are asked for, and one that is not public refuses the attempt; so does what could not be
 *    asked.
 *  - A redirect is not followed: it would be a second URL that nobody has looked at.
 *  - Time and size are bounded, whatever the other side does.
 *
 * What is left: the runtime resolves the name once more when it connects, and may be told something else by then (DNS rebinding).
 * A Worker cannot name the address that it connects to; on Cloudflare it reaches no private network either.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { isPublicAddress } from './public-networks.ts'
import { checkTarget } from './target.ts'

/** For all of it: the DNS, the connection and the answer. */
export const TIMEOUT_MS = 10_000
export const ANSWER_BYTES_MAX = 65_536
/** Names and values of the answer's header. */
export const HEADER_CHARS_MAX = 16_384

export type GuardedRequest = {
  method: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** 'status': the answer's bytes are not read. One that is too large or comes too slowly is then no failure. */
  wants?: 'bytes' | 'status'
  /** An origin of this server beside `deps.origin`, for work without a request. */
  ownOrigin?: string | null
  /** Less than TIMEOUT_MS, where the caller has less time. */
  timeoutMs?: number
}

/** Any answer but a redirect, whatever its status. */
export type GuardedAnswer = { status: number; headers: Headers; bytes: Uint8Array }

/** 'invalid': the URL itself will never do. 'unavailable': this attempt failed, for the reason in `detail`. Never throws. */
export async function guardedFetch(
  deps: Pick<Deps, 'fetch' | 'resolve' | 'dev' | 'origin'>,
  text: string,
  request: GuardedRequest,
): Promise<GuardedAnswer | Failure> {
  const url = checkTarget(deps, text, request.ownOrigin)
  if (isFailure(url)) return url
  const timeoutMs = Math.min(request.timeoutMs ?? TIMEOUT_MS, TIMEOUT_MS)
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(), timeoutMs)
  try {
    const refused = url.protocol === 'https:' ? await unlessAborted(checkAnswers(deps, url.hostname), end.signal) : null
    return refused ?? (await ask(deps, url, request, end.signal))
  } catch {
    // The runtime's own words may hold addresses of our network.
    return refuse(end.signal.aborted ? `did not answer within ${timeoutMs / 1000} s` : 'could not be reached')
  } finally {
    clearTimeout(timer)
  }
}

async function checkAnswers({ resolve }: Pick<Deps, 'resolve'>, host: string): Promise<Failure | null> {
  const answers = await Promise.all([resolve(host, 'A'), resolve(host, 'AAAA')])
  if (answers.some(({ kind }) => kind === 'unknown')) return refuse('could not be found in the DNS for now')
  const addresses = answers.flatMap((answer) => (answer.kind === 'found' ? answer.records : []))
  if (addresses.length === 0) return refuse('does not exist in the DNS')
  return addresses.every(isPublicAddress) ? null : refuse('has an address that is not public')
}

async function ask(
  deps: Pick<Deps, 'fetch'>,
  url: URL,
  { method, headers, body, wants }: GuardedRequest,
  signal: AbortSignal,
): Promise<GuardedAnswer | Failure> {
  const asked = deps.fetch(url.href, {
    method,
    redirect: 'manual',
    signal,
    ...(headers && { headers }),
    ...(body !== undefined && { body }),
  })
  const response = await unlessAborted(asked, signal)
  const refused = checkResponse(response)
  if (refused || wants === 'status') {
    // Not awaited: who never ends his answer must not hold this one.
    response.body?.cancel().catch(() => undefined)
    return refused ?? answerOf(response, new Uint8Array())
  }
  const bytes = await unlessAborted(readBounded(response), signal)
  return bytes ? answerOf(response, bytes) : refuse(`answered with more than ${ANSWER_BYTES_MAX} bytes`)
}

function checkResponse({ status, headers }: Response): Failure | null {
  if (status >= 300 && status < 400) return refuse(`answered with a redirect (${status}), which is not followed`)
  let chars = 0
  for (const [name, value] of headers) chars += name.length + value.length
  return chars > HEADER_CHARS_MAX ? refuse('answered with too large a header') : null
}

function answerOf({ status, headers }: Response, bytes: Uint8Array): GuardedAnswer {
  return { status, headers, bytes }
}

/** Null where there is more than ANSWER_BYTES_MAX. A length that is claimed is not believed, in either direction. */
async function readBounded({ body }: Response): Promise<Uint8Array | null> {
  if (!body) return new Uint8Array()
  const reader = body.getReader()
  const kept = new Uint8Array(ANSWER_BYTES_MAX)
  for (let length = 0; ; ) {
    const { done, value } = await reader.read()
    if (done) return kept.slice(0, length)
    if (length + value.length > ANSWER_BYTES_MAX) {
      reader.cancel().catch(() => undefined)
      return null
    }
    kept.set(value, length)
    length += value.length
  }
}

/** What the work gives; throws as soon as the signal says so, whether or not the work listens to it. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Where the signal wins, nobody else hears of the work's own failure.
  work.catch(() => undefined)
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(new Error('aborted'))
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
  })
  return await Promise.race([work, aborted])
}

function refuse(why: string): Failure {
  return fail('unavailable', `The host ${why}.`)
}
