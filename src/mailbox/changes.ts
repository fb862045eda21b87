/**
 * What changed in an account since a change number: the one truth that every kind of client synchronises from.
 *
 * A state is a pair (modseq, id), since one bulk change stamps thousands of messages with the same number. Pages are
 * complete: a client that follows them to the end has seen every change, though a message changed twice is told once.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { readAccount } from '../store/account-read.ts'
import { type ChangeRow, type Cursor, type DestroyedRow, readChanges } from '../store/message-read.ts'
import type { Reader } from './reader.ts'
import { placementsOf } from './view.ts'

export type Change =
  | { kind: 'created' | 'updated'; id: number; threadId: number; modseq: number; mailboxIds: number[] }
  | { kind: 'destroyed'; id: number; modseq: number }

/** `state` is where the page ends and the next one begins. For a reader of one address a page may be short, even empty. */
export type ChangesPage = { changes: Change[]; state: Cursor; more: boolean }

/** After every change that carries the account's present number. */
const END_OF_MODSEQ = Number.MAX_SAFE_INTEGER

/** The account's present state, or null where there is no such account. */
export async function currentState(deps: Deps, accountId: number): Promise<Cursor | null> {
  const account = await readAccount(deps.stores.of(accountId), accountId)
  return account && { modseq: account.modseq, id: END_OF_MODSEQ }
}

/** Changes after `since`, oldest first. 'gone' where tombstones of that time are deleted, or the state is not of this account. */
export async function listChanges(
  deps: Deps,
  reader: Reader,
  since: Cursor,
  limit: number,
): Promise<ChangesPage | Failure> {
  const db = deps.stores.of(reader.accountId)
  const { account, changed, destroyed } = await readChanges(db, reader.accountId, since, limit + 1)
  if (!account) return fail('not-found', 'There is no such account.')
  if (since.modseq < account.changes_floor || since.modseq > account.modseq) {
    return fail('gone', 'The changes since that state are no longer known: list the mailbox anew.')
  }
  const merged = [...changed.map((row) => changeOf(row, since)), ...destroyed.map(destroyedOf)].sort(
    (a, b) => a.modseq - b.modseq || a.id - b.id,
  )
  const page = merged.slice(0, limit)
  const last = page.at(-1)
  const more = merged.length > limit
  const state = more && last ? { modseq: last.modseq, id: last.id } : { modseq: account.modseq, id: END_OF_MODSEQ }
  const isSeen = (change: Read) => reader.addressId === null || change.addressId === reader.addressId
  return { changes: page.filter(isSeen).map(({ addressId: _, ...change }) => change), state, more }
}

type Read = Change & { addressId: number | null }

function changeOf(row: ChangeRow, since: Cursor): Read {
  const isNew = row.created_modseq > since.modseq || (row.created_modseq === since.modseq && row.id > since.id)
  return {
    kind: isNew ? 'created' : 'updated',
    id: row.id,
    threadId: row.thread_id,
    modseq: row.modseq,
    mailboxIds: placementsOf(row.placed).map((placement) => placement.mailboxId),
    addressId: row.address_id,
  }
}

function destroyedOf(row: DestroyedRow): Read {
  return { kind: 'destroyed', id: row.object_id, modseq: row.modseq, addressId: row.address_id }
}
