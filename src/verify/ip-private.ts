/**
 * Which addresses nobody on the Internet can be reached at: a DNS blocklist knows nothing of them, and to ask would tell
 * strangers how a network is built.
 *
 * RFC 1918 (private), RFC 6598 (shared), RFC 3927 (link-local), RFC 6890 (the registry of all special networks). Of IPv6,
 * only 2000::/3 is given out as addresses of hosts (RFC 4291 §2.4).
 */
import { formatIp, type IpAddress, networkOf } from './ip.ts'

const PRIVATE_IPV4: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  // Multicast, and what is kept for the future.
  ['224.0.0.0', 3],
]

export function isPrivateIp(ip: IpAddress): boolean {
  if (ip.version === 6) return formatIp(networkOf(ip, 3)) !== '2000::'
  return PRIVATE_IPV4.some(([network, prefix]) => formatIp(networkOf(ip, prefix)) === network)
}
