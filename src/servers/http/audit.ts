/**
 * Every change of the server, of an account's settings, and of what weighs as much is written down before it is made (access/audit.ts).
 *
 * It stands after the key was looked at, so that a stranger writes nothing, and before the body is: what was asked is noted
 * as it came, also where it is refused.
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { finishChange, recordChange } from '../../access/audit.ts'
import type { HttpEnv } from './context.ts'
import { Problem } from './errors.ts'
import { parseId } from './ids.ts'

type Audited = {
  method: string
  operationId?: string
  admin: boolean
  scopes: readonly string[]
  /** Whether it is written down although it changes no settings. */
  isWeighty: boolean
}

/** The middleware that a route of this kind needs: none where it changes nothing that is written down. */
export function auditOf({ method, operationId, admin, scopes, isWeighty }: Audited) {
  if (method === 'get' || !(admin || isWeighty || scopes.includes('settings'))) return []
  return [auditAs(operationId ?? method)]
}

function auditAs(action: string) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const id = await record(c, action)
    await next()
    await finishChange(c.env.deps, id, c.res.status, await madeId(c.res))
  })
}

async function record(c: Context<HttpEnv>, action: string): Promise<number> {
  const { principal: by, requestId } = c.var
  if (!by) throw new Error(`${action} was reached without a key`)
  const target = c.req.param('id') ?? null
  const detail = await bodyOf(c)
  const accountId = by.kind === 'account' ? by.accountId : accountIn(target, detail)
  try {
    return await recordChange(c.env.deps, { by, accountId, action, target, detail, requestId })
  } catch (error) {
    c.env.deps.log({ level: 'error', at: 'audit', request_id: requestId, error: String(error) })
    throw new Problem('unavailable', 'The change could not be written down, so it was not made. Try again shortly.')
  }
}

// The body as it came: the route itself refuses what is no JSON. It is read as bytes, since what is no UTF-8 would come to the
// route as other characters after somebody has read it as text.
async function bodyOf(c: Context<HttpEnv>): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await c.req.arrayBuffer()))
  } catch {
    return null
  }
}

/** The account that an admin's request is about, as far as it names one. */
function accountIn(target: string | null, body: unknown): number | null {
  const named = (body as { account_id?: unknown } | null)?.account_id
  return parseId('acc', target ?? '') ?? (typeof named === 'string' ? parseId('acc', named) : null)
}

/** The id of what was made: nothing else of the answer is looked at, which may show a new key. */
async function madeId(response: Response): Promise<string | null> {
  if (response.status !== 201 || !/^application\/json/.test(response.headers.get('content-type') ?? '')) return null
  const { id } = (await response.clone().json()) as { id?: unknown }
  return typeof id === 'string' ? id : null
}
