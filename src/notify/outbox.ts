/**
 * The outbox's worker: tells the events that were committed, in order and at least once, and deletes the raw objects
 * whose messages are gone.
 *
 * What an event asks to be done is written down by the listener in the batch that deletes the event: it is noted once.
 *
 * A wake-up is only a hint. Where it is lost, the sweep drains every shard all the same, so an event committed is an
 * event told.
 */

import type { Deps } from '../deps.ts'
import type { PosternEvent } from '../events.ts'
import { seconds } from '../seconds.ts'
import type { Statement } from '../store/database.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import {
  deleteOutbox,
  keepEvents,
  noteRawDeleted,
  readOutbox,
  readRawDeletes,
  tellTrained,
  trainedBeside,
} from '../store/outbox.ts'
import type { OutboxRow } from '../store/schema.ts'
import { deliverEvents } from '../store/webhook-delivery-write.ts'
import { makeDue } from '../store/webhook-write.ts'
import { tellFollowers } from './live.ts'
import { wakeWebhooks } from './wake-webhooks.ts'

/** Rows in one round: one D1 page, and within R2's 1,000 keys a delete. */
const ROUND = 200
/** Rounds in one invocation, so that a long backlog does not outlive it; the next wake-up goes on. */
const ROUNDS_MAX = 20

export type Told = { accountId: number; event: PosternEvent }

/** What is to be written down of these events, in the order in which they were committed, at a second. */
export type Listener = (told: readonly Told[], now: number) => Statement[]

/** Asks for the shard's outbox to be drained soon. Failing is no harm. */
export async function wakeOutbox(deps: Deps, shard: number): Promise<void> {
  await deps.queues.events.send({ shard })
}

/** Tells and deletes what waits in a shard. Throws where storage fails; what was told may then be told again. */
export async function drainOutbox(deps: Deps, shard: number, listen: Listener): Promise<void> {
  const now = seconds(deps)
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const [events, keys] = await Promise.all([readOutbox(db, ROUND), readRawDeletes(db, ROUND)])
    if (events.length === 0 && keys.length === 0) return
    const heard = events.map((row): Told => ({ accountId: row.account_id, event: JSON.parse(row.event) }))
    for (const { accountId, event } of heard) tell(deps, accountId, event)
    await deps.stores.raw.delete(keys)
    const results = await db.batch([
      ...moveEvents(events, heard, now),
      ...listen(heard, now),
      ...noteRawDeleted(keys),
      makeDue(
        heard.map(({ accountId }) => accountId),
        now,
      ),
    ])
    const due = results.at(-1) ?? []
    if (due.length > 0) deps.background(wakeWebhooks(deps, shard))
    await tellFollowers(
      deps,
      heard.map(({ accountId }) => accountId),
    )
  }
  await wakeOutbox(deps, shard)
}

// From the outbox to where they are read for 30 days, and to the webhooks that hear them. All of it selects from the outbox, and the rows go last: what another drain
// has told meanwhile is not told again.
function moveEvents(rows: OutboxRow[], heard: readonly Told[], now: number): Statement[] {
  if (rows.length === 0) return []
  const taught = rows.filter((_, i) => hasTaught(heard[i]?.event))
  const keys = [...rows, ...taught.map(trainedBeside)]
  return [...tellTrained(taught), keepEvents(keys), deliverEvents(keys, now), deleteOutbox(keys)]
}

function hasTaught(event: PosternEvent | undefined): boolean {
  return event !== undefined && 'taught' in event && event.taught !== undefined
}

// The log is the one listener that every installation has: ids only, one line an event.
function tell(deps: Deps, accountId: number, event: PosternEvent): void {
  deps.log({ level: 'info', at: 'event', account: accountId, ...event })
}
