/** Events on the wire: what happened, by ids alone. */
import { z } from '@hono/zod-openapi'
import type { PosternEvent } from '../../events.ts'
import { EVENT_FILTERS, EVENT_TYPES, type EventType } from '../../notify/event-types.ts'
import type { EventPlace, StoredEvent } from '../../notify/events.ts'
import { formatId, formatNumber, parseNumber } from './ids.ts'
import { count, formatTime, id, time } from './schemas.ts'

/** Longer than any id of an event. */
export const EVENT_ID_CHARS_MAX = 50
const DIGITS = '[0-9a-hj-km-np-tv-z]{1,11}'
const EVENT_ID = new RegExp(`^evt_(${DIGITS})-(${DIGITS})-(${DIGITS})$`)

export const eventId = z.string().openapi({
  pattern: EVENT_ID.source,
  example: 'evt_1-2f-0',
  description: 'The same wherever the event is told, and no other event has it.',
})

export const eventType = z.enum(Object.keys(EVENT_TYPES) as [EventType, ...EventType[]])
export const eventFilter = z
  .enum(EVENT_FILTERS)
  .openapi({ description: 'A type, all that begin alike (`message.*`), or all (`*`).' })

const numbers = z.array(z.number().int()).openapi({ description: 'By their numbers in the submission, from 0.' })

/** The ids that each kind of event tells. */
export const eventData = {
  message: z.object({ message: id('msg'), mailbox: id('mbx') }).openapi('MessageEventData'),
  held: z.object({ held: id('qua') }).openapi('HeldEventData'),
  moved: z.object({ messages: z.array(id('msg')), mailbox: id('mbx') }).openapi('MovedEventData'),
  counted: z.object({ count }).openapi('CountedEventData'),
  nothing: z.object({}).openapi('EmptyEventData'),
  submission: z.object({ submission: id('sub') }).openapi('SubmissionEventData'),
  delivery: z.object({ submission: id('sub'), recipients: numbers }).openapi('DeliveryEventData'),
  address: z.object({ address: id('adr') }).openapi('AddressEventData'),
  webhook: z.object({ webhook: id('whk') }).openapi('WebhookEventData'),
}

export const event = z
  .object({
    id: eventId,
    type: eventType,
    time: time.openapi({ description: 'When it was committed.' }),
    modseq: z.number().int().openapi({ description: "The account's change number that it belongs to." }),
    data: z.record(z.string(), z.unknown()).openapi({ description: 'Ids of what it is about, as its type has them.' }),
  })
  .openapi('Event')

export const eventPage = z
  .object({
    data: z.array(event).openapi({ description: 'Oldest first.' }),
    has_more: z.boolean(),
    next_since: z
      .string()
      .nullable()
      .openapi({ description: 'Ask with this as `since` for what comes next; null where there never was an event.' }),
  })
  .openapi('EventPage')

export function renderEvent(stored: StoredEvent): z.infer<typeof event> {
  return {
    id: formatEventId(stored.accountId, stored),
    type: stored.event.type,
    time: formatTime(stored.at),
    modseq: stored.modseq,
    data: dataOf(stored.event),
  }
}

/** What an event tells: ids alone. What it carries for the server itself is left out. */
export function dataOf(told: PosternEvent): Record<string, unknown> {
  switch (told.type) {
    case 'message.received':
    case 'message.junked':
    case 'message.released':
    case 'message.appended':
      return { message: formatId('msg', told.message), mailbox: formatId('mbx', told.mailbox) }
    case 'message.quarantined':
      return { held: formatId('qua', told.held) }
    case 'messages.moved':
      return { messages: told.messages.map((one) => formatId('msg', one)), mailbox: formatId('mbx', told.mailbox) }
    case 'messages.changed':
    case 'messages.destroyed':
    case 'spam.trained':
      return { count: told.count }
    case 'mailboxes.changed':
      return {}
    case 'submission.queued':
    case 'submission.scheduled':
    case 'submission.cancelled':
    case 'submission.finished':
      return { submission: formatId('sub', told.submission) }
    case 'address.created':
    case 'address.changed':
    case 'address.deleted':
      return { address: formatId('adr', told.address) }
    case 'webhook.disabled':
    case 'webhook.test':
      return { webhook: formatId('whk', told.webhook) }
    default:
      return { submission: formatId('sub', told.submission), recipients: told.recipients }
  }
}

/** The account is in it: two accounts have equal change numbers, and may tell the same receiver. */
export function formatEventId(accountId: number, { modseq, n }: EventPlace): string {
  return `evt_${[accountId, modseq, n].map(formatNumber).join('-')}`
}

/** The place of an event of this account; null for anything else. */
export function parseEventId(accountId: number, text: string): EventPlace | null {
  const [account, modseq, n] = (EVENT_ID.exec(text)?.slice(1) ?? []).map(parseNumber)
  return account === accountId && modseq && n !== undefined && n !== null ? { modseq, n } : null
}
