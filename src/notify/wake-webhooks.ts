/** Waking deliver-webhooks.ts. A wake-up is a hint: failing is no harm, since the sweep comes by in any case. */
import type { Deps, WakeMessage } from '../deps.ts'

/** What a queue takes. */
const DELAY_SECONDS_MAX = 43_200

/** Asks for the shard's due deliveries to be made, soon or after a delay. */
export async function wakeWebhooks(deps: Deps, shard: number, delaySeconds = 0): Promise<void> {
  const message: WakeMessage = { shard }
  await deps.queues.webhooks.send(message, { delaySeconds: Math.min(delaySeconds, DELAY_SECONDS_MAX) })
}
