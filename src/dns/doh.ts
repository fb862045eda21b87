/**
 * DNS over HTTPS (RFC 8484): one question to one resolver. A Worker has no other way to ask.
 *
 * Tells 'silent' apart from 'unknown': the first is ours (no network), the second may be one domain's broken name servers.
 */
import type { DnsType } from '../verify/resolve.ts'
import { readReply, writeQuery } from './packet.ts'

/** Cloudflare's public resolver, which is next door to every Worker. */
const RESOLVER_URL = 'https://cloudflare-dns.com/dns-query'
/** Of one question. The resolver answers most in a few ms; a name server that takes longer costs its domain the verdict. */
const TIMEOUT_MS = 2_000
/** The largest DNS message. */
const REPLY_BYTES_MAX = 65_535
const [NO_ERROR, NO_SUCH_NAME] = [0, 3]

export type Asked =
  | { kind: 'found'; records: string[]; ttlSeconds: number }
  | { kind: 'none'; ttlSeconds: number }
  | { kind: 'unknown' }
  /** The resolver itself could not be reached. */
  | { kind: 'silent' }

/** No name at all: nothing to ask, now or later. */
const NO_NAME: Asked = { kind: 'none', ttlSeconds: 0 }

export async function askDns(name: string, type: DnsType, resolverUrl = RESOLVER_URL): Promise<Asked> {
  const query = writeQuery(name, type)
  if (!query) return NO_NAME
  try {
    const response = await fetch(`${resolverUrl}?dns=${base64Url(query)}`, {
      headers: { accept: 'application/dns-message' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) {
      await response.body?.cancel()
      return { kind: 'unknown' }
    }
    const bytes = new Uint8Array(await response.arrayBuffer())
    return bytes.length > REPLY_BYTES_MAX ? { kind: 'unknown' } : readAnswer(bytes, name, type)
  } catch (error) {
    // A slow answer is the asked domain's, and a Worker that has fetched its share is at fault itself: neither says that the
    // resolver cannot be reached.
    const isSlow = error instanceof DOMException && error.name === 'TimeoutError'
    return { kind: isSlow || /subrequests/i.test(String(error)) ? 'unknown' : 'silent' }
  }
}

export function readAnswer(bytes: Uint8Array, name: string, type: DnsType): Asked {
  const reply = readReply(bytes, name, type)
  if (reply?.responseCode === NO_ERROR && reply.records.length > 0)
    return { kind: 'found', records: reply.records, ttlSeconds: reply.ttlSeconds }
  if (reply?.responseCode === NO_ERROR || reply?.responseCode === NO_SUCH_NAME)
    return { kind: 'none', ttlSeconds: reply.ttlSeconds }
  return { kind: 'unknown' }
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')
}
