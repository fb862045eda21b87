/**
 * Ham that nobody called so: mail that its owner has answered, or kept and read. A model that knows spam alone takes all mail
 * for spam, and few people report what is good.
 *
 * Nobody may teach a filter about himself. So what counts is bounded for each sender, and mail to a plus-address, which is a
 * stranger's to choose, and automatic answers (RFC 3834) count for nothing.
 */
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import type { SenderRow } from '../store/schema.ts'
import type { TeachableRow } from '../store/teaching-read.ts'
import { type Sender, senderKeys } from './sender-keys.ts'

/** Messages of one sender, and of one domain, that are ever taught without a word. */
export const IMPLICIT_MAX = 3

/** Those that may be taught, in order, where `known` is what the account knows of their senders. Pure. */
export function mayTeachHam<T extends { sender: Sender | null; row: Pick<TeachableRow, 'recipient'> }>(
  examples: readonly T[],
  known: readonly SenderRow[],
): T[] {
  const counts = new Map(known.map(({ key, implicit }) => [key, implicit]))
  return examples.filter(({ sender, row }) => {
    const keys = senderKeys(sender)
    if (keys.length === 0 || !isDirect(row.recipient)) return false
    if (keys.some((key) => (counts.get(key) ?? 0) >= IMPLICIT_MAX)) return false
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
    return true
  })
}

/** Delivered, and to the address itself. */
export function isDirect(recipient: string | null): boolean {
  const folded = recipient === null ? null : foldAddress(recipient)
  return folded !== null && splitAddress(folded).tag === null
}
