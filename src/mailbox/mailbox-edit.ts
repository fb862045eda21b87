/**
 * Making, naming and nesting mailboxes.
 *
 * Invariants:
 *  - Names are unique among siblings, one line of text, and can be said in IMAP: no "/" (its hierarchy), nothing at the top
 *    that reads as INBOX but the Inbox (RFC 9051 §5.1).
 *  - A role belongs to one mailbox at most (RFC 8621 §2). The Inbox keeps its name, its place and its role: mail comes in there.
 *  - The tree has no circle and a bounded depth. Both are checked where the change is committed.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure, TemporaryError } from '../errors.ts'
import { seconds } from '../seconds.ts'
import { readMailboxes } from '../store/account-read.ts'
import { isStaleGuard, isUniqueViolation, type Statement } from '../store/database.ts'
import { insertMailbox, type MailboxFields, updateMailbox } from '../store/mailbox-write.ts'
import type { MailboxRow } from '../store/schema.ts'
import type { Reader } from './reader.ts'
import { tellSoon } from './tell-soon.ts'
import { type Mailbox, mailboxOf } from './view.ts'

/** Mailboxes of one account: a list of them is one page, and a search by name reads them all. */
export const MAILBOXES_MAX = 500
/** Mailboxes in mailboxes. */
export const MAILBOX_DEPTH_MAX = 10
/** UTF-8, so that no client's path of ten of them grows beyond what file systems and IMAP's lines take. */
export const MAILBOX_NAME_BYTES_MAX = 200
const BOUNDS = { mailboxesMax: MAILBOXES_MAX, depthMax: MAILBOX_DEPTH_MAX }
const UNSPEAKABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}/]/u

export type MailboxRole = NonNullable<MailboxRow['role']>
export type NewMailbox = { name: string; parentId: number | null; role: MailboxRole | null }

/** Makes a mailbox. Fails for a name that its siblings have, a role that is taken, a parent that the account does not have. */
export async function createMailbox(deps: Deps, reader: Reader, wanted: NewMailbox): Promise<Mailbox | Failure> {
  const { accountId } = reader
  const db = deps.stores.of(accountId)
  const rows = await readMailboxes(db, accountId)
  if (rows.length >= MAILBOXES_MAX) return fail('conflict', `An account has at most ${MAILBOXES_MAX} mailboxes.`)
  if (wanted.role === 'inbox') return fail('conflict', 'There is one Inbox, and it keeps its role.', 'role')
  const fields = fieldsOf(reader, rows, null, wanted)
  if (isFailure(fields)) return fields
  return commit(deps, accountId, insertMailbox(accountId, fields, BOUNDS, seconds(deps)))
}

/** Changes what is named; what is left out stays. With `expected`, only where what can be changed is still as it was there. */
export async function editMailbox(
  deps: Deps,
  reader: Reader,
  id: number,
  wanted: Partial<NewMailbox>,
  expected: NewMailbox | null = null,
): Promise<Mailbox | Failure> {
  const { accountId } = reader
  const rows = await readMailboxes(deps.stores.of(accountId), accountId)
  const row = rows.find((one) => one.id === id)
  if (!row) return fail('not-found', 'There is no such mailbox.')
  if (row.emptying !== null) return fail('conflict', 'This mailbox is being deleted.')
  if (isOtherThan(row, expected)) return fail('precondition-failed', 'The mailbox has just changed: read it again.')
  const whole = { name: row.name, parentId: row.parent_id || null, role: row.role, ...wanted }
  if (row.role === 'inbox' || whole.role === 'inbox')
    return fail('conflict', 'The Inbox keeps its name, its place and its role.')
  const fields = fieldsOf(reader, rows, id, whole)
  return isFailure(fields) ? fields : commit(deps, accountId, updateMailbox(accountId, id, fields, row, BOUNDS))
}

/** Whether a mailbox is no longer named, placed and used as a client expects. */
export function isOtherThan(row: MailboxRow, expected: NewMailbox | null): boolean {
  if (expected === null) return false
  return row.name !== expected.name || (row.parent_id || null) !== expected.parentId || row.role !== expected.role
}

/** The row's own fields, or what is wrong with them. */
function fieldsOf(reader: Reader, rows: MailboxRow[], id: number | null, wanted: NewMailbox): MailboxFields | Failure {
  // The tree is the account's; a key of one address sees only some of what stands in it.
  if (reader.addressId !== null) return fail('forbidden', 'A key of one address cannot change mailboxes.')
  const name = readName(wanted)
  if (isFailure(name)) return name
  const parent = wanted.parentId
  const misplaced = parent === null ? null : refuseParent(rows, id, parent)
  if (misplaced) return misplaced
  const others = rows.filter((row) => row.id !== id)
  if (others.some((row) => row.parent_id === (parent ?? 0) && row.name === name)) return NAME_TAKEN
  if (wanted.role !== null && others.some(({ role }) => role === wanted.role))
    return fail('conflict', `Another mailbox has the role ${wanted.role}: take it from that one first.`, 'role')
  return { name, role: wanted.role, parent_id: parent ?? 0 }
}

const NAME_TAKEN = fail('conflict', 'A mailbox of this name stands there already.', 'name')

function readName({ name: given, parentId }: NewMailbox): string | Failure {
  const name = given.normalize('NFC').trim()
  if (name === '' || UNSPEAKABLE.test(name)) return fail('invalid', 'must be one line of text without "/"', 'name')
  if (new TextEncoder().encode(name).length > MAILBOX_NAME_BYTES_MAX)
    return fail('invalid', `must have at most ${MAILBOX_NAME_BYTES_MAX} bytes`, 'name')
  if (parentId === null && name.toLowerCase() === 'inbox')
    return fail('conflict', 'There is one Inbox: choose another name.', 'name')
  return name
}

function refuseParent(rows: MailboxRow[], id: number | null, parentId: number): Failure | null {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const above = pathUp(byId, parentId)
  if (byId.get(parentId)?.emptying !== null) return fail('invalid', 'There is no such mailbox.', 'parent_id')
  if (above.includes(id ?? 0)) return fail('conflict', 'A mailbox cannot stand in itself.', 'parent_id')
  const height = id === null ? 1 : heightOf(rows, id)
  if (above.length + height > MAILBOX_DEPTH_MAX)
    return fail('conflict', `Mailboxes stand at most ${MAILBOX_DEPTH_MAX} deep.`, 'parent_id')
  return null
}

/** The mailbox and those that it stands in. */
function pathUp(byId: Map<number, MailboxRow>, id: number): number[] {
  const path: number[] = []
  for (let at = byId.get(id); at && path.length <= MAILBOX_DEPTH_MAX; at = byId.get(at.parent_id)) path.push(at.id)
  return path
}

function heightOf(rows: MailboxRow[], id: number, bound = MAILBOX_DEPTH_MAX): number {
  if (bound === 0) return 1
  const below = rows.filter((row) => row.parent_id === id).map((row) => heightOf(rows, row.id, bound - 1))
  return 1 + Math.max(0, ...below)
}

async function commit(deps: Deps, accountId: number, statements: Statement[]): Promise<Mailbox | Failure> {
  try {
    const results = await deps.stores.of(accountId).batch(statements)
    const row = results[1]?.[0] as MailboxRow | undefined
    if (!row) throw new Error('the mailbox was not returned')
    tellSoon(deps, accountId)
    return mailboxOf(row)
  } catch (error) {
    // Somebody else was first in this moment: with the name, or with the role.
    if (isUniqueViolation(error)) return fail('conflict', 'A mailbox has this name there, or this role, already.')
    if (isStaleGuard(error)) throw new TemporaryError('the mailboxes have just changed')
    throw error
  }
}
