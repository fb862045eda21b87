/**
 * What a JSON body may be before its text is looked at: application/json, UTF-8, and not compressed. Reading anything else
 * as if it were that would give other words than the client wrote.
 */
import { createMiddleware } from 'hono/factory'
import type { HttpEnv } from './context.ts'
import { Problem } from './errors.ts'

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i
const CHARSETS = /;[ \t]*charset[ \t]*=[ \t]*("?)([^";]*)\1/gi

export const readableJson = createMiddleware<HttpEnv>(async (c, next) => {
  const type = c.req.header('content-type')
  if (type !== undefined && !JSON_TYPE.test(type)) throw unsupported('Send the body as application/json.')
  const charsets = [...(type ?? '').matchAll(CHARSETS)].map(([, , charset = '']) => charset.trim().toLowerCase())
  if (charsets.some((charset) => charset !== 'utf-8')) throw unsupported('Send the body in UTF-8.')
  if (c.req.header('content-encoding') !== undefined)
    throw unsupported('Send the body without a Content-Encoding.', { 'accept-encoding': 'identity' })
  if (!isUtf8(await c.req.arrayBuffer())) throw new Problem('malformed', 'The body is not valid UTF-8.')
  await next()
})

export function isUtf8(bytes: ArrayBuffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
    return true
  } catch {
    return false
  }
}

function unsupported(detail: string, headers: Record<string, string> = {}): Problem {
  return new Problem('unsupported-media-type', detail, { headers })
}
