/** Who the sender says he is: names and addresses that are made to be misread. */
import { foldAddress } from '../../mime/addresses.ts'
import { domainOf, type Facts, isWithin } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { isFreemail } from '../known-hosts.ts'
import { mixedScriptLabel, mixedScriptWord } from '../mixed-scripts.ts'

/** An address inside a display name. Bounded, so that a long name cannot make the search long. */
const ADDRESS_IN_NAME = /[\w.+-]{1,64}@((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})/i
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
  ]
}

/** Lists write `'ann@shop.example' via List <list@groups.example>` to pass DMARC, so theirs are spared. */
function nameSignals({ fromName, fromDomain, isList }: Facts): Finding[] {
  if (isList || fromDomain === '') return []
  const match = ADDRESS_IN_NAME.exec(fromName.slice(0, NAME_CHARS_MAX))
  const domain = match?.[1]?.toLowerCase()
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

function localPart(address: string): string {
  return address.slice(0, address.lastIndexOf('@'))
}
