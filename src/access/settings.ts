/**
 * What an account has chosen for itself: a closed set, each of which something reads. Kept as JSON in `accounts.settings`;
 * what is absent there is the server's default.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { patchAccount } from '../store/account-write.ts'
import type { AccountRow } from '../store/schema.ts'

export type Settings = {
  /** Points from which mail is junk; null: the server's. Read when a message is filed. */
  spamThreshold: number | null
}

/** Below one point every oddity would be junk; above twenty nothing is, and "never" is what an allow list says. */
export const SPAM_THRESHOLD_MIN = 1
export const SPAM_THRESHOLD_MAX = 20

/** The settings of a stored row. What is not of the set, or out of its bounds, counts as not chosen. */
export function settingsOf(row: Pick<AccountRow, 'settings'>): Settings {
  const { spam_threshold: threshold } = JSON.parse(row.settings) as { spam_threshold?: unknown }
  return { spamThreshold: isThreshold(threshold) ? threshold : null }
}

/** As they are written: merged into what is stored, a null taking a choice back (RFC 7396). */
export function settingsPatch({ spamThreshold }: Partial<Settings>): string {
  return JSON.stringify({ spam_threshold: spamThreshold })
}

/** Changes an account's settings; those that are not named stay. */
export async function changeSettings(
  deps: Deps,
  accountId: number,
  change: Partial<Settings>,
): Promise<Settings | Failure> {
  const patch = patchAccount(accountId, { settings: settingsPatch(change) })
  const row = await deps.stores.find(accountId)?.first<AccountRow>(patch)
  return row ? settingsOf(row) : fail('not-found', 'There is no such account.')
}

function isThreshold(value: unknown): value is number {
  return typeof value === 'number' && value >= SPAM_THRESHOLD_MIN && value <= SPAM_THRESHOLD_MAX
}
