/**
 * Forgetting: tombstones and events older than 30 days, mail that was held back as long, list entries and suppressions past their end, strangers who wrote
 * once, receipts that were deleted so long ago that no queue can still hold them, and
 * changes of the server that are older than the audit log is kept, and first answers older than a day. A few accounts and rows a run,
 * in turn, so that a run's cost does not grow with the server. A client that asks for changes since
 * before then is told to list anew.
 */

import { KEPT_SECONDS } from '../access/idempotency.ts'
import { DAYS_MAX } from '../access/vacation.ts'
import type { Deps } from '../deps.ts'
import { forgetStrangers } from '../junk/history.ts'
import { HELD_SECONDS } from '../junk/quarantine.ts'
import { EVENT_SECONDS } from '../notify/events.ts'
import { DELIVERY_SECONDS } from '../notify/webhook-deliveries.ts'
import { seconds } from '../seconds.ts'
import { pageAccounts } from '../store/account-read.ts'
import { forgetAudit } from '../store/audit.ts'
import { forgetTombstonesOf } from '../store/change-write.ts'
import { readState } from '../store/directory-read.ts'
import { forgetListEntries, putState } from '../store/directory-write.ts'
import { forgetEvents } from '../store/event-write.ts'
import { forgetServerSubmissions } from '../store/forward-write.ts'
import { forgetAnswers } from '../store/idempotency.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import { forgetRawDeleted } from '../store/outbox.ts'
import { forgetSeen } from '../store/provider-tokens.ts'
import { dayPrefix } from '../store/raw.ts'
import { forgetSuppressions } from '../store/suppression-write.ts'
import { forgetVacationAnswers } from '../store/vacation-write.ts'
import { forgetDeliveries } from '../store/webhook-delivery-write.ts'
import { readOldWithheld } from '../store/withheld-read.ts'
import { deleteWithheld } from '../store/withheld-write.ts'

const TOMBSTONE_SECONDS = 30 * 86_400
/** A queue keeps a message four days at the most; the sweep lists as many. */
const RECEIPT_MS = 8 * 86_400_000
const ACCOUNTS_A_RUN = 5
const RECEIPTS_A_RUN = 500
/** A year and a month: long enough to answer for any change of the last year. */
export const AUDIT_SECONDS = 400 * 86_400
/** With a run each quarter of an hour this forgets 19,200 changes a day, more than admins make. */
const AUDIT_A_RUN = 200
/** 96 runs a day: what is left over is met next time, and is not given to anyone meanwhile. */
const ANSWERS_A_RUN = 1_000
/** Many times what a day brings. */
const HELD_A_RUN = 200
const ENTRIES_A_RUN = 500
/** Whom a vacation answered longer ago than any asks for. */
const VACATION_SECONDS = (DAYS_MAX + 1) * 86_400
const VACATION_ANSWERS_A_RUN = 500
/** What the server passed on for nobody, and all is done with: as long as an admin may ask what became of it. */
export const PASSED_ON_SECONDS = 30 * 86_400
const PASSED_ON_A_RUN = 200
/** With 96 runs a day this forgets 190,000 events; a server that has more keeps some for longer. */
const EVENTS_A_RUN = 2_000
const SEEN_SECONDS = 8 * 86_400
const SEEN_A_RUN = 2_000
const PLACE = 'forget.place'

export async function forgetOld(deps: Deps, shard: number): Promise<void> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const place = Number((await readState(db, PLACE)) ?? 0)
  const accounts = await pageAccounts(db, place, ACCOUNTS_A_RUN)
  await db.batch([
    putState(PLACE, String(accounts.at(-1)?.id ?? 0)),
    forgetAnswers(seconds(deps) - KEPT_SECONDS, ANSWERS_A_RUN),
    forgetRawDeleted(dayPrefix(deps.now() - RECEIPT_MS), RECEIPTS_A_RUN),
  ])
  const now = seconds(deps)
  await db.batch([
    forgetEvents(now - EVENT_SECONDS, EVENTS_A_RUN),
    forgetDeliveries(now - DELIVERY_SECONDS, EVENTS_A_RUN),
  ])
  for (const { id } of accounts) await db.batch(forgetTombstonesOf(id, now - TOMBSTONE_SECONDS))
  await db.batch([
    forgetListEntries(now, ENTRIES_A_RUN),
    forgetSuppressions(now, ENTRIES_A_RUN),
    ...(await forgetStrangers(deps, shard)),
  ])
  const held = await readOldWithheld(db, now - HELD_SECONDS, HELD_A_RUN)
  if (held.length > 0) await db.batch(deleteWithheld(held))
  await db.batch([forgetVacationAnswers(now - VACATION_SECONDS, VACATION_ANSWERS_A_RUN)])
  if (shard === 0) await db.batch(forgetServerSubmissions(now - PASSED_ON_SECONDS, PASSED_ON_A_RUN))
  // As long as any provider's signature is believed (outbound/provider-events/), and a day.
  if (shard === 0)
    await db.batch([
      forgetSeen(now - SEEN_SECONDS, SEEN_A_RUN),
      forgetAudit(seconds(deps) - AUDIT_SECONDS, AUDIT_A_RUN),
    ])
}
