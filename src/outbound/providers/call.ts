/**
 * One request to a provider's API, and what its answer says of the message.
 *
 * Invariants:
 *  - Only a provider's own word that it did not take a message lets it be sent again. What was lost on the way, or was answered
 *    by something between, is unknown.
 *  - An answer is waited for and read within bounds, and is never believed to be what it should be.
 *  - No secret comes back in a detail: a provider may repeat the key that it did not like.
 */
import { clip, headerLine } from '../../mime/storable.ts'
import type { SendOutcome } from '../provider.ts'
import type { ProviderTools } from './configure.ts'
import { NO_ANSWER } from './health.ts'

/** From the first byte to the last of the answer. A message of 40 MB is under way for some seconds. */
export const TIMEOUT_MS = 30_000
/** What a provider says in earnest has some hundred bytes; Postmark's answer about 50 recipients some thousand. */
export const ANSWER_BYTES_MAX = 64 * 1024
/** Of a provider's own words. */
const DETAIL_CHARS_MAX = 400

export type ProviderCall = {
  url: string
  method: 'POST' | 'GET'
  headers: Record<string, string>
  body?: BodyInit
  /** What may stand in no detail. */
  secrets: readonly string[]
}

export type Answer = {
  kind: 'answer'
  status: number
  headers: Headers
  /** Null where it is no JSON object. */
  json: { [name: string]: unknown } | null
  text: string
  secrets: readonly string[]
}
export type Lost = { kind: 'lost'; outcome: SendOutcome }

export async function callProvider(
  { fetch: send, timeoutMs = TIMEOUT_MS }: ProviderTools,
  call: ProviderCall,
): Promise<Answer | Lost> {
  const abort = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      abort.abort()
      reject(new Error(`No answer came within ${timeoutMs / 1000} s.`))
    }, timeoutMs)
  })
  const ask = async (): Promise<Answer> => {
    const { url, method, headers, body, secrets } = call
    // A redirect would carry the message and the key to somewhere else.
    const response = await send(url, {
      method,
      headers,
      redirect: 'manual',
      signal: abort.signal,
      ...(body && { body }),
    })
    const text = await readBounded(response)
    return { kind: 'answer', status: response.status, headers: response.headers, json: objectOf(text), text, secrets }
  }
  try {
    return await Promise.race([ask(), late])
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { kind: 'lost', outcome: lost(detail, call.secrets) }
  } finally {
    clearTimeout(timer)
  }
}

async function readBounded(response: Response): Promise<string> {
  if (!response.body) return ''
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  let text = ''
  let room = ANSWER_BYTES_MAX
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    text += decoder.decode(value.subarray(0, room), { stream: true })
    room -= value.length
    if (room <= 0) {
      // Not awaited: a stream that does not end may not end its cancelling either.
      reader.cancel().catch(() => undefined)
      return text
    }
  }
}

function objectOf(text: string): Answer['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Answer['json']) : null
  } catch {
    return null
  }
}

/** What a failure means. */
export type Verdict = { kind: 'temporary' | 'later' | 'permanent' | 'unknown'; isProviders?: boolean }

/** The provider cannot for the moment: its servers, or too many requests. */
export const BUSY: Verdict = { kind: 'temporary', isProviders: true }
/**
 * The provider will not until somebody sets it right, or a day is over: a quota, a key, an account, a setting. The mail waits:
 * a slip in a setting must not send every message back.
 */
export const NOT_NOW: Verdict = { kind: 'later', isProviders: true }
/** The provider takes no such message, or not from this sender; another one may. */
export const NOT_HERE: Verdict = { kind: 'permanent', isProviders: true }
/** The message, or its recipient, is at fault. */
export const REFUSED: Verdict = { kind: 'permanent' }
export const UNKNOWN: Verdict = { kind: 'unknown' }

/**
 * What HTTP statuses mean where a provider has no word of its own for it. Those over 520 are Cloudflare's, which speaks for an
 * origin that cannot be reached: these came before the request was handed over (522 after 19 seconds without a connection).
 */
const BY_STATUS: { [status: number]: Verdict } = {
  ...{ 400: REFUSED, 401: NOT_NOW, 402: NOT_NOW, 403: NOT_NOW, 404: NOT_NOW, 405: NOT_NOW, 406: NOT_NOW, 407: NOT_NOW },
  ...{ 408: BUSY, 413: NOT_HERE, 415: NOT_NOW, 422: REFUSED, 425: BUSY, 429: BUSY, 451: NOT_HERE, 503: BUSY },
  ...{ 521: BUSY, 522: BUSY, 523: BUSY, 525: BUSY, 526: BUSY, 530: BUSY },
}

/** `isItsWord`: the answer has the form that the provider's failures have, so that it is no gateway that speaks. */
export function verdictOf({ status }: Pick<Answer, 'status'>, isItsWord: boolean): Verdict {
  const known = BY_STATUS[status]
  if (known) return known
  if (status === 500 || status === 501) return isItsWord ? BUSY : UNKNOWN
  return status >= 400 && status < 500 && isItsWord ? REFUSED : UNKNOWN
}

/** The outcome of an answer that is no success. */
export function failure(verdict: Verdict, answer: Answer, code: string | null, words: unknown): SendOutcome {
  const text = typeof words === 'string' && words.trim() !== '' ? words : `It answered with HTTP ${answer.status}.`
  return outcome(verdict, code ?? `http-${answer.status}`, shown(text, answer.secrets))
}

/** An answer that says yes, and not what it should say with it. */
export function oddSuccess(answer: Answer): SendOutcome {
  return failure(UNKNOWN, answer, null, `It answered with HTTP ${answer.status}, and not as it is documented.`)
}

export function lost(detail: string, secrets: readonly string[] = []): SendOutcome {
  return outcome(UNKNOWN, NO_ANSWER, shown(detail, secrets))
}

/** A refusal of our own, before the provider is asked. */
export function refusal(code: string, detail: string): SendOutcome {
  return outcome(NOT_HERE, code, detail)
}

function outcome({ kind, isProviders }: Verdict, code: string, detail: string): SendOutcome {
  return { kind, code, detail, ...(isProviders && { isProviders }) }
}

function shown(text: string, secrets: readonly string[]): string {
  const hidden = secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  return clip(headerLine(hidden).trim(), DETAIL_CHARS_MAX)
}

/** Reads a member of what may be anything. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as { [name: string]: unknown })[name] : undefined
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
