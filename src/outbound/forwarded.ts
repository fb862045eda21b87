/**
 * The envelope and the bytes that a provider is handed for what the server sends by itself: forwards, bounces, vacation answers.
 *
 *   a provider that keeps the envelope   the bytes as they came, one Received more, under an SRS sender; or the null sender
 *   any other                            a message of our own, which says so in From and answers to who wrote it
 *
 * Which of both is decided when the provider is known, so that the next one may be asked in the other way.
 *
 * Invariant: nobody else's words leave here as ours. Under an SRS sender SPF passes for the return domain, and with it DMARC
 * for every From of the same organisation; so what names one of ours in From, and did not come from an account here, is wrapped.
 */
import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { sendableAddress } from '../mime/compose-address.ts'
import { withReceived, wrapForwarded } from '../mime/forwarded.ts'
import { fieldValues, parseHeaderBlock } from '../mime/headers.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import type { SubmissionRow } from '../store/schema.ts'
import { isAligned } from '../verify/alignment.ts'
import type { Provider } from './provider.ts'
import { srsAddress } from './return-path.ts'

type Made = Pick<SubmissionRow, 'kind' | 'sender' | 'source' | 'domain' | 'message_id'>
export type Shaped = { sender: string; raw: Uint8Array }

/** A From that all read alike: a name and an address in brackets, or an address with or without a name behind it. */
const ONE_SENDER = /^(?:[^<>]*<[^\s<>()",;:\\]+>|[^\s<>()",;:\\]+(?:\s*\([^()<>@]*\))?)$/

/** `via` of a wrapped message where the bytes do not tell it. */
const NOBODY = 'postmaster'

export async function shapeFor(
  deps: Pick<Deps, 'now' | 'returnDomain' | 'secrets'>,
  made: Made,
  raw: Uint8Array,
  { hasEnvelope }: Pick<Provider, 'hasEnvelope'>,
): Promise<Shaped> {
  if (made.kind === 'mail') return { sender: made.sender, raw }
  const message = await parseMessage(raw)
  const isOurs = made.source === null || made.source === 'local'
  if (hasEnvelope && (isOurs || !namesUs(deps, made, message))) {
    const sender = await envelopeSender(deps, made)
    if (sender !== null)
      return { sender, raw: made.kind === 'vacation' ? raw : withReceived(raw, made.domain, deps.now()) }
  }
  const via = viaOf(raw, made)
  const from = senderOf(message)
  // What an account here wrote, or this server, needs no wrapping: From is ours.
  if (isOurs && from !== null && splitAddress(from).domain === made.domain)
    return { sender: hasEnvelope && made.kind !== 'forward' ? '' : from, raw }
  const wrapped = wrapForwarded(raw, message, { via, messageId: made.message_id, nowMs: deps.now() })
  // A bounce is never bounced, where that can be said.
  return { sender: hasEnvelope && made.sender === '' ? '' : via, raw: wrapped }
}

/** Null where the provider would be handed a sender that it may not send for. */
async function envelopeSender(
  { returnDomain, secrets, now }: Pick<Deps, 'now' | 'returnDomain' | 'secrets'>,
  { sender }: Made,
): Promise<string | null> {
  if (sender === '') return ''
  if (returnDomain === null || secrets.root === null) return null
  return await srsAddress(secrets.root, returnDomain, sender, now())
}

/** Whether anybody could read From as one of ours: where two readers may see two senders, SPF and our signature speak for both. */
function namesUs(
  { returnDomain }: Pick<Deps, 'returnDomain'>,
  { domain }: Made,
  { envelope, fields }: ParsedMessage,
): boolean {
  const [written = '', ...others] = fieldValues(fields, 'from')
  const [sole] = envelope.from
  if (others.length > 0 || envelope.from.length !== 1 || !sole || !ONE_SENDER.test(written.trim())) return true
  // Also those that stand in the name: not every reader goes by the brackets.
  const named = [sole.address, ...written.split(/[^\w.@-]+/).filter((word) => word.includes('@'))]
  return named.some((address) => {
    const folded = foldAddress(address)
    if (folded === null) return address === sole.address
    const theirs = splitAddress(folded).domain
    return isAligned(theirs, domain) || isAligned(theirs, returnDomain)
  })
}

function senderOf({ envelope, defects }: ParsedMessage): string | null {
  const [sole, ...others] = envelope.from
  if (!sole || others.length > 0 || defects.includes('from-multiple')) return null
  return foldAddress(sole.address)
}

/** The address that passed it on, as the marks say (mime/forwarded.ts): ours only where it is at the domain that sends. */
function viaOf(raw: Uint8Array, { domain }: Made): string {
  const last = parseHeaderBlock(raw).fields.findLast(({ key }) => key === 'delivered-to')
  const address = last && sendableAddress(last.raw)
  return address && splitAddress(address).domain === domain ? address : `${NOBODY}@${domain}`
}
