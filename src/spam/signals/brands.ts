/**
 * Mail that speaks as a company whose mail it is not: in the sender's name, his domain, the subject, the links. Each of these
 * is met in honest mail too (resellers, news about a company), so none decides alone, but for names that are disguised.
 */
import { brandNamed, type Named } from '../brand-names.ts'
import { type Brand, brandLooking, brandOf, hostWords, isBrandsOwn } from '../brands.ts'
import { type Facts, hostOf } from '../facts.ts'
import { type Finding, found, type TagName } from '../finding.ts'
import { isFreemail } from '../known-hosts.ts'
import { countLureWords } from '../lure-words.ts'
import { decodePunycode } from '../mixed-scripts.ts'
import { lettersOf, plainLetters, skeletonOf } from '../plain-letters.ts'
import { registrableDomain, registrableLabel } from '../registrable.ts'

/** Words about an account, and why at once. */
const PRESSING_WORDS_MIN = 3
/** Shorter names stand inside of other words: 'ups' in 'groups'. */
const PART_CHARS_MIN = 4
/** From here on a host that only begins or ends with the name is a copy: 'paypalsecure.example'. */
const AFFIX_CHARS_MIN = 7
const AFFIX_CHARS_MAX = 16
/** Links compared with brands. */
const LINKS_MAX = 50
const HOST_IN_TEXT =
  /^\W{0,5}(?:https?:\/\/)?(?:www\.)?((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24})(?:[/?#]\S{0,100})?\W{0,5}$/i

export function brandSignals(facts: Facts): Finding[] {
  if (facts.isBounce) return []
  return [...nameSignals(facts), ...domainSignals(facts), ...linkSignals(facts)]
}

function nameSignals(facts: Facts): Finding[] {
  const { fromName, message } = facts
  // A list shows its members' names, and they may work anywhere.
  const byName = facts.isList && facts.isAnswer ? null : brandNamed(fromName)
  if (byName && !isFrom(byName, facts)) {
    const { account, pressure } = countLureWords(facts.words)
    const findings = [found(nameTag(byName, facts), fromName)]
    return account.size + pressure.size >= PRESSING_WORDS_MIN
      ? [...findings, found('BRAND_PRESSES', fromName)]
      : findings
  }
  const subject = message.envelope.subject ?? ''
  const bySubject = brandNamed(subject)
  if (!bySubject || isFrom(bySubject, facts)) return []
  if (bySubject.isDisguised && !facts.isList) return [found('BRAND_DISGUISED', subject)]
  return isAbsent(bySubject.brand, facts) ? [found('BRAND_IN_SUBJECT', bySubject.brand.name)] : []
}

/** Who speaks for a company from a free mailbox has nothing else to show. */
function nameTag({ isDisguised }: Named, { fromDomain }: Facts): TagName {
  if (isDisguised) return 'BRAND_DISGUISED'
  return isFreemail(fromDomain) ? 'BRAND_IN_FREEMAIL' : 'BRAND_IN_NAME'
}

/** The brand's own domain, or a mail server's own notice: Exchange signs those as Microsoft Outlook. */
function isFrom({ brand }: Named, { fromDomain, from }: Facts): boolean {
  return isBrandsOwn(brand, fromDomain) || from.startsWith('microsoftexchange')
}

/** Whether neither the links nor the conversation have to do with the brand: news about it links to it or to the news. */
function isAbsent(brand: Brand, { links, isList, isAnswer, linkSites, fromSite }: Facts): boolean {
  if (isList || isAnswer || links.length === 0 || linkSites.has(fromSite)) return false
  return !links.some((link) => isBrandsOwn(brand, link.host))
}

function domainSignals({ fromDomain }: Facts): Finding[] {
  // The owner of a free mailbox has no say in its domain, nor has a tenant in his provider's (signals/sender-domain.ts).
  if (fromDomain === '' || isFreemail(fromDomain) || fromDomain.endsWith('.onmicrosoft.com')) return []
  return brandBorrowedBy(fromDomain) ? [found('BRAND_IN_FROM_DOMAIN', fromDomain)] : []
}

function linkSignals(facts: Facts): Finding[] {
  const findings: Finding[] = []
  const borrowed = facts.links.slice(0, LINKS_MAX).find(({ host }) => {
    // That the sender's own domain borrows a name is told once.
    if (registrableDomain(host) === facts.fromSite) return false
    const brand = brandBorrowedBy(host)
    // A company's own mail may lead to a service that bears its name: 'shop.survey.example'.
    return brand && !isBrandsOwn(brand, facts.fromDomain)
  })
  if (borrowed) findings.push(found('URL_BRAND_IN_HOST', borrowed.host))
  for (const { href, text } of facts.html.anchors.slice(0, LINKS_MAX)) {
    const shown = HOST_IN_TEXT.exec(text.trim())?.[1]?.toLowerCase()
    const brand = shown && brandOf(registrableLabel(registrableDomain(shown)))
    if (!brand || !isBrandsOwn(brand, shown)) continue
    const target = hostOf(href)
    // The brand's own mail leads through its own counters.
    if (target === null || isBrandsOwn(brand, target) || isBrandsOwn(brand, facts.fromDomain)) continue
    // A click counter of who sends: it leads on to what is shown. A brand's address is shown by those who link to it.
    if (registrableDomain(target) === facts.fromSite || facts.linkSites.size > SITES_OF_A_NEWSLETTER) continue
    findings.push(found('LINK_TEXT_BRAND', `${shown} -> ${target}`))
    break
  }
  return findings
}

/** A message that links to more sites is no trap with one door. */
const SITES_OF_A_NEWSLETTER = 3

/** The brand whose name a host of somebody else bears, as it is written or as it looks. */
function brandBorrowedBy(host: string): Brand | undefined {
  if (!/\.[a-z][a-z0-9-]+$/.test(host)) return undefined
  const words = hostWords(host)
  for (const word of words) {
    const brand = borrowed(word)
    if (brand && !isBrandsOwn(brand, host)) return brand
  }
  return undefined
}

function borrowed(label: string): Brand | undefined {
  const unicode = label.startsWith('xn--') ? (decodePunycode(label.slice(4)) ?? label) : label
  return borrowedBy(lettersOf(unicode), brandOf) ?? borrowedBy(skeletonOf(plainLetters(unicode)), brandLooking)
}

function borrowedBy(word: string, lookUp: (key: string) => Brand | undefined): Brand | undefined {
  if (word.length < PART_CHARS_MIN) return undefined
  const whole = lookUp(word)
  if (whole && !whole.isCommonWord) return whole
  for (let length = Math.min(word.length - 1, AFFIX_CHARS_MAX); length >= AFFIX_CHARS_MIN; length--) {
    const part = lookUp(word.slice(0, length)) ?? lookUp(word.slice(-length))
    if (part && !part.isCommonWord) return part
  }
  return undefined
}
