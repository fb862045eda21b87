/**
 * The domains that a message links to, as blocklists list them: the registrable one, under which everything belongs to one
 * owner (by the public suffix list, its private part included: each customer of a hosting service is an owner of his own).
 */
import { getDomain } from 'tldts'
import type { Link } from '../spam/facts.ts'

/** Asked about, of one message. Honest mail has fewer, but for newsletters. */
const DOMAINS_MAX = 10

export function linkDomains(links: readonly Pick<Link, 'host'>[]): string[] {
  const domains = new Set<string>()
  for (const { host } of links) {
    // The URL parser has made the host lower-case A-labels; an IP address has no domain.
    const domain = getDomain(host, { allowPrivateDomains: true, extractHostname: false })
    if (domain !== null) domains.add(domain)
  }
  return spread([...domains])
}

/** Of many, some from everywhere: who fills the beginning with honest links must not hide his own behind them. */
function spread(domains: string[]): string[] {
  if (domains.length <= DOMAINS_MAX) return domains
  const step = (domains.length - 1) / (DOMAINS_MAX - 1)
  return Array.from({ length: DOMAINS_MAX }, (_, index) => domains[Math.round(index * step)] as string)
}
