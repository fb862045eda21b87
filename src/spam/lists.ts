/**
 * Which allow or block entry decides, if one does.
 *
 * The first that may decide, in this order:
 *  1. the account's entries before the server's: it is the owner's mailbox;
 *  2. an address before a domain before a client address before a HELO name: whoever names somebody exactly means it;
 *  3. the longer domain, the smaller network;
 *  4. block before allow: what goes to Junk can be found there, what is let in may do harm.
 *
 * An allow entry names a sender, so it is for mail that may be his. It does not decide where
 *  - Cloudflare, or this server itself, found that the message is not from the domain in From, or found nothing of the kind but
 *    something about another domain: a finding tells the owner, and the score decides. A pass counts for the domain that it
 *    proves and no other, since everybody passes for one of his own;
 *  - the trusted block is forged, and nothing found here proves the sender all the same;
 *  - the entry covers the envelope sender only, or one of several From addresses, or a HELO name: all are free to choose.
 * Where nobody looked ('unknown'), or the domain in From publishes nothing that could be checked, it decides. Where a seal could
 * not be checked, a forged block may name an allowed client just as From may name an allowed sender (verify/trusted-block.ts).
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
    if (mayBeTheSenders(hit, input))
      return { decided: hit, findings: [...findings, found('ALLOW_LISTED', describe(hit))] }
    if (findings.length === 0) findings.push(found('ALLOW_NOT_AUTHENTIC', describe(hit)))
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

function mayBeTheSenders({ kind }: ListHit, { message, verdict }: SpamInput): boolean {
  if (verdict.source === 'none' || verdict.source === 'local') return true
  const fromDomain = domainOf(soleFrom(message))
  if (verdict.seal === 'fail') return kind !== 'ip' && isAuthentic(verdict, fromDomain)
  // The client's address is Cloudflare's word: nothing about the domain changes it.
  if (kind === 'ip') return true
  const { result, domain } = verdict.dmarc
  if (result === 'fail') return false
  if (result === 'pass') return domain === null || isAligned(domain, fromDomain)
  // A published policy tells that the domain could have shown more.
  if (isUnsatisfied(verdict.dmarc)) return false
  if (isAlignedSpfPass(verdict, fromDomain) || isAlignedDkimPass(verdict, fromDomain)) return true
  return nothingSpeaks(verdict, fromDomain)
}

/**
 * Whether SPF was asked about this very domain and knew nothing, and nobody signed: all that an honest sender who publishes
 * nothing can show. One who sends in his name would have to show the same, and not that of a domain of his own.
 */
function nothingSpeaks({ spf, dkim }: SenderVerdict, fromDomain: string): boolean {
  if (spf.result === 'pass' || spf.result === 'fail' || spf.result === 'softfail') return false
  if (dkim.some((signature) => signature.result === 'pass')) return false
  return spf.domain === null || isAligned(spf.domain, fromDomain)
}

function describe({ kind, value, scope }: ListHit): string {
  return `${NAMES[kind]} ${value}, ${scope === 'account' ? 'your own list' : "the server's list"}`
}
