/** What accounts hold: stored counts only, so that asking costs the same in a mailbox of any size. */
import type { Deps } from '../deps.ts'
import { pageUsage, type UsageRow } from '../store/account-read.ts'
import { secondOf } from '../store/ids.ts'
import { pageOverShards } from './accounts.ts'

export type Usage = {
  /** The account's. */
  id: number
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

/** Of one account; null where there is none. */
export async function readUsage(deps: Deps, accountId: number): Promise<Usage | null> {
  const db = deps.stores.find(accountId)
  const [row] = db ? await pageUsage(db, accountId - 1, 1) : []
  return row?.id === accountId ? usage(row) : null
}

/** Of the accounts after the id `after`, in id order, over all shards. */
export async function listUsage(deps: Deps, after: number, limit: number): Promise<Usage[]> {
  return (await pageOverShards(deps, after, limit, pageUsage)).map(usage)
}

function usage(row: UsageRow): Usage {
  return {
    id: row.id,
    mailboxes: row.mailboxes,
    messages: row.messages,
    unread: row.unread,
    usedBytes: row.used_bytes,
    quotaBytes: row.quota_bytes,
    lastReceivedAt: secondOf(row.last_id) || null,
  }
}
