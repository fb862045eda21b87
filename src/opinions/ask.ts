/**
 * What others say of one message, between the lists and the score of inbound mail:
 *   parse -> verify -> lists -> ASK OUTSIDE -> score
 *
 * Off by default: where the operator names no blocklist and binds no classifier, nothing is asked and nothing waits. Nor is
 * anything where a list entry decides, since no opinion could change that.
 *
 * Invariant: whatever fails, hangs or lies out there, the message is filed in time, by the opinions that came.
 */
import type { Deps } from '../deps.ts'
import { readLinksOf } from '../spam/facts.ts'
import type { SpamInput } from '../spam/input.ts'
import { decideByLists } from '../spam/lists.ts'
import type { Listing, OutsideOpinions } from '../spam/outside.ts'
import { scoreMessage } from '../spam/score.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { askBlocklists } from './blocklists.ts'
import { excerptOf } from './excerpt.ts'
import { linkDomains } from './link-domains.ts'

/** Nothing where nobody was asked. */
export async function askOutside(deps: Deps, input: SpamInput): Promise<{ outside?: OutsideOpinions }> {
  const { blocklists, classifier } = deps
  if (!blocklists && !classifier) return {}
  if (decideByLists(input).decided) return {}
  const outside: OutsideOpinions = { listings: [], classifier: null }
  try {
    const links = readLinksOf(input.message)
    if (blocklists) {
      const subjects = { ip: trustedClient(input.verdict), domains: linkDomains(links) }
      outside.listings = await askBlocklists(deps, blocklists, subjects)
    }
    if (classifier && couldDecide(input, outside.listings)) {
      const answer = await classifier.classify(excerptOf(input.message, links))
      if (answer) outside.classifier = { spam: answer.spam, model: classifier.model }
    }
  } catch (error) {
    deps.log({ level: 'error', at: 'opinions', error: String(error) })
  }
  return { outside }
}

/** What stands below the trusted block, or in one that is forged, anybody may have written. */
function trustedClient({ source, seal, client }: SenderVerdict): string | null {
  return source === 'cloudflare' && seal !== 'fail' ? client.ip : null
}

/**
 * Whether the surest answer of a classifier would change where the message goes. Most mail is far from any threshold on
 * either side of it, and a model is slow and costs money.
 */
function couldDecide(input: SpamInput, listings: readonly Listing[]): boolean {
  const verdictWith = (classifier: OutsideOpinions['classifier']) =>
    scoreMessage({ ...input, outside: { listings, classifier } }).verdict
  return verdictWith(null) !== verdictWith({ spam: 1, model: '' })
}
