/**
 * What an account answers while its owner is away (RFC 8621 §8). The account's settings say whether there is such an answer, so
 * that a delivery to any other account asks for nothing.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { seconds } from '../seconds.ts'
import { readAccount } from '../store/account-read.ts'
import type { AccountRow, VacationRow } from '../store/schema.ts'
import { readVacation } from '../store/vacation-read.ts'
import { flagVacation, putVacationRow } from '../store/vacation-write.ts'

/** A sender is answered once in so many days. RFC 5230 §4.1 wants a week where nothing is said. */
export const DAYS_DEFAULT = 7
export const DAYS_MAX = 30

export type Vacation = {
  isEnabled: boolean
  /** Epoch seconds: from when, and until when; null: no limit. */
  startsAt: number | null
  endsAt: number | null
  days: number
  /** Null: 'Auto: ' and the subject that is answered. */
  subject: string | null
  text: string | null
  html: string | null
}

const OFF: Vacation = {
  isEnabled: false,
  startsAt: null,
  endsAt: null,
  days: DAYS_DEFAULT,
  subject: null,
  text: null,
  html: null,
}

/** Whether the account has an answer that is switched on; its dates are for who answers to look at. */
export function hasVacation(row: Pick<AccountRow, 'settings'>): boolean {
  return (JSON.parse(row.settings) as { vacation?: unknown }).vacation === 1
}

/** `version` rises with each change: 0 where there was none yet. Null where there is no such account. */
export async function getVacation(
  deps: Deps,
  accountId: number,
): Promise<{ vacation: Vacation; version: number } | null> {
  const db = deps.stores.of(accountId)
  const [account, row] = await Promise.all([readAccount(db, accountId), readVacation(db, accountId)])
  if (!account || account.deleted_at !== null) return null
  return row ? { vacation: vacationOf(row), version: row.version } : { vacation: OFF, version: 0 }
}

/** Chooses anew. With `expected`, the version that was seen, only where it is still that one. */
export async function putVacation(
  deps: Deps,
  accountId: number,
  wanted: Vacation,
  expected: number | null,
): Promise<{ vacation: Vacation; version: number } | Failure> {
  if (wanted.startsAt !== null && wanted.endsAt !== null && wanted.endsAt <= wanted.startsAt)
    return fail('invalid', 'It ends before it begins.', 'ends_at')
  const row: Omit<VacationRow, 'version'> = {
    account_id: accountId,
    enabled: wanted.isEnabled ? 1 : 0,
    starts_at: wanted.startsAt,
    ends_at: wanted.endsAt,
    days: wanted.days,
    subject: wanted.subject,
    text: wanted.text,
    html: wanted.html,
    updated_at: seconds(deps),
  }
  const [put] = await deps.stores.of(accountId).batch([putVacationRow(row, expected), flagVacation(accountId)])
  const [stored] = (put ?? []) as VacationRow[]
  if (stored) return { vacation: vacationOf(stored), version: stored.version }
  return expected === null
    ? fail('not-found', 'There is no such account.')
    : fail('precondition-failed', 'It has just changed: read it again.')
}

export function vacationOf(row: VacationRow): Vacation {
  return {
    isEnabled: row.enabled === 1,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    days: row.days,
    subject: row.subject,
    text: row.text,
    html: row.html,
  }
}
