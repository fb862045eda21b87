/** What a request carries through Hono: the dependencies it was handed, and what the first steps found out about it. */
import type { Rate } from '../../access/rate-limit.ts'
import type { Principal } from '../../access/scopes.ts'
import type { Deps } from '../../deps.ts'

export type AccountPrincipal = Extract<Principal, { kind: 'account' }>

export type HttpEnv = {
  Bindings: { deps: Deps }
  Variables: {
    requestId: string
    /** Null until authorize.ts has seen a valid key. */
    principal: Principal | null
    /** What the key may still do; null where there is no valid key. */
    rate: Rate | null
  }
}

/** Routes of an account: `c.var.account` exists where, and only where, the route asks for an account's key. */
export type AccountEnv = HttpEnv & { Variables: { account: AccountPrincipal } }
