/**
 * Deleting a mailbox, with or without its mail. The messages go first, a part at a time, as any change of messages does; a
 * large mailbox is emptied over several runs, and `emptying` says so meanwhile.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure, TemporaryError } from '../errors.ts'
import { seconds } from '../seconds.ts'
import { readMailboxes, readRoles } from '../store/account-read.ts'
import { isStaleGuard, type Statement } from '../store/database.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import { beginEmptying, deleteMailbox } from '../store/mailbox-write.ts'
import { readEmptying, readPlaced } from '../store/uid-read.ts'
import { CHANGE_MAX, changeAll } from './change.ts'
import type { Edit } from './change-plan.ts'
import { isOtherThan, type NewMailbox } from './mailbox-edit.ts'
import { type Reader, whole } from './reader.ts'
import { tellSoon } from './tell-soon.ts'

/** Changes of CHANGE_MAX messages in one run: each has some fifteen of the queries that an invocation may make. */
const ROUNDS_MAX = 10

/**
 * What becomes of the messages: 'keep' refuses where there are any; 'trash' moves those that stand in no other mailbox to
 * the Trash; 'permanent' destroys those.
 */
export type MailFate = 'keep' | 'trash' | 'permanent'

/** 'emptying': it is not gone yet, and goes by itself. */
export type Removed = 'deleted' | 'emptying'

export async function removeMailbox(
  deps: Deps,
  reader: Reader,
  id: number,
  fate: MailFate,
  expected: NewMailbox | null = null,
): Promise<Removed | Failure> {
  if (reader.addressId !== null) return fail('forbidden', 'A key of one address cannot delete mailboxes.')
  const { accountId } = reader
  const rows = await readMailboxes(deps.stores.of(accountId), accountId)
  const row = rows.find((one) => one.id === id)
  if (!row) return fail('not-found', 'There is no such mailbox.')
  if (isOtherThan(row, expected)) return fail('precondition-failed', 'The mailbox has just changed: read it again.')
  if (row.role !== null)
    return fail('conflict', `This mailbox has the role ${row.role}: mailboxes with a role are not deleted.`)
  if (rows.some((one) => one.parent_id === id))
    return fail('conflict', 'Other mailboxes stand in this one: move or delete them first.')
  if (row.total > 0 && fate === 'keep')
    return fail('conflict', 'Messages stand in this mailbox: say messages=trash or messages=permanent.')
  if (fate === 'trash' && !rows.some(({ role }) => role === 'trash'))
    return fail('conflict', 'No mailbox has the role trash: say messages=permanent, or give one the role.')
  if (fate === 'keep') return finish(deps, accountId, id)
  await commit(deps, accountId, beginEmptying(accountId, id, fate))
  return emptyOne(deps, { id, account_id: accountId, emptying: fate }, ROUNDS_MAX)
}

/** Goes on with the mailboxes of a shard that are being deleted. True where a next run may find more to do. */
export async function emptyMailboxes(deps: Deps, shard: number): Promise<boolean> {
  const rows = await readEmptying(deps.stores.of(shard * ACCOUNTS_PER_SHARD), ROUNDS_MAX)
  let moved = 0
  for (const row of rows) {
    try {
      await emptyOne(deps, row, Math.floor(ROUNDS_MAX / rows.length))
      moved++
    } catch (error) {
      // One that fails waits for the sweep, and keeps no other from its turn.
      deps.log({ level: 'error', at: 'mailbox.empty', mailbox: row.id, error: String(error) })
    }
  }
  return moved > 0
}

type Emptying = { id: number; account_id: number; emptying: 'trash' | 'permanent' }

async function emptyOne(deps: Deps, { id, account_id, emptying }: Emptying, rounds: number): Promise<Removed> {
  const db = deps.stores.of(account_id)
  const edit = await editOf(deps, account_id, id, emptying)
  for (let round = 0; round < rounds; round++) {
    const ids = await readPlaced(db, id, CHANGE_MAX)
    if (ids.length === 0) return finish(deps, account_id, id)
    const changed = await changeAll(deps, whole(account_id), ids, edit)
    if (isFailure(changed)) throw new Error(changed.detail)
  }
  return 'emptying'
}

async function finish(deps: Deps, accountId: number, id: number): Promise<'deleted'> {
  await commit(deps, accountId, deleteMailbox(accountId, id, seconds(deps)))
  return 'deleted'
}

// Where the Trash has lost its role meanwhile, the mail goes to the Inbox, which cannot: what was to be kept is never
// destroyed.
async function editOf(deps: Deps, accountId: number, id: number, fate: 'trash' | 'permanent'): Promise<Edit> {
  if (fate === 'permanent') return { remove: [id] }
  const roles = await readRoles(deps.stores.of(accountId), accountId, ['trash', 'inbox'])
  const kept = roles.find(({ role }) => role === 'trash') ?? roles[0]
  if (!kept) throw new Error(`account ${accountId} has no Inbox`)
  return { remove: [id], rescue: kept.id }
}

async function commit(deps: Deps, accountId: number, statements: Statement[]): Promise<void> {
  try {
    await deps.stores.of(accountId).batch(statements)
    tellSoon(deps, accountId)
  } catch (error) {
    if (isStaleGuard(error)) throw new TemporaryError('the mailbox has just changed')
    throw error
  }
}
