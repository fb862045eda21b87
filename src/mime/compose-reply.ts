/** What makes a reply one: its subject, In-Reply-To and References (RFC 5322 §3.6.4); and a forward. */
import { withoutMarks } from './base-subject.ts'
import { clip } from './storable.ts'

/** Of a References field: providers take values of 2,048 bytes. Threads of years have hundreds of ids; mailers need the first and the nearest. */
export const REFERENCES_BYTES_MAX = 2_000
/** RFC 5322 §2.1.1 lets a line have 998 characters, with brackets and a blank. */
const ID_CHARS_MAX = 900
const SUBJECT_CHARS_MAX = 998

/** One mark, whatever marks of whichever language there are: they never pile up, and the base subject stays what it was. */
export function replySubject(subject: string): string {
  return marked('Re:', subject)
}

export function forwardSubject(subject: string): string {
  return marked('Fwd:', subject)
}

function marked(mark: string, subject: string): string {
  return clip(`${mark} ${withoutMarks(subject)}`.trimEnd(), SUBJECT_CHARS_MAX)
}

/** The fields that name what is answered; none where it has no id that can be written. Ids are without angle brackets. */
export function replyFields(messageId: string | null, references: string[], inReplyTo: string | null) {
  if (messageId === null || !isWritable(messageId)) return []
  const before = references.length > 0 ? references : inReplyTo === null ? [] : [inReplyTo]
  const ids = [...new Set([...before.filter(isWritable), messageId])]
  return [
    { name: 'In-Reply-To', value: `<${messageId}>` },
    { name: 'References', value: fitting(ids) },
  ]
}

/** A forward answers nobody, but stands in its conversation. */
export function forwardFields(messageId: string | null, references: string[], inReplyTo: string | null) {
  return replyFields(messageId, references, inReplyTo).filter(({ name }) => name === 'References')
}

function isWritable(id: string): boolean {
  return id.length <= ID_CHARS_MAX && /^[\x21-\x3b\x3d\x3f-\x7e]+$/.test(id)
}

// The first id and as many of the last as fit. The last one always does: it is the message that is answered.
function fitting(ids: string[]): string {
  const [root = '', ...rest] = ids.map((id) => `<${id}>`)
  const kept: string[] = []
  let bytes = root.length
  for (const id of rest.toReversed()) {
    bytes += id.length + 1
    if (bytes > REFERENCES_BYTES_MAX) break
    kept.unshift(id)
  }
  return [root, ...kept].join(' ')
}
