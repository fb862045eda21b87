/**
 * Append: a message that nobody delivered, such as an import or the copy of what was sent, into a mailbox of the account.
 *
 * Always a new message: what is appended twice stands there twice, as IMAP's APPEND has it. Only the raw key is unique, so
 * that the same attempt, repeated after a lost answer, is found instead of stored again.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure, TemporaryError } from '../errors.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { seconds } from '../seconds.ts'
import { readAccount, takesMail } from '../store/account-read.ts'
import { isStaleGuard, isUniqueViolation, type Statement } from '../store/database.ts'
import { IDS_PER_SECOND, idAt } from '../store/ids.ts'
import { readIdsBetween, readStandingRaw } from '../store/message-read.ts'
import { type InsertedRow, insertMessage } from '../store/message-write.ts'
import { queueRawDelete } from '../store/outbox.ts'
import { appendedKey } from '../store/raw.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { rowOf } from './insertion.ts'
import { tellSoon } from './tell-soon.ts'

/** Attempts at an id of a wanted second, in wider and wider spans after it: a second has 32 ids, and others may want them too. */
const SPANS_SECONDS = [1, 1, 1, 1, 60, 60, 3_600, 86_400, 864_000]

export type Appendix = {
  accountId: number
  mailboxId: number
  /** The caller has the bytes in R2 under this key, which is of the form that store/raw.ts gives what is appended. */
  rawKey: string
  /** The key was drawn for this very attempt: nobody has to look whether something stands under it. */
  isFresh?: boolean
  bytes: Uint8Array
  message: ParsedMessage
  /** When it is to have been received, in epoch seconds; null: now; 'date': what its Date field says. Never in the future. */
  receivedAt: number | 'date' | null
  /** flags.ts */
  flags: number
  /** In lower case. */
  keywords: string[]
  /** The directory's id of the address whose mail it is; null: the account's. */
  addressId: number | null
  /** Committed with it, in one batch: `id` is the new message's. Only for what is received now. */
  also?: (id: Statement) => Statement[]
  /**
   * Committed ahead of it, in the same batch, and asked for at each attempt: what it takes the place of, such as the draft
   * that it was (mailbox/change.ts, `destruction`). Only for what is received now.
   */
  before?: () => Promise<Statement[] | Failure>
}

/** `isNew` is false where this very raw key was appended before. */
export type Appended = { id: number; threadId: number; isNew: boolean }

/** Nobody looked at who sent it: what a mailbox's owner puts there needs no proof, and proves nothing. */
const UNVERIFIED: SenderVerdict = {
  source: 'none',
  seal: 'unknown',
  spf: { result: 'unknown', domain: null },
  dkim: [],
  dmarc: { result: 'unknown', domain: null, policy: null },
  client: { ip: null, helo: null },
  cloudflareSpamScore: null,
}

/** Why a message of this size cannot go there, or null. Asked before its bytes are stored, so that a refusal leaves none behind. */
async function refuseAppend(
  deps: Deps,
  accountId: number,
  mailboxId: number,
  sizeBytes: number,
): Promise<Failure | null> {
  const db = deps.stores.of(accountId)
  const [account, isOpen] = await Promise.all([readAccount(db, accountId), takesMail(db, accountId, mailboxId)])
  if (!account || account.deleted_at !== null) return fail('not-found', 'There is no such account.')
  if (!isOpen) return fail('not-found', 'There is no such mailbox.')
  if (account.quota_bytes === null || account.used_bytes + sizeBytes <= account.quota_bytes) return null
  return fail('over-quota', 'The account has no room for this message: delete mail, or ask for a larger quota.')
}

/**
 * Stores raw bytes as a new message, the object first. `name` is unique for what is appended: the same name within a day is
 * the same message, and stored once.
 */
export async function appendBytes(
  deps: Deps,
  wanted: Omit<Appendix, 'rawKey' | 'message'> & { name: string },
): Promise<Appended | Failure> {
  const { accountId, mailboxId, bytes, name } = wanted
  const refused = await refuseAppend(deps, accountId, mailboxId, bytes.length)
  if (refused) return refused
  const message = await parseMessage(bytes)
  const rawKey = appendedKey(accountId, deps.now(), name)
  await deps.stores.raw.putBytes(rawKey, bytes)
  const appended = await append(deps, { ...wanted, rawKey, message })
  if (isFailure(appended)) await deps.stores.of(accountId).batch([queueRawDelete(rawKey)])
  return appended
}

/** Stores the message. Fails for a mailbox that is not the account's, and over the quota. */
export async function append(deps: Deps, appendix: Appendix): Promise<Appended | Failure> {
  const { accountId, mailboxId, rawKey } = appendix
  const db = deps.stores.of(accountId)
  const standing = appendix.isFresh ? null : await readStandingRaw(db, rawKey)
  if (standing) return { id: standing.id, threadId: standing.thread_id, isNew: false }
  const refused = await refuseAppend(deps, accountId, mailboxId, appendix.bytes.length)
  if (refused) return refused
  for (const spanSeconds of SPANS_SECONDS) {
    const row = await tryAppend(deps, appendix, spanSeconds)
    if (row && isFailure(row)) return row
    if (row) return { id: row.id, threadId: row.thread_id, isNew: row.isNew }
    const changed = await refuseAppend(deps, accountId, mailboxId, appendix.bytes.length)
    if (changed) return changed
  }
  // Not the message's own second, but it is stored.
  const last = await tryAppend(deps, { ...appendix, receivedAt: null }, 1)
  if (last && isFailure(last)) return last
  if (last) return { id: last.id, threadId: last.thread_id, isNew: last.isNew }
  throw new TemporaryError('no id was free')
}

// Null where the id was taken in between, or none was free in the span.
async function tryAppend(
  deps: Deps,
  appendix: Appendix,
  spanSeconds: number,
): Promise<(InsertedRow & { isNew: boolean }) | Failure | null> {
  const { accountId, rawKey } = appendix
  const db = deps.stores.of(accountId)
  const now = seconds(deps)
  const receivedAt = Math.max(0, Math.min(receiptOf(appendix) ?? now, now))
  const id =
    receivedAt >= now ? 'live' : await freeId(deps, accountId, receivedAt, Math.min(spanSeconds, now - receivedAt))
  if (id === null) return null
  const insertion = {
    ...rowOf({ ...appendix, receivedAt, envelope: null, verdict: UNVERIFIED, report: null }),
    mailboxId: appendix.mailboxId,
    dedupe: null,
    id: id === 'live' ? { kind: 'live' as const, floor: idAt(accountId, now) } : { kind: 'dated' as const, floor: id },
    event: { type: 'message.appended' as const },
    isBounded: true,
    also: appendix.also,
  }
  const before = (await appendix.before?.()) ?? []
  if (isFailure(before)) return before
  try {
    const results = await db.batch([...before, ...insertMessage(insertion)])
    const row = results[before.length + 1]?.[0] as InsertedRow | undefined
    if (!row) throw new Error('the appended message was not returned')
    tellSoon(deps, accountId)
    return { ...row, isNew: true }
  } catch (error) {
    if (!isStaleGuard(error) && !isUniqueViolation(error)) throw error
    const standing = await readStandingRaw(db, rawKey)
    return standing && { ...standing, isNew: false }
  }
}

// A date before 1970 is a broken clock's.
function receiptOf({ receivedAt, message: { dateMs } }: Appendix): number | null {
  if (receivedAt !== 'date') return receivedAt
  return dateMs === null || dateMs < 0 ? null : Math.floor(dateMs / 1000)
}

// A free id of a second in the span after this one; null where that second has none.
async function freeId(deps: Deps, accountId: number, second: number, spanSeconds: number): Promise<number | null> {
  const db = deps.stores.of(accountId)
  const [a = 0, b = 0, c = 0, d = 0] = deps.random(4)
  const start = idAt(accountId, second + Math.floor(((a * 65_536 + b * 256 + c) / 2 ** 24) * spanSeconds))
  const taken = new Set(await readIdsBetween(db, start, start + IDS_PER_SECOND - 1))
  const free = Array.from({ length: IDS_PER_SECOND }, (_, slot) => start + slot).filter((id) => !taken.has(id))
  // Any of them: many who import mail of one second at once would all want the first.
  return free[Math.floor((d / 256) * free.length)] ?? null
}
