/**
 * Who may call a route. Each route says it beside its path (`...requires('mail:read')`), so that the description and the
 * check come from one line.
 *
 * A valid key's requests are counted here, before its scope is looked at, and so are wrong keys by the client's address:
 * an address that sent too many is not heard for the rest of a minute.
 *
 * Bearer keys only (RFC 6750 §2.1): no cookies, no tokens in URLs. An account's key opens account routes within its
 * scopes; the admin's key opens admin routes and reads no mail.
 */

import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { authenticateKey } from '../../access/keys.ts'
import { countFailure, countRequest, rateOfFailures } from '../../access/rate-limit.ts'
import type { Principal, Scope } from '../../access/scopes.ts'
import { isFailure } from '../../errors.ts'
import type { AccountEnv, AccountPrincipal, HttpEnv } from './context.ts'
import { orProblem, Problem } from './errors.ts'
import { refuseExceeded } from './rate-headers.ts'
import { ADMIN_KEY, SCOPES_FIELD } from './route.ts'

/** The security scheme of an account's routes; the admin's stands in route.ts. */
export const ACCOUNT_KEY = 'account_key'

/** Longer than any key of ours; what is longer is not hashed. */
const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i
const WRONG_KEYS = 'Too many keys that are not valid came from this address.'
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

/** Refuses a key that lacks a scope which only some bodies of a route need. */
export function demandScope({ scopes }: AccountPrincipal, scope: Scope): void {
  if (!scopes.includes(scope)) throw lacks(scope)
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
  const { deps } = c.env
  // Cloudflare's own header; a client cannot send it.
  const address = c.req.header('cf-connecting-ip') ?? null
  refuseExceeded(rateOfFailures(deps, address), WRONG_KEYS)
  const principal = orProblem(await authenticateKey(deps, key))
  if (!principal) {
    refuseExceeded(await countFailure(deps, address), WRONG_KEYS)
    throw unauthenticated('This key is not valid.', `${CHALLENGE}, error="invalid_token"`)
  }
  c.set('principal', principal)
  const rate = await countRequest(deps, principal)
  c.set('rate', rate)
  refuseExceeded(rate, `This key may make ${rate.limit} requests a minute.`)
  return principal
}

/** Whether the key of an account's request still opens it, by the same scopes: for answers that last. */
export async function stillOpens(c: Context<AccountEnv>): Promise<boolean> {
  const { keyId, scopes } = c.var.account
  const key = BEARER.exec(c.req.header('authorization') ?? '')?.[1]
  const principal = key === undefined ? null : await authenticateKey(c.env.deps, key)
  if (!principal || isFailure(principal) || principal.kind !== 'account') return false
  return principal.keyId === keyId && scopes.every((scope) => principal.scopes.includes(scope))
}

function unauthenticated(detail: string, challenge: string): Problem {
  return new Problem('unauthenticated', detail, { headers: { 'www-authenticate': challenge } })
}

function lacks(scope: Scope): Problem {
  const challenge = `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`
  return new Problem('forbidden', `This key lacks the scope ${scope}.`, { headers: { 'www-authenticate': challenge } })
}
