/**
 * Where a request on someone's word may go, as far as its URL says: https and port 443, to a name with a domain, without user
 * and password, and not to this server itself. What the name stands for is asked at each attempt (guarded-fetch.ts).
 *
 * Read by the parser that the request is sent with, so that both see one host: it turns 0x7f.1, 2130706433 and full-width digits
 * into 127.0.0.1 before this looks.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { parseIp } from '../verify/ip.ts'

/** More than any address of a receiver has; it is stored, shown and logged. */
export const URL_CHARS_MAX = 2_048
/** Names that no DNS of the Internet answers for; a resolver of some network might (RFC 6761, RFC 6762, RFC 7686). */
const LOCAL_NAMES = ['localhost', 'local', 'internal', 'onion', 'arpa']
/** White space and control characters: the parser would drop some of them, and what is shown would not be what is asked. */
const UNCLEAN = /[\p{Cc}\p{Cs}\s\\]/u

/** The target of a URL, or why it is none. `ownOrigin` is one of this server's beside `deps.origin`. */
export function checkTarget(
  deps: Pick<Deps, 'dev' | 'origin'>,
  text: string,
  ownOrigin?: string | null,
): URL | Failure {
  const url = readUrl(text)
  if (isFailure(url)) return url
  const own = [deps.origin, ownOrigin].filter((origin) => typeof origin === 'string')
  if (own.some((origin) => isSameHost(url, new URL(origin)))) return refuse('must not lead to this server itself')
  if (deps.dev && isLoopback(url)) return url
  if (url.protocol !== 'https:') return refuse('must be an https URL')
  if (url.port !== '') return refuse('must not name a port other than 443')
  return checkHost(url.hostname) ?? url
}

function readUrl(text: string): URL | Failure {
  if (text.length > URL_CHARS_MAX) return refuse(`must have at most ${URL_CHARS_MAX} characters`)
  const url = UNCLEAN.test(text) ? null : URL.parse(text)
  if (!url) return refuse('is not a URL')
  if (url.username !== '' || url.password !== '') return refuse('must not hold a user or a password')
  url.hash = ''
  return url
}

function checkHost(host: string): Failure | null {
  if (host.startsWith('[') || parseIp(host)) return refuse('must name a host, not an IP address')
  const labels = host.split('.')
  if (labels.some((label) => label === '') || labels.length < 2) return refuse('must name a host with its domain')
  return LOCAL_NAMES.includes(labels.at(-1) as string) ? refuse('must name a host of the Internet') : null
}

/** Ports count on a developer's machine alone, where several servers share one name. */
function isSameHost(one: URL, other: URL): boolean {
  if (isLoopback(one) && isLoopback(other)) return one.port === other.port
  return bare(one.hostname) === bare(other.hostname)
}

function bare(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}

/** http to this machine: what POSTERN_DEV allows. */
function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && (hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname))
}

function refuse(why: string): Failure {
  return fail('invalid', `The URL ${why}.`, 'url')
}
