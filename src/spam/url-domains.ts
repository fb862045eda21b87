/**
 * The hosts that a message's links lead to, for those who keep lists of bad ones: each host and the domain that was registered
 * for it, so that an entry of either is found. Looking them up is junk/'s work; what it finds comes back as `urlListings`.
 */
import type { ParsedMessage } from '../mime/message.ts'
import { readLinksOf } from './facts.ts'
import { registrableDomain } from './registrable.ts'

/** Names given back: each costs a look-up. */
export const URL_DOMAINS_MAX = 25

export function urlDomains(message: ParsedMessage): string[] {
  const names = new Set<string>()
  for (const { host } of readLinksOf(message)) {
    // The domain first: where there are too many, lists name domains.
    names.add(registrableDomain(host))
    names.add(host)
    if (names.size >= URL_DOMAINS_MAX) break
  }
  return [...names].slice(0, URL_DOMAINS_MAX)
}
