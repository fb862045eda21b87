/**
 * Serving bytes of known size that never change: whole, or one range of them (RFC 9110 §14), under the conditions of the
 * request (§13).
 */
import type { HonoRequest } from 'hono'
import { names } from './conditions.ts'
import { Problem } from './errors.ts'
import { type ByteRange, parseRange } from './range.ts'
import { headers } from './responses.ts'

export type FixedBytes = {
  /** A strong validator: an entity tag with its quotes. */
  etag: string
  size: number
  headers: Record<string, string>
  read(start: number, end: number): Promise<ReadableStream>
}

/** Answers GET and HEAD. The conditions are looked at in the order of RFC 9110 §13.2.2. */
export async function serveFixedBytes(request: HonoRequest, bytes: FixedBytes): Promise<Response> {
  const { etag, size } = bytes
  const ifMatch = request.header('if-match')
  if (ifMatch !== undefined && !names(ifMatch, etag, 'strong'))
    throw new Problem('precondition-failed', 'These are not the bytes that If-Match names.')
  const ifNoneMatch = request.header('if-none-match')
  if (ifNoneMatch !== undefined && names(ifNoneMatch, etag, 'weak'))
    return new Response(null, { status: 304, headers: { etag } })
  const range = rangeOf(request, bytes)
  const { start, end } = range ?? { start: 0, end: size }
  return new Response(request.method === 'HEAD' ? null : await bytes.read(start, end), {
    status: range ? 206 : 200,
    headers: {
      ...bytes.headers,
      'accept-ranges': 'bytes',
      'content-length': String(end - start),
      etag,
      ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}),
    },
  })
}

// RFC 9110 §14.2: a range means something to GET alone.
function rangeOf(request: HonoRequest, { etag, size }: FixedBytes): ByteRange | null {
  const ifRange = request.header('if-range')
  if (request.method !== 'GET' || (ifRange !== undefined && ifRange !== etag)) return null
  const range = parseRange(request.header('range'), size)
  if (range !== 'unsatisfiable') return range
  throw new Problem('range-not-satisfiable', `There are ${size} bytes.`, {
    headers: { 'content-range': `bytes */${size}` },
  })
}

const RANGE_HEADERS = [
  ['Range', 'One range of bytes; several are answered with the whole.', 'bytes=0-1023'],
  ['If-Range', 'The entity tag that the range is of: the whole is given where it is another.', '"msg_1"'],
  ['If-Match', '412 where none of these entity tags is that of the bytes.', '"msg_1"'],
  ['If-None-Match', '304 where one of these entity tags is that of the bytes.', '"msg_1"'],
] as const

/** What a request may say, for the description. */
export const rangeParameters = RANGE_HEADERS.map(([name, description, example]) => ({
  in: 'header' as const,
  name,
  description,
  required: false,
  schema: { type: 'string' as const },
  example,
}))

/** The answers that come beside the whole and the problems, for the description. */
export function rangeResponses<Content extends object>(content: Content) {
  return {
    206: {
      description: 'A range of the bytes.',
      content,
      headers: headers('Accept-Ranges', 'Content-Range', 'Content-Disposition', 'ETag'),
    },
    304: { description: 'The client has these bytes.', headers: headers('ETag') },
  }
}
