/** Links to hosts that somebody has listed: the owner, the server's admin, or a list that they chose. */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

export function urlListingSignals({ urlListings }: Facts): Finding[] {
  const [first] = urlListings ?? []
  return first ? [found('URL_LISTED', `${first.host}, ${first.source}`)] : []
}
