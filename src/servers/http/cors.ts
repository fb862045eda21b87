/**
 * CORS, where POSTERN_CORS_ORIGINS names who may call from a page: exact origins, or * for all. Off where it is absent, and
 * then no answer speaks of it.
 *
 * A page sends its key itself; nothing here says that credentials of the browser may come along, so no page acts as whoever
 * happens to use the browser.
 */
import { createMiddleware } from 'hono/factory'
import type { HttpEnv } from './context.ts'

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const REQUEST_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Last-Event-ID, Range, X-Request-Id'
const ANSWER_HEADERS =
  'Accept-Ranges, Content-Disposition, Content-Range, ETag, Idempotent-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id'
/** Browsers keep a preflight two hours at the most; an operator who takes an origin away waits no longer than this. */
const PREFLIGHT_SECONDS = 600

export const shareWithOrigins = createMiddleware<HttpEnv>(async (c, next) => {
  const { corsOrigins } = c.env.deps
  if (corsOrigins.length === 0) return next()
  const allowed = allowedOrigin(corsOrigins, c.req.header('origin'))
  const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined
  if (allowed === null || !isPreflight) await next()
  else c.res = new Response(null, { status: 204, headers: preflightHeaders() })
  // What a cache holds for one origin is not for another.
  c.res.headers.append('vary', 'Origin')
  if (allowed === null) return
  c.res.headers.set('access-control-allow-origin', allowed)
  c.res.headers.set('access-control-expose-headers', ANSWER_HEADERS)
  c.res.headers.set('cross-origin-resource-policy', 'cross-origin')
})

/** What the answer names: the origin itself, or * where all may call; null for one that may not, or for none. */
function allowedOrigin(origins: readonly string[], origin: string | undefined): string | null {
  if (origin === undefined) return null
  if (origins.includes('*')) return '*'
  return origins.includes(origin) ? origin : null
}

function preflightHeaders(): Record<string, string> {
  return {
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': REQUEST_HEADERS,
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  }
}
