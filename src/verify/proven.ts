/**
 * Whether a message is proven to be from the domain in its From field: then what is known of the sender may speak for it.
 *
 * Stricter than what raises a score. A block whose seal nobody has checked proves nothing here, since anybody could have
 * written it: a forged From must never ride on another's good name.
 */
import { isAligned, isAlignedDkimPass, isAlignedSpfPass } from './alignment.ts'
import type { SenderVerdict } from './verdict.ts'

/** `fromDomain` is that of the one From address, folded; null where there is none, or several. */
export function isProven(verdict: SenderVerdict, fromDomain: string | null): boolean {
  if (fromDomain === null) return false
  if (verdict.source === 'local') return true
  if (verdict.source !== 'cloudflare' || verdict.seal !== 'pass' || verdict.dmarc.result === 'fail') return false
  if (verdict.dmarc.result === 'pass' && isAligned(verdict.dmarc.domain ?? fromDomain, fromDomain)) return true
  return isAlignedDkimPass(verdict, fromDomain) || isAlignedSpfPass(verdict, fromDomain)
}
