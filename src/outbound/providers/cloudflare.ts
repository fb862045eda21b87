/**
 * Cloudflare's Email Service by its binding: the raw message, one recipient a call. Errors carry a code, E_...; what has
 * none was lost on the way, and nobody knows.
 */
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'

const BYTES_MAX = 5 * 1024 * 1024
const TEMPORARY = ['E_RATE_LIMIT_EXCEEDED', 'E_INTERNAL_SERVER_ERROR']
const LATER = ['E_DAILY_LIMIT_EXCEEDED']
/** It was handed on, and what the other server made of it is not known. */
const UNKNOWN = ['E_DELIVERY_FAILED']

export function cloudflareProvider(binding: SendEmail): Provider {
  return {
    name: 'cloudflare',
    recipientsMax: 1,
    bytesMax: BYTES_MAX,
    hasEnvelope: false,
    idempotentSeconds: 0,
    async send(message) {
      return await Promise.all(message.recipients.map((to) => sendTo(binding, message, to)))
    },
  }
}

async function sendTo(binding: SendEmail, { sender, raw }: Outgoing, to: string): Promise<SendOutcome> {
  // Only workerd has this module: Node, which reads the HTTP server's routes, must not need it.
  const { EmailMessage } = await import('cloudflare:email')
  try {
    const sent = await binding.send(new EmailMessage(sender, to, streamOf(raw)))
    return { kind: 'delivered', providerId: sent?.messageId ?? null }
  } catch (error) {
    return outcomeOf(error)
  }
}

function streamOf(raw: Uint8Array): ReadableStream<Uint8Array> {
  return new Blob([raw as Uint8Array<ArrayBuffer>]).stream()
}

function outcomeOf(error: unknown): SendOutcome {
  const detail = error instanceof Error ? error.message : String(error)
  const code = codeOf(error, detail)
  return { kind: kindOf(code), code: code ?? 'E_NO_ANSWER', detail }
}

function codeOf(error: unknown, detail: string): string | null {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : (/\bE_[A-Z_]+\b/.exec(detail)?.[0] ?? null)
}

function kindOf(code: string | null): 'temporary' | 'later' | 'permanent' | 'unknown' {
  if (code === null || !code.startsWith('E_') || UNKNOWN.includes(code)) return 'unknown'
  if (TEMPORARY.includes(code)) return 'temporary'
  return LATER.includes(code) ? 'later' : 'permanent'
}
