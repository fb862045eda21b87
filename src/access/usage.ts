/** What an account holds: stored counts only, so that asking costs the same in a mailbox of any size. */
import type { Deps } from '../deps.ts'
import { readAccount, readMailboxes } from '../store/account-read.ts'
import { secondOf } from '../store/ids.ts'

export type Usage = {
  accountId: number
  mailboxes: number
  /** As the mailboxes count: a message that stands in two is counted in both. */
  messages: number
  unread: number
  /** Exact: each message once. */
  usedBytes: number
  quotaBytes: number | null
  /** Epoch seconds; null where no mail ever came. */
  lastReceivedAt: number | null
}

export async function readUsage(deps: Deps, accountId: number): Promise<Usage | null> {
  const db = deps.stores.find(accountId)
  if (!db) return null
  const [account, mailboxes] = await Promise.all([readAccount(db, accountId), readMailboxes(db, accountId)])
  if (!account || account.deleted_at !== null) return null
  const sum = (of: (box: (typeof mailboxes)[number]) => number) => mailboxes.reduce((all, box) => all + of(box), 0)
  return {
    accountId,
    mailboxes: mailboxes.length,
    messages: sum((box) => box.total),
    unread: sum((box) => box.unread),
    usedBytes: account.used_bytes,
    quotaBytes: account.quota_bytes,
    lastReceivedAt: secondOf(account.last_id) || null,
  }
}
