/**
 * The keys of the allow and block lists: what an entry is stored under, and what a message looks up.
 *
 * An entry is one row with one key, so a lookup is a fixed number of exact keys (`key in (...)`) and never a scan, however
 * long the list. A domain's entry covers the domains under it, and a network's the addresses in it: therefore a message
 * asks for each domain above its sender's and for each network size that entries may have.
 *
 *   address:ann@shop.example   domain:shop.example   ip:192.0.2.1   ip:192.0.2.0/24   ip:2001:db8::/32
 *   helo:mail.shop.example
 *
 * Invariant: whatever `normaliseListEntry` accepts, `listKeys` asks for. So entries it could never find are refused while
 * their writer can still be told. One address has no `/32` or `/128`: it is written without.
 */
import { foldAddress, foldDomain } from '../mime/fold-address.ts'
import { formatIp, type IpAddress, networkOf, parseIp } from '../verify/ip.ts'

export type ListEntryKind = 'address' | 'domain' | 'ip' | 'helo'
export type ListEntryKey = { kind: ListEntryKind; key: string }

const HELO = 'helo:'
/** From fields with more addresses than this are no sender's; the rest is not looked up. */
const FROM_ADDRESSES_MAX = 4
/** Labels of the longest domain that is looked up or can be listed. */
const DOMAIN_LABELS_MAX = 5
/** Text that a person types for one entry: the longest address, and some blanks. */
const ENTRY_CHARS_MAX = 400
/** Networks wider than this are typing errors: half the Internet. */
const IPV4_PREFIX_MIN = 8
const IPV6_PREFIXES: readonly number[] = [16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64]

/** The keys under which entries for this sender may stand: at most 54. */
export function listKeys(input: {
  fromAddresses: string[]
  envelopeFrom: string | null
  ip: string | null
  /** What the client called itself, where somebody trustworthy heard it. */
  helo?: string | null
}): string[] {
  const addresses = input.fromAddresses.slice(0, FROM_ADDRESSES_MAX)
  if (input.envelopeFrom) addresses.push(input.envelopeFrom)
  const keys = new Set(addresses.flatMap(addressKeys))
  for (const key of [...ipKeys(input.ip), ...heloKeys(input.helo ?? null)]) keys.add(key)
  return [...keys]
}

/**
 * The key of what an administrator types: `A@B.example`, `b.example`, and `@b.example`, `*@b.example`, `*.b.example` for the
 * same (itself and all under it), `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`, and `helo:b.example` for clients that call
 * themselves so, or by a name under it. Null where it is none of these or could never match.
 */
export function normaliseListEntry(text: string): ListEntryKey | null {
  const entry = text.trim().toLowerCase()
  if (entry.length > ENTRY_CHARS_MAX) return null
  const ip = ipKey(entry)
  if (ip) return { kind: 'ip', key: `ip:${ip}` }
  if (entry.startsWith(HELO)) return heloEntry(entry.slice(HELO.length))
  // '*' is a letter that a local part may have (RFC 5322 §3.2.3), and alone nobody's.
  const name = entry.replace(/^(?:\*?@)?(?:\*\.)?/, '')
  if (name.includes('@')) return name === entry ? addressEntry(entry) : null
  const domain = domainName(name)
  return domain === null ? null : { kind: 'domain', key: `domain:${domain}` }
}

/** What `normaliseListEntry` reads the same key from: the entry as people type it. */
export function typedEntry(kind: ListEntryKind, value: string): string {
  return kind === 'helo' ? `${HELO}${value}` : value
}

function heloEntry(text: string): ListEntryKey | null {
  const name = domainName(text.replace(/^\*\./, ''))
  return name === null ? null : { kind: 'helo', key: `${HELO}${name}` }
}

function addressEntry(text: string): ListEntryKey | null {
  const address = foldAddress(text)
  return address?.includes('.', address.lastIndexOf('@')) ? { kind: 'address', key: `address:${address}` } : null
}

function addressKeys(text: string): string[] {
  const address = foldAddress(text)
  if (address === null) return []
  return [
    `address:${address}`,
    ...domainsAbove(address.slice(address.lastIndexOf('@') + 1)).map((one) => `domain:${one}`),
  ]
}

function heloKeys(helo: string | null): string[] {
  const name = helo === null ? null : foldDomain(helo)
  return name === null ? [] : domainsAbove(name).map((one) => `${HELO}${one}`)
}

/** The domain and those above it, without the top-level one. Of a longer one than can be listed, its end. */
function domainsAbove(domain: string): string[] {
  const labels = domain.split('.').slice(-DOMAIN_LABELS_MAX)
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'))
}

/** A domain as entries hold it: A-labels, two to five of them; null for anything else. */
function domainName(text: string): string | null {
  const domain = foldDomain(text)
  const labels = domain?.split('.').length ?? 0
  return labels >= 2 && labels <= DOMAIN_LABELS_MAX ? domain : null
}

function ipKeys(text: string | null): string[] {
  const ip = text === null ? null : parseIp(text)
  if (!ip) return []
  const networks = prefixesOf(ip).map((prefix) => `ip:${formatIp(networkOf(ip, prefix))}/${prefix}`)
  return [`ip:${formatIp(ip)}`, ...networks.reverse()]
}

/** The network sizes that entries may have, beside the single address. */
function prefixesOf(ip: IpAddress): readonly number[] {
  return ip.version === 6
    ? [...IPV6_PREFIXES]
    : Array.from({ length: 32 - IPV4_PREFIX_MIN }, (_, i) => i + IPV4_PREFIX_MIN)
}

/** The canonical address or network, its host bits cleared. */
function ipKey(text: string): string | null {
  const [address = '', bits, ...rest] = text.split('/')
  const ip = parseIp(address)
  if (!ip || rest.length > 0) return null
  if (bits === undefined) return formatIp(ip)
  // A mapped network counts its bits from the IPv6 address; rather than guess what was meant, it is refused.
  if (!/^(0|[1-9]\d{0,2})$/.test(bits) || (ip.version === 4 && address.includes(':'))) return null
  const prefix = Number(bits)
  if (prefix === ip.bytes.length * 8) return formatIp(ip)
  return prefixesOf(ip).includes(prefix) ? `${formatIp(networkOf(ip, prefix))}/${prefix}` : null
}
