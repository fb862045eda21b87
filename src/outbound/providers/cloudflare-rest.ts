/**
 * Cloudflare's Email Service by its REST API: POST .../email/sending/send_raw, the raw message with its recipients, and lists of
 * what became of each of them.
 *
 * What it does not carry: a sender whose domain is not onboarded, so that the null sender becomes From; the Message-ID, which it
 * replaces (references.ts keeps the thread); bytes that are no UTF-8, since JSON has none. It knows no idempotency key, no tags, and
 * cannot be asked; its events name the id that it answers with.
 */
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'
import {
  type Answer,
  BUSY,
  callProvider,
  failure,
  listOf,
  member,
  NOT_HERE,
  NOT_NOW,
  oddSuccess,
  REFUSED,
  refusal,
  textOf,
  UNKNOWN,
  type Verdict,
  verdictOf,
} from './call.ts'
import { CLOUDFLARE_BYTES_MAX, overFieldLimits } from './cloudflare-limits.ts'
import type { ProviderTools } from './configure.ts'
import { senderOf } from './envelope-from.ts'
import { forAll, withinLimits } from './limits.ts'
import { referToItself } from './references.ts'

const API = 'https://api.cloudflare.com/client/v4/accounts'
const LIMITS = { name: 'cloudflare-rest', recipientsMax: 50, bytesMax: CLOUDFLARE_BYTES_MAX } as const

const ERRORS: { [code: number]: Verdict } = {
  10000: NOT_NOW, // no such account, or an authentication error of the API itself
  10001: REFUSED, // the form of the request
  10002: BUSY,
  10003: NOT_HERE, // there is no such call
  10004: BUSY, // throttled
  10100: BUSY, // its authentication service
  10101: NOT_NOW, // the token
  10102: NOT_NOW, // what the token may
  10103: NOT_NOW, // the kind of token
  10105: NOT_NOW, // the plan
  10200: NOT_HERE, // too big
  10201: NOT_HERE, // no content length
  10202: REFUSED, // invalid content
  10203: NOT_NOW, // sending is disabled
}

export type CloudflareRestSettings = { account: string; token: string }

export function cloudflareRestProvider(settings: CloudflareRestSettings, tools: ProviderTools): Provider {
  return {
    ...LIMITS,
    hasEnvelope: false,
    idempotentSeconds: 0,
    send: withinLimits(LIMITS, async (message) => {
      const raw = referToItself(message.raw, message.messageId)
      const tooMuch = overFieldLimits(raw)
      if (tooMuch) return forAll(message, tooMuch)
      const text = utf8Of(raw)
      return text === null ? forAll(message, NOT_UTF8) : await post(settings, tools, message, text)
    }),
  }
}

const NOT_UTF8 = refusal('5.6.1', 'It has bytes that are no UTF-8, which JSON cannot carry.')

function utf8Of(raw: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw)
  } catch {
    return null
  }
}

async function post(
  { account, token }: CloudflareRestSettings,
  tools: ProviderTools,
  message: Outgoing,
  text: string,
): Promise<SendOutcome[]> {
  const answer = await callProvider(tools, {
    url: `${API}/${encodeURIComponent(account)}/email/sending/send_raw`,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ from: senderOf(message), recipients: message.recipients, mime_message: text }),
    secrets: [token],
  })
  if (answer.kind === 'lost') return forAll(message, answer.outcome)
  return read(answer, message.recipients)
}

function read(answer: Answer, recipients: readonly string[]): SendOutcome[] {
  const { status, json } = answer
  const result = json?.result
  if (status === 200 && json?.success === true && typeof result === 'object' && result !== null)
    return recipients.map((to) => outcomeFor(answer, result, to))
  const [error] = listOf(json?.errors)
  const code = member(error, 'code')
  const isItsWord = typeof code === 'number'
  if (status >= 200 && status < 300 && !isItsWord) return recipients.map(() => oddSuccess(answer))
  const verdict = (isItsWord && ERRORS[code]) || verdictOf(answer, isItsWord)
  const outcome = failure(verdict, answer, isItsWord ? String(code) : null, member(error, 'message'))
  return recipients.map(() => outcome)
}

function outcomeFor(answer: Answer, result: object, to: string): SendOutcome {
  const has = (name: string) =>
    listOf(member(result, name)).some((one) => typeof one === 'string' && one.toLowerCase() === to.toLowerCase())
  if (has('delivered') || has('queued')) return { kind: 'delivered', providerId: textOf(member(result, 'message_id')) }
  if (has('permanent_bounces'))
    return failure(REFUSED, answer, 'permanent_bounce', 'The other server refused it for good.')
  if (has('suppressed_recipients'))
    return failure(REFUSED, answer, 'suppressed', 'The recipient is on the suppression list at Cloudflare.')
  return failure(UNKNOWN, answer, null, 'Its answer does not name this recipient.')
}
