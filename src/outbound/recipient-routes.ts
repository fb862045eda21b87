/** Which way each recipient is reached: an address of this server directly, any other by a provider. */
import { localDomains } from '../access/senders.ts'
import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { writableAddress } from '../mime/compose-address.ts'
import type { NewRecipient } from '../store/submission-write.ts'

export type RoutedRecipient = NewRecipient & { folded: string }

/** Each recipient once, in their order, without those that no server can be asked for (mime/compose-address.ts). */
export async function routesOf(deps: Deps, addresses: readonly string[]): Promise<RoutedRecipient[]> {
  const byFolded = new Map<string, string>()
  for (const address of addresses) {
    const folded = foldAddress(address)
    const written = writableAddress(address)
    if (folded !== null && written !== null && !byFolded.has(folded)) byFolded.set(folded, written)
  }
  const domainOf = (folded: string) => splitAddress(folded).domain
  const local = await localDomains(deps, [...new Set([...byFolded.keys()].map(domainOf))])
  return [...byFolded].map(([folded, address]) => {
    return { folded, address, route: local.has(domainOf(folded)) ? 'local' : 'provider' }
  })
}
