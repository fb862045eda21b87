/** What is the account's and no address's: its filter, its lists, its settings. A key of one address is refused there. */
import type { AccountPrincipal } from './context.ts'
import { Problem } from './errors.ts'

export function refuseBound({ addressId }: AccountPrincipal): void {
  if (addressId === null) return
  throw new Problem('forbidden', 'This is of the whole account, and the key is of one address.')
}
