/**
 * What the doubles of the providers have in common: an in-process API that validates a request as the documented one does,
 * answers as it does, and keeps what a recipient would see of each message.
 */
import { Buffer } from 'node:buffer'
import PostalMime from 'postal-mime'
import type { Provider, ProviderName } from '../../../src/outbound/provider.ts'
import type { ProviderTools } from '../../../src/outbound/providers/configure.ts'

/** A message as it goes out, by whatever way it came in. */
export type Seen = {
  /** All to whom it goes. */
  recipients: string[]
  from: { name: string; address: string }
  to: string[]
  cc: string[]
  replyTo: string[]
  subject: string
  text: string | null
  html: string | null
  /** By lower-case name. */
  headers: { [name: string]: string }
  files: { filename: string; bytes: Uint8Array; contentId: string | null }[]
  /** All that is shown to a recipient, as one text: nothing secret may be in it. */
  shown: string
  reference: string | null
}

/** What a call that fails is answered with, and what is to be made of it. */
export type ErrorCase = {
  name: string
  answer: () => Response
  outcome: object
}

export type Double = {
  name: ProviderName
  /** The secret that the double believes. */
  secret: string
  make(tools: ProviderTools, secret: string): Provider
  handle(request: Request, sent: Seen[]): Promise<Response>
  errors: ErrorCase[]
  /** Whether our Message-ID goes out as it is. */
  keepsMessageId: boolean
  /** Whether its lookUp finds what it has taken. */
  isFound?: boolean
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })
}

export const TEMPORARY = { kind: 'temporary', isProviders: true } as const
export const LATER = { kind: 'later', isProviders: true } as const
export const ELSEWHERE = { kind: 'permanent', isProviders: true } as const
/** `undefined` says that the mark must not be there. */
export const PERMANENT = { kind: 'permanent', isProviders: undefined } as const
export const UNKNOWN = { kind: 'unknown', isProviders: undefined } as const

/** What a raw message shows, read by a parser that is not ours. */
export async function seenInRaw(raw: Uint8Array, recipients: string[], reference: string | null): Promise<Seen> {
  const mail = await PostalMime.parse(raw)
  const headers = Object.fromEntries(mail.headers.map(({ key, value }) => [key, value]))
  const addresses = (list: { address?: string | undefined }[] = []) => list.map(({ address = '' }) => address)
  return {
    recipients,
    from: { name: mail.from?.name ?? '', address: mail.from?.address ?? '' },
    to: addresses(mail.to),
    cc: addresses(mail.cc),
    replyTo: addresses(mail.replyTo),
    subject: mail.subject ?? '',
    text: mail.text ?? null,
    html: mail.html ?? null,
    headers,
    files: mail.attachments.map(({ filename, content, contentId }) => ({
      filename: filename ?? '',
      bytes: new Uint8Array(content as ArrayBuffer),
      contentId: contentId?.replace(/^<|>$/g, '') ?? null,
    })),
    shown: new TextDecoder().decode(raw),
    reference,
  }
}

/** Base64 as a strict decoder takes it; null where it is none. */
export function strictBase64(text: unknown): Uint8Array | null {
  if (typeof text !== 'string' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** 'Name <a@b>', '"Name" <a@b>' or 'a@b'; null where it is none. */
export function readMailboxText(text: string): { name: string; address: string } | null {
  const match = /^(?:(?:"((?:[^"\\]|\\.)*)"|([^<>"]*?))\s*<([^<>\s]+@[^<>\s]+)>|([^<>\s"]+@[^<>\s"]+))$/u.exec(
    text.trim(),
  )
  if (!match) return null
  const [, quoted, plain, bracketed, bare] = match
  return { name: (quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '').trim(), address: bracketed ?? bare ?? '' }
}

/** A list of them, with commas between that stand in no quotes; null where one is none. */
export function readMailboxTexts(text: string): { name: string; address: string }[] | null {
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? []
  const read = parts.map(readMailboxText)
  return read.every((one) => one !== null) ? read : null
}

// biome-ignore lint/suspicious/noExplicitAny: what a test was sent may be anything; the doubles look.
export type Json = any
