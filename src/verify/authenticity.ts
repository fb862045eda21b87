/**
 * How well a message is authenticated, for one question: may a copy that is already stored suppress this one?
 *
 * Two deliveries with the same dedupe key have the same recipient, headers (but for trace and verdict fields) and body.
 * The second is dropped, unless its rank is higher than the stored one's. Somebody who knows a message beforehand (another
 * recipient of it, say) could otherwise send it first from a host of his own: his copy fails, goes to Junk, and the real
 * one would vanish as its duplicate.
 *
 *   0  nothing is proven: unknown, none, fail, a seal that does not verify
 *   1  SPF or DKIM pass for the sender; or a DMARC pass whose seal nobody has checked
 *   2  DMARC pass, sealed by Cloudflare's key; or this server took the message from its own sender
 *
 * Why it is so:
 *  - Unsealed passes must not rank 0. Then every message would, and the plainest early forgery, one that does not bother to
 *    forge a block, would suppress the real one. At 1 the real one outranks it.
 *  - Unsealed passes must not rank 2 either. A block forged where Cloudflare's is absent would then stand as high as anything
 *    can, and nothing that comes later could outrank it. At 1 it cannot hold back a sealed DMARC pass.
 *  - What stays open while seals are unchecked: against a block forged where Cloudflare's is absent, a real message that also
 *    ranks 1 is a duplicate. To close that, an unsealed pass would have to outrank its like; but a retry through a second MX is
 *    its like, and a message would be stored as often as it is sent. The loss is bounded: the copy that stays has the very
 *    same content, and so far no pass, forged or not, has made it score better.
 *  - An SPF pass counts only for the domain in From, as parsed, or as the block's DMARC result names it; where neither is
 *    known it proves nothing. SPF speaks about the envelope sender, and everybody passes for a domain of
 *    his own. (The dedupe key does not hold the envelope sender.) A DKIM pass needs no such test: the signature is in the
 *    key, so a copy that passes carries the real one's own signature.
 *  - Ranks are three, so replays with a better and better verdict store a message three times at most. A retry meets the same
 *    rank and is dropped.
 */
import { isAlignedSpfPass } from './alignment.ts'
import type { SenderVerdict } from './verdict.ts'

export type AuthenticationRank = 0 | 1 | 2

/** `fromDomain` is that of the one From address, folded (mime/fold-address.ts); null where there is none, or several. */
export function authenticationRank(verdict: SenderVerdict, fromDomain: string | null = null): AuthenticationRank {
  if (verdict.source === 'local') return 2
  if (verdict.source !== 'cloudflare' || verdict.seal === 'fail') return 0
  if (verdict.dmarc.result === 'pass') return verdict.seal === 'pass' ? 2 : 1
  if (verdict.dmarc.result === 'fail') return 0
  if (verdict.dkim.some((signature) => signature.result === 'pass')) return 1
  return isAlignedSpfPass(verdict, fromDomain ?? verdict.dmarc.domain) ? 1 : 0
}
