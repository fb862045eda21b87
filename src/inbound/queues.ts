/**
 * The queues, message by message: each is acknowledged or retried on its own, so that one that fails never makes
 * its neighbours run twice. A message that no handler understands ends as a dead letter too.
 */
import type { Deps, PendingMessage, WakeMessage } from '../deps.ts'
import { lessonsOf, teachDue } from '../junk/teach.ts'
import { emptyMailboxes } from '../mailbox/mailbox-remove.ts'
import { deliverDue } from '../notify/deliver-webhooks.ts'
import { drainOutbox, wakeOutbox } from '../notify/outbox.ts'
import { applyMailReports } from '../outbound/mail-reports.ts'
import { readCloudflareEvent } from '../outbound/provider-events/cloudflare.ts'
import { applyEvents } from '../outbound/provider-events/receive.ts'
import { sendDue } from '../outbound/send-due.ts'
import { keepDead } from './dead-letters.ts'
import { eraseAccounts } from './erase.ts'
import { filePending } from './pending.ts'

/** Retries wait 30 s, doubling, at most an hour: ten of them ride out several hours of trouble. */
const RETRY_SECONDS = 30
const RETRY_SECONDS_MAX = 3_600

/** Attempts of the last queue before it keeps a dead letter: about a day. */
const LAST_ATTEMPTS = 24

/** Attempts at an event of mail that is not known: some minutes, in which the answer to its sending is stored. */
const EARLY_ATTEMPTS = 5

type Handler = (deps: Deps, body: unknown, attempts: number) => Promise<unknown>

const filePendingMessage: Handler = (deps, body) => filePending(deps, (body as PendingMessage).raw_key)
const drain: Handler = async (deps, body) => {
  const { shard } = body as WakeMessage
  await drainOutbox(deps, shard, lessonsOf)
  const isMore = [
    await applyMailReports(deps, shard),
    await eraseAccounts(deps, shard),
    await emptyMailboxes(deps, shard),
    await teachDue(deps, shard),
  ].includes(true)
  if (isMore) await wakeOutbox(deps, shard)
}

// What the other queues gave up on is tried here for a day more, since the trouble may have passed meanwhile. Only what
// fails then becomes a dead letter, and where even that cannot be written, the queue hands it over again.
const lastResort: Handler = async (deps, body, attempts) => {
  try {
    await handlerOf(body)(deps, body, attempts)
  } catch (error) {
    if (attempts < LAST_ATTEMPTS) throw error
    await keepDead(deps, body, attempts)
  }
}

// Cloudflare publishes what became of mail that its Email Service took.
const readSendingEvent: Handler = async (deps, body, attempts) => {
  const event = readCloudflareEvent(body)
  if (event) await applyEvents(deps, 'cloudflare', [event], attempts < EARLY_ATTEMPTS)
  else deps.log({ level: 'info', at: 'outbound.events', provider: 'cloudflare', outcome: 'unknown kind' })
}

const HANDLERS: { suffix: string; handle: Handler }[] = [
  { suffix: '-pending', handle: filePendingMessage },
  { suffix: '-sending-events', handle: readSendingEvent },
  { suffix: '-events', handle: drain },
  { suffix: '-outbound', handle: (deps, body) => sendDue(deps, (body as WakeMessage).shard) },
  { suffix: '-webhooks', handle: (deps, body) => deliverDue(deps, (body as WakeMessage).shard) },
  { suffix: '-dead', handle: lastResort },
]

function handlerOf(body: unknown): Handler {
  if (isPending(body)) return filePendingMessage
  return isSendingEvent(body) ? readSendingEvent : drain
}

function isSendingEvent(body: unknown): boolean {
  const { type } = (body ?? {}) as { type?: unknown }
  return typeof type === 'string' && type.startsWith('cf.email.')
}

function isPending(body: unknown): body is PendingMessage {
  return typeof (body as PendingMessage | null)?.raw_key === 'string'
}

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
