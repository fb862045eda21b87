/**
 * The sender's verdict, from the header block that Cloudflare Email Routing puts at the very top of a message:
 *
 *   Received: ... by cloudflare-email.net ...
 *   ARC-Seal, ARC-Message-Signature, ARC-Authentication-Results: i=1; mx.cloudflare.net; ...
 *   Received-SPF: ... client-ip=...; helo=...
 *   Authentication-Results: mx.cloudflare.net; ...
 *   X-CF-SpamH-Score: N
 *
 * The second step after the parse of inbound mail. Everything below the block was written by the sender, who is free to
 * write the same fields there. So the block is what stands at the top without a gap, in this order, each name once, each
 * field naming Cloudflare where it names a server; the first field that does not fit ends it. Some mail comes without a
 * part of the block or all of it: what is absent is 'unknown', never 'fail'.
 *
 * What this cannot see: where Cloudflare adds nothing, or less than usual, a sender can forge the missing fields in the
 * very place where they belong. Only the ARC set tells: it verifies with Cloudflare's published key or it does not. That
 * check is made by seal.ts, whose outcome is handed in as `seal`. While it is 'unknown':
 *  - a pass lowers no score and outranks nothing that a sealed pass would outrank (authenticity.ts);
 *  - a fail may raise the score: nobody forges one for himself.
 * A seal that is 'fail' makes the whole block worthless: verify-sender.ts then reads none of it.
 *
 * The seal covers ARC-Authentication-Results and nothing else of the block. Of the rest, even under a good seal, where a
 * sender may have filled a gap that Cloudflare left, or sent again a set that he was given:
 *  - the plain copy is read only where the sealed line is absent, which no good seal has;
 *  - the client's address is the one in the sealed line, and Received-SPF only adds the HELO name where it agrees: that name
 *    is the client's own choice in any case;
 *  - X-CF-SpamH-Score can only raise a score, and its absence lowers none.
 *
 * RFC 8601 §5 and §7.1 (whose fields to believe), RFC 8617 §4.1 (ARC), RFC 7208 §9.1 (Received-SPF).
 */
import type { HeaderField } from '../mime/message.ts'
import {
  type AuthenticationResults,
  domainOf,
  type MethodResult,
  parseArcAuthenticationResults,
  parseAuthenticationResults,
  parseReceivedSpf,
  propertyOf,
  Scanner,
} from './authentication-results.ts'
import { formatIp, parseIp } from './ip.ts'
import type { AuthResult, SenderVerdict } from './verdict.ts'

/** How a message came in: through worker.email, or by import, SMTP, APPEND or the API, where anybody writes the top. */
export type MessageSource = 'email-routing' | 'untrusted'

/** Nobody trustworthy looked. */
export const UNKNOWN_VERDICT: SenderVerdict = Object.freeze({
  source: 'none',
  seal: 'unknown',
  spf: Object.freeze({ result: 'unknown', domain: null }),
  dkim: Object.freeze([]) as unknown as SenderVerdict['dkim'],
  dmarc: Object.freeze({ result: 'unknown', domain: null, policy: null }),
  client: Object.freeze({ ip: null, helo: null }),
  cloudflareSpamScore: null,
} satisfies SenderVerdict)

const AUTHSERV_ID = 'mx.cloudflare.net'
const MAIL_HOST = 'cloudflare-email.net'

/** Each field may be absent; the order may not change. */
const BLOCK_ORDER = [
  'received',
  'arc-seal',
  'arc-message-signature',
  'arc-authentication-results',
  'received-spf',
  'authentication-results',
  'x-cf-spamh-score',
]

const AUTH_RESULTS: ReadonlySet<string> = new Set<AuthResult>([
  'pass',
  'fail',
  'softfail',
  'neutral',
  'none',
  'policy',
  'temperror',
  'permerror',
])

/** Kept of a message with many signatures; a pass is kept before anything else. */
const SIGNATURES_MAX = 10
/** RFC 1035 §2.3.4: a domain name has at most 255 octets. */
const HELO_CHARS_MAX = 255

type Block = ReadonlyMap<string, HeaderField>

/**
 * Reads the verdict from a message's header fields, in their order. `seal` is the outcome of verifying the block's ARC set
 * with Cloudflare's key.
 */
export function readTrustedBlock(
  fields: readonly HeaderField[],
  source: MessageSource,
  seal: SenderVerdict['seal'] = 'unknown',
): SenderVerdict {
  if (source !== 'email-routing') return UNKNOWN_VERDICT
  const block = trustedBlock(fields)
  if (block.size === 0) return UNKNOWN_VERDICT
  const results = readBlockResults(block)
  const spf = parseReceivedSpf(rawOf(block, 'received-spf'))
  return {
    source: 'cloudflare',
    seal,
    spf: spfVerdict(results),
    dkim: dkimVerdicts(results),
    dmarc: dmarcVerdict(results),
    ...arcVerdict(results),
    client: clientOf(results, spf, seal),
    cloudflareSpamScore: spamScoreOf(rawOf(block, 'x-cf-spamh-score')),
  }
}

/** The fields of Cloudflare's block by name; empty where the message does not begin with one. */
export function trustedBlock(fields: readonly HeaderField[]): Block {
  const block = new Map<string, HeaderField>()
  let next = 0
  let end = 0
  for (const field of fields) {
    // A line that is no field leaves a gap between two that are.
    if (field.start !== end) break
    // Searching from `next` on refuses both a repeated name and one out of order.
    const place = BLOCK_ORDER.indexOf(field.key, next)
    if (place < 0 || (place > 0 && next === 0) || !isCloudflares(field)) break
    block.set(field.key, field)
    next = place + 1
    end = field.end
  }
  return block
}

/** Whether a field of the block names Cloudflare, for those that name anybody. */
function isCloudflares(field: HeaderField): boolean {
  switch (field.key) {
    case 'received':
      return receivedBy(field.raw) === MAIL_HOST
    case 'arc-seal':
    case 'arc-message-signature':
      return tagValue(field.raw, 'd') === MAIL_HOST
    case 'arc-authentication-results':
      return parseArcAuthenticationResults(field.raw)?.authservId === AUTHSERV_ID
    case 'authentication-results':
      return parseAuthenticationResults(field.raw)?.authservId === AUTHSERV_ID
    case 'received-spf':
      return (parseReceivedSpf(field.raw)?.receiver ?? AUTHSERV_ID) === AUTHSERV_ID
    default:
      return true
  }
}

/** The host after `by`. Words are read in pairs, since the client chooses its HELO name and may choose `by`. */
function receivedBy(value: string): string | null {
  const scan = new Scanner(value, false)
  while (!scan.at(';')) {
    const clause = scan.word().toLowerCase()
    const subject = scan.value()
    if (clause === '' || scan.broken) return null
    if (clause === 'by') return subject.toLowerCase()
  }
  return null
}

/** A tag of a list `a=b; c=d` (RFC 6376 §3.2); null where it is absent or stands twice. */
function tagValue(value: string, name: string): string | null {
  const found: string[] = []
  for (const tag of value.split(';')) {
    const equals = tag.indexOf('=')
    if (equals >= 0 && tag.slice(0, equals).trim() === name)
      found.push(
        tag
          .slice(equals + 1)
          .trim()
          .toLowerCase(),
      )
  }
  return found.length === 1 ? (found[0] ?? null) : null
}

function readBlockResults(block: Block): MethodResult[] {
  const sealed = block.get('arc-authentication-results')
  const plain = block.get('authentication-results')
  let results: AuthenticationResults | null = null
  if (sealed) results = parseArcAuthenticationResults(sealed.raw)
  else if (plain) results = parseAuthenticationResults(plain.raw)
  return results?.methods ?? []
}

function rawOf(block: Block, key: string): string {
  return block.get(key)?.raw ?? ''
}

function spfVerdict(results: MethodResult[]): SenderVerdict['spf'] {
  const all = results.filter((method) => method.method === 'spf')
  // A result for the HELO name stands beside that for MAIL FROM, and alone only where the envelope sender is empty.
  const mailFrom = all.filter((method) => propertyOf(method, 'smtp.mailfrom') !== null)
  const spf = mailFrom.length > 0 ? mailFrom : all
  const first = spf[0]
  if (!first) return UNKNOWN_VERDICT.spf
  const domain = domainOf(propertyOf(first, 'smtp.mailfrom') ?? propertyOf(first, 'smtp.helo'))
  return { result: soleResult(spf), domain }
}

function dkimVerdicts(results: MethodResult[]): SenderVerdict['dkim'] {
  const all = results
    .filter((method) => method.method === 'dkim')
    .map((method) => ({
      result: authResult(method.result),
      domain: domainOf(propertyOf(method, 'header.d') ?? propertyOf(method, 'header.i')),
      selector: domainOf(propertyOf(method, 'header.s')),
    }))
  const passesFirst = [...all.filter((one) => one.result === 'pass'), ...all.filter((one) => one.result !== 'pass')]
  return passesFirst.slice(0, SIGNATURES_MAX)
}

function dmarcVerdict(results: MethodResult[]): SenderVerdict['dmarc'] {
  const all = results.filter((method) => method.method === 'dmarc')
  const first = all[0]
  if (!first) return UNKNOWN_VERDICT.dmarc
  const policy = propertyOf(first, 'policy.dmarc')?.toLowerCase() ?? ''
  return {
    result: soleResult(all),
    domain: domainOf(propertyOf(first, 'header.from')),
    policy: /^(none|quarantine|reject)$/.test(policy) ? policy : null,
  }
}

/** Results for what has only one: where they differ, a fail stands and nothing else does. */
function soleResult(all: MethodResult[]): AuthResult {
  const results = new Set(all.map((method) => authResult(method.result)))
  const [only] = results
  if (results.size === 1 && only) return only
  return results.has('fail') ? 'fail' : 'unknown'
}

function authResult(word: string): AuthResult {
  return AUTH_RESULTS.has(word) ? (word as AuthResult) : 'unknown'
}

/** What Cloudflare found of the chain below its own set. */
function arcVerdict(results: MethodResult[]): Pick<SenderVerdict, 'arc'> {
  const all = results.filter((method) => method.method === 'arc')
  return all.length === 0 ? {} : { arc: { result: soleResult(all), by: 'cloudflare' } }
}

function clientOf(
  results: MethodResult[],
  spf: ReturnType<typeof parseReceivedSpf>,
  seal: SenderVerdict['seal'],
): SenderVerdict['client'] {
  const arc = results.find((method) => method.method === 'arc')
  // The sealed line names the client too. Where the two differ, Received-SPF is not Cloudflare's.
  const sealedIp = canonicalIp(arc ? propertyOf(arc, 'smtp.remote-ip') : null)
  const spfIp = canonicalIp(spf?.clientIp ?? null)
  if ((sealedIp !== null || seal === 'pass') && spfIp !== sealedIp) return { ip: sealedIp, helo: null }
  const helo = spf?.helo ?? null
  return { ip: spfIp, helo: helo !== null && /^[\x21-\x7e]+$/.test(helo) ? helo.slice(0, HELO_CHARS_MAX) : null }
}

function canonicalIp(text: string | null): string | null {
  const ip = text === null ? null : parseIp(text)
  return ip && formatIp(ip)
}

function spamScoreOf(value: string): number | null {
  // A message that begins with a blank folds its first line into this field: what stands first is Cloudflare's.
  const digits = /^[ \t]*(\d{1,3}(?:\.\d{1,3})?)(?![^ \t])/.exec(value)?.[1]
  return digits === undefined ? null : Number(digits)
}
