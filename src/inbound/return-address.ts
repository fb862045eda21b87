/** What an envelope recipient at the return domain stands for (outbound/return-path.ts). */
import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { openReturnPath, type ReturnPath } from '../outbound/return-path.ts'

/** Null for any address that is not of this server's making. */
export async function openReturnAddress(deps: Deps, address: string): Promise<ReturnPath | null> {
  const { root } = deps.secrets
  const folded = foldAddress(address)
  if (root === null || deps.returnDomain === null || folded === null) return null
  const at = address.lastIndexOf('@')
  // The local part as it was written: it may name somebody whose server tells cases apart.
  return splitAddress(folded).domain === deps.returnDomain
    ? await openReturnPath(root, address.slice(0, at).trim(), deps.now())
    : null
}
