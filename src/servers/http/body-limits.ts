/** How large a body may be, route by route: what none of the table's lines names takes a few fields. */
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import type { HttpEnv } from './context.ts'
import { Problem } from './errors.ts'
import { IMPORT_BYTES_MAX } from './routes/import.ts'

const FEW_FIELDS_BYTES_MAX = 64 * 1024
/** A message of 5 MiB (outbound/submit.ts), its attachments in base64, its text with every escape that JSON needs. */
export const SEND_BYTES_MAX = 8 * 1024 * 1024

const LIMITS: { path: RegExp; bytesMax: number }[] = [
  { path: /^\/v1\/messages\/send$/, bytesMax: SEND_BYTES_MAX },
  { path: /^\/v1\/messages\/[^/]+\/reply$/, bytesMax: SEND_BYTES_MAX },
  { path: /^\/v1\/messages\/import$/, bytesMax: IMPORT_BYTES_MAX },
]

const limitFewFields = limitTo(FEW_FIELDS_BYTES_MAX)
const limits = LIMITS.map(({ path, bytesMax }) => ({ path, limit: limitTo(bytesMax) }))

/** Refuses a body that is larger than its route takes. Only POST has routes of large bodies. */
export const limitBody = createMiddleware<HttpEnv>((c, next) => {
  const large = c.req.method === 'POST' && limits.find(({ path }) => path.test(c.req.path))
  return (large ? large.limit : limitFewFields)(c, next)
})

function limitTo(bytesMax: number): MiddlewareHandler<HttpEnv> {
  const onError = (): never => {
    throw new Problem('too-large', `The body may have at most ${bytesMax} bytes.`)
  }
  return bodyLimit({ maxSize: bytesMax, onError })
}
