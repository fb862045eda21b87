/** Accounts: a person's or a program's mail, with its mailboxes and its quota. */

import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import { cutOffAccount, markAccountDeleted } from '../store/account-erase.ts'
import { pageLiveAccounts, readAccount } from '../store/account-read.ts'
import { insertAccount, insertFirstMailboxes, patchAccount } from '../store/account-write.ts'
import type { Database } from '../store/database.ts'
import { deleteSuspension, insertSuspension } from '../store/directory-write.ts'
import { ACCOUNTS_PER_SHARD, shardOf } from '../store/ids.ts'
import type { AccountRow } from '../store/schema.ts'
import { readSending, type SendingSettings } from './sending-limits.ts'
import { type Settings, settingsOf, settingsPatch } from './settings.ts'

export type Account = {
  id: number
  name: string
  usedBytes: number
  /** Null: no limit. */
  quotaBytes: number | null
  settings: Settings
  sending: SendingSettings
  /** Since when nobody gets in; null: it is not suspended. */
  suspendedAt: number | null
  createdAt: number
}

/** What every account begins with, so that each role has its mailbox (RFC 6154, RFC 8621 §2). */
const FIRST_MAILBOXES = [
  { name: 'Inbox', role: 'inbox' },
  { name: 'Drafts', role: 'drafts' },
  { name: 'Sent', role: 'sent' },
  { name: 'Junk', role: 'junk' },
  { name: 'Trash', role: 'trash' },
  { name: 'Archive', role: 'archive' },
] as const

/** Makes an account in the newest shard: the one that the operator added last has the most room. */
export async function createAccount(deps: Deps, input: { name: string; quotaBytes: number | null }): Promise<Account> {
  const shard = deps.stores.shards.length - 1
  const now = seconds(deps)
  const results = await deps.stores
    .of(shard * ACCOUNTS_PER_SHARD)
    .batch([
      ...insertAccount(shard, input.name, input.quotaBytes, now),
      insertFirstMailboxes(shard, FIRST_MAILBOXES, now),
    ])
  const row = results[1]?.[0] as AccountRow | undefined
  if (!row)
    throw new Error(`shard ${shard} is full: it holds ${ACCOUNTS_PER_SHARD - 1} accounts; bind another database`)
  return account(row)
}

export async function getAccount(deps: Deps, id: number): Promise<Account | null> {
  const db = deps.stores.find(id)
  const row = db && (await readAccount(db, id))
  return row && row.deleted_at === null ? account(row) : null
}

export type AccountChange = {
  name?: string | undefined
  /** Below what is used is allowed: new mail then waits with its senders. */
  quotaBytes?: number | null | undefined
  settings?: Partial<Settings> | undefined
  /** JSON that is merged into what it may send. */
  sending?: string | undefined
  suspended?: boolean | undefined
}

/** Changes what is named of an account; null where there is none. Doing it again is safe. */
export async function changeAccount(deps: Deps, id: number, change: AccountChange): Promise<Account | null> {
  if (!(await getAccount(deps, id))) return null
  const now = seconds(deps)
  // The directory's row is what shuts the doors. Whatever fails between the two databases leaves them shut.
  if (change.suspended) await deps.stores.directory.batch([insertSuspension(id, now)])
  const { name, quotaBytes, settings, sending, suspended } = change
  const patch = patchAccount(id, {
    name,
    quotaBytes,
    sending,
    settings: settings && settingsPatch(settings),
    suspendedAt: suspended === undefined ? undefined : suspended ? now : null,
  })
  const row = await deps.stores.of(id).first<AccountRow>(patch)
  if (suspended === false) await deps.stores.directory.batch([deleteSuspension(id)])
  return row ? account(row) : null
}

/**
 * Deletes an account with all that it has. Nobody gets in and no mail comes in from now on; its mail goes bit by bit
 * (inbound/erase.ts). False where there is none.
 */
export async function removeAccount(deps: Deps, id: number): Promise<boolean> {
  if (!(await getAccount(deps, id))) return false
  await deps.stores.directory.batch(cutOffAccount(id))
  await deps.stores.of(id).batch([markAccountDeleted(id, seconds(deps))])
  await deps.queues.events.send({ shard: shardOf(id) })
  return true
}

/** Accounts after the id `after`, in id order, over all shards. */
export async function listAccounts(deps: Deps, after: number, limit: number): Promise<Account[]> {
  return (await pageOverShards(deps, after, limit, pageLiveAccounts)).map(account)
}

/** A page in the order of account ids, read from one shard after another until it is full. */
export async function pageOverShards<Row>(
  deps: Deps,
  after: number,
  limit: number,
  read: (db: Database, after: number, limit: number) => Promise<Row[]>,
): Promise<Row[]> {
  const found: Row[] = []
  for (let shard = Math.max(0, shardOf(after)); shard < deps.stores.shards.length && found.length < limit; shard++)
    found.push(...(await read(deps.stores.of(shard * ACCOUNTS_PER_SHARD), after, limit - found.length)))
  return found
}

function account(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    usedBytes: row.used_bytes,
    quotaBytes: row.quota_bytes,
    settings: settingsOf(row),
    sending: readSending(row.sending),
    suspendedAt: row.suspended_at,
    createdAt: row.created_at,
  }
}
