/** Where the links lead, and how their hosts are dressed up. One finding a kind: a hundred bad links are one bad message. */
import type { Facts, Link } from '../facts.ts'
import { type Finding, found, type TagName } from '../finding.ts'
import { isFreeHosting, isShortener } from '../known-hosts.ts'
import { mixedScriptLabel } from '../mixed-scripts.ts'

/** Characters without width, which a browser drops from a host and a reader does not see. */
const ZERO_WIDTH = /[\u00ad\u200b-\u200d\u2060\ufeff]/
/** Networks that no stranger can serve from (RFC 1918, RFC 6598, RFC 3927, loopback): people quote them in technical mail. */
const PRIVATE_IPV4 =
  /^(?:0|10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./

const RULES: { name: TagName; seen: (link: Link, fromDomain: string) => string | null }[] = [
  { name: 'URL_IP_HOST', seen: (link) => (isPublicIp(link.host) ? link.host : null) },
  { name: 'URL_SHORTENER', seen: (link, fromDomain) => (isShortener(link.host, fromDomain) ? link.host : null) },
  { name: 'URL_FREE_HOSTING', seen: (link) => (isFreeHosting(link.host) ? link.host : null) },
  { name: 'URL_ZERO_WIDTH', seen: (link) => (ZERO_WIDTH.test(link.written) ? link.host : null) },
  { name: 'URL_MIXED_SCRIPTS', seen: (link) => mixedScriptLabel(link.host) },
  // What stands before '@' is a user name, which no web address needs: `http://bank.example@evil.example/`.
  { name: 'URL_USER_LOOKS_LIKE_HOST', seen: (link) => (/[^.]\.[^.]/.test(link.user) ? link.user : null) },
]

export function linkSignals(facts: Facts): Finding[] {
  const { links, fromDomain } = facts
  const findings = RULES.flatMap(({ name, seen }) => {
    for (const link of links) {
      const shown = seen(link, fromDomain)
      if (shown !== null) return [found(name, shown)]
    }
    return []
  })
  return areAllShortened(facts) ? [...findings, found('LINKS_ALL_SHORTENED')] : findings
}

/** A page all of whose doors are covered: honest ones have their own house among them. */
function areAllShortened({ links, html, fromDomain }: Facts): boolean {
  return html.anchors.length > 0 && links.length > 0 && links.every(({ host }) => isShortener(host, fromDomain))
}

function isPublicIp(host: string): boolean {
  // The URL parser leaves nothing that ends in a number but IPv4 in dotted decimal.
  if (/\.\d+$/.test(host)) return !PRIVATE_IPV4.test(host)
  return host.startsWith('[') && !/^\[(?:::|f[cd]|fe[89ab])/.test(host)
}
