/**
 * What Cloudflare, or this server itself, found about the sender. Only what speaks against him: a pass says that the sender is
 * who he is, not that he is honest, and where the seal could not be checked anybody may have written it (verify/evidence.ts).
 */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

/** X-CF-SpamH-Score: 0 and 1 are normal. */
const CLOUDFLARE_SCORE_BAD = 3

export function authenticationSignals({ verdict, isList }: Facts): Finding[] {
  const isOwn = verdict.source === 'postern'
  if (!isOwn && (verdict.source !== 'cloudflare' || verdict.seal === 'fail')) return []
  const { spf, dkim, dmarc, cloudflareSpamScore } = verdict
  const findings: Finding[] = []
  if (spf.result === 'fail') findings.push(found('SPF_FAIL', spf.domain ?? ''))
  if (spf.result === 'softfail') findings.push(found('SPF_SOFTFAIL', spf.domain ?? ''))
  const broken = dkim.find((signature) => signature.result === 'fail')
  // One good signature is enough: relays add their own and break the one beneath.
  if (broken && !dkim.some((signature) => signature.result === 'pass'))
    findings.push(found('DKIM_FAIL', broken.domain ?? ''))
  if (dmarc.result === 'fail') {
    // A list that adds its footer breaks the author's signature, and itself passes SPF.
    const byList = isList && spf.result === 'pass'
    findings.push(found(byList ? 'DMARC_FAIL_BY_LIST' : 'DMARC_FAIL', dmarc.domain ?? ''))
  }
  if (cloudflareSpamScore !== null && cloudflareSpamScore >= CLOUDFLARE_SCORE_BAD) {
    findings.push(found('CLOUDFLARE_SCORE', `${cloudflareSpamScore}`))
  }
  return findings
}
