/**
 * Idempotency-Key on every POST that takes a key: between the authorisation and the validation, so that a wrong input is an
 * answer like any other and is given again.
 *
 * Not kept: 5xx (the same call may succeed later), what is not JSON, and what is too large. A field that shows a secret once
 * is null in what is kept.
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import {
  type Claim,
  claimKey,
  KEPT_BYTES_MAX,
  type KeptAnswer,
  keepAnswer,
  releaseKey,
} from '../../access/idempotency.ts'
import type { HttpEnv } from './context.ts'
import { type InputError, Problem } from './errors.ts'

export const KEY_CHARS_MAX = 256
const KEY = new RegExp(`^[\\x21-\\x7e]{1,${KEY_CHARS_MAX}}$`)
/** Most requests that are in flight have ended by then. */
const RETRY_SECONDS = 2
/** What belongs to the answer itself; all other headers are made anew for each request. */
const KEPT_HEADERS = ['content-type', 'location', 'etag', 'allow', 'accept-encoding']
const JSON_TYPE = /^application\/(problem\+)?json\b/

/** For the description. */
export const keyParameter = {
  in: 'header' as const,
  name: 'Idempotency-Key',
  description:
    'For 24 hours the same key and body give the first answer again, with Idempotent-Replayed; secrets are null in it. Another body is refused with 422, a request whose first is in flight with 409.',
  required: false,
  schema: { type: 'string' as const, pattern: `^[!-~]{1,${KEY_CHARS_MAX}}$` },
  example: '4f1c6f5e-order-1017',
}

/** `secrets` names the fields of the answer that are shown once. */
export function idempotent(secrets: readonly string[]) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const key = c.req.header('idempotency-key')
    const { principal } = c.var
    if (key === undefined || principal === null) return next()
    const { deps } = c.env
    if (!KEY.test(key)) throw refused('malformed', `must have 1 to ${KEY_CHARS_MAX} visible ASCII characters`)
    const { pathname, search } = new URL(c.req.url)
    const body = await c.req.arrayBuffer()
    const claimed = await claimKey(deps, { principal, method: c.req.method, target: pathname + search, key, body })
    if (claimed.kind === 'answered') return replay(claimed.answer)
    if (claimed.kind === 'other-body') throw refused('invalid', 'was sent with another body before')
    if (claimed.kind === 'in-flight')
      throw new Problem(
        'conflict',
        'The first request with this Idempotency-Key is still in flight: try again shortly.',
        {
          headers: { 'retry-after': String(RETRY_SECONDS) },
        },
      )
    return carryOut(c, claimed.claim, secrets, next)
  })
}

async function carryOut(
  c: Context<HttpEnv>,
  claim: Claim,
  secrets: readonly string[],
  next: () => Promise<void>,
): Promise<void> {
  const { deps } = c.env
  try {
    await next()
  } catch (error) {
    await releaseKey(deps, claim)
    throw error
  }
  const answer = await answerOf(c.res, secrets)
  await (answer ? keepAnswer(deps, claim, answer) : releaseKey(deps, claim))
}

/** What is kept of an answer, or null where it is not kept. */
async function answerOf(response: Response, secrets: readonly string[]): Promise<KeptAnswer | null> {
  const { status, headers } = response
  if (status >= 500) return null
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  const answer = { status, headers: Object.fromEntries(kept) }
  if (response.body === null) return { ...answer, body: null }
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) return null
  const body = withoutSecrets(await response.clone().text(), secrets)
  return new TextEncoder().encode(body).length > KEPT_BYTES_MAX ? null : { ...answer, body }
}

function withoutSecrets(body: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return body
  const value = JSON.parse(body) as Record<string, unknown>
  for (const name of secrets) if (name in value) value[name] = null
  return JSON.stringify(value)
}

function replay({ status, headers, body }: KeptAnswer): Response {
  return new Response(body, { status, headers: { ...headers, 'idempotent-replayed': 'true' } })
}

function refused(code: 'malformed' | 'invalid', detail: string): Problem {
  const error: InputError = { in: 'header', pointer: '/Idempotency-Key', detail }
  return new Problem(code, `Idempotency-Key ${detail}.`, { errors: [error] })
}
