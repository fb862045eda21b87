/** A body that is a raw message, byte for byte, instead of JSON. */
import type { HonoRequest } from 'hono'
import { Problem } from './errors.ts'

export const MESSAGE_TYPE = 'message/rfc822'

/** For the description of what takes one. */
export const rawMessageBody = {
  required: true,
  content: { [MESSAGE_TYPE]: { schema: { type: 'string' as const, contentMediaType: MESSAGE_TYPE } } },
}

export async function readRawMessage(request: HonoRequest): Promise<Uint8Array<ArrayBuffer>> {
  if (request.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== MESSAGE_TYPE)
    throw new Problem('unsupported-media-type', `Send the raw message as ${MESSAGE_TYPE}.`)
  if (request.header('content-encoding') !== undefined)
    throw new Problem('unsupported-media-type', 'Send the message without a Content-Encoding.')
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.length === 0) throw new Problem('malformed', 'The body is empty: send the raw message.')
  return bytes
}
