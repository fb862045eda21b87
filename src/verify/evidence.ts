/**
 * What a verdict's findings are worth. One finding may be Cloudflare's, sealed, unsealed or under a broken seal, or this
 * server's own; whoever builds on a finding asks here whether it may.
 */
import { isAligned } from './alignment.ts'
import type { Checker, SenderVerdict } from './verdict.ts'

type Finding = { result: string; by?: Checker }

/** Who found it. What was stored before this was noted is Cloudflare's, since nobody else looked. */
export function checkedBy({ source }: SenderVerdict, { result, by }: Finding): Checker {
  if (by !== undefined) return by
  return source === 'cloudflare' && result !== 'unknown' ? 'cloudflare' : null
}

/** Whether it may count at all. Unsealed findings may, against a sender: nobody forges a fail for himself. */
export function mayCount(verdict: SenderVerdict, finding: Finding): boolean {
  const by = checkedBy(verdict, finding)
  return by === 'postern' || (by === 'cloudflare' && verdict.source === 'cloudflare' && verdict.seal !== 'fail')
}

/** Whether it may count for a sender: it is sealed by Cloudflare's key, or found here. */
export function isProven(verdict: SenderVerdict, finding: Finding): boolean {
  return mayCount(verdict, finding) && (checkedBy(verdict, finding) === 'postern' || verdict.seal === 'pass')
}

/**
 * Whether the message is proven to be from the domain in From: `fromDomain`, that of the one From address, folded; null where
 * there is none, or several. True only for a proven DMARC pass, a proven and aligned pass of DKIM or SPF, and mail of this
 * server's own accounts. A DMARC fail outweighs these, and so does a policy that was read here and not satisfied: a domain may
 * want exact alignment, so that those who sign for its subdomains do not speak for it.
 */
export function isAuthentic(verdict: SenderVerdict, fromDomain: string | null): boolean {
  if (fromDomain === null) return false
  const { source, spf, dkim, dmarc } = verdict
  if (source === 'local') return dmarc.result === 'pass' && dmarc.domain === fromDomain
  if (dmarc.result === 'fail' && mayCount(verdict, dmarc)) return false
  if (isUnsatisfied(dmarc)) return false
  return [dmarc, spf, ...dkim].some(
    (finding) => finding.result === 'pass' && isProven(verdict, finding) && isAligned(finding.domain, fromDomain),
  )
}

/** Whether this server has read the policy of the domain in From, and what it found does not satisfy it. */
export function isUnsatisfied({ by, policy, result }: SenderVerdict['dmarc']): boolean {
  return by === 'postern' && policy !== null && result !== 'pass'
}
