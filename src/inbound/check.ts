/**
 * Scoring a message as if it came now for an account, and storing nothing. Nothing in its header is trusted, and nobody looks
 * at who sent it: whoever asks could have written it all himself.
 */
import { settingsOf } from '../access/settings.ts'
import type { Deps } from '../deps.ts'
import { readHistory } from '../junk/history.ts'
import { findListings } from '../junk/lists.ts'
import { readForScoring } from '../junk/model.ts'
import { policyOf } from '../junk/policy.ts'
import { senderOf } from '../junk/sender-keys.ts'
import { foldAddress } from '../mime/addresses.ts'
import { parseMessage } from '../mime/parse.ts'
import type { SpamReport } from '../spam/report.ts'
import { scoreMessage } from '../spam/score.ts'
import { urlDomains } from '../spam/url-domains.ts'
import { readAccount } from '../store/account-read.ts'
import { UNKNOWN_VERDICT } from '../verify/trusted-block.ts'

export async function checkMessage(
  deps: Deps,
  accountId: number,
  bytes: Uint8Array,
  envelope: { from: string; to: string },
): Promise<SpamReport> {
  const message = await parseMessage(bytes)
  const sender = senderOf(message.envelope.from, UNKNOWN_VERDICT)
  const fromAddresses = message.envelope.from.flatMap(({ address }) => foldAddress(address) ?? [])
  const [account, learned, history, listings] = await Promise.all([
    readAccount(deps.stores.of(accountId), accountId),
    readForScoring(deps, accountId),
    readHistory(deps, accountId, sender, message),
    findListings(
      deps,
      accountId,
      { fromAddresses, envelopeFrom: foldAddress(envelope.from), ip: null },
      urlDomains(message),
    ),
  ])
  const policy = policyOf(account && settingsOf(account), deps.policy)
  const input = { message, bytes, verdict: UNKNOWN_VERDICT, envelope, nowMs: deps.now() }
  return scoreMessage({ ...input, ...listings, policy, learned, history })
}
