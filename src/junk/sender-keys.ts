/**
 * Under which keys an account's history of a sender stands.
 *
 *   address:ann@shop.example   domain:shop.example   claimed:ann@shop.example
 *
 * Mail that is proven to be from its From domain counts for the address and the domain; mail that only says so counts for the
 * claim alone. So forged spam, however often it is reported, never ruins the name that it forges, and good mail of a sender
 * never speaks for a forgery.
 *
 * The domain is the registrable one, so that nobody begins anew under each name below his own. A free mailbox's is no sender:
 * its strangers have nothing in common.
 */
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import type { Address } from '../mime/message.ts'
import { isFreemail } from '../spam/known-hosts.ts'
import { registrableDomain } from '../spam/registrable.ts'
import { writtenKey } from '../store/teaching-write.ts'
import { isAuthentic } from '../verify/evidence.ts'
import type { SenderVerdict } from '../verify/verdict.ts'

export type Sender = { address: string; domain: string; isProven: boolean }

/** Who sent it, folded, and whether that is proven; null where From names nobody, or several. */
export function senderOf(from: readonly Address[], verdict: SenderVerdict): Sender | null {
  const [sole, ...others] = from
  const address = sole && others.length === 0 ? foldAddress(sole.address) : null
  if (!address) return null
  const { domain } = splitAddress(address)
  return { address, domain, isProven: isAuthentic(verdict, domain) }
}

export function addressKey({ address, isProven }: Sender): string {
  return isProven ? writtenKey(address) : `claimed:${address}`
}

/** Null where the domain says nothing about the sender. */
export function domainKey({ domain, isProven }: Sender): string | null {
  return isProven && !isFreemail(domain) ? `domain:${registrableDomain(domain)}` : null
}

/** At most two. */
export function senderKeys(sender: Sender | null): string[] {
  if (!sender) return []
  const domain = domainKey(sender)
  return domain === null ? [addressKey(sender)] : [addressKey(sender), domain]
}
