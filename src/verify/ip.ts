/**
 * IP addresses, read strictly and written one way, so that two spellings of one address are one key.
 *
 * Strict: four decimal numbers without leading zeros, or RFC 4291 §2.2 without a zone. What inet_aton would take besides
 * (octal, hexadecimal, fewer parts) is refused: two programs that read '010.0.0.1' differently are a way around a list.
 * An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address.
 */
export type IpAddress = {
  version: 4 | 6
  /** 4 or 16 bytes. */
  bytes: number[]
}

/** The longest text form: eight groups of four digits, seven colons. */
const IP_CHARS_MAX = 45

/** Reads an address; null where it is none. */
export function parseIp(text: string): IpAddress | null {
  if (text.length > IP_CHARS_MAX) return null
  if (!text.includes(':')) {
    const bytes = parseIpv4(text)
    return bytes && { version: 4, bytes }
  }
  const bytes = parseIpv6(text)
  if (!bytes) return null
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return mapped ? { version: 4, bytes: bytes.slice(12) } : { version: 6, bytes }
}

/** The canonical text: dotted decimal, or RFC 5952. */
export function formatIp(ip: IpAddress): string {
  return ip.version === 4 ? ip.bytes.join('.') : formatIpv6(ip.bytes)
}

/** The network of `prefix` bits that holds the address: its host bits cleared. */
export function networkOf(ip: IpAddress, prefix: number): IpAddress {
  const bytes = ip.bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefix - index * 8))
    return byte & (0xff00 >> kept)
  })
  return { version: ip.version, bytes }
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return null
  const bytes = parts.map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : null
}

function parseIpv6(text: string): number[] | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = [parseGroups(halves[0] ?? '', halves.length === 1), parseGroups(halves[1] ?? '', true)]
  if (!head || !tail) return null
  const missing = 16 - head.length - tail.length
  // '::' stands for at least one group of zeros; without it, nothing may be missing.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null
  return [...head, ...new Array<number>(missing).fill(0), ...tail]
}

/** The bytes of `a:b:c`; only the last group of the address may be dotted IPv4. */
function parseGroups(text: string, isLast: boolean): number[] | null {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    if (isLast && index === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group)
      if (!ipv4) return null
      bytes.push(...ipv4)
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return null
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 255)
    }
  }
  return bytes
}

function formatIpv6(bytes: number[]): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0))
  const { start, length } = longestZeroRun(groups)
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':')
  // RFC 5952 §4.2.2: a single group of zeros is written out.
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`
}

function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
    start = Math.max(start, end)
  }
  return best
}
