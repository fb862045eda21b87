/**
 * Local mail: what an account of this server sends to another comes in by the same way as all mail, and is judged, filed and
 * stored as such. Nothing else may call it as 'local': the way vouches for the sender (verify/local.ts). What is passed on for
 * somebody else comes under the source that it had.
 */
import type { Deps } from '../deps.ts'
import type { LocalDelivery } from '../outbound/provider.ts'
import type { ReceiptSource } from '../store/raw.ts'
import { receive } from './receive.ts'

/** Delivers to one recipient. Throws for what is to be tried again; the second copy of one message is dropped. */
export async function deliverLocally(
  deps: Deps,
  from: string,
  to: string,
  raw: Uint8Array,
  source: ReceiptSource = 'local',
): Promise<LocalDelivery> {
  const received = await receive(deps, { from, to, source, read: async () => raw })
  if (received.kind === 'refused') return { kind: 'refused', reply: received.reply }
  // An account that was deleted in this moment is an unknown recipient.
  if (received.kind === 'account-deleted') return { kind: 'refused', reply: '5.1.1 No such recipient here' }
  return { kind: 'delivered' }
}
