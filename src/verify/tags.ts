/**
 * Tag lists, `a=1; b=2`: signatures, their key records and ARC sets (RFC 6376 §3.2), DMARC records (RFC 7489 §6.4).
 *
 * Strict where it matters: a tag that stands twice makes the whole list void, since two readers would take two different ones.
 */

/** Longer lists are not read. A signature with a 4096-bit key and a long h= has some 2,000 characters. */
export const TAG_LIST_CHARS_MAX = 16_384
/** Tags of one list. The RFCs together name fewer than twenty for any. */
const TAGS_MAX = 50

const TAG_NAME = /^[a-z][a-z0-9_]*$/i

export type Tags = ReadonlyMap<string, string>

/** Null where it is no tag list. Names keep their case, which counts; values lose the white space around them. */
export function parseTags(text: string): Tags | null {
  if (text.length > TAG_LIST_CHARS_MAX) return null
  const tags = new Map<string, string>()
  const specs = text.split(';')
  // One semicolon may end the list.
  if (trimFws(specs.at(-1) ?? '') === '') specs.pop()
  if (specs.length === 0 || specs.length > TAGS_MAX) return null
  for (const spec of specs) {
    const equals = spec.indexOf('=')
    const name = trimFws(spec.slice(0, Math.max(equals, 0)))
    if (!TAG_NAME.test(name) || tags.has(name)) return null
    tags.set(name, trimFws(spec.slice(equals + 1)))
  }
  return tags
}

/** A value without the white space that may fold it anywhere, as base64 and lists with colons may be. */
export function unfolded(value: string): string {
  return value.replace(/[ \t\r\n]+/g, '')
}

/** The bytes of base64 that may be folded; null where it is none. */
export function base64Bytes(value: string): Uint8Array<ArrayBuffer> | null {
  const text = unfolded(value)
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  } catch {
    return null
  }
}

export function trimFws(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isFws(text.charCodeAt(start))) start++
  while (end > start && isFws(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isFws(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a
}
