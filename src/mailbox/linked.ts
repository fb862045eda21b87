/**
 * A message for whoever holds a link to it: no key stands behind the request, so everything that a key would have been
 * asked is looked up here.
 */
import type { Deps } from '../deps.ts'
import { readAccount } from '../store/account-read.ts'
import { standsInJunk } from './mailboxes.ts'
import { readMessage } from './read.ts'
import { whole } from './reader.ts'
import type { MessageDetail } from './view.ts'

/**
 * Null where the message is gone or its account deleted, whose rows outlive it for a while; and where the message stands in
 * Junk by now and the link was not made for that.
 */
export async function readLinked(
  deps: Deps,
  link: { accountId: number; messageId: number; allowSpam: boolean },
): Promise<MessageDetail | null> {
  const db = deps.stores.of(link.accountId)
  const [account, message] = await Promise.all([
    readAccount(db, link.accountId),
    readMessage(deps, whole(link.accountId), link.messageId),
  ])
  if (!message || account?.deleted_at !== null) return null
  return !link.allowSpam && (await standsInJunk(deps, link.accountId, message)) ? null : message
}
