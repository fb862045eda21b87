/**
 * Who may call a route. Each route says it beside its path (`...requires('mail:read')`), so that the description and the
 * check come from one line.
 *
 * Bearer keys only (RFC 6750 §2.1): no cookies, no tokens in URLs. An account's key opens account routes within its
 * scopes; the admin's key opens admin routes and reads no mail.
 */

import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { authenticateKey } from '../../access/keys.ts'
import type { Principal, Scope } from '../../access/scopes.ts'
import type { AccountEnv, HttpEnv } from './context.ts'
import { orProblem, Problem } from './errors.ts'
import { ADMIN_KEY, SCOPES_FIELD } from './route.ts'

/** The security scheme of an account's routes; the admin's stands in route.ts. */
export const ACCOUNT_KEY = 'account_key'

/** Longer than any key of ours; what is longer is not hashed. */
const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i
const CHALLENGE = 'Bearer realm="postern"'

/** An account's key, with these scopes where some are named. */
export function requires(...scopes: Scope[]) {
  const middleware = createMiddleware<AccountEnv>(async (c, next) => {
    const principal = await authenticate(c)
    if (principal.kind === 'admin') throw new Problem('forbidden', 'The admin key opens no account: use a key of one.')
    const lacking = scopes.find((scope) => !principal.scopes.includes(scope))
    if (lacking) throw lacks(lacking)
    c.set('account', principal)
    await next()
  })
  return { security: [{ [ACCOUNT_KEY]: [] }], [SCOPES_FIELD]: scopes, middleware }
}

/** The admin's key. Without the two secrets there is no admin, and nothing to authenticate against. */
export function requiresAdmin() {
  const middleware = createMiddleware<HttpEnv>(async (c, next) => {
    const { root, adminKey } = c.env.deps.secrets
    if (root === null || adminKey === null)
      throw new Problem('not-configured', 'Set POSTERN_SECRET and POSTERN_ADMIN_KEY to use the admin API.')
    const principal = await authenticate(c)
    if (principal.kind !== 'admin') throw new Problem('forbidden', 'This takes the admin key.')
    await next()
  })
  return { security: [{ [ADMIN_KEY]: [] }], middleware }
}

async function authenticate<Env extends HttpEnv>(c: Context<Env>): Promise<Principal> {
  const key = BEARER.exec(c.req.header('authorization') ?? '')?.[1]
  if (key === undefined) throw unauthenticated('Send a key: "Authorization: Bearer pst_...".', CHALLENGE)
  const principal = orProblem(await authenticateKey(c.env.deps, key))
  if (!principal) throw unauthenticated('This key is not valid.', `${CHALLENGE}, error="invalid_token"`)
  c.set('principal', principal)
  return principal
}

function unauthenticated(detail: string, challenge: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'www-authenticate': challenge } })
}

function lacks(scope: Scope): Problem {
  const challenge = `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`
  return new Problem('forbidden', `This key lacks the scope ${scope}.`, { headers: { 'www-authenticate': challenge } })
}
