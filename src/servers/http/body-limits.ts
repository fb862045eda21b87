/** How large a body may be, route by route: what none of the table's lines names takes a few fields. */
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { ATTACHED_BYTES_MAX } from '../../outbound/attached.ts'
import type { HttpEnv } from './context.ts'
import { Problem } from './errors.ts'
import { IMPORT_BYTES_MAX } from './routes/import.ts'
import { PROVIDER_EVENTS_BYTES_MAX } from './routes/provider-events.ts'
import { SUPPRESSION_IMPORT_BYTES_MAX } from './routes/suppressions.ts'

const FEW_FIELDS_BYTES_MAX = 64 * 1024
/**
 * A message of 5 MiB, its attachments in base64, its text with every escape that JSON needs. All of it is in memory several times
 * over: a larger message is sent whole (send-raw), or with its attachments by reference.
 */
export const SEND_BYTES_MAX = 8 * 1024 * 1024

/** A model's row in JSON: its text is base64, and escapes nothing. */
const MODEL_BYTES_MAX = 1536 * 1024
/** Raw messages in base64. They are in memory as text and as bytes at once, of the 128 MB that a Worker has. */
export const TRAIN_BYTES_MAX = 12 * 1024 * 1024

/** A text and an HTML of a template with every escape that JSON needs, or the values of one. */
const TEMPLATE_BYTES_MAX = 2 * 1024 * 1024

const LIMITS: { method: string; path: RegExp; bytesMax: number }[] = [
  { method: 'POST', path: /^\/v1\/messages\/send(?:-batch)?$/, bytesMax: SEND_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/messages\/[^/]+\/(?:reply|reply-all|forward)$/, bytesMax: SEND_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/messages\/send-raw$/, bytesMax: IMPORT_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/templates(?:\/[^/]+\/preview)?$/, bytesMax: TEMPLATE_BYTES_MAX },
  { method: 'PATCH', path: /^\/v1\/templates\/[^/]+$/, bytesMax: TEMPLATE_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/drafts$/, bytesMax: SEND_BYTES_MAX },
  { method: 'PATCH', path: /^\/v1\/drafts\/[^/]+$/, bytesMax: SEND_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/drafts\/[^/]+\/attachments$/, bytesMax: ATTACHED_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/messages\/import$/, bytesMax: IMPORT_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/spam\/check$/, bytesMax: IMPORT_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/spam\/train$/, bytesMax: TRAIN_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/providers\/[^/]+\/events$/, bytesMax: PROVIDER_EVENTS_BYTES_MAX },
  { method: 'POST', path: /^\/v1\/suppressions\/import$/, bytesMax: SUPPRESSION_IMPORT_BYTES_MAX },
  { method: 'PUT', path: /^\/v1\/spam\/model$/, bytesMax: MODEL_BYTES_MAX },
]

const limitFewFields = limitTo(FEW_FIELDS_BYTES_MAX)
const limits = LIMITS.map(({ bytesMax, ...route }) => ({ ...route, limit: limitTo(bytesMax) }))

/** Refuses a body that is larger than its route takes. */
export const limitBody = createMiddleware<HttpEnv>((c, next) => {
  const large = limits.find(({ method, path }) => method === c.req.method && path.test(c.req.path))
  return (large ? large.limit : limitFewFields)(c, next)
})

function limitTo(bytesMax: number): MiddlewareHandler<HttpEnv> {
  const onError = (): never => {
    throw new Problem('too-large', `The body may have at most ${bytesMax} bytes.`)
  }
  return bodyLimit({ maxSize: bytesMax, onError })
}
