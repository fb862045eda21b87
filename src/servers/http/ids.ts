/**
 * Ids on the wire: a prefix that says what it names, and the number in Crockford's base 32. Clients treat them as opaque.
 *
 * Every number has exactly one spelling. Whatever else comes is null, which routes answer as 404: an id that cannot be
 * read and one that names nothing of the caller's are the same to them.
 */
export type IdPrefix =
  | 'acc'
  | 'adr'
  | 'app'
  | 'aud'
  | 'dkm'
  | 'dlt'
  | 'drf'
  | 'tpl'
  | 'dom'
  | 'key'
  | 'mbx'
  | 'msg'
  | 'qua'
  | 'sub'
  | 'sup'
  | 'thr'
  | 'whd'
  | 'whk'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 11 digits of 5 bits: enough for 53. */
const DIGITS_MAX = 11

/** For the description of the API. */
export function idPattern(prefix: IdPrefix): string {
  return `^${prefix}_[1-9a-hj-km-np-tv-z][0-9a-hj-km-np-tv-z]{0,${DIGITS_MAX - 1}}$`
}

export function formatId(prefix: IdPrefix, id: number): string {
  return `${prefix}_${formatNumber(id)}`
}

/** The number of an id with this prefix, at least 1 (0 is no one's: junk/ keeps the server's own lists there). */
export function parseId(prefix: IdPrefix, text: string): number | null {
  if (!text.startsWith(`${prefix}_`)) return null
  const id = parseNumber(text.slice(prefix.length + 1))
  return id === 0 ? null : id
}

export function formatNumber(value: number): string {
  let text = ''
  let rest = value
  do {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  } while (rest > 0)
  return text
}

/** The number, or null where the text is not how formatNumber writes it. */
export function parseNumber(text: string): number | null {
  if (text.length === 0 || text.length > DIGITS_MAX) return null
  let value = 0
  for (const digit of text) value = value * 32 + ALPHABET.indexOf(digit)
  return Number.isSafeInteger(value) && value >= 0 && formatNumber(value) === text ? value : null
}
