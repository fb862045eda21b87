/**
 * Whether a verified domain speaks for the one in From: DMARC's relaxed alignment without a public suffix list, so the
 * same domain, or one under the other. SPF and DKIM prove a domain; everybody passes for one of his own.
 */
import type { SenderVerdict } from './verdict.ts'

export function isAligned(domain: string | null, fromDomain: string | null): boolean {
  if (domain === null || fromDomain === null) return false
  return domain === fromDomain || isUnder(domain, fromDomain) || isUnder(fromDomain, domain)
}

export function isAlignedSpfPass({ spf }: SenderVerdict, fromDomain: string | null): boolean {
  return spf.result === 'pass' && isAligned(spf.domain, fromDomain)
}

export function isAlignedDkimPass({ dkim }: SenderVerdict, fromDomain: string | null): boolean {
  return dkim.some((signature) => signature.result === 'pass' && isAligned(signature.domain, fromDomain))
}

function isUnder(domain: string, parent: string): boolean {
  // A top-level domain is nobody's: 'example' is no parent of 'a.example'.
  return parent.includes('.') && domain.endsWith(`.${parent}`)
}
