/**
 * The grammar of DKIM-Signature (RFC 6376 §3.5) and ARC-Message-Signature (RFC 8617 §4.1.2), which differ by three tags.
 * What is read here was checked for form alone; nothing of it is true before signed-fields.ts and key.ts have had their say.
 */
import { foldDomain } from '../mime/fold-address.ts'
import type { Canonicalization } from './canonical.ts'
import { base64Bytes, parseTags, type Tags, trimFws, unfolded } from './tags.ts'

export type KeyAlgorithm = 'rsa' | 'ed25519'

/** What names a key and is verified with it: a message signature, or an ARC seal. */
export type Signed = {
  algorithm: KeyAlgorithm
  /** The signing domain, as A-labels. */
  domain: string
  selector: string
  signature: Uint8Array<ArrayBuffer>
}

export type MessageSignature = Signed & {
  headerForm: Canonicalization
  bodyForm: Canonicalization
  bodyHash: Uint8Array
  /** Names in lower case, in the order in which they are hashed; a name may stand more often than the field does. */
  signedNames: string[]
  /** Canonical body bytes that are signed; null: all. */
  bodyLimitBytes: number | null
  /** The domain of i=: the signing domain or one below it. */
  agentDomain: string
  /** Epoch seconds. */
  expiresAt: number | null
}

/** `domain` and `selector` as far as they could be read, so that a result can name whose signature it is. */
export type Unreadable = { defect: SignatureDefect; domain: string | null; selector: string | null }

export type SignatureDefect =
  | 'signature malformed'
  | 'algorithm unknown'
  | 'algorithm rsa-sha1 is not accepted' // RFC 8301 §3.1
  | 'From is not signed'
  | 'identity is outside the domain'

/** Names in h=. Honest signatures sign some twenty, each perhaps twice. */
const SIGNED_NAMES_MAX = 100
/** RFC 6376 §3.5: a decimal number of at most 76 digits; beyond this many they are no length of a message. */
const LENGTH_DIGITS_MAX = 15
/** RFC 6376 §3.1: a selector is labels with dots between. */
const SELECTOR = /^(?=.{1,200}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/i

export function parseDkimSignature(value: string): MessageSignature | Unreadable {
  const tags = parseTags(value)
  if (tags?.get('v') !== '1') return unreadable(tags, 'signature malformed')
  const query = tags.get('q')
  if (query !== undefined && !listOf(query).includes('dns/txt')) return unreadable(tags, 'signature malformed')
  const agent = tags.get('i') ?? `@${tags.get('d')}`
  // Widely used signers fold i= inside its domain.
  const signature = parseMessageSignature(tags, foldDomain(unfolded(agent.slice(agent.lastIndexOf('@') + 1))))
  if ('defect' in signature) return signature
  const { agentDomain, domain } = signature
  if (agentDomain !== domain && !agentDomain.endsWith(`.${domain}`))
    return unreadable(tags, 'identity is outside the domain')
  return signature
}

/** i= is the instance here, which arc.ts has read. */
export function parseArcMessageSignature(tags: Tags): MessageSignature | Unreadable {
  return parseMessageSignature(tags, foldDomain(tags.get('d') ?? ''))
}

/** What a seal and a message signature share. */
export function parseSigned(tags: Tags): Signed | Unreadable {
  const [algorithm, domain, selector] = [tags.get('a')?.toLowerCase(), domainOf(tags), selectorOf(tags)]
  const signature = base64Bytes(tags.get('b') ?? '')
  if (algorithm === 'rsa-sha1') return unreadable(tags, 'algorithm rsa-sha1 is not accepted')
  if (algorithm !== 'rsa-sha256' && algorithm !== 'ed25519-sha256') return unreadable(tags, 'algorithm unknown')
  if (domain === null || selector === null || !signature) return unreadable(tags, 'signature malformed')
  return { algorithm: algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519', domain, selector, signature }
}

function parseMessageSignature(tags: Tags, agentDomain: string | null): MessageSignature | Unreadable {
  const signed = parseSigned(tags)
  if ('defect' in signed) return signed
  const forms = formsOf(tags.get('c'))
  const bodyHash = base64Bytes(tags.get('bh') ?? '')
  const signedNames = listOf(tags.get('h') ?? '')
  const bodyLimitBytes = numberOf(tags.get('l'))
  const [signedAt, expiresAt] = [numberOf(tags.get('t')), numberOf(tags.get('x'))]
  if (!forms || !bodyHash || agentDomain === null) return unreadable(tags, 'signature malformed')
  if (signedNames.length > SIGNED_NAMES_MAX || signedNames.includes('')) return unreadable(tags, 'signature malformed')
  if ([bodyLimitBytes, signedAt, expiresAt].includes('malformed')) return unreadable(tags, 'signature malformed')
  // RFC 6376 §3.5: a signature does not expire before it is made.
  if (typeof signedAt === 'number' && typeof expiresAt === 'number' && expiresAt <= signedAt)
    return unreadable(tags, 'signature malformed')
  if (!signedNames.includes('from')) return unreadable(tags, 'From is not signed')
  return {
    ...signed,
    ...forms,
    bodyHash,
    signedNames,
    agentDomain,
    bodyLimitBytes: bodyLimitBytes as number | null,
    expiresAt: expiresAt as number | null,
  }
}

function unreadable(tags: Tags | null, defect: SignatureDefect): Unreadable {
  return { defect, domain: tags && domainOf(tags), selector: tags && selectorOf(tags) }
}

function domainOf(tags: Tags): string | null {
  const domain = foldDomain(tags.get('d') ?? '')
  // RFC 6376 §3.5: a domain of an author; a single label is nobody's.
  return domain?.includes('.') ? domain : null
}

function selectorOf(tags: Tags): string | null {
  const selector = tags.get('s') ?? ''
  return SELECTOR.test(selector) ? selector.toLowerCase() : null
}

function formsOf(value = 'simple/simple'): Pick<MessageSignature, 'headerForm' | 'bodyForm'> | null {
  const [header, body = 'simple', ...more] = value.toLowerCase().split('/').map(trimFws)
  const isForm = (form: string | undefined): form is Canonicalization => form === 'simple' || form === 'relaxed'
  return isForm(header) && isForm(body) && more.length === 0 ? { headerForm: header, bodyForm: body } : null
}

/** Words with colons between, in lower case. */
function listOf(value: string): string[] {
  return unfolded(value).toLowerCase().split(':')
}

function numberOf(digits: string | undefined): number | null | 'malformed' {
  if (digits === undefined) return null
  return /^\d+$/.test(digits) && digits.length <= LENGTH_DIGITS_MAX ? Number(digits) : 'malformed'
}
