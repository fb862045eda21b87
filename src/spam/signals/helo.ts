/**
 * How the client named itself when it connected, as Cloudflare's block tells. A mail server has a name that others can
 * look up (RFC 5321 §4.1.1.1); infected machines and mail programs that sit on them mostly have none.
 */
import { foldAddress, foldDomain } from '../../mime/fold-address.ts'
import { isAlignedDkimPass, isAlignedSpfPass } from '../../verify/alignment.ts'
import { domainOf, type Facts, isWithin } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

/** Names that mean something inside one network only. */
const INNER: readonly string[] = ['localhost', 'localdomain', 'local', 'lan', 'home', 'internal', 'intranet', 'invalid']

export function heloSignals(facts: Facts): Finding[] {
  const { verdict } = facts
  const { helo } = verdict.client
  if (verdict.source !== 'cloudflare' || verdict.seal === 'fail' || helo === null) return []
  const name = helo.toLowerCase().replace(/\.$/, '')
  if (isNoServersName(name)) return [found('HELO_ODD', helo)]
  return isOursAndUnproven(name, facts) ? [found('HELO_OURS', helo)] : []
}

/** One without a dot, an address in or without its brackets, or a name of an inner network. */
function isNoServersName(name: string): boolean {
  if (!name.includes('.') || name.startsWith('[') || /^[\d.]+$/.test(name)) return true
  return INNER.some((domain) => isWithin(name, domain))
}

/**
 * Whether the client goes by the recipient's own domain without proof. The domain's owner may well send from a server of
 * his own; then SPF or a signature says so.
 */
function isOursAndUnproven(name: string, { verdict, envelope }: Facts): boolean {
  const ours = domainOf(foldAddress(envelope.to) ?? '')
  if (ours === '' || foldDomain(name) !== ours) return false
  return !isAlignedSpfPass(verdict, ours) && !isAlignedDkimPass(verdict, ours)
}
