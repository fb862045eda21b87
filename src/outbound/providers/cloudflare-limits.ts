/**
 * What Cloudflare's Email Service takes of a raw message, by its binding and by its REST API: sizes, and the fields that are the
 * sender's own. The fields that the platform writes itself, and those that its API has names for, do not count.
 */
import { decodeHeader, parseHeaderBlock } from '../../mime/headers.ts'
import type { SendOutcome } from '../provider.ts'
import { refusal } from './call.ts'

export const CLOUDFLARE_BYTES_MAX = 5 * 1024 * 1024
const SUBJECT_CHARS_MAX = 998
/** Beside those that begin with X-. */
const FIELDS_MAX = 20
const NAME_BYTES_MAX = 100
const VALUE_BYTES_MAX = 2_048
const ALL_BYTES_MAX = 16 * 1024

const NOT_OWN = new Set([
  ...[
    'from',
    'to',
    'cc',
    'bcc',
    'subject',
    'reply-to',
    'date',
    'message-id',
    'mime-version',
    'received',
    'return-path',
  ],
  ...['dkim-signature', 'feedback-id', 'content-type', 'content-transfer-encoding'],
])

/** Null where its fields are within the limits. */
export function overFieldLimits(raw: Uint8Array): SendOutcome | null {
  const { fields } = parseHeaderBlock(raw)
  let all = 0
  let plain = 0
  for (const { name, key, raw: value } of fields) {
    if (key === 'subject' && decodeHeader(value).length > SUBJECT_CHARS_MAX)
      return refusal('5.3.4', `Cloudflare takes no subject of more than ${SUBJECT_CHARS_MAX} characters.`)
    if (NOT_OWN.has(key) || key.startsWith('arc-')) continue
    if (name.length > NAME_BYTES_MAX)
      return refusal('5.6.0', `Cloudflare takes no field name of more than ${NAME_BYTES_MAX} bytes.`)
    if (value.length > VALUE_BYTES_MAX) return tooLong(name, VALUE_BYTES_MAX)
    all += name.length + value.length + 4
    if (!key.startsWith('x-')) plain++
  }
  if (plain > FIELDS_MAX)
    return refusal('5.6.0', `Cloudflare takes ${FIELDS_MAX} header fields beside X-..., and this message has ${plain}.`)
  if (all > ALL_BYTES_MAX)
    return refusal('5.3.4', `Cloudflare takes ${ALL_BYTES_MAX} bytes of header fields, and this message has ${all}.`)
  return null
}

function tooLong(name: string, bytesMax: number): SendOutcome {
  return refusal('5.3.4', `Cloudflare takes no value of more than ${bytesMax} bytes, and ${name} is longer.`)
}
