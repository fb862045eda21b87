/**
 * Which addresses a request on someone's word may go to: those that the registries of special addresses leave to hosts of the
 * Internet, and no other.
 *
 * RFC 6890 names the registries; the table holds what stands in them and does not lead to a host of the Internet, and what leads
 * to another address than it shows (6to4, Teredo). Of IPv6 only 2000::/3 is given out (RFC 4291 §2.4), which leaves out loopback,
 * link-local, unique local, multicast, NAT64 and the discard prefix; an IPv4-mapped address is read as the IPv4 address that it is.
 */
import { formatIp, type IpAddress, networkOf, parseIp } from '../verify/ip.ts'

type Network = readonly [network: string, prefix: number]

const NOT_PUBLIC: Record<4 | 6, readonly Network[]> = {
  4: [
    // This network, and this host.
    ['0.0.0.0', 8],
    // Private (RFC 1918).
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    // Shared by a carrier's customers (RFC 6598).
    ['100.64.0.0', 10],
    // Loopback.
    ['127.0.0.0', 8],
    // Link-local (RFC 3927): a cloud's metadata service stands here.
    ['169.254.0.0', 16],
    // The IETF's own: DS-Lite, NAT64 discovery, PCP and TURN anycast.
    ['192.0.0.0', 24],
    // Documentation.
    ['192.0.2.0', 24],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    // AS112 and AMT: anycast that hosts nothing of anybody's.
    ['192.31.196.0', 24],
    ['192.52.193.0', 24],
    ['192.175.48.0', 24],
    // Relays of 6to4, which is over.
    ['192.88.99.0', 24],
    // Benchmarks.
    ['198.18.0.0', 15],
    // Multicast, what is kept for the future, and broadcast.
    ['224.0.0.0', 3],
  ],
  6: [
    // The IETF's own: Teredo, benchmarks, ORCHID.
    ['2001::', 23],
    // Documentation.
    ['2001:db8::', 32],
    ['3fff::', 20],
    // 6to4: an IPv4 address, which may be a private one.
    ['2002::', 16],
    // AS112.
    ['2620:4f:8000::', 48],
  ],
}

/** Whether a record's text is the address of a host of the Internet. What is no address is none. */
export function isPublicAddress(text: string): boolean {
  const ip = parseIp(text)
  if (!ip || (ip.version === 6 && !isIn(ip, ['2000::', 3]))) return false
  return !NOT_PUBLIC[ip.version].some((network) => isIn(ip, network))
}

function isIn(ip: IpAddress, [network, prefix]: Network): boolean {
  return formatIp(networkOf(ip, prefix)) === network
}
