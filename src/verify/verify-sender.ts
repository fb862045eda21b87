/**
 * Who sent this: the second step after the parse of inbound mail.
 *
 *   Cloudflare's block -> its seal -> what the block says, or our own DKIM, SPF and ARC -> DMARC -> one verdict
 *
 * Cloudflare's findings, where its block is there and sealed, spare the work. Where it is absent, forged, or silent about
 * something, we look ourselves: DKIM needs nothing but the bytes and DNS; SPF needs the client's address, which only a sealed
 * block names; DMARC makes do with what there is. Where DNS cannot be asked, and no key of Cloudflare's is remembered, the block
 * stands unsealed ('unknown').
 *
 * Only mail that Email Routing handed over is looked at. An import would cost a query and a public-key operation a message,
 * thousands at once, for keys that are long gone; its owner put it there.
 *
 * Never throws for content, and takes TIME_MS_MAX at most, whatever DNS does.
 */
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { verifyArc } from './arc.ts'
import { boundedResolve } from './bounded-resolve.ts'
import { type RawMessage, verifyDkim } from './dkim.ts'
import { checkDmarc } from './dmarc.ts'
import { checkedBy } from './evidence.ts'
import { parseIp } from './ip.ts'
import type { Resolve } from './resolve.ts'
import { verifyBlockSeal } from './seal.ts'
import { checkSpf } from './spf.ts'
import { type MessageSource, readTrustedBlock, trustedBlock, UNKNOWN_VERDICT } from './trusted-block.ts'
import type { SenderVerdict, SpfVerdict } from './verdict.ts'

/** Sending servers wait for our answer, and Email Routing itself for no more than about 50 s. */
const TIME_MS_MAX = 5_000
/** Of one message. A Worker on the free plan may fetch 50 times an invocation. */
const QUERIES_MAX = 30

export type Arrival = {
  message: ParsedMessage
  bytes: Uint8Array
  source: MessageSource
  resolve: Resolve
  /** When it was received, so that a later attempt at the same mail judges by the same clock. */
  nowMs: number
  /** MAIL FROM, '' for the null sender. */
  envelopeFrom: string
}

export async function verifySender(arrival: Arrival): Promise<SenderVerdict> {
  if (arrival.source !== 'email-routing') return UNKNOWN_VERDICT
  const dns = boundedResolve(arrival.resolve, QUERIES_MAX, TIME_MS_MAX)
  try {
    return await verify({ ...arrival, resolve: dns.resolve })
  } finally {
    dns.close()
  }
}

/** The domain of the one From address, folded; null where there is none, or several. */
export function soleFromDomain({ envelope, defects }: Pick<ParsedMessage, 'envelope' | 'defects'>): string | null {
  const [sole, ...others] = envelope.from
  if (!sole || others.length > 0 || defects.includes('from-multiple')) return null
  const address = foldAddress(sole.address)
  return address === null ? null : splitAddress(address).domain
}

async function verify(arrival: Arrival): Promise<SenderVerdict> {
  const { message, source, resolve, nowMs } = arrival
  const raw = rawMessage(arrival)
  const seal = await verifyBlockSeal(raw, trustedBlock(message.fields), resolve, nowMs)
  if (seal === 'fail' || seal === 'altered') {
    const found = await completed({ ...UNKNOWN_VERDICT, seal: 'fail' }, raw, arrival)
    return named(seal === 'fail' ? found : accused(found, readTrustedBlock(message.fields, source, 'unknown')))
  }
  const block = readTrustedBlock(message.fields, source, seal)
  // Without DNS for Cloudflare's key there is none for anything else.
  const isLeftUnsealed = seal === 'unknown' && hasFindings(block)
  return named(isLeftUnsealed ? block : await completed(block, raw, arrival))
}

/** What we found, and what Cloudflare holds against the sender of a message that is not as it was; our own proof outweighs it. */
function accused(found: SenderVerdict, { spf, dmarc, cloudflareSpamScore }: SenderVerdict): SenderVerdict {
  const isSpfFailure = spf.result === 'fail' || spf.result === 'softfail'
  const isDmarcFailure = dmarc.result === 'fail'
  if (found.dmarc.result === 'pass' || !(isSpfFailure || isDmarcFailure)) return found
  return {
    ...found,
    source: 'cloudflare',
    seal: 'unknown',
    spf: isSpfFailure ? spf : found.spf,
    dmarc: isDmarcFailure ? dmarc : found.dmarc,
    cloudflareSpamScore,
  }
}

/** What the block does not say, found out here. */
async function completed(block: SenderVerdict, raw: RawMessage, arrival: Arrival): Promise<SenderVerdict> {
  const { message, resolve, nowMs } = arrival
  const [spf, dkim, arc] = await Promise.all([
    ownSpf(block, arrival),
    block.dkim.length > 0 ? block.dkim : verifyDkim(raw, resolve, nowMs),
    block.arc ?? ownArc(raw, resolve),
  ])
  const evidence = { spf, dkim: passesFirst(dkim) }
  const isJudged = block.dmarc.result !== 'unknown'
  const dmarc = isJudged ? block.dmarc : await checkDmarc(soleFromDomain(message), evidence, resolve)
  const found = { ...block, ...evidence, arc, dmarc }
  const isOwn = [dmarc, spf, ...dkim].some(({ by }) => by === 'postern') || block.seal === 'fail'
  return found.source === 'none' && isOwn ? { ...found, source: 'postern' } : found
}

async function ownSpf({ spf, client }: SenderVerdict, { envelopeFrom, resolve }: Arrival): Promise<SpfVerdict> {
  const ip = client.ip === null ? null : parseIp(client.ip)
  if (spf.result !== 'unknown' || !ip) return spf
  return await checkSpf({ ip, envelopeFrom, helo: client.helo }, resolve)
}

async function ownArc(raw: RawMessage, resolve: Resolve): Promise<NonNullable<SenderVerdict['arc']>> {
  const result = await verifyArc(raw, resolve)
  return { result, by: result === 'unknown' ? null : 'postern' }
}

function rawMessage({ message, bytes }: Arrival): RawMessage {
  const { fields, structure, defects } = message
  return { bytes, fields, bodyStart: structure.bodyStart, headerWhole: !defects.includes('header-too-long') }
}

function hasFindings({ spf, dkim, dmarc, client, cloudflareSpamScore }: SenderVerdict): boolean {
  const results = [spf, dmarc, ...dkim].some(({ result }) => result !== 'unknown')
  return results || client.ip !== null || cloudflareSpamScore !== null
}

function passesFirst<T extends { result: string }>(all: readonly T[]): T[] {
  return [...all.filter(({ result }) => result === 'pass'), ...all.filter(({ result }) => result !== 'pass')]
}

/** Each finding with who found it. */
function named(verdict: SenderVerdict): SenderVerdict {
  const { spf, dkim, dmarc } = verdict
  const name = <T extends SpfVerdict>(finding: T): T => ({ ...finding, by: checkedBy(verdict, finding) })
  return { ...verdict, spf: name(spf), dkim: dkim.map(name), dmarc: name(dmarc) }
}
