/** Message-IDs of Message-ID, In-Reply-To and References (RFC 5322 §3.6.4), without angle brackets. */
import { storable } from './storable.ts'

/** Characters of an id: a line of RFC 5322 §2.1.1 holds no longer one. */
export const MESSAGE_ID_CHARS_MAX = 998
/** Ids that are kept of one field, the first and the last ones: threading uses ten of them. */
export const REFERENCES_MAX = 100

/** All ids of a raw value in order, no duplicates. Text around them is skipped, as in 'Your mail of Monday <id>'. */
export function readMessageIds(raw: string): string[] {
  const ids = new Set<string>()
  // '<' is excluded inside, so that a run of '<' is looked at once.
  for (const [, inner = ''] of raw.matchAll(/<([^<>]+)>/g)) addId(ids, inner)
  if (ids.size === 0) for (const word of raw.split(/[ \t,;<>]+/)) if (word.includes('@')) addId(ids, word)
  const all = [...ids]
  return all.length <= REFERENCES_MAX ? all : [...all.slice(0, 1), ...all.slice(1 - REFERENCES_MAX)]
}

function addId(ids: Set<string>, text: string): void {
  // White space inside is left over from folding by a mailer that did not know where it may.
  const id = storable(text.slice(0, MESSAGE_ID_CHARS_MAX).replace(/[\s\0]+/g, ''))
  if (id !== '') ids.add(id)
}

/** The message's own id: with its brackets missing it is still one, though a defect. */
export function readOwnId(raw: string): { id: string | null; malformed: boolean } {
  const [first] = readMessageIds(raw)
  const id = first ?? (storable(raw.slice(0, MESSAGE_ID_CHARS_MAX).replace(/[\s<>]+/g, '')) || null)
  return { id, malformed: !/^[ \t]*<[^<>@\s]+@[^<>@\s]+>[ \t]*$/.test(raw.slice(0, MESSAGE_ID_CHARS_MAX + 4)) }
}
