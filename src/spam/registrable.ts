/**
 * The part of a host that somebody registered: 'shop.example' of 'www.mail.shop.example', by the public suffix list.
 *
 * The list's private part counts too: under 'pages.dev' each name is another owner's, and one of them is no kin to the next.
 */
import { organizationalDomain } from '../verify/alignment.ts'

/** RFC 1035 §2.3.4. */
const HOST_CHARS_MAX = 255

/** The registrable domain of a host as the URL parser gives it; the host itself where it has none, as addresses have. */
export function registrableDomain(host: string): string {
  if (host.length > HOST_CHARS_MAX) return host
  return organizationalDomain(host) ?? host
}

/** The name before the public suffix: 'shop' of 'www.shop.co.uk'. */
export function registrableLabel(domain: string): string {
  return domain.slice(0, domain.indexOf('.') >>> 0)
}
