/**
 * Whose is this envelope recipient? The To: header never decides: Bcc, list mail and forgeries all differ from it.
 *
 * Order: the exact address or alias, the same without its plus-tag (RFC 5233), then the domain's catch-all. A disabled
 * address is refused even where a catch-all would take it: its owner switched it off.
 */
import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { readAddresses } from '../store/directory-read.ts'
import type { AddressRow } from '../store/schema.ts'

export type Recipient =
  | { kind: 'mailbox'; accountId: number; addressId: number; folded: string }
  /** Refused for good: text for the SMTP reply, with its enhanced code (RFC 3463). */
  | { kind: 'refused'; reply: string }

/** Looks a recipient up. Throws where the directory cannot be read: the sender must try again. */
export async function resolveRecipient(deps: Deps, recipient: string): Promise<Recipient> {
  const folded = foldAddress(recipient)
  if (!folded) return { kind: 'refused', reply: '5.1.3 The recipient address is not valid' }
  const { base, tag, domain } = splitAddress(folded)
  const candidates = [folded, ...(tag === null ? [] : [`${base}@${domain}`]), `*@${domain}`]
  const rows = await readAddresses(deps.stores.directory, candidates)
  const row = candidates.map((address) => rows.find((found) => found.address === address)).find(isPresent)
  if (!row) return { kind: 'refused', reply: '5.1.1 No such recipient here' }
  if (row.enabled === 0) return { kind: 'refused', reply: '5.2.1 This address does not accept mail' }
  return { kind: 'mailbox', accountId: row.account_id, addressId: row.id, folded }
}

function isPresent(row: AddressRow | undefined): row is AddressRow {
  return row !== undefined
}
