/** Who the sender says he is: names and addresses that are made to be misread. */
import { foldAddress } from '../../mime/addresses.ts'
import { domainOf, type Facts, isWithin } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { isFreemail } from '../known-hosts.ts'
import { mixedScriptLabel, mixedScriptWord } from '../mixed-scripts.ts'
import { plainLetters } from '../plain-letters.ts'
import { registrableDomain, registrableLabel } from '../registrable.ts'

/** An address inside a display name. Bounded, so that a long name cannot make the search long. */
const ADDRESS_IN_NAME = /[\w.+-]{1,64}@((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})/i
/** A name that is a web address and nothing else. */
const HOST_AS_NAME =
  /^\W{0,3}(?:www\.)?([a-z0-9-]{2,40}\.(?:com|net|org|io|info|eu|co\.uk|com\.br|de|fr|it|es|nl|pl|ch|at))\W{0,3}$/
/** Recipients compared. */
const RECIPIENTS_MAX = 100
const ALIKE_MIN = 4
/** Mailboxes that every company has. */
const ROLES = /^(?:info|sales|support|contact|office|admin|hello|mail|press|abuse|postmaster|webmaster)$/
/** Characters of a name that are searched. */
const NAME_CHARS_MAX = 300

export function senderSignals(facts: Facts): Finding[] {
  const mixedName = mixedScriptWord(facts.fromName)
  const mixedDomain = mixedScriptLabel(facts.fromDomain)
  return [
    ...nameSignals(facts),
    ...(mixedName ? [found('NAME_MIXED_SCRIPTS', mixedName)] : []),
    ...(mixedDomain ? [found('FROM_DOMAIN_MIXED_SCRIPTS', mixedDomain)] : []),
    ...replyToSignals(facts),
    ...freemailSignals(facts),
    ...recipientsSignals(facts),
  ]
}

/** Lists write `'ann@shop.example' via List <list@groups.example>` to pass DMARC, so theirs are spared. */
function nameSignals({ fromName, fromDomain, isList }: Facts): Finding[] {
  if (isList || fromDomain === '') return []
  const name = plainLetters(fromName.slice(0, NAME_CHARS_MAX))
  const match = ADDRESS_IN_NAME.exec(name)
  const domain = match?.[1]
  const host = HOST_AS_NAME.exec(name)?.[1]
  if (!match && host && !isKin(host, fromDomain)) return [found('NAME_IS_HOST', fromName)]
  if (!match || !domain || isWithin(domain, fromDomain) || isWithin(fromDomain, domain)) return []
  return [found('NAME_HOLDS_ADDRESS', match[0])]
}

/** Answers go to a free mailbox that is not the sender's. Lists set Reply-To for their members, so theirs are spared. */
function replyToSignals({ message, from, fromDomain, isList, isBounce }: Facts): Finding[] {
  if (isList || isBounce || from === '') return []
  const other = message.envelope.replyTo
    .map((one) => foldAddress(one.address) ?? '')
    .find((address) => isFreemail(domainOf(address)) && address !== from && localPart(address) !== localPart(from))
  // Somebody with two addresses of the same provider is nobody's prey.
  return other && domainOf(other) !== fromDomain ? [found('REPLY_TO_FREEMAIL', other)] : []
}

/** One under the other, or the same name under another suffix: 'shop.com' sends from 'mail.shop.de'. */
function isKin(host: string, fromDomain: string): boolean {
  return registrableLabel(host) === registrableLabel(registrableDomain(fromDomain))
}

/** A bank's case, by its number, from a free mailbox: people have names. */
function freemailSignals({ fromName, fromDomain }: Facts): Finding[] {
  return isFreemail(fromDomain) && /\d{6}/.test(fromName.slice(0, NAME_CHARS_MAX))
    ? [found('NAME_HOLDS_NUMBER', fromName)]
    : []
}

/** 'ann@a.example, ann@b.example, ann@c.example': a name tried at one provider after the other. */
function recipientsSignals({ message, isList }: Facts): Finding[] {
  if (isList) return []
  const domains = new Map<string, Set<string>>()
  for (const { address } of [...message.envelope.to, ...message.envelope.cc].slice(0, RECIPIENTS_MAX)) {
    const [local, domain] = [localPart(address).toLowerCase(), domainOf(address).toLowerCase()]
    const known = domains.get(local) ?? new Set()
    if (local !== '' && !ROLES.test(local)) domains.set(local, known.add(domain))
    if (known.size >= ALIKE_MIN) return [found('RECIPIENTS_ALIKE', local)]
  }
  return []
}

function localPart(address: string): string {
  return address.slice(0, address.lastIndexOf('@'))
}
