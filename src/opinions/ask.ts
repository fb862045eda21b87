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
import type { ClassifierOpinion, OutsideOpinions } from '../spam/outside.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { askBlocklists } from './blocklists.ts'
import type { Classifier } from './classifier.ts'
import { excerptOf } from './excerpt.ts'
import { linkDomains } from './link-domains.ts'

/** Nothing where nobody was asked. */
export async function askOutside(deps: Deps, input: SpamInput): Promise<{ outside?: OutsideOpinions }> {
  const { blocklists, classifier } = deps
  if (!blocklists && !classifier) return {}
  if (decideByLists(input).decided) return {}
  try {
    const links = readLinksOf(input.message)
    const subjects = { ip: trustedClient(input.verdict), domains: linkDomains(links) }
    const [listings, opinion] = await Promise.all([
      blocklists ? askBlocklists(deps, blocklists, subjects) : [],
      classifier ? askClassifier(classifier, excerptOf(input.message, links)) : null,
    ])
    return { outside: { listings, classifier: opinion } }
  } catch (error) {
    deps.log({ level: 'error', at: 'opinions', error: String(error) })
    return {}
  }
}

/** What stands below the trusted block, or in one that is forged, anybody may have written. */
function trustedClient({ source, seal, client }: SenderVerdict): string | null {
  return source === 'cloudflare' && seal !== 'fail' ? client.ip : null
}

async function askClassifier(classifier: Classifier, excerpt: string): Promise<ClassifierOpinion | null> {
  const answer = await classifier.classify(excerpt)
  return answer && { spam: answer.spam, model: classifier.model }
}
