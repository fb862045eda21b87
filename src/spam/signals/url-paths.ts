/** Web addresses that lead on, hide or are broken into: what stands behind the host, and hosts that nobody chose a name for. */
import { type Facts, hostOf } from '../facts.ts'
import { type Finding, found, type TagName } from '../finding.ts'
import { isCheapSuffix, isRedirector } from '../known-hosts.ts'
import { isRandom } from '../random-names.ts'
import { registrableDomain, registrableLabel } from '../registrable.ts'

type Address = { url: string; host: string; site: string; path: string }

/** Addresses looked at. */
const URLS_MAX = 60
const PORT = /^https?:\/\/[^/?#@]{1,255}:(\d{1,5})(?:[/?#]|$)/i
/** Folders that hold a program's own files, never a page for readers: where an intruder puts his. */
const INTRUDED =
  /\/(?:wp-includes|wp-admin|wp-content\/(?:plugins|themes|upgrade|cache|mu-plugins)|\.well-known(?!\/acme)|cgi-sys|node_modules|vendor)\/|\/(?:images?|img|css|js|fonts?)\/(?:[^?#]{0,100}\/)?[^/?#]{0,60}\.(?:php|html?)(?:[?#]|$)/i
const IPFS = /\/ip[fn]s\/(?:Qm|baf|k51)\w{20,}|^https?:\/\/(?:Qm|baf)\w{30,}\./i
/** A mailing program's own words, left unfilled. */
const PLACEHOLDER =
  /%[A-Z_]{4,20}%|\{\{[^}]{1,40}\}\}|\[\[[^\]]{1,40}\]\]|\{%[^%]{1,40}%\}|#[a-z]{2,12} link#|##[a-z_]{2,20}##|\$\{\w{2,20}\}/i

const RULES: { name: TagName; seen: (address: Address, facts: Facts) => string | null }[] = [
  // Services count clicks with their own; nobody else needs them.
  {
    name: 'URL_REDIRECTOR',
    seen: ({ host, path, site }, { fromSite }) => (site !== fromSite && isRedirector(host, path) ? host : null),
  },
  {
    name: 'URL_INTRUDED',
    seen: ({ url, site }, { fromSite }) => (site !== fromSite && INTRUDED.test(url) ? url : null),
  },
  { name: 'URL_IPFS', seen: ({ url, host }) => (IPFS.test(url) ? host : null) },
  { name: 'URL_PORT', seen: ({ url, host }) => unusualPort(url, host) },
  {
    name: 'URL_SUFFIX_CHEAP',
    seen: ({ site, host }, { fromSite }) => (site !== fromSite && isCheapSuffix(site) ? host : null),
  },
  {
    name: 'URL_HOST_RANDOM',
    seen: ({ site, host }, { fromSite }) => (site !== fromSite && isRandom(registrableLabel(site)) ? host : null),
  },
]

export function urlPathSignals(facts: Facts): Finding[] {
  if (facts.isList || facts.isBounce) return []
  const addresses = facts.urls.slice(0, URLS_MAX).flatMap(readAddress)
  const findings = RULES.flatMap(({ name, seen }) => {
    for (const address of addresses) {
      const shown = seen(address, facts)
      if (shown !== null) return [found(name, shown)]
    }
    return []
  })
  const unfilled = facts.html.hrefs.find((href) => PLACEHOLDER.test(href.slice(0, 500)))
  return unfilled ? [...findings, found('URL_PLACEHOLDER', unfilled)] : findings
}

function readAddress(url: string): Address[] {
  const host = hostOf(url)
  if (host === null) return []
  const path = /^\s*https?:[/\\]{2,}[^/\\?#]*(.*)/is.exec(url)?.[1] ?? ''
  return [{ url, host, site: registrableDomain(host), path }]
}

function unusualPort(url: string, host: string): string | null {
  const port = PORT.exec(url)?.[1]
  if (port === undefined || ['80', '443'].includes(port) || !host.includes('.') || /^[\d.]+$|\.local$/.test(host))
    return null
  return `${host}:${port}`
}
