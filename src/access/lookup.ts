/**
 * The order in which a recipient is looked up: the exact address or alias, the same without its plus-tag (RFC 5233), then
 * the domain's catch-all. The first that exists decides, also where it refuses: its owner switched it off.
 */
import { splitAddress } from '../mime/addresses.ts'
import type { AddressRow } from '../store/schema.ts'

/** The addresses under which the recipient may be known, best first. Takes a folded address; three at the most. */
export function lookupOrder(folded: string): string[] {
  const { base, tag, domain } = splitAddress(folded)
  return [folded, ...(tag === null ? [] : [`${base}@${domain}`]), `*@${domain}`]
}

/** The one of these rows that the recipient belongs to. */
export function lookUp(folded: string, rows: readonly AddressRow[]): AddressRow | null {
  for (const address of lookupOrder(folded)) {
    const row = rows.find((one) => one.address === address)
    if (row) return row
  }
  return null
}
