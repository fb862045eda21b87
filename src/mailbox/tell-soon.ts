/** Asking for an account's events to be told soon. Failing is no harm: the sweep tells them in any case. */
import type { Deps } from '../deps.ts'
import { shardOf } from '../store/ids.ts'

export function tellSoon(deps: Deps, accountId: number): void {
  deps.background(deps.queues.events.send({ shard: shardOf(accountId) }))
}
