/**
 * The audit log: who changed what of the server, or of an account's settings.
 *
 * Invariants:
 *  - A change is written down before it is made. Where that fails, the caller makes none.
 *  - No row holds a secret, and none is larger than a few kilobytes. A row without a status is a change of which it is not
 *    known whether it happened.
 */

import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import { finishAudit, insertAudit, pageAudit } from '../store/audit.ts'
import type { AuditRow } from '../store/schema.ts'
import type { Principal } from './scopes.ts'

export type AuditEntry = {
  id: number
  at: number
  /** 'admin', or 'key:' and the number of an account's key. */
  actor: string
  accountId: number | null
  action: string
  target: string | null
  detail: unknown
  status: number | null
  requestId: string
}

export type Change = {
  by: Principal
  /** Whose settings; null for the server's own. */
  accountId: number | null
  action: string
  target: string | null
  /** What was asked: any JSON. */
  detail: unknown
  requestId: string
}

/** Bytes of JSON that a row keeps of what was asked. An honest change is a few hundred. */
export const DETAIL_BYTES_MAX = 4_096
/** Of a detail that is longer, this much of its beginning: each character may take three bytes, or two once quoted again. */
const EXCERPT_CHARS = 1_000
/** Ids are far shorter; a path may hold anything. */
const TARGET_CHARS_MAX = 500
/** Fields that are never written down, whatever holds them. */
const SECRET_FIELDS = new Set(['password', 'secret', 'token', 'key', 'authorization'])

/** Writes the change down. Gives the number of its row; throws where it could not be written. */
export async function recordChange(deps: Deps, change: Change): Promise<number> {
  const row = await deps.stores.directory.first<{ id: number }>(
    insertAudit({
      at: seconds(deps),
      actor: change.by.kind === 'admin' ? 'admin' : `key:${change.by.keyId}`,
      account_id: change.accountId,
      action: change.action,
      target: change.target?.slice(0, TARGET_CHARS_MAX).toWellFormed() ?? null,
      detail: boundedJson(change.detail),
      request_id: change.requestId,
    }),
  )
  if (!row) throw new Error('the audit row was not returned')
  return row.id
}

/** Notes how it ended, and the id of what was made. Failing here changes nothing: the row then says that it is not known. */
export async function finishChange(deps: Deps, id: number, status: number, made: string | null): Promise<void> {
  try {
    await deps.stores.directory.batch([finishAudit(id, status, made)])
  } catch (error) {
    deps.log({ level: 'error', at: 'audit', id, error: String(error) })
  }
}

/** Entries before the id `before`, newest first; of one account, or (null) of all. */
export async function listAudit(
  deps: Deps,
  accountId: number | null,
  before: number,
  limit: number,
): Promise<AuditEntry[]> {
  return (await pageAudit(deps.stores.directory, accountId, before, limit)).map(auditEntry)
}

/** JSON within the bound: what is longer is kept by its beginning. */
function boundedJson(value: unknown): string {
  const text = redactedJson(value)
  if (text === null) return JSON.stringify({ cut: 'nested too deep to be written' })
  if (new TextEncoder().encode(text).length <= DETAIL_BYTES_MAX) return text
  return JSON.stringify({ cut: text.slice(0, EXCERPT_CHARS).toWellFormed() })
}

// Null where it is nested deeper than can be written: JSON is read to any depth, and written only to some thousands.
function redactedJson(value: unknown): string | null {
  try {
    return JSON.stringify(value, (name, inner) => (SECRET_FIELDS.has(name) ? null : inner)) ?? 'null'
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function auditEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    accountId: row.account_id,
    action: row.action,
    target: row.target,
    detail: JSON.parse(row.detail),
    status: row.status,
    requestId: row.request_id,
  }
}
