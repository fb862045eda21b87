/**
 * Cloudflare's Email Service by its binding: the raw message, one recipient a call, since a single suppressed recipient would
 * fail the call for all. Errors carry a code, E_...; what has none was lost on the way, and nobody knows.
 *
 * What it does not carry: the envelope sender, which becomes its own; the Message-ID, which it replaces (references.ts keeps the
 * thread). It knows no idempotency key, no tags, and cannot be asked; its events name the id that it answers with.
 */
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'
import { BUSY, lost, NOT_HERE, NOT_NOW, REFUSED, refusal, TIMEOUT_MS, UNKNOWN, type Verdict } from './call.ts'
import { CLOUDFLARE_BYTES_MAX, overFieldLimits } from './cloudflare-limits.ts'
import { senderOf } from './envelope-from.ts'
import { forAll, withinLimits } from './limits.ts'
import { referToItself } from './references.ts'

const LIMITS = { name: 'cloudflare', recipientsMax: 1, bytesMax: CLOUDFLARE_BYTES_MAX } as const
const DETAIL_CHARS_MAX = 400

const ERRORS: { [code: string]: Verdict } = {
  E_RATE_LIMIT_EXCEEDED: BUSY,
  E_INTERNAL_SERVER_ERROR: BUSY,
  E_DAILY_LIMIT_EXCEEDED: NOT_NOW,
  // It was handed on, and what the other server made of it is not known.
  E_DELIVERY_FAILED: UNKNOWN,
  E_SENDER_NOT_VERIFIED: NOT_HERE,
  E_SENDER_DOMAIN_NOT_AVAILABLE: NOT_HERE,
  // The binding is made for some recipients only.
  E_RECIPIENT_NOT_ALLOWED: NOT_HERE,
  E_RECIPIENT_SUPPRESSED: REFUSED,
  E_CONTENT_TOO_LARGE: NOT_HERE,
  E_TOO_MANY_RECIPIENTS: NOT_HERE,
  E_HEADER_NOT_ALLOWED: NOT_HERE,
  E_HEADER_USE_API_FIELD: NOT_HERE,
  E_HEADER_VALUE_INVALID: NOT_HERE,
  E_HEADER_VALUE_TOO_LONG: NOT_HERE,
  E_HEADER_NAME_INVALID: NOT_HERE,
  E_HEADERS_TOO_LARGE: NOT_HERE,
  E_HEADERS_TOO_MANY: NOT_HERE,
  E_VALIDATION_ERROR: REFUSED,
  E_FIELD_MISSING: REFUSED,
}

export function cloudflareProvider(binding: SendEmail, timeoutMs = TIMEOUT_MS): Provider {
  return {
    ...LIMITS,
    hasEnvelope: false,
    idempotentSeconds: 0,
    send: withinLimits(LIMITS, async (message) => {
      const raw = referToItself(message.raw, message.messageId)
      const tooMuch = overFieldLimits(raw)
      if (tooMuch) return forAll(message, tooMuch)
      const sender = senderOf(message)
      if (sender === '') return forAll(message, NO_SENDER)
      return await Promise.all(message.recipients.map((to) => sendTo(binding, { sender, raw }, to, timeoutMs)))
    }),
  }
}

const NO_SENDER = refusal('5.6.0', 'It has no sender, neither in its envelope nor in From.')

async function sendTo(
  binding: SendEmail,
  { sender, raw }: Pick<Outgoing, 'sender' | 'raw'>,
  to: string,
  timeoutMs: number,
): Promise<SendOutcome> {
  // Only workerd has this module: Node, which reads the HTTP server's routes, must not need it.
  const { EmailMessage } = await import('cloudflare:email')
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer came within ${timeoutMs / 1000} s.`)), timeoutMs)
  })
  try {
    const sent = await Promise.race([binding.send(new EmailMessage(sender, to, streamOf(raw))), late])
    return { kind: 'delivered', providerId: sent?.messageId ?? null }
  } catch (error) {
    return outcomeOf(error)
  } finally {
    clearTimeout(timer)
  }
}

function streamOf(raw: Uint8Array): ReadableStream<Uint8Array> {
  return new Blob([raw as Uint8Array<ArrayBuffer>]).stream()
}

function outcomeOf(error: unknown): SendOutcome {
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, DETAIL_CHARS_MAX)
  const code = codeOf(error, detail)
  if (code === null || !code.startsWith('E_')) return { ...lost(detail), ...(code !== null && { code }) }
  // A code that came after this was written: it refuses.
  const { kind, isProviders } = (Object.hasOwn(ERRORS, code) && ERRORS[code]) || REFUSED
  return { kind, code, detail, ...(isProviders && { isProviders }) }
}

function codeOf(error: unknown, detail: string): string | null {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : (/\bE_[A-Z_]+\b/.exec(detail)?.[0] ?? null)
}
