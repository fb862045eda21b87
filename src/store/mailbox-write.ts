/**
 * Statements that make, change and delete mailboxes. Each is a batch whose first statement is the guard: where what it was
 * planned on no longer holds, accounts.modseq becomes NULL and all of it rolls back.
 */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import type { MailboxRow } from './schema.ts'

export type MailboxFields = Pick<MailboxRow, 'name' | 'role' | 'parent_id'>

/** How many mailboxes an account may have, and how deep they may stand. */
export type TreeBounds = { mailboxesMax: number; depthMax: number }

/** Makes a mailbox below `parent_id` (0: at the top), within the bounds. The second statement's row is the mailbox. */
export function insertMailbox(accountId: number, fields: MailboxFields, bounds: TreeBounds, now: number): SQL[] {
  const { name, role, parent_id } = fields
  const fits = sql`(select count(*) from mailboxes where account_id = ${accountId}) < ${int(bounds.mailboxesMax)}
    and ${depthOf(parent_id)} < ${int(bounds.depthMax)}`
  return [
    guard(accountId, sql`${fits} and ${parentStands(accountId, parent_id)}`),
    sql`insert into mailboxes (account_id, parent_id, name, role, uid_validity, modseq, created_modseq)
      select id, ${int(parent_id)}, ${name}, ${role}, ${int(now)}, modseq, modseq from accounts where id = ${accountId}
      returning *`,
    tellMailboxes(accountId),
  ]
}

/**
 * Changes a mailbox that is not being deleted; with `was`, only while its fields are those. The second statement's row is
 * the mailbox.
 */
export function updateMailbox(
  accountId: number,
  id: number,
  fields: MailboxFields,
  was: MailboxFields,
  bounds: TreeBounds,
): SQL[] {
  const { name, role, parent_id } = fields
  // A mailbox must not stand in itself.
  const circle = sql`exists (${pathUp(parent_id)} select 1 from up where id = ${id})`
  const fits = sql`${depthOf(parent_id)} + ${heightOf(accountId, id, bounds)} <= ${int(bounds.depthMax)}`
  const isAsRead = sql`exists (select 1 from mailboxes where id = ${id} and name = ${was.name}
    and parent_id = ${int(was.parent_id)} and role is ${was.role})`
  return [
    guard(
      accountId,
      sql`${stands(accountId, id)} and ${parentStands(accountId, parent_id)} and not ${circle} and ${fits} and ${isAsRead}`,
    ),
    sql`update mailboxes set name = ${name}, role = ${role}, parent_id = ${int(parent_id)}, modseq = ${modseqOf(accountId)}
      where id = ${id} returning *`,
    tellMailboxes(accountId),
  ]
}

/** Says what becomes of the messages of a mailbox that is to be deleted. */
export function beginEmptying(accountId: number, id: number, emptying: 'trash' | 'permanent'): SQL[] {
  return [
    guard(
      accountId,
      sql`exists (select 1 from mailboxes where id = ${id} and account_id = ${accountId} and role is null)
        and ${isLeaf(accountId, id)}`,
    ),
    sql`update mailboxes set emptying = ${emptying}, modseq = ${modseqOf(accountId)} where id = ${id}`,
    tellMailboxes(accountId),
  ]
}

/** Deletes a mailbox in which nothing stands. */
export function deleteMailbox(accountId: number, id: number, now: number): SQL[] {
  return [
    guard(
      accountId,
      sql`exists (select 1 from mailboxes where id = ${id} and account_id = ${accountId} and total = 0
        and role is null)
        and not exists (select 1 from placements where mailbox_id = ${id}) and ${isLeaf(accountId, id)}`,
    ),
    sql`delete from mailboxes where id = ${id}`,
    sql`delete from uid_pages where mailbox_id = ${id}`,
    sql`delete from vanished where account_id = ${accountId} and mailbox_id = ${id}`,
    sql`insert into tombstones (account_id, kind, modseq, object_id, buried_at)
      select id, 'mailbox', modseq, ${int(id)}, ${int(now)} from accounts where id = ${accountId}`,
    tellMailboxes(accountId),
  ]
}

function guard(accountId: number, holds: SQL): SQL {
  return sql`update accounts set modseq = iif(deleted_at is null and ${holds}, modseq + 1, null) where id = ${accountId}`
}

function stands(accountId: number, id: number): SQL {
  return sql`exists (select 1 from mailboxes where id = ${id} and account_id = ${accountId} and emptying is null)`
}

function parentStands(accountId: number, parentId: number): SQL {
  return parentId === 0 ? sql`1` : stands(accountId, parentId)
}

function isLeaf(accountId: number, id: number): SQL {
  return sql`not exists (select 1 from mailboxes where account_id = ${accountId} and parent_id = ${id})`
}

// A mailbox and those that it stands in; `up` holds 0 for the top alone.
function pathUp(id: number): SQL {
  return sql`with recursive up (id) as (select ${int(id)} union
    select b.parent_id from mailboxes b join up on b.id = up.id where b.parent_id <> 0)`
}

function depthOf(id: number): SQL {
  return sql`(${pathUp(id)} select count(*) from up where id <> 0)`
}

// Of a mailbox with those that stand in it; what is above the bound is not counted on.
function heightOf(accountId: number, id: number, { depthMax }: TreeBounds): SQL {
  return sql`(with recursive down (id, depth) as (select ${int(id)}, 1 union all
    select b.id, down.depth + 1 from down join mailboxes b on b.account_id = ${accountId} and b.parent_id = down.id
    where down.depth <= ${int(depthMax)}) select max(depth) from down)`
}

function modseqOf(accountId: number): SQL {
  return sql`(select modseq from accounts where id = ${accountId})`
}

function tellMailboxes(accountId: number): SQL {
  return sql`insert into outbox (account_id, modseq, event)
    select id, modseq, json_object('type', 'mailboxes.changed', 'modseq', modseq) from accounts where id = ${accountId}`
}
