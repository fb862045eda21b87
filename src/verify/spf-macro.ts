/** Macros in an SPF record's domains (RFC 7208 §7): `%{ir}.%{v}._spf.%{d2}` becomes a name to ask for. */
import type { IpAddress } from './ip.ts'

export type MacroValues = {
  ip: IpAddress
  /** The sender's address, its local part and its domain. */
  sender: string
  localPart: string
  senderDomain: string
  helo: string
  /** The domain whose record it is. */
  domain: string
  /** The client's validated name (§5.5), asked for only where a record wants it. */
  clientName: () => Promise<string>
}

/** RFC 1035 §2.3.4, as text. */
const NAME_CHARS_MAX = 253
/** The letters of §7.2; c, r and t are for explanations alone. */
const MACRO = /%\{([slodiphv])(\d{0,3})(r?)([.\-+,/_=]*)\}|%%|%_|%-/gi
/** §7.1: what may stand beside macros is visible ASCII. */
const PLAIN = /^[\x21-\x24\x26-\x7e]*$/

export function isMacroString(text: string): boolean {
  // A count of no parts is no count (§7.1).
  return PLAIN.test(text.replace(MACRO, '')) && !/%\{[a-z]0+r?[.\-+,/_=]*\}/i.test(text)
}

/** The text with its macros replaced, cut from the left to what a name may have (§7.3). Takes what isMacroString takes. */
export async function expandMacros(text: string, values: MacroValues): Promise<string> {
  let out = ''
  let from = 0
  for (const match of text.matchAll(MACRO)) {
    out += text.slice(from, match.index) + (await expandOne(match, values))
    from = match.index + match[0].length
  }
  return shortened(out + text.slice(from))
}

async function expandOne([whole, letter, digits, reverse, delimiters]: RegExpExecArray, values: MacroValues) {
  if (letter === undefined) return whole === '%%' ? '%' : whole === '%_' ? ' ' : '%20'
  const value = await macroValue(letter.toLowerCase(), values)
  const parts = value.split(new RegExp(`[${(delimiters || '.').replace(/[-/]/g, '\\$&')}]`))
  if (reverse) parts.reverse()
  const kept = digits ? parts.slice(-Number(digits)) : parts
  const joined = kept.join('.')
  return letter === letter.toUpperCase() ? encoded(joined) : joined
}

async function macroValue(letter: string, values: MacroValues): Promise<string> {
  switch (letter) {
    case 's':
      return values.sender
    case 'l':
      return values.localPart
    case 'o':
      return values.senderDomain
    case 'd':
      return values.domain
    case 'i':
      return dotted(values.ip)
    case 'p':
      return await values.clientName()
    case 'v':
      return values.ip.version === 4 ? 'in-addr' : 'ip6'
    default:
      return values.helo
  }
}

/** §7.3: IPv6 as its 32 digits. */
export function dotted(ip: IpAddress): string {
  if (ip.version === 4) return ip.bytes.join('.')
  return ip.bytes.flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)]).join('.')
}

function encoded(text: string): string {
  // A half of a surrogate pair would throw.
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function shortened(name: string): string {
  let short = name
  while (short.length > NAME_CHARS_MAX && short.includes('.')) short = short.slice(short.indexOf('.') + 1)
  return short.slice(-NAME_CHARS_MAX)
}
