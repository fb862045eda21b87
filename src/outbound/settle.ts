/** Writing what became of recipients of one submission, with the timeline and the events, in one batch. */

import type { Deps } from '../deps.ts'
import type { DeliveryChange, PosternEvent } from '../events.ts'
import { seconds } from '../seconds.ts'
import type { Statement } from '../store/database.ts'
import { changeRecipients, isStaleRecipient } from '../store/recipient-write.ts'
import { type DueRow, readRecipients } from '../store/submission-read.ts'
import { putSuppressions } from '../store/suppression-write.ts'
import { refusedForGood } from './hard-failure.ts'
import { type Outcome, type Settlement, settlementOf } from './outcome.ts'
import type { Provider } from './provider.ts'
import { isTellable } from './record.ts'

/** What was handed over must not be forgotten for a moment's trouble of the database: it is written again. */
const ATTEMPTS_MAX = 4

export type Settled = { row: DueRow; outcome: Outcome; provider?: Provider }

/**
 * Writes the outcomes of some recipients of one submission; gives when the first of them is to be looked at again, or null.
 * One whom somebody else has changed meanwhile, such as a provider's event that was faster, is left as it is.
 */
export async function settle(deps: Deps, settled: readonly Settled[]): Promise<number | null> {
  const [first] = settled
  if (!first) return null
  const { account_id, submission_id } = first.row
  let changes = settled.map((one) => plan(deps, one))
  for (let attempt = 1; changes.length > 0; attempt++) {
    try {
      await deps.stores
        .of(account_id)
        .batch([
          ...changeRecipients(account_id, submission_id, changes, eventsOf(submission_id, changes), seconds(deps)),
          ...suppressionsOf(settled, changes, seconds(deps)),
        ])
      break
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error
      if (isStaleRecipient(error)) changes = await standing(deps, first.row, changes)
    }
  }
  for (const { n, to } of changes)
    deps.log({ level: 'info', at: 'outbound.settled', submission: submission_id, n, status: to.status })
  const next = changes.flatMap(({ to }) => to.next_at ?? [])
  return next.length === 0 ? null : Math.min(...next)
}

function plan(deps: Deps, { row, outcome, provider }: Settled): Settlement {
  return settlementOf(row, outcome, {
    now: seconds(deps),
    chance: chanceOf(deps.random(2)),
    provider: provider?.name ?? null,
    isAnswerable: provider !== undefined && (provider.idempotentSeconds > 0 || provider.lookUp !== undefined),
    isTellable: isTellable(row.kind),
  })
}

// Of those whose outcome is written by this very batch.
function suppressionsOf(settled: readonly Settled[], changes: readonly Settlement[], now: number): Statement[] {
  const written = settled.filter(({ row }) => changes.some(({ n }) => n === row.n))
  const refused = refusedForGood(written, now)
  const [first] = settled
  return first && refused.length > 0 ? [putSuppressions(first.row.account_id, refused, now)] : []
}

async function standing(deps: Deps, { account_id, submission_id }: DueRow, changes: Settlement[]) {
  const rows = await readRecipients(deps.stores.of(account_id), [submission_id])
  return changes.filter(({ n, was }) =>
    rows.some((row) => row.n === n && row.status === was.status && row.attempts === was.attempts),
  )
}

function chanceOf([high = 0, low = 0]: Uint8Array): number {
  return (high * 256 + low) / 65_535
}

/** One event for each kind of change. */
function eventsOf(submission: number, changes: readonly Settlement[]): PosternEvent[] {
  const told = new Map<DeliveryChange, number[]>()
  for (const { n, tell } of changes) if (tell) told.set(tell, [...(told.get(tell) ?? []), n])
  return [...told].map(([change, recipients]) => ({ type: `delivery.${change}`, submission, recipients }))
}
