/**
 * Telling an account of its addresses. The directory and the account may live in two databases, which no batch spans: it is told
 * after the commit. What fails between is logged, and told to nobody; the address itself can always be read.
 */
import type { Deps } from '../deps.ts'
import { shardOf } from '../store/ids.ts'
import { tellEvents } from '../store/outbox.ts'
import type { AddressRow } from '../store/schema.ts'

export async function tellAddress(
  deps: Deps,
  { id, account_id, kind }: Pick<AddressRow, 'id' | 'account_id' | 'kind'>,
  what: 'created' | 'changed' | 'deleted',
): Promise<void> {
  // A forward is nobody's.
  if (kind === 'forward') return
  try {
    await deps.stores.of(account_id).batch(tellEvents(account_id, [{ type: `address.${what}`, address: id }]))
    deps.background(deps.queues.events.send({ shard: shardOf(account_id) }))
  } catch (error) {
    deps.log({ level: 'error', at: 'address', account: account_id, address: id, what, error: String(error) })
  }
}
