/**
 * How well a message is authenticated, for one question: may a copy that is already stored suppress this one?
 *
 * Two deliveries with the same dedupe key have the same recipient, headers (but for trace and verdict fields) and body.
 * The second is dropped, unless its rank is higher than the stored one's. Somebody who knows a message beforehand (another
 * recipient of it, say) could otherwise send it first from a host of his own: his copy fails, goes to Junk, and the real
 * one would vanish as its duplicate.
 *
 *   0  nothing is proven: unknown, none, fail, a seal that does not verify
 *   1  a DKIM pass, or an SPF pass for the sender; or a DMARC pass that stands in a block which no seal proves or disproves
 *   2  a DMARC pass, sealed by Cloudflare's key or found by this server itself; or this server took the message from its own
 *      sender
 *
 * Why it is so:
 *  - Unsealed passes must not rank 0. Then the real message would where DNS cannot be asked for Cloudflare's key, and the
 *    plainest early forgery, one that does not bother to forge a block, would suppress it. At 1 the real one outranks it.
 *  - Unsealed passes must not rank 2 either. A block forged where Cloudflare's is absent would then stand as high as anything
 *    can, and nothing that comes later could outrank it. At 1 it cannot hold back a proven DMARC pass.
 *  - What stays open: where no key is known, a block forged where Cloudflare's is absent holds back a real message that also
 *    ranks 1. To close that, an unsealed pass would have to outrank its like; but a retry through a second MX is its like, and
 *    a message would be stored as often as it is sent. The loss is bounded: the copy that stays has the very same content, and
 *    no unsealed pass makes it score better.
 *  - An SPF pass counts only for the domain in From, as parsed, or as the block's DMARC result names it; where neither is
 *    known it proves nothing. SPF speaks about the envelope sender, and everybody passes for a domain of
 *    his own. (The dedupe key does not hold the envelope sender.) A DKIM pass needs no such test: the signature is in the
 *    key, so a copy that passes carries the real one's own signature.
 *  - DNS that answers one time and not another moves a rank, and loses nothing. What DKIM proves, it proves for the key: all
 *    copies carry the same signature over the same content, so that a copy which ranks high by it and holds back another is
 *    as authentic as that one. A copy that ranks low because nobody could be asked holds back only its likes, and was not
 *    judged by what nobody knew. A real message whose sealed SPF or DMARC pass could not be proven still ranks 1, above any
 *    copy that failed. Only a retry of one that was stored at 1 may be stored once more, at 2.
 *  - Ranks are three, so replays with a better and better verdict store a message three times at most. A retry meets the same
 *    rank and is dropped.
 */
import { isAligned } from './alignment.ts'
import { isProven, mayCount } from './evidence.ts'
import type { SenderVerdict } from './verdict.ts'

export type AuthenticationRank = 0 | 1 | 2

/** `fromDomain` is that of the one From address, folded (mime/fold-address.ts); null where there is none, or several. */
export function authenticationRank(verdict: SenderVerdict, fromDomain: string | null = null): AuthenticationRank {
  const { spf, dkim, dmarc } = verdict
  if (verdict.source === 'local') return 2
  // What may accuse is at least Cloudflare's word, unsealed.
  if (dmarc.result === 'pass' && mayCount(verdict, dmarc)) return isProven(verdict, dmarc) ? 2 : 1
  if (dmarc.result === 'fail' && mayCount(verdict, dmarc)) return 0
  const passes = dkim.some((signature) => signature.result === 'pass' && mayCount(verdict, signature))
  const isSenders = spf.result === 'pass' && isAligned(spf.domain, fromDomain ?? dmarc.domain)
  return passes || (isSenders && mayCount(verdict, spf)) ? 1 : 0
}
