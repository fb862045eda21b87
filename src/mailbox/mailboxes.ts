/** The mailboxes of an account with their stored counts. */
import type { Deps } from '../deps.ts'
import { readMailboxes } from '../store/account-read.ts'
import type { Reader } from './reader.ts'
import { type Mailbox, mailboxOf } from './view.ts'

/** All mailboxes of an account, by name. The counts are of all its mail: a reader of one address gets none. */
export async function listMailboxes(deps: Deps, { accountId, addressId }: Reader): Promise<Mailbox[]> {
  const rows = await readMailboxes(deps.stores.of(accountId), accountId)
  const mailboxes = rows.map(mailboxOf).sort(byName)
  return addressId === null ? mailboxes : mailboxes.map((mailbox) => ({ ...mailbox, counts: null }))
}

// By code units, which is how SQLite compares text, so that the order does not hang on anybody's locale.
function byName(one: Mailbox, other: Mailbox): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : one.id - other.id
}
