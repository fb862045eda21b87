/**
 * Where the few links of a message lead, against everything that tells where it comes from. Letters have few links, and so do
 * traps; a notice or a newsletter links to its own house, or to that of the service that sends it and says so in the headers.
 */
import { brandOf, isBrandsOwn } from '../brands.ts'
import { domainOf, type Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { isClickCounter, isFreemail, isShortener } from '../known-hosts.ts'
import { registrableDomain, registrableLabel } from '../registrable.ts'

/** A page with more links is no trap. */
const URLS_MAX = 6
/** Companies, under whatever suffix, whose sites show what anybody uploads, or lead on to wherever anybody likes. */
const STRANGERS_PAGES: ReadonlySet<string> = new Set(
  `adobe amazon amazonaws aws docusign dropbox facebook google instagram icloud linkedin meta microsoft office office365 onedrive
  outlook sharepoint snapchat steam tiktok twitter wetransfer whatsapp youtube`.split(/\s+/),
)
/** Fields in which a sender names himself and his service. */
const HOUSE_FIELDS: ReadonlySet<string> = new Set([
  'dkim-signature',
  'list-unsubscribe',
  'list-id',
  'sender',
  'reply-to',
  'return-path',
  'message-id',
  'feedback-id',
  'x-mailer',
])
const FIELDS_MAX = 200

export function doorSignals(facts: Facts): Finding[] {
  const { fromSite, linkSites, urls, html, isList, isBounce, isAnswer } = facts
  if (fromSite === '' || isList || isBounce || isAnswer) return []
  // People send each other a link; what they write by hand comes from their own mailbox.
  if (html.anchors.length === 0 || urls.length > URLS_MAX || linkSites.size === 0 || isFreemail(facts.fromDomain))
    return []
  const sites = [...linkSites]
  if (sites.some((site) => isOfTheHouse(site, facts)) || sites.every(isClickCounter)) return []
  const brand = brandOf(registrableLabel(fromSite))
  if (brand && isBrandsOwn(brand, facts.fromDomain)) {
    // A company has more domains than the one that it sends from.
    return sites.some((site) => isBrandsOwn(brand, site)) ? [] : [found('BRAND_LEADS_ELSEWHERE', sites[0] ?? '')]
  }
  return sites.every(isOfACompany) || areAllShortened(facts) ? [] : [found('LINKS_LEAD_ELSEWHERE', sites[0] ?? '')]
}

/** Where these lead is not to be seen, and that is told already (signals/links.ts). */
function areAllShortened({ links, fromDomain }: Facts): boolean {
  return links.every(({ host }) => isShortener(host, fromDomain))
}

/** The parcel at the carrier, the bill at the bank that takes the money: pages that nobody but a well-known company writes. */
function isOfACompany(site: string): boolean {
  const label = registrableLabel(site)
  const brand = brandOf(label)
  return brand !== undefined && isBrandsOwn(brand, site) && !STRANGERS_PAGES.has(label)
}

function isOfTheHouse(site: string, { fromSite, envelope, message }: Facts): boolean {
  if (site === fromSite || registrableDomain(domainOf(envelope.from).toLowerCase()) === site) return true
  // 'shop-mail.example' and 'shop.example' are one house.
  const [label, own] = [registrableLabel(site), registrableLabel(fromSite)]
  if (own.length >= 4 && (label.includes(own) || (label.length >= 4 && own.includes(label)))) return true
  return message.fields
    .slice(0, FIELDS_MAX)
    .some(({ key, raw }) => HOUSE_FIELDS.has(key) && raw.toLowerCase().includes(site))
}
