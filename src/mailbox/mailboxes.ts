/** The mailboxes of an account with their stored counts, and whether a message stands in Junk. */
import type { Deps } from '../deps.ts'
import { readMailboxes, readRoles } from '../store/account-read.ts'
import type { Reader } from './reader.ts'
import { type Mailbox, type MessageSummary, mailboxOf } from './view.ts'

/** All mailboxes of an account, by name. The counts are of all its mail: a reader of one address gets none. */
export async function listMailboxes(deps: Deps, { accountId, addressId }: Reader): Promise<Mailbox[]> {
  const rows = await readMailboxes(deps.stores.of(accountId), accountId)
  const mailboxes = rows.map(mailboxOf).sort(byName)
  return addressId === null ? mailboxes : mailboxes.map((mailbox) => ({ ...mailbox, counts: null }))
}

/** Where it stands now, not how it was judged: what its owner has moved out of Junk is no longer suspect. */
export async function standsInJunk(
  deps: Deps,
  accountId: number,
  { placements }: Pick<MessageSummary, 'placements'>,
): Promise<boolean> {
  const [junk] = await readRoles(deps.stores.of(accountId), accountId, ['junk'])
  return placements.some(({ mailboxId }) => mailboxId === junk?.id)
}

// By code units, which is how SQLite compares text, so that the order does not hang on anybody's locale.
function byName(one: Mailbox, other: Mailbox): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : one.id - other.id
}
