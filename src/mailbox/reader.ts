/**
 * Who reads: an account, or one address of it. Every operation that shows mail takes a reader, so that none can forget
 * that a key may be bound to an address and then sees only what was delivered to it.
 */
export type Reader = {
  accountId: number
  /** The directory's id of the one address that may be seen; null: the whole account. */
  addressId: number | null
}

/** The reader who sees all of an account. */
export function whole(accountId: number): Reader {
  return { accountId, addressId: null }
}
