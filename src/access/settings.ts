/**
 * What an account has chosen for itself: a closed set, each of which something reads. Kept as JSON in `accounts.settings`;
 * what is absent there is the server's default.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { readAccount } from '../store/account-read.ts'
import { patchAccount } from '../store/account-write.ts'
import type { AccountRow } from '../store/schema.ts'

/** Null: as the server has it. */
export type Settings = {
  /** Points from which mail is junk. Read when a message is filed, as the next two. */
  spamThreshold: number | null
  /** Points from which mail is held back in quarantine; never less than those of junk. */
  quarantineThreshold: number | 'never' | null
  /** What is turned away at the door. */
  reject: Reject | null
  /** Whether a message a day tells what is held back. Where nobody has chosen, it does. */
  digest: boolean | null
}

export const REJECTS = ['never', 'lists', 'lists-and-malware'] as const
export type Reject = (typeof REJECTS)[number]

/** Below one point every oddity would be junk; above twenty nothing is, and "never" is what an allow list says. */
export const SPAM_THRESHOLD_MIN = 1
export const SPAM_THRESHOLD_MAX = 20
/** What is held back is looked at less than Junk is: nothing goes there for an oddity or two. */
export const QUARANTINE_THRESHOLD_MIN = 5
export const QUARANTINE_THRESHOLD_MAX = 50

type Stored = { [Name in 'spam_threshold' | 'quarantine_threshold' | 'reject' | 'digest']?: unknown }

/** The settings of a stored row. What is not of the set, or out of its bounds, counts as not chosen. */
export function settingsOf(row: Pick<AccountRow, 'settings'>): Settings {
  const stored = JSON.parse(row.settings) as Stored
  return {
    spamThreshold: threshold(stored.spam_threshold, SPAM_THRESHOLD_MIN, SPAM_THRESHOLD_MAX),
    quarantineThreshold:
      stored.quarantine_threshold === 'never'
        ? 'never'
        : threshold(stored.quarantine_threshold, QUARANTINE_THRESHOLD_MIN, QUARANTINE_THRESHOLD_MAX),
    reject: REJECTS.find((one) => one === stored.reject) ?? null,
    digest: typeof stored.digest === 'boolean' ? stored.digest : null,
  }
}

/** As they are written: merged into what is stored, a null taking a choice back (RFC 7396). */
export function settingsPatch(change: Partial<Settings>): string {
  const stored: Stored = {
    spam_threshold: change.spamThreshold,
    quarantine_threshold: change.quarantineThreshold,
    reject: change.reject,
    digest: change.digest,
  }
  return JSON.stringify(stored)
}

/** The settings, and as they are stored: what a change may be held to. Null where there is no such account. */
export async function readSettings(
  deps: Deps,
  accountId: number,
): Promise<{ settings: Settings; stored: string } | null> {
  const db = deps.stores.find(accountId)
  const row = db && (await readAccount(db, accountId))
  return row && row.deleted_at === null ? { settings: settingsOf(row), stored: row.settings } : null
}

/**
 * Changes an account's settings; those that are not named stay. With `expected`, the settings as they were
 * stored when they were seen, only where they are still those.
 */
export async function changeSettings(
  deps: Deps,
  accountId: number,
  change: Partial<Settings>,
  expected: AccountRow['settings'] | null = null,
): Promise<Settings | Failure> {
  const patch = patchAccount(accountId, { settings: settingsPatch(change), ifSettings: expected ?? undefined })
  const row = await deps.stores.find(accountId)?.first<AccountRow>(patch)
  if (row) return settingsOf(row)
  return expected === null
    ? fail('not-found', 'There is no such account.')
    : fail('precondition-failed', 'The settings have just changed: read them again.')
}

function threshold(value: unknown, min: number, max: number): number | null {
  return typeof value === 'number' && value >= min && value <= max ? value : null
}
