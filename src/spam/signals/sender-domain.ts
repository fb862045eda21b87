/** Addresses that machines thought up: random letters, names by the hundred, domains that cost nothing. */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { isCheapSuffix } from '../known-hosts.ts'
import { isRandom } from '../random-names.ts'
import { registrableLabel } from '../registrable.ts'

/** 'a.b.c.d.shop.example': honest servers need no more. */
const LABELS_MAX = 5
/** A top-level domain is of letters, or an A-label. */
const SUFFIX = /\.(?:[a-z]{2,}|xn--[a-z0-9-]+)$/
const PICTOGRAPH = /\p{Extended_Pictographic}/u
/** A name between signs that no name has: '\|BANCO*|/'. Not the brackets, bars and stars of offices and lists. */
const DECORATED = /[\\/|*_~^]{2}|[*\\^~]\S|\S[*\\^~]/
const NAME_CHARS_MAX = 200

export function senderDomainSignals(facts: Facts): Finding[] {
  const { fromDomain, fromSite, from, isBounce, fromName, recipients } = facts
  if (fromDomain === '' || isBounce) return []
  const findings: Finding[] = []
  const local = from.slice(0, from.lastIndexOf('@'))
  if (fromDomain.split('.').length > LABELS_MAX || fromDomain.split('.').some(isRandom)) {
    findings.push(found('FROM_DOMAIN_RANDOM', fromDomain))
  } else if (isRandom(registrableLabel(fromSite))) findings.push(found('FROM_DOMAIN_RANDOM', fromDomain))
  if (isRandom(local)) findings.push(found('FROM_LOCAL_RANDOM', local))
  if (isCheapSuffix(fromSite)) findings.push(found('FROM_SUFFIX_CHEAP', fromDomain))
  if (fromDomain.endsWith('.onmicrosoft.com')) findings.push(found('FROM_TENANT_DEFAULT', fromDomain))
  // A machine at home may write without a domain, to its own house.
  if (
    !SUFFIX.test(fromDomain) &&
    !recipients.some((one) => one.includes(`@${fromDomain}.`) || one.endsWith(`@${fromDomain}`))
  ) {
    findings.push(found('FROM_DOMAIN_LOCAL', fromDomain))
  }
  const name = fromName.slice(0, NAME_CHARS_MAX)
  if (PICTOGRAPH.test(name) || DECORATED.test(name)) findings.push(found('NAME_DECORATED', name))
  return findings
}
