/**
 * An SPF record's grammar (RFC 7208 §4.6, §12). Read whole before any of it is evaluated: a mistake anywhere in a record
 * makes all of it void, so that nobody passes by what stands before the mistake.
 */
import { type IpAddress, parseIp } from './ip.ts'
import { isMacroString } from './spf-macro.ts'

export type Qualifier = 'pass' | 'fail' | 'softfail' | 'neutral'

/** `target` is a domain with macros in it; null: the domain that is asked about. */
export type Mechanism = { qualifier: Qualifier } & (
  | { kind: 'all' }
  | { kind: 'include' | 'exists'; target: string }
  | { kind: 'ptr'; target: string | null }
  | { kind: 'a' | 'mx'; target: string | null; prefix4: number; prefix6: number }
  | { kind: 'ip'; network: IpAddress; prefix: number }
)

export type SpfRecord = { mechanisms: Mechanism[]; redirect: string | null }

/** A record is one answer of DNS; strings of more than this are nobody's policy. */
const RECORD_CHARS_MAX = 8_192
const TERMS_MAX = 500

const QUALIFIERS: Record<string, Qualifier> = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' }
const MODIFIER = /^([a-z][a-z0-9_.-]*)=(.*)$/i
const MECHANISM = /^([+\-~?]?)([a-z][a-z0-9_.-]*)(.*)$/i
/** `/24//64`, either half alone, or neither. */
const PREFIXES = /(?:\/(0|[1-9]\d?))?(?:\/\/(0|[1-9]\d{0,2}))?$/

export function isSpfRecord(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text)
}

/** Null where any of it breaks the grammar. Takes what isSpfRecord takes. */
export function parseSpfRecord(text: string): SpfRecord | null {
  const terms = text.split(' ').filter((term) => term !== '')
  if (text.length > RECORD_CHARS_MAX || terms.length > TERMS_MAX) return null
  const mechanisms: Mechanism[] = []
  const modifiers = new Map<string, string>()
  for (const term of terms.slice(1)) {
    const [, name, value = ''] = MODIFIER.exec(term) ?? []
    if (name === undefined) {
      const mechanism = readMechanism(term)
      if (!mechanism) return null
      mechanisms.push(mechanism)
    } else if (!addModifier(modifiers, name.toLowerCase(), value)) return null
  }
  return { mechanisms, redirect: modifiers.get('redirect') ?? null }
}

/** What exp= would explain is never shown, but its mistakes count; an unknown modifier means nothing (§6). */
function addModifier(modifiers: Map<string, string>, name: string, value: string): boolean {
  if (name !== 'redirect' && name !== 'exp') return isMacroString(value)
  if (modifiers.has(name) || !isDomainSpec(value)) return false
  modifiers.set(name, value)
  return true
}

function readMechanism(term: string): Mechanism | null {
  const [, sign = '', name = '', rest = ''] = MECHANISM.exec(term) ?? []
  const qualifier = QUALIFIERS[sign || '+'] as Qualifier
  switch (name.toLowerCase()) {
    case 'all':
      return rest === '' ? { qualifier, kind: 'all' } : null
    case 'include':
    case 'exists': {
      const target = targetOf(rest)
      return target ? { qualifier, kind: name.toLowerCase() as 'include' | 'exists', target } : null
    }
    case 'ptr': {
      const target = targetOf(rest)
      return target === undefined ? null : { qualifier, kind: 'ptr', target }
    }
    case 'a':
    case 'mx':
      return readHosts(qualifier, name.toLowerCase() as 'a' | 'mx', rest)
    case 'ip4':
      return readNetwork(qualifier, rest, 4)
    case 'ip6':
      return readNetwork(qualifier, rest, 6)
    default:
      return null
  }
}

function readHosts(qualifier: Qualifier, kind: 'a' | 'mx', rest: string): Mechanism | null {
  const [prefixes = '', four, six] = PREFIXES.exec(rest) ?? []
  const target = targetOf(rest.slice(0, rest.length - prefixes.length))
  const [prefix4, prefix6] = [Number(four ?? 32), Number(six ?? 128)]
  return target === undefined || prefix4 > 32 || prefix6 > 128 ? null : { qualifier, kind, target, prefix4, prefix6 }
}

function readNetwork(qualifier: Qualifier, rest: string, version: 4 | 6): Mechanism | null {
  const [, address = '', digits] = /^:([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(rest) ?? []
  const isVersion6 = address.includes(':')
  const network = parseIp(address)
  if (!network || isVersion6 !== (version === 6)) return null
  const prefix = Number(digits ?? (version === 6 ? 128 : 32))
  if (prefix > (version === 6 ? 128 : 32)) return null
  // An IPv4 address in IPv6's clothes is compared as IPv4, and of its prefix the last 32 bits count.
  return {
    qualifier,
    kind: 'ip',
    network,
    prefix: version === 6 && network.version === 4 ? Math.max(prefix - 96, 0) : prefix,
  }
}

/** What follows the colon; null where there is none, undefined where it is no domain. */
function targetOf(rest: string): string | null | undefined {
  if (rest === '') return null
  const target = rest.slice(1)
  return rest.startsWith(':') && isDomainSpec(target) ? target : undefined
}

/** §7.1: a macro string that ends with a top label, which is no number, or with a macro. */
function isDomainSpec(text: string): boolean {
  if (!isMacroString(text)) return false
  if (/%\{[^{}]*\}\.?$/.test(text)) return true
  const label = /\.([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.?$/i.exec(text)?.[1]
  return label !== undefined && /[a-z-]/i.test(label)
}
