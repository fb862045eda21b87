/**
 * DMARC (RFC 7489): whether SPF or DKIM proves the domain that the reader sees in From, and what its owner wants done where
 * neither does.
 *
 * What is not known is not held against the sender: where SPF could not be asked (no trustworthy client address, no DNS) and
 * no signature is aligned, the result is 'unknown', never 'fail'. The policy is reported as it is published. pct= is not
 * applied: it lets a receiver spare a random part of what fails, and a verdict that is thrown by dice can be explained to
 * nobody. Nothing here refuses mail, so a sender who is only trying loses nothing by it.
 */
import { type AlignmentMode, isAligned, organizationalDomain } from './alignment.ts'
import type { Resolve } from './resolve.ts'
import { parseTags } from './tags.ts'
import type { DkimVerdict, DmarcVerdict, SpfVerdict } from './verdict.ts'

export type DmarcPolicy = 'none' | 'quarantine' | 'reject'

type DmarcRecord = {
  policy: DmarcPolicy
  /** sp=: for names below the one that publishes it. */
  subdomainPolicy: DmarcPolicy
  dkimMode: AlignmentMode
  spfMode: AlignmentMode
}

export type Evidence = { spf: SpfVerdict; dkim: readonly DkimVerdict[] }

/** `fromDomain` is that of the one From address, as A-labels; null where there is none, or several. */
export async function checkDmarc(
  fromDomain: string | null,
  evidence: Evidence,
  resolve: Resolve,
): Promise<DmarcVerdict> {
  const found = { domain: fromDomain, policy: null, by: 'postern' } as const
  // RFC 7489 §6.6.1: whom it should be about is not to be guessed.
  if (fromDomain === null) return { ...found, result: 'permerror', reason: 'not one From domain' }
  const published = await findRecord(fromDomain, resolve)
  if (published === 'unknown') return { ...found, by: null, result: 'unknown', reason: 'DNS could not be asked' }
  if (published === 'none') return { ...found, result: 'none', reason: 'no policy is published' }
  const { record, isOwn } = published
  const policy = isOwn ? record.policy : record.subdomainPolicy
  return { ...found, policy, ...judge(fromDomain, evidence, record) }
}

function judge(from: string, { spf, dkim }: Evidence, { dkimMode, spfMode }: DmarcRecord) {
  const signers = dkim.filter(({ domain }) => isAligned(domain, from, dkimMode))
  if (signers.some(({ result }) => result === 'pass')) return { result: 'pass', reason: null } as const
  if (spf.result === 'pass' && isAligned(spf.domain, from, spfMode)) return { result: 'pass', reason: null } as const
  // What might have passed, had it been asked.
  if (spf.result === 'unknown')
    return { result: 'unknown', reason: 'SPF could not be asked, no signature is aligned' } as const
  if (signers.some(({ result }) => result === 'unknown'))
    return { result: 'unknown', reason: 'a signature could not be checked' } as const
  return { result: 'fail', reason: 'neither SPF nor DKIM proves the domain' } as const
}

type Published = { record: DmarcRecord; isOwn: boolean } | 'none' | 'unknown'

/** RFC 7489 §6.6.3: of the domain itself, else of its organisation. */
async function findRecord(fromDomain: string, resolve: Resolve): Promise<Published> {
  const own = await readRecord(fromDomain, resolve)
  if (own === 'unknown' || own !== 'none') return own === 'unknown' ? own : { record: own, isOwn: true }
  const organization = organizationalDomain(fromDomain)
  if (organization === null || organization === fromDomain) return 'none'
  const theirs = await readRecord(organization, resolve)
  return typeof theirs === 'string' ? theirs : { record: theirs, isOwn: false }
}

async function readRecord(domain: string, resolve: Resolve): Promise<DmarcRecord | 'none' | 'unknown'> {
  const answer = await resolve(`_dmarc.${domain}`, 'TXT')
  if (answer.kind !== 'found') return answer.kind
  const records = answer.records.flatMap((text) => parseDmarcRecord(text) ?? [])
  // Several are as good as none.
  return records.length === 1 && records[0] ? records[0] : 'none'
}

/** Null for what is no DMARC record. */
export function parseDmarcRecord(text: string): DmarcRecord | null {
  const tags = parseTags(text)
  // RFC 7489 §6.3: the version comes first, and its case counts.
  if (tags?.get('v') !== 'DMARC1' || tags.keys().next().value !== 'v') return null
  const policy = policyOf(tags.get('p'))
  // §6.6.3: a policy that cannot be read is 'none' where reports are asked for, and no record otherwise.
  if (policy === null && !tags.has('rua')) return null
  const mode = (name: string): AlignmentMode => (tags.get(name)?.toLowerCase() === 's' ? 'strict' : 'relaxed')
  return {
    policy: policy ?? 'none',
    subdomainPolicy: policyOf(tags.get('sp')) ?? policy ?? 'none',
    dkimMode: mode('adkim'),
    spfMode: mode('aspf'),
  }
}

function policyOf(value: string | undefined): DmarcPolicy | null {
  const policy = value?.toLowerCase()
  return policy === 'none' || policy === 'quarantine' || policy === 'reject' ? policy : null
}
