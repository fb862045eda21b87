/**
 * Threads through providers that replace the Message-ID (Cloudflare, SES, Resend, MailChannels): an answer names an id in
 * In-Reply-To that nobody here knows. But it takes over the References of what it answers (RFC 5322 §3.6.4), so our own id
 * stands there as well, as the last of them.
 */
import { fieldValues, parseHeaderBlock } from '../../mime/headers.ts'
import type { HeaderField } from '../../mime/message.ts'
import { readMessageIds } from '../../mime/message-ids.ts'

/** Cloudflare takes no longer value, and others may not fold one. */
export const REFERENCES_BYTES_MAX = 2_048
/** Two, with what folds the line before the next. */
const BRACKETS_BYTES = 5

/** The ids that a message refers to, with its own; the oldest stays, those after it go first where there are too many. */
export function referencesWith(fields: HeaderField[], ownId: string): string[] {
  const [named = '', answered = ''] = ['references', 'in-reply-to'].map((key) => fieldValues(fields, key)[0])
  const others = readMessageIds(named === '' ? answered : named).filter((id) => id !== ownId)
  return withinLength([...others, ownId])
}

/** The ids of a message as they are, within the limit. */
export function referencesOf(fields: HeaderField[]): string[] {
  return withinLength(readMessageIds(fieldValues(fields, 'references')[0] ?? ''))
}

// An id is at most 998 characters long (mime/message-ids.ts), so that the last one always has room.
function withinLength(all: string[]): string[] {
  const [oldest, ...later] = all.filter((id) => /^[\x21-\x7e]+$/.test(id))
  if (oldest === undefined) return []
  let room = REFERENCES_BYTES_MAX - oldest.length - BRACKETS_BYTES
  const kept: string[] = []
  for (const id of later.reverse()) {
    room -= id.length + BRACKETS_BYTES
    if (room < 0) break
    kept.unshift(id)
  }
  return [oldest, ...kept]
}

/** The ids as a field's value; '' for none. */
export function idList(ids: string[]): string {
  return ids.map((id) => `<${id}>`).join(' ')
}

/** The raw message with its own id among its References. */
export function referToItself(raw: Uint8Array, ownId: string): Uint8Array {
  const { fields } = parseHeaderBlock(raw)
  const [first] = fields
  if (!first) return raw
  const ids = referencesWith(fields, ownId)
  const field = new TextEncoder().encode(`References: ${ids.map((id) => `<${id}>`).join('\r\n ')}\r\n`)
  const old = fields.find(({ key }) => key === 'references') ?? { start: first.start, end: first.start }
  const whole = new Uint8Array(raw.length - (old.end - old.start) + field.length)
  whole.set(raw.subarray(0, old.start))
  whole.set(field, old.start)
  whole.set(raw.subarray(old.end), old.start + field.length)
  return whole
}
