/**
 * What others say of the message (opinions/). Each is one signal among others: a blocklist may be wrong or bought, and a
 * language model reads what a stranger wrote for it.
 *
 * Only what speaks against the message. A model that finds it harmless may have been told to, and no list knows all that is
 * bad: neither lowers a score.
 */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import type { Listing } from '../outside.ts'

/** Below this the model is guessing. */
const CLASSIFIER_SURE = 0.8
/** Listings that weigh so much together are more than one list's opinion. */
const WEIGHT_STRONG = 2

export function outsideSignals({ outside }: Facts): Finding[] {
  if (!outside) return []
  const client = outside.listings.filter(({ kind }) => kind === 'ip')
  const links = outside.listings.filter(({ kind }) => kind === 'domain')
  const { classifier } = outside
  return [
    ...listed(client, 'DNSBL_LISTED', 'DNSBL_LISTED_STRONGLY'),
    ...listed(links, 'URL_DNSBL_LISTED', 'URL_DNSBL_LISTED_STRONGLY'),
    ...(classifier && classifier.spam >= CLASSIFIER_SURE
      ? [found('CLASSIFIER_SPAM', `${Math.round(classifier.spam * 100)} % sure`)]
      : []),
  ]
}

/** The value that weighs most; a hundred listed links are one bad message. */
function listed(listings: readonly Listing[], name: Finding['name'], strongName: Finding['name']): Finding[] {
  const byValue = Map.groupBy(listings, ({ value }) => value)
  const [worst] = [...byValue.values()].sort((a, b) => weightOf(b) - weightOf(a))
  if (!worst?.[0]) return []
  const seen = `${worst[0].value} by ${worst.map(({ zone, code }) => `${zone} (${code})`).join(', ')}`
  return [found(weightOf(worst) >= WEIGHT_STRONG ? strongName : name, seen)]
}

function weightOf(listings: readonly Listing[]): number {
  return listings.reduce((sum, { weight }) => sum + weight, 0)
}
