/**
 * Statements that store a new message. They are committed as one batch by mailbox/deliver.ts, in this order, and each
 * reads by subselect what the ones before it wrote (D1 has no interactive transactions).
 *
 * Invariants:
 *  - The first statement is the guard: where it fails, accounts.modseq becomes NULL and the whole batch rolls back.
 *  - The thread is found inside the batch, so two messages that arrive at once cannot miss each other.
 */
import { type SQL, sql } from 'drizzle-orm'
import { int } from './database.ts'
import type { MessageRow } from './schema.ts'

/** UIDs in one row of uid_pages. */
export const UIDS_PER_PAGE = 2_048

/** What a message brings of its own; the database adds ids, modseq, thread and placement. */
export type NewMessage = Omit<
  MessageRow,
  'id' | 'account_id' | 'modseq' | 'created_modseq' | 'thread_id' | 'dedupe' | 'placed'
> & { account_id: number }

export type NewIndexText = { subject: string; sender: string; recipients: string; body: string; attachments: string }

export type Insertion = {
  message: NewMessage
  mailboxId: number
  /** The identity with its level, and the highest key that an equal or better one could have. Null: never a duplicate. */
  dedupe: { key: Uint8Array; upTo: Uint8Array } | null
  /** 'live': the next id that is not before `floor`. 'dated': exactly `floor`, which the caller found free; never after now. */
  id: { kind: 'live' | 'dated'; floor: number }
  refs: { own: number | null; refs: number[] }
  index: NewIndexText
  /** The outbox event without the ids, which only the database knows. */
  event: { type: string }
  /** Whether the account's quota is asked once more, where it is committed. */
  isBounded?: boolean
  /** What is released from quarantine by this batch: it does not stand in its own way. */
  releasedId?: number | undefined
  /** Further statements of the same batch, given the new message's id. */
  also?: ((id: SQL) => SQL[]) | undefined
}

/** The row that the batch's second statement returns. */
export type InsertedRow = Pick<MessageRow, 'id' | 'modseq' | 'thread_id' | 'placed'>

/** All statements of one insertion, in order. The second one's row is the InsertedRow; no row means no such account. */
export function insertMessage(insertion: Insertion): SQL[] {
  const { message, mailboxId } = insertion
  const unread = (message.flags & 1) === 0 ? 1 : 0
  const flagged = (message.flags & 2) === 0 ? 0 : 1
  const id =
    insertion.id.kind === 'dated'
      ? int(insertion.id.floor)
      : sql`(select last_id from accounts where id = ${message.account_id})`
  const thread = sql`(select thread_id from messages where id = ${id})`
  return [
    claim(insertion),
    insertRow(insertion, id),
    sql`insert into placements (mailbox_id, message_id, uid, unread, flagged, thread_id)
      select id, ${id}, uid_next, ${unread}, ${flagged}, ${thread} from mailboxes where id = ${mailboxId}`,
    growUidPage(mailboxId),
    countInMailbox(message, mailboxId, unread, thread),
    sql`insert into thread_placements (mailbox_id, thread_id, n, unread, newest)
      values (${mailboxId}, ${thread}, 1, ${unread}, ${id})
      on conflict do update set n = n + 1, unread = unread + excluded.unread, newest = max(newest, excluded.newest)`,
    ...registerRefs(message.account_id, insertion.refs, thread),
    insertIndex(insertion.index, id),
    sql`insert into outbox (account_id, modseq, event) select id, modseq,
      json_object('type', ${insertion.event.type}, 'message', ${id}, 'mailbox', ${int(mailboxId)})
      from accounts where id = ${message.account_id}`,
    ...(insertion.also?.(id) ?? []),
  ]
}

function claim(insertion: Insertion): SQL {
  const { message, mailboxId, dedupe, id, releasedId = 0 } = insertion
  const holds = sql`deleted_at is null
    and exists (select 1 from mailboxes where id = ${mailboxId} and account_id = ${message.account_id}
      and emptying is null)
    and not exists (select 1 from raw_deletes where raw_key = ${message.raw_key})
    and not exists (select 1 from raw_deleted where raw_key = ${message.raw_key})`
  const free = dedupe
    ? sql`and not exists (select 1 from messages where account_id = ${message.account_id} and dedupe is not null
        and dedupe >= ${dedupe.key} and dedupe <= ${dedupe.upTo})
      and not exists (select 1 from withheld where raw_key = ${message.raw_key} and kind = 'quarantine'
        and id <> ${releasedId})`
    : sql``
  // What is delivered was measured before it was accepted, and is not turned away any more.
  const room = insertion.isBounded
    ? sql`and (quota_bytes is null or used_bytes + ${message.size} <= quota_bytes)`
    : sql``
  const unused = id.kind === 'dated' ? sql`and not exists (select 1 from messages where id = ${id.floor})` : sql``
  const last = id.kind === 'dated' ? sql`max(last_id, ${int(id.floor)})` : sql`max(last_id + 1, ${int(id.floor)})`
  return sql`update accounts set modseq = iif(${holds} ${free} ${unused} ${room}, modseq + 1, null),
    last_id = ${last}, used_bytes = used_bytes + ${message.size} where id = ${message.account_id}`
}

function insertRow({ message: m, mailboxId, dedupe, refs }: Insertion, id: SQL): SQL {
  const known = knownThread(m.account_id, refs)
  return sql`insert into messages (id, account_id, modseq, created_modseq, thread_id, dedupe, raw_key, received_at, size,
      flags, keywords, has_attachment, address_id, recipient, return_path, message_id, from_addr, from_name, to_text,
      subject, preview, sent_at, score, verdict, taught, placed, headers, headers_complete, envelope, structure, attachments, spam_report,
      auth, defects)
    select ${id}, a.id, a.modseq, a.modseq, coalesce(${sql.join([...known, id], sql`, `)}, null), ${dedupe ? dedupe.key : null}, ${m.raw_key},
      ${m.received_at}, ${m.size}, ${m.flags}, ${m.keywords}, ${m.has_attachment}, ${m.address_id}, ${m.recipient},
      ${m.return_path}, ${m.message_id}, ${m.from_addr}, ${m.from_name}, ${m.to_text}, ${m.subject}, ${m.preview},
      ${m.sent_at}, ${m.score}, ${m.verdict}, ${m.taught}, json_array(json_array(b.id, b.uid_next)), ${m.headers},
      ${m.headers_complete}, ${m.envelope}, ${m.structure}, ${m.attachments}, ${m.spam_report}, ${m.auth}, ${m.defects}
    from accounts a join mailboxes b on b.id = ${mailboxId} where a.id = ${m.account_id}
    returning id, modseq, thread_id, placed`
}

// The nearest reference that is known decides; coalesce looks no further. Its own Message-ID is asked last: it is known
// where a reply came first. (`in (...)` would read each value twice.)
function knownThread(accountId: number, refs: Insertion['refs']): SQL[] {
  const keys = [...refs.refs.toReversed(), ...(refs.own === null ? [] : [refs.own])]
  return keys.map((ref) => sql`(select thread_id from thread_refs where account_id = ${accountId} and ref = ${ref})`)
}

// UIDs are given one by one, so a page's text always ends at the newest UID given in it, and grows by one character.
// A page that was empty, and so deleted, begins again with zeros up to the new UID.
function growUidPage(mailboxId: number): SQL {
  return sql`insert into uid_pages (mailbox_id, page, n, live)
    select id, uid_next / ${int(UIDS_PER_PAGE)}, 1,
      substr(replace(hex(zeroblob(${int(UIDS_PER_PAGE)})), '00', '0'), 1, uid_next % ${int(UIDS_PER_PAGE)}) || '1'
    from mailboxes where id = ${mailboxId}
    on conflict do update set n = n + 1, live = live || substr(excluded.live, length(live) + 1)`
}

function countInMailbox(message: NewMessage, mailboxId: number, unread: number, thread: SQL): SQL {
  const standing = sql`select unread from thread_placements where mailbox_id = ${mailboxId} and thread_id = ${thread}`
  return sql`update mailboxes set uid_next = uid_next + 1, total = total + 1, unread = unread + ${unread},
      bytes = bytes + ${message.size},
      threads = threads + not exists (${standing}),
      unread_threads = unread_threads + (${unread} and coalesce((${standing}), 0) = 0),
      modseq = (select modseq from accounts where id = ${message.account_id})
    where id = ${mailboxId}`
}

// Its own Message-ID and its references all lead to this thread from now on, so that a parent that arrives late finds
// its children. The first to register a reference keeps it.
function registerRefs(accountId: number, refs: Insertion['refs'], thread: SQL): SQL[] {
  const keys = refs.own === null ? refs.refs : [refs.own, ...refs.refs]
  if (keys.length === 0) return []
  const rows = sql.join(
    keys.map((key) => sql`(${key})`),
    sql`, `,
  )
  return [
    sql`insert or ignore into thread_refs (account_id, ref, thread_id)
      select ${int(accountId)}, k.column1, ${thread} from (values ${rows}) k`,
  ]
}

function insertIndex(text: NewIndexText, id: SQL): SQL {
  return sql`insert into ft (rowid, subject, sender, recipients, body, attachments)
    values (${id}, ${text.subject}, ${text.sender}, ${text.recipients}, ${text.body}, ${text.attachments})`
}
