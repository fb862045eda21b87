/**
 * The hosts that a message's links lead to, for those who keep lists of bad ones: each host and the domain that was registered
 * for it, so that an entry of either is found. Looking them up is junk/'s work; what it finds comes back as `urlListings`.
 */
import type { ParsedMessage } from '../mime/message.ts'
import { readLinksOf } from './facts.ts'
import { registrableDomain } from './registrable.ts'

/** Names given back: each is a parameter of a look-up that has a hundred. */
export const URL_DOMAINS_MAX = 40

export function urlDomains(message: ParsedMessage): string[] {
  const hosts = readLinksOf(message).map(({ host }) => host)
  // The domains first: where there are too many names, lists name domains.
  const domains = spread([...new Set(hosts.map(registrableDomain))])
  return [...new Set([...domains, ...hosts])].slice(0, URL_DOMAINS_MAX)
}

/** Of many, some from everywhere: who fills the beginning with honest links must not hide his own behind them. */
function spread(names: string[]): string[] {
  if (names.length <= URL_DOMAINS_MAX) return names
  const step = (names.length - 1) / (URL_DOMAINS_MAX - 1)
  return Array.from({ length: URL_DOMAINS_MAX }, (_, index) => names[Math.round(index * step)] as string)
}
