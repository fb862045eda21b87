/** The mailboxes of an account with their stored counts. */
import type { Deps } from '../deps.ts'
import { readMailboxes } from '../store/account-read.ts'
import { type Mailbox, mailboxOf } from './view.ts'

/** All mailboxes of an account, by name. */
export async function listMailboxes(deps: Deps, accountId: number): Promise<Mailbox[]> {
  return (await readMailboxes(deps.stores.of(accountId), accountId)).map(mailboxOf)
}
