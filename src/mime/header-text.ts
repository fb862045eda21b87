/**
 * The header block as it stands in the database, so that listing and IMAP FETCH need no read of the raw message.
 *
 * One character a byte (ISO 8859-1): SQLite and JSON carry U+0080 to U+00FF unchanged, and `headerBlockBytes` gives
 * the exact bytes back whatever their charset. Trace fields are left out. `complete` says that nothing else is
 * missing: no field over the limit, no line that was no field, no NUL (which SQLite's text does not carry safely).
 */
import { latin1, latin1Bytes } from './latin1.ts'
import type { HeaderField } from './message.ts'
import { isTraceField } from './trace.ts'

/** Keeps a message's row small: 99 in 100 blocks without trace fields are under 8 KB. */
export const HEADER_TEXT_BYTES_MAX = 8_192

export type HeaderText = { text: string; complete: boolean }

export function headerBlockText(
  fields: HeaderField[],
  bytes: Uint8Array,
  limitBytes: number = HEADER_TEXT_BYTES_MAX,
): HeaderText {
  const kept: string[] = []
  let room = limitBytes
  let complete = fields[0]?.start === 0 || fields.length === 0
  let previousEnd = fields[0]?.start ?? 0
  for (const field of fields) {
    if (field.start !== previousEnd) complete = false
    previousEnd = field.end
    if (isTraceField(field.key)) continue
    if (field.end - field.start > room) return { text: withoutNul(kept), complete: false }
    room -= field.end - field.start
    kept.push(latin1(bytes, field.start, field.end))
  }
  const text = withoutNul(kept)
  return { text, complete: complete && text.length === limitBytes - room }
}

/** The bytes of a stored block. */
export function headerBlockBytes(text: string): Uint8Array {
  return latin1Bytes(text)
}

function withoutNul(kept: string[]): string {
  return kept.join('').replaceAll('\0', '')
}
