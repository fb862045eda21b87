/** The mailboxes of an account with their stored counts. */
import type { Deps } from '../deps.ts'
import { readMailboxes } from '../store/account-read.ts'
import type { Reader } from './reader.ts'
import { type Mailbox, mailboxOf } from './view.ts'

/** All mailboxes of an account, by name. The counts are of all its mail: a reader of one address gets none. */
export async function listMailboxes(deps: Deps, { accountId, addressId }: Reader): Promise<Mailbox[]> {
  const mailboxes = (await readMailboxes(deps.stores.of(accountId), accountId)).map(mailboxOf)
  return addressId === null ? mailboxes : mailboxes.map((mailbox) => ({ ...mailbox, counts: null }))
}
