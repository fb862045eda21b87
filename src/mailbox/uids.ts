/**
 * A mailbox as IMAP and POP3 see it: UIDs in order, and the sequence numbers that follow from which of them live. Sequence
 * numbers come from the UID pages, one row for 2,048 UIDs, and never from reading the mailbox.
 */
import type { Deps } from '../deps.ts'
import type { Envelope, Part } from '../mime/message.ts'
import { deserializeStructure } from '../mime/structure.ts'
import { UIDS_PER_PAGE } from '../store/message-write.ts'
import { readByUid, readUidPages, type UidRow } from '../store/uid-read.ts'
import { type Mailbox, mailboxOf } from './view.ts'

/** Messages in one read: each brings up to 128 KB of envelope and as much of structure. */
export const FETCH_MAX = 100

export type OpenMailbox = { mailbox: Mailbox; uids: UidMap }

/** Opens a mailbox of the account (IMAP SELECT); null where it has none such. */
export async function openMailbox(deps: Deps, accountId: number, mailboxId: number): Promise<OpenMailbox | null> {
  const found = await readUidPages(deps.stores.of(accountId), accountId, mailboxId)
  return found && { mailbox: mailboxOf(found.mailbox), uids: new UidMap(found.pages) }
}

type PageText = { page: number; n: number; live: string }

/** Which UIDs of a mailbox live, and which sequence number (from 1) each has. */
class UidMap {
  readonly #pages: PageText[]

  constructor(pages: PageText[]) {
    this.#pages = pages
  }

  get size(): number {
    return this.#pages.reduce((sum, page) => sum + page.n, 0)
  }

  /** The UID at a sequence number; null beyond the last. */
  uidAt(sequence: number): number | null {
    let left = sequence
    for (const { page, n, live } of this.#pages) {
      if (left > n) {
        left -= n
        continue
      }
      let at = -1
      for (let k = 0; k < left; k++) at = live.indexOf('1', at + 1)
      return at < 0 ? null : page * UIDS_PER_PAGE + at
    }
    return null
  }

  /** The sequence number of a UID; null where it does not live. */
  sequenceOf(uid: number): number | null {
    let before = 0
    for (const { page, n, live } of this.#pages) {
      const at = uid - page * UIDS_PER_PAGE
      if (at < 0) return null
      if (at < UIDS_PER_PAGE) {
        if (live[at] !== '1') return null
        return before + live.slice(0, at + 1).replaceAll('0', '').length
      }
      before += n
    }
    return null
  }
}

export type UidMessage = {
  uid: number
  id: number
  modseq: number
  flags: number
  deleted: boolean
  keywords: string[]
  receivedAt: number
  size: number
  envelope: Envelope
  structure: Part
  rawKey: string
}

/** Envelope, structure and flags of the messages with UIDs in [from, to], in order, at most FETCH_MAX (IMAP FETCH). */
export async function fetchByUid(
  deps: Deps,
  accountId: number,
  mailboxId: number,
  from: number,
  to: number,
  limit = FETCH_MAX,
) {
  const rows = await readByUid(deps.stores.of(accountId), accountId, mailboxId, from, to, Math.min(limit, FETCH_MAX))
  return rows.map(uidMessage)
}

function uidMessage(row: UidRow): UidMessage {
  return {
    uid: row.uid,
    id: row.id,
    modseq: row.modseq,
    flags: row.flags,
    deleted: row.deleted === 1,
    keywords: JSON.parse(row.keywords) as string[],
    receivedAt: row.received_at,
    size: row.size,
    envelope: JSON.parse(row.envelope) as Envelope,
    structure: deserializeStructure(row.structure),
    rawKey: row.raw_key,
  }
}
