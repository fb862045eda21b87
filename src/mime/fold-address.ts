/**
 * The one form in which two spellings of an address compare equal: local part in lower case and NFC, domain as
 * A-labels. Lookups, lists and limits use it; what people see stays as they wrote it.
 *
 * RFC 5321 §2.4 lets a server tell local parts apart by case; no server that people use does, and to deliver
 * 'Ann@' and 'ann@' to two people would be a trap.
 */

/** RFC 5321 §4.5.3.1.1. */
export const LOCAL_PART_BYTES_MAX = 64
/** RFC 5321 §4.5.3.1.2 says 255; RFC 1035 §2.3.4 leaves 253 of them for the name as text. */
export const DOMAIN_BYTES_MAX = 253
/** Looked at before any folding, so that a megabyte of address costs nothing. */
const INPUT_CHARS_MAX = 1_000

const ATOMS_AND_DOTS = /^[\p{L}\p{M}\p{N}\p{S}\p{P}]+$/u
const NOT_IN_ATOMS = /[\s"(),:;<>@[\\\]]/u
/** Underscores are no letters of host names, but stand in real domains. */
const ASCII_DOMAIN = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/
/** Characters that would make the URL parser read something other than a host. */
const NOT_IN_HOST = /[\p{C}\s"#%/:<>?@[\\\]^`{|}]/u

/** Null where the text is no address that mail can go to. */
export function foldAddress(address: string): string | null {
  const text = address.trim()
  if (text.length > INPUT_CHARS_MAX || !text.isWellFormed()) return null
  const at = text.lastIndexOf('@')
  if (at < 1) return null
  const local = foldLocalPart(text.slice(0, at))
  const domain = foldDomain(text.slice(at + 1))
  return local !== null && domain !== null ? `${local}@${domain}` : null
}

/** `base` is what stands before the first '+', as in base+tag@; a quoted local part has no tag. */
export function splitAddress(folded: string): { local: string; domain: string; base: string; tag: string | null } {
  const at = folded.lastIndexOf('@')
  const local = folded.slice(0, Math.max(at, 0))
  const domain = folded.slice(at + 1)
  const plus = local.startsWith('"') ? -1 : local.indexOf('+')
  if (plus < 1) return { local, domain, base: local, tag: null }
  return { local, domain, base: local.slice(0, plus), tag: local.slice(plus + 1) }
}

function foldLocalPart(text: string): string | null {
  const isQuoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"')
  const plain = isQuoted ? unquote(text.slice(1, -1)) : text
  if (plain === null || plain === '' || /\p{C}/u.test(plain)) return null
  // Lower case first: a capital may fold to letter and mark, which NFC then joins.
  const folded = plain.toLowerCase().normalize('NFC')
  const needsQuotes = NOT_IN_ATOMS.test(folded) || !ATOMS_AND_DOTS.test(folded)
  if (needsQuotes && !isQuoted) return null
  const written = needsQuotes ? `"${folded.replace(/["\\]/g, '\\$&')}"` : folded
  return new TextEncoder().encode(written).length <= LOCAL_PART_BYTES_MAX ? written : null
}

/** Null where a quote stands inside that no backslash quotes. */
function unquote(text: string): string | null {
  const plain = text.replace(/\\(.)/gs, '$1')
  return /^(?:[^"\\]|\\.)*$/s.test(text) ? plain : null
}

/** A host name as A-labels (RFC 5890), without its final dot; null for address literals and what is no name. */
export function foldDomain(text: string): string | null {
  const name = text.replace(/\.$/, '').toLowerCase()
  const ascii = ASCII_DOMAIN.test(name) ? name : toAscii(name)
  if (ascii === null || ascii.length > DOMAIN_BYTES_MAX) return null
  const labels = ascii.split('.')
  const isNumber = /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')
  return isNumber || labels.some((label) => label.length > 63) ? null : ascii
}

function toAscii(name: string): string | null {
  if (name === '' || NOT_IN_HOST.test(name)) return null
  try {
    const { hostname } = new URL(`http://${name}`)
    const ascii = hostname.replace(/\.$/, '')
    return ASCII_DOMAIN.test(ascii) ? ascii : null
  } catch {
    return null
  }
}
