/**
 * Whether a verified domain speaks for the one in From (RFC 7489 §3.1). SPF and DKIM prove a domain; everybody passes for
 * one of his own.
 *
 * Relaxed: both belong to one organisation, by the public suffix list, its private part included: those who rent out names
 * below one of theirs (blogs, shops, cloud hosts) do not want their tenants to speak for each other.
 */
import { getDomain } from 'tldts'
import type { SenderVerdict } from './verdict.ts'

export type AlignmentMode = 'relaxed' | 'strict'

export function isAligned(domain: string | null, fromDomain: string | null, mode: AlignmentMode = 'relaxed'): boolean {
  if (domain === null || fromDomain === null) return false
  if (domain === fromDomain) return true
  const organization = mode === 'relaxed' ? organizationalDomain(domain) : null
  return organization !== null && organization === organizationalDomain(fromDomain)
}

export function isAlignedSpfPass({ spf }: SenderVerdict, fromDomain: string | null): boolean {
  return spf.result === 'pass' && isAligned(spf.domain, fromDomain)
}

export function isAlignedDkimPass({ dkim }: SenderVerdict, fromDomain: string | null): boolean {
  return dkim.some((signature) => signature.result === 'pass' && isAligned(signature.domain, fromDomain))
}

/** The name that somebody registered below a public suffix (RFC 7489 §3.2); null for a public suffix itself. */
export function organizationalDomain(domain: string): string | null {
  return getDomain(domain, { allowPrivateDomains: true, validateHostname: false, extractHostname: false })
}
