/**
 * What frames every request: its id, the headers that every answer carries, and one line in the log.
 *
 * The line holds the route's pattern and never the path or the query, which hold ids and what people search for.
 */
import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import type { Rate } from '../../access/rate-limit.ts'
import { base32 } from '../../access/secrets.ts'
import type { Deps } from '../../deps.ts'
import type { HttpEnv } from './context.ts'
import { answerError } from './errors.ts'
import { rateHeaders } from './rate-headers.ts'

const REQUEST_ID_BYTES = 10
/** A client's own id is taken only where it cannot break a log line or a header. */
const CLEAN_ID = /^[A-Za-z0-9._-]{1,64}$/

/** For every answer; what a route has set itself stays. */
const ANSWER_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

export const frameRequest = createMiddleware<HttpEnv>(async (c, next) => {
  const { deps } = c.env
  const began = deps.now()
  const requestId = requestIdOf(deps, c.req.header('x-request-id'))
  c.set('requestId', requestId)
  c.set('principal', null)
  c.set('rate', null)
  try {
    await next()
  } catch (error) {
    // Hono's own handler sees only instances of Error.
    c.res = answerError(error, c)
  }
  finishHeaders(c.res.headers, requestId, c.var.rate)
  const principal = c.var.principal
  deps.log({
    level: 'info',
    at: 'http',
    time: new Date(began).toISOString(),
    request_id: requestId,
    method: c.req.method,
    route: patternOf(routePath(c, -1)),
    status: c.res.status,
    duration_ms: deps.now() - began,
    ...(principal?.kind === 'account' ? { account: principal.accountId, key: principal.keyId } : {}),
    ...(principal?.kind === 'admin' ? { admin: true } : {}),
  })
})

function requestIdOf(deps: Deps, given: string | undefined): string {
  return given !== undefined && CLEAN_ID.test(given) ? given : `req_${base32(deps.random(REQUEST_ID_BYTES))}`
}

function finishHeaders(headers: Headers, requestId: string, rate: Rate | null): void {
  for (const [name, value] of Object.entries(rate ? rateHeaders(rate) : {})) headers.set(name, value)
  for (const [name, value] of Object.entries(ANSWER_HEADERS)) if (!headers.has(name)) headers.set(name, value)
  headers.set('x-request-id', requestId)
}

/** Null where no route was met: the path is then the client's own words. */
function patternOf(path: string): string | null {
  return path === '*' || path === '/*' ? null : path.replaceAll(/:([a-z_]+)/g, '{$1}')
}
