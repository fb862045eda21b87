/**
 * Fields that servers add on the way: no part of what the author sent, so they count neither for identity nor among
 * the header that is stored for listing.
 */
export const TRACE_FIELDS: ReadonlySet<string> = new Set([
  'received',
  'return-path',
  'delivered-to',
  'authentication-results',
  'received-spf',
  // Our own forwards': mail that comes back to where it was is the same mail.
  'x-postern-forwarded',
])

/** RFC 8617 names three ARC fields; Cloudflare's X-CF-* are undocumented and grow. */
const TRACE_PREFIXES = ['arc-', 'x-cf-']

/** Takes the name in lower case. */
export function isTraceField(key: string): boolean {
  return TRACE_FIELDS.has(key) || TRACE_PREFIXES.some((prefix) => key.startsWith(prefix))
}
