/**
 * Big mailboxes by bulk SQL: the rows that deliveries would have left, without delivering. Used to measure what an
 * operation costs in a mailbox of a given size.
 *
 * Message n (from 1) came n minutes after the epoch of the mailbox; every 4 follow each other in a thread; every 5th is
 * unread, every 50th flagged, every 10th has an attachment. Each holds the word "common", each 1,000th "rare".
 */

import { parseStructure, serializeStructure } from '../../src/mime/structure.ts'
import { firstId, IDS_PER_SECOND } from '../../src/store/ids.ts'
import { UIDS_PER_PAGE } from '../../src/store/message-write.ts'

const EPOCH_SECOND = 1_700_000_000
const CHUNK = 5_000
const STRUCTURE = serializeStructure(parseStructure(new TextEncoder().encode('A: b\r\n\r\ntext\r\n')).root)

export type BulkMailbox = { accountId: number; mailboxId: number; size: number; idOf(n: number): number }

/** Fills an empty mailbox of an account with `size` messages. */
export async function fillMailbox(
  d1: D1Database,
  accountId: number,
  mailboxId: number,
  size: number,
): Promise<BulkMailbox> {
  const base = firstId(accountId) + EPOCH_SECOND * IDS_PER_SECOND
  const idOf = (n: number) => base + n * 60 * IDS_PER_SECOND
  for (let from = 1; from <= size; from += CHUNK) {
    await fillChunk(d1, { accountId, mailboxId, base, from, to: Math.min(size, from + CHUNK - 1) })
  }
  await d1.batch([
    d1.prepare(`insert into thread_placements (mailbox_id, thread_id, n, unread, newest)
      select p.mailbox_id, m.thread_id, count(*), sum(p.unread), max(m.id) from placements p
      cross join messages m on m.id = p.message_id where p.mailbox_id = ${mailboxId} group by m.thread_id`),
    d1.prepare(`insert into uid_pages (mailbox_id, page, n, live)
      select mailbox_id, uid / ${UIDS_PER_PAGE}, count(*),
        iif(uid / ${UIDS_PER_PAGE} = 0, '0', '') || substr(replace(hex(zeroblob(${UIDS_PER_PAGE})), '00', '1'), 1, count(*))
      from placements where mailbox_id = ${mailboxId} group by uid / ${UIDS_PER_PAGE}`),
    d1.prepare(`update mailboxes set uid_next = ${size + 1}, (total, unread, bytes) =
        (select count(*), sum(p.unread), sum(m.size) from placements p cross join messages m on m.id = p.message_id
          where p.mailbox_id = ${mailboxId}),
        threads = (select count(*) from thread_placements where mailbox_id = ${mailboxId}),
        unread_threads = (select count(*) from thread_placements where mailbox_id = ${mailboxId} and unread > 0)
      where id = ${mailboxId}`),
    d1.prepare(`update accounts set modseq = ${size}, last_id = ${idOf(size)},
        used_bytes = (select bytes from mailboxes where id = ${mailboxId}) where id = ${accountId}`),
  ])
  return { accountId, mailboxId, size, idOf }
}

type Chunk = { accountId: number; mailboxId: number; base: number; from: number; to: number }

async function fillChunk(d1: D1Database, { accountId, mailboxId, base, from, to }: Chunk): Promise<void> {
  const id = `(${base} + n * ${60 * IDS_PER_SECOND})`
  const first = `(${base} + (n - (n - 1) % 4) * ${60 * IDS_PER_SECOND})`
  const flags = 'iif(n % 5 = 0, 0, 1) | iif(n % 50 = 0, 2, 0)'
  const series = `with recursive s(n) as (select ${from} union all select n + 1 from s where n < ${to})`
  await d1.batch([
    d1
      .prepare(`${series} insert into messages (id, account_id, modseq, created_modseq, thread_id, raw_key, received_at, size,
        flags, has_attachment, from_addr, from_name, to_text, subject, preview, placed, headers, headers_complete,
        envelope, structure, attachments, auth, defects)
      select ${id}, ${accountId}, n, n, ${first}, 'raw/2023-11-14/${accountId}/bulk-' || n, ${EPOCH_SECOND} + n * 60, 4096,
        ${flags}, n % 10 = 0, 'sender' || (n % 97) || '@bulk.test', 'Sender', 'demo@postern.test', 'Subject ' || n,
        'A preview of some words, as long as previews often are in a list of messages.',
        json_array(json_array(${mailboxId}, n)), replace(hex(zeroblob(300)), '00', 'h: x' || char(13, 10)), 1,
        '{"date":null,"subject":null,"from":[],"sender":[],"replyTo":[],"to":[],"cc":[],"bcc":[],"inReplyTo":null,"messageId":null}',
        ?, '[]', '{}', '[]' from s`)
      .bind(STRUCTURE),
    d1.prepare(`${series} insert into placements (mailbox_id, message_id, uid, unread, flagged, thread_id)
      select ${mailboxId}, ${id}, n, n % 5 = 0, n % 50 = 0, ${first} from s`),
    d1.prepare(`${series} insert into ft (rowid, subject, sender, recipients, body, attachments)
      select ${id}, 'Subject ' || n, 'sender' || (n % 97), 'demo', 'common words of message ' || n || iif(n % 1000 = 0, ' rare', ''), '' from s`),
  ])
}
