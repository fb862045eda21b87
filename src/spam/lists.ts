/**
 * Which allow or block entry decides, if one does.
 *
 * The first that may decide, in this order:
 *  1. the account's entries before the server's: it is the owner's mailbox;
 *  2. an address before a domain before a client address before a HELO name: whoever names somebody exactly means it;
 *  3. the longer domain, the smaller network;
 *  4. block before allow: what goes to Junk can be found there, what is let in may do harm.
 *
 * An allow entry names a sender, so it is for mail that is proven to be his (verify/evidence.ts): signed, or sent from where his
 * domain says. A client's address is proven where it stands under Cloudflare's seal. An entry does not decide where
 *  - nothing is proven, be it that nobody looked, that nobody could, or that the domain in From publishes nothing: his name in
 *    From is anybody's to write. The score decides, and a finding tells the owner why;
 *  - the entry covers the envelope sender only, or one of several From addresses, or a HELO name: all are free to choose.
 * A block entry always may: nobody forges a sender in order to be refused.
 */
import { foldAddress } from '../mime/addresses.ts'
import { isAligned, isAlignedDkimPass, isAlignedSpfPass } from '../verify/alignment.ts'
import { isAuthentic, isUnsatisfied } from '../verify/evidence.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { domainOf, isWithin } from './facts.ts'
import { type Finding, found } from './finding.ts'
import type { ListHit, SpamInput } from './input.ts'

export type ListDecision = { decided: ListHit | null; findings: Finding[] }

/** As a report tells them. */
const NAMES: Record<ListHit['kind'], string> = { address: 'address', domain: 'domain', ip: 'client', helo: 'HELO' }
const KINDS: ListHit['kind'][] = ['address', 'domain', 'ip', 'helo']

export function decideByLists(input: SpamInput): ListDecision {
  const findings: Finding[] = []
  for (const hit of [...input.lists].sort(byPrecedence)) {
    if (hit.list === 'block') return { decided: hit, findings: [...findings, found('BLOCK_LISTED', describe(hit))] }
    if (!coversSender(hit, input)) continue
    if (isProven(hit, input)) return { decided: hit, findings: [...findings, found('ALLOW_LISTED', describe(hit))] }
    if (findings.length === 0)
      findings.push(found(isContradicted(input) ? 'ALLOW_NOT_AUTHENTIC' : 'ALLOW_NOT_PROVEN', describe(hit)))
  }
  return { decided: null, findings }
}

function byPrecedence(a: ListHit, b: ListHit): number {
  return (
    Number(a.scope === 'server') - Number(b.scope === 'server') ||
    KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
    breadth(a) - breadth(b) ||
    Number(a.list === 'allow') - Number(b.list === 'allow')
  )
}

/** Smaller is more exact, among entries of one kind. */
function breadth({ kind, value }: ListHit): number {
  if (kind === 'address') return 0
  if (kind === 'domain' || kind === 'helo') return -value.length
  const slash = value.indexOf('/')
  // An address without a network is the most exact: its prefix is as long as can be.
  return slash < 0 ? -128 : -Number(value.slice(slash + 1))
}

function coversSender({ kind, value }: ListHit, { message }: SpamInput): boolean {
  if (kind === 'ip') return true
  if (kind === 'helo') return false
  const from = soleFrom(message)
  return kind === 'address' ? from === value : isWithin(domainOf(from), value)
}

/** The one From address, folded; '' where there is none, or several. */
function soleFrom(message: SpamInput['message']): string {
  const [sole, ...others] = message.envelope.from
  if (!sole || others.length > 0 || message.defects.includes('from-multiple')) return ''
  return foldAddress(sole.address) ?? ''
}

function isProven({ kind }: ListHit, { message, verdict }: SpamInput): boolean {
  if (kind === 'ip') return verdict.seal === 'pass'
  return isAuthentic(verdict, domainOf(soleFrom(message)))
}

/** Whether what was found speaks against the sender, or for another: worth points, where the mere lack of a proof is not. */
function isContradicted({ message, verdict }: SpamInput): boolean {
  if (verdict.source === 'none' || verdict.source === 'local') return false
  const fromDomain = domainOf(soleFrom(message))
  const { result, domain } = verdict.dmarc
  if (verdict.seal === 'fail' || result === 'fail' || isUnsatisfied(verdict.dmarc)) return true
  if (result === 'pass') return domain !== null && !isAligned(domain, fromDomain)
  if (isAlignedSpfPass(verdict, fromDomain) || isAlignedDkimPass(verdict, fromDomain)) return false
  return !isSilent(verdict, fromDomain)
}

/** Whether SPF was asked about this very domain and knew nothing, and nobody signed: what a domain shows that publishes nothing. */
function isSilent({ spf, dkim }: SenderVerdict, fromDomain: string): boolean {
  if (spf.result === 'pass' || spf.result === 'fail' || spf.result === 'softfail') return false
  if (dkim.some((signature) => signature.result === 'pass')) return false
  return spf.domain === null || isAligned(spf.domain, fromDomain)
}

function describe({ kind, value, scope }: ListHit): string {
  return `${NAMES[kind]} ${value}, ${scope === 'account' ? 'your own list' : "the server's list"}`
}
