/**
 * Suppressions: whom an account does not write to, and why. A hard bounce and a complaint make one (apply-reports.ts); its
 * owner makes, imports and deletes them.
 *
 * Invariant: none is ever made of what somebody merely claims. What proves a report stands in apply-reports.ts.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { foldAddress } from '../mime/addresses.ts'
import { clip } from '../mime/storable.ts'
import { seconds } from '../seconds.ts'
import type { Database } from '../store/database.ts'
import type { SuppressionRow } from '../store/schema.ts'
import { hasSuppressions, pageSuppressions, readSuppressed, type SuppressionFilter } from '../store/suppression-read.ts'
import { deleteSuppression, type NewSuppression, putSuppressions } from '../store/suppression-write.ts'

export const SUPPRESSION_REASONS = ['bounce', 'complaint', 'manual'] as const

/** An import is refused from here on: a list that long is no mailbox's. Single ones are slow to come and are not counted. */
export const SUPPRESSIONS_MAX = 100_000
/** Of a remote server's words, or its owner's. */
const DETAIL_CHARS_MAX = 500
/** In one statement. */
const CHUNK = 500

export type Suppression = SuppressionRow

export type WantedSuppression = {
  address: string
  reason?: Suppression['reason']
  detail?: string | null
  expiresAt?: number | null
  createdAt?: number
}

/** Those below the id `before`, newest first. */
export async function listSuppressions(
  deps: Deps,
  accountId: number,
  filter: SuppressionFilter,
  before: number,
  limit: number,
): Promise<Suppression[]> {
  const { address } = filter
  const folded = address === undefined ? undefined : foldAddress(address)
  // What is no address is suppressed nowhere.
  if (folded === null) return []
  return await pageSuppressions(deps.stores.of(accountId), accountId, { ...filter, address: folded }, before, limit)
}

/** Puts one in by hand. One that is there already is prolonged, and keeps a graver reason. */
export async function addSuppression(
  deps: Deps,
  accountId: number,
  wanted: Omit<WantedSuppression, 'reason'>,
): Promise<Suppression | Failure> {
  const now = seconds(deps)
  const row = newSuppression(wanted, now)
  if ('failure' in row) return row
  const [made] = await deps.stores.of(accountId).all<Suppression>(putSuppressions(accountId, [row], now))
  if (!made) throw new Error('the suppression was not returned')
  return made
}

export async function removeSuppression(deps: Deps, accountId: number, id: number): Promise<boolean> {
  return (await deps.stores.of(accountId).first(deleteSuppression(accountId, id))) !== null
}

/** Whether the account writes to a folded address now. */
export async function isSuppressed(deps: Deps, accountId: number, address: string): Promise<boolean> {
  return (await readSuppressed(deps.stores.of(accountId), accountId, [address], seconds(deps))).length > 0
}

export type Imported = { imported: number; failed: { index: number; failure: Failure }[] }

/** Puts many in. Those that cannot be are told by their place; the others are put in all the same. */
export async function importSuppressions(
  deps: Deps,
  accountId: number,
  wanted: readonly WantedSuppression[],
): Promise<Imported | Failure> {
  const db = deps.stores.of(accountId)
  if (await hasSuppressions(db, accountId, SUPPRESSIONS_MAX))
    return fail('conflict', `An account may have at most ${SUPPRESSIONS_MAX} suppressions: delete some first.`)
  const now = seconds(deps)
  const failed: Imported['failed'] = []
  const rows: NewSuppression[] = []
  for (const [index, one] of wanted.entries()) {
    const row = newSuppression(one, now)
    if ('failure' in row) failed.push({ index, failure: row })
    else rows.push(row)
  }
  await putInChunks(db, accountId, rows, now)
  return { imported: rows.length, failed }
}

async function putInChunks(db: Database, accountId: number, rows: NewSuppression[], now: number): Promise<void> {
  for (let at = 0; at < rows.length; at += CHUNK)
    await db.batch([putSuppressions(accountId, rows.slice(at, at + CHUNK), now)])
}

function newSuppression(wanted: WantedSuppression, now: number): NewSuppression | Failure {
  const address = foldAddress(wanted.address)
  if (address === null) return fail('invalid', 'This is no address that mail can go to.', 'address')
  const { expiresAt = null, createdAt = now, detail = null } = wanted
  if (expiresAt !== null && expiresAt <= now) return fail('invalid', 'expires_at is in the past.', 'expires_at')
  return {
    address,
    reason: wanted.reason ?? 'manual',
    detail: detail && clip(detail, DETAIL_CHARS_MAX),
    submission_id: null,
    // Nobody can have been suppressed later than now.
    created_at: Math.min(createdAt, now),
    expires_at: expiresAt,
  }
}
