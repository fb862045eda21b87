/** Waking send-due.ts. A wake-up is a hint: failing is no harm, since the sweep comes by in any case. */
import type { Deps, WakeMessage } from '../deps.ts'

/** Asks for the shard's due recipients to be sent, soon or after a delay. */
export async function wakeOutbound(deps: Deps, shard: number, delaySeconds = 0): Promise<void> {
  const message: WakeMessage = { shard }
  await deps.queues.outbound.send(message, { delaySeconds })
}
