/**
 * How a route is declared: what every operation has besides its own, in one place, so that none comes without it.
 *
 *  - A query parameter that the route does not have is refused, also where it has none at all.
 *  - A body is JSON in UTF-8 and nothing else (json-body.ts), but for a raw message, whose route says so.
 *  - A change of the server, of an account's settings, and what says so (AUDITED_FIELD), is written down before it is made (audit.ts).
 *  - A POST that takes a key takes an Idempotency-Key (idempotent.ts).
 *  - The description names the scope, and the headers of each answer.
 */
import { createRoute, type RouteConfig, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { auditOf } from './audit.ts'
import { idempotent, keyParameter } from './idempotent.ts'
import { readableJson } from './json-body.ts'
import { commonProblem, headers, headersOf } from './responses.ts'

/** Under this name an operation lists its scopes: OpenAPI's own place for them knows only those of OAuth. */
export const SCOPES_FIELD = 'x-required-scopes'
/** The security scheme of the admin's routes. */
export const ADMIN_KEY = 'admin_key'

/** Under this name an operation lists the fields of its answer that show a secret once: a replayed answer has null there. */
export const SHOWN_ONCE_FIELD = 'x-shown-once'

/** Under this name an operation says that it is written down in the audit log though it changes no settings: it cannot be undone. */
export const AUDITED_FIELD = 'x-audited'

const NO_PARAMETERS = z.strictObject({})

export function defineRoute<P extends string, R extends Omit<RouteConfig, 'path'> & { path: P }>(route: R) {
  const scopes = (route[SCOPES_FIELD] as string[] | undefined) ?? []
  const own = [route.middleware ?? []].flat() as MiddlewareHandler[]
  const admin = route.security?.some((one) => ADMIN_KEY in one) ?? false
  const isWeighty = (route[AUDITED_FIELD] as boolean | undefined) ?? false
  const audit = auditOf({ method: route.method, operationId: route.operationId ?? '', admin, scopes, isWeighty })
  const isKeyed = (route.security ?? []).length > 0
  const isRepeatable = route.method === 'post' && isKeyed
  const steps = isRepeatable ? [...own, idempotent((route[SHOWN_ONCE_FIELD] as string[] | undefined) ?? [])] : own
  return createRoute<P, R>({
    ...route,
    ...(isRepeatable ? { parameters: [...(route.parameters ?? []), keyParameter] } : {}),
    description: [route.description, ...needsOf(scopes)].join(' '),
    request: { query: NO_PARAMETERS, ...route.request },
    middleware: [...steps, ...(takesJson(route) ? [readableJson] : []), ...audit],
    responses: withHeaders(isRepeatable ? repeatable(route.responses) : route.responses, isKeyed),
  })
}

function needsOf(scopes: string[]): string[] {
  if (scopes.length === 0) return []
  const named = scopes.map((scope) => `\`${scope}\``).join(' and ')
  return [`Needs the scope${scopes.length > 1 ? 's' : ''} ${named}.`]
}

function takesJson(route: Pick<RouteConfig, 'request'>): boolean {
  return 'application/json' in (route.request?.body?.content ?? {})
}

// Each answer may be a replayed one, but for those of requests that were never carried out or may be tried again.
function repeatable(responses: RouteConfig['responses']): RouteConfig['responses'] {
  const all = { 400: commonProblem(400), 409: commonProblem(409), ...responses }
  const entries = Object.entries(all as RouteConfig['responses']).map(([status, response]) => {
    const own = 'headers' in response ? response.headers : {}
    const isKept = Number(status) < 500 && !['401', '429'].includes(status)
    return [status, isKept ? { ...response, headers: { ...headers('Idempotent-Replayed'), ...own } } : response]
  })
  return Object.fromEntries(entries)
}

function withHeaders(responses: RouteConfig['responses'], isKeyed: boolean): RouteConfig['responses'] {
  const rates = (status: string) => (isKeyed && status !== '401' ? headers('RateLimit-Policy', 'RateLimit') : {})
  const entries = Object.entries(responses).map(([status, response]) => {
    const own = 'headers' in response ? response.headers : {}
    return [status, { ...response, headers: { ...rates(status), ...headersOf(Number(status)), ...own } }]
  })
  return Object.fromEntries(entries)
}
