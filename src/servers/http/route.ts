/**
 * How a route is declared: what every operation has besides its own, in one place, so that none comes without it.
 *
 *  - A query parameter that the route does not have is refused, also where it has none at all.
 *  - A body is JSON in UTF-8 and nothing else (json-body.ts), but for a raw message, whose route says so.
 *  - A change of the server or of an account's settings is written down before it is made (audit.ts).
 *  - The description names the scope, and the headers of each answer.
 */
import { createRoute, type RouteConfig, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { auditOf } from './audit.ts'
import { readableJson } from './json-body.ts'
import { headersOf } from './responses.ts'

/** Under this name an operation lists its scopes: OpenAPI's own place for them knows only those of OAuth. */
export const SCOPES_FIELD = 'x-required-scopes'
/** The security scheme of the admin's routes. */
export const ADMIN_KEY = 'admin_key'

const NO_PARAMETERS = z.strictObject({})

export function defineRoute<P extends string, R extends Omit<RouteConfig, 'path'> & { path: P }>(route: R) {
  const scopes = (route[SCOPES_FIELD] as string[] | undefined) ?? []
  const needs = scopes.map((scope) => `Needs the scope \`${scope}\`.`)
  const own = [route.middleware ?? []].flat() as MiddlewareHandler[]
  const admin = route.security?.some((one) => ADMIN_KEY in one) ?? false
  const audit = auditOf({ method: route.method, operationId: route.operationId ?? '', admin, scopes })
  return createRoute<P, R>({
    ...route,
    description: [route.description, ...needs].join(' '),
    request: { query: NO_PARAMETERS, ...route.request },
    middleware: [...own, ...(takesJson(route) ? [readableJson] : []), ...audit],
    responses: withHeaders(route.responses),
  })
}

function takesJson(route: Pick<RouteConfig, 'request'>): boolean {
  return 'application/json' in (route.request?.body?.content ?? {})
}

function withHeaders(responses: RouteConfig['responses']): RouteConfig['responses'] {
  const entries = Object.entries(responses).map(([status, response]) => {
    const own = 'headers' in response ? response.headers : {}
    return [status, { ...response, headers: { ...headersOf(Number(status)), ...own } }]
  })
  return Object.fromEntries(entries)
}
