/**
 * Whose is this envelope recipient? The To: header never decides: Bcc, list mail and forgeries all differ from it.
 *
 * The order of the lookup stands in access/lookup.ts. A disabled address is refused even where a catch-all would take it:
 * its owner switched it off.
 */
import { lookUp, lookupOrder } from '../access/lookup.ts'
import type { Deps } from '../deps.ts'
import { foldAddress } from '../mime/addresses.ts'
import { readAddresses } from '../store/directory-read.ts'
import type { AddressRow } from '../store/schema.ts'
import { readSubmission } from '../store/submission-read.ts'
import { openReturnAddress } from './return-address.ts'

/** `addressId` is null where the address that something was sent from is not known any more. */
export type MailboxRecipient = { kind: 'mailbox'; accountId: number; addressId: number | null; folded: string }

export type Recipient =
  | MailboxRecipient
  /** Its mail goes on to others (forward.ts). */
  | { kind: 'forward'; row: AddressRow }
  /** It stands for the sender of something that was passed on, to whom a bounce goes back (pass-back.ts); '': to nobody. */
  | { kind: 'return'; sender: string; folded: string }
  /** Refused for good: text for the SMTP reply, with its enhanced code (RFC 3463). */
  | { kind: 'refused'; reply: string }

/** Looks a recipient up. Throws where the directory cannot be read: the sender must try again. */
export async function resolveRecipient(deps: Deps, recipient: string): Promise<Recipient> {
  const folded = foldAddress(recipient)
  if (!folded) return { kind: 'refused', reply: '5.1.3 The recipient address is not valid' }
  // Before the directory: a catch-all may stand at the return domain, and what comes back is not for its owner.
  const returned = await resolveReturned(deps, recipient, folded)
  if (returned) return returned
  const row = lookUp(folded, await readAddresses(deps.stores.directory, lookupOrder(folded)))
  if (!row) return { kind: 'refused', reply: '5.1.1 No such recipient here' }
  if (row.enabled === 0) return { kind: 'refused', reply: '5.2.1 This address does not accept mail' }
  if (row.kind === 'forward') return { kind: 'forward', row }
  return { kind: 'mailbox', accountId: row.account_id, addressId: row.id, folded }
}

// What comes back to an envelope sender of ours is mail for whoever sent it.
async function resolveReturned(deps: Deps, recipient: string, folded: string): Promise<Recipient | null> {
  const path = await openReturnAddress(deps, recipient)
  if (path === null) return null
  if (path.kind === 'srs') return { kind: 'return', sender: path.sender, folded }
  const db = deps.stores.find(path.accountId)
  const submission = db && (await readSubmission(db, path.accountId, null, path.submissionId))
  if (!submission) return { kind: 'refused', reply: '5.1.1 No such recipient here' }
  return { kind: 'mailbox', accountId: path.accountId, addressId: submission.address_id, folded }
}
