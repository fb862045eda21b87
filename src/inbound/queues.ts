/**
 * The three queues, message by message: each is acknowledged or retried on its own, so that one that fails never makes
 * its neighbours run twice.
 */
import type { Deps, PendingMessage, WakeMessage } from '../deps.ts'
import { drainOutbox } from '../notify/outbox.ts'
import { keepDead } from './dead-letters.ts'
import { filePending } from './pending.ts'

/** Retries wait 30 s, doubling, at most an hour: ten of them ride out several hours of trouble. */
const RETRY_SECONDS = 30
const RETRY_SECONDS_MAX = 3_600

type Handler = (deps: Deps, body: unknown, attempts: number) => Promise<unknown>

const HANDLERS: { suffix: string; handle: Handler }[] = [
  { suffix: '-pending', handle: (deps, body) => filePending(deps, (body as PendingMessage).raw_key) },
  { suffix: '-events', handle: (deps, body) => drainOutbox(deps, (body as WakeMessage).shard) },
  { suffix: '-dead', handle: (deps, body, attempts) => keepDead(deps, body, attempts) },
]

/** Handles a batch of any of the queues; they are told apart by the end of their names. */
export async function consumeQueue(deps: Deps, batch: MessageBatch): Promise<void> {
  const handler = HANDLERS.find(({ suffix }) => batch.queue.endsWith(suffix))
  if (!handler) throw new Error(`no handler for the queue ${batch.queue}`)
  for (const message of batch.messages) {
    try {
      await handler.handle(deps, message.body, message.attempts)
      message.ack()
    } catch (error) {
      deps.log({ level: 'error', at: 'queue', queue: batch.queue, attempts: message.attempts, error: String(error) })
      message.retry({ delaySeconds: Math.min(RETRY_SECONDS * 2 ** (message.attempts - 1), RETRY_SECONDS_MAX) })
    }
  }
}
