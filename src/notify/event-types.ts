/**
 * The types of events, and how some of them are chosen: by a type, by all that begin alike (`delivery.*`), or all (`*`).
 *
 * The database chooses by the same rule for webhooks (store/webhook-write.ts); a test holds the two against each other.
 */
import type { PosternEvent } from '../events.ts'

export type EventType = PosternEvent['type']

/** Each with one sentence for who follows them. */
export const EVENT_TYPES: Record<EventType, string> = {
  'message.received': 'A message was delivered to a mailbox that is not Junk.',
  'message.junked': 'A message was delivered to Junk.',
  'message.quarantined': 'A message was held back in quarantine.',
  'message.released': 'A message was released from quarantine into a mailbox.',
  'message.appended': 'A message was stored that nobody delivered: an import, or the copy of what was sent.',
  'messages.changed': 'Flags or keywords of messages changed, or what the filter was taught of them.',
  'messages.moved': 'Messages were placed in a mailbox.',
  'messages.destroyed': 'Messages were deleted for good.',
  'mailboxes.changed': 'A mailbox was made, named anew, moved or deleted.',
  'submission.queued': 'A message was taken for sending.',
  'submission.scheduled': 'A message was taken for sending later.',
  'submission.cancelled': 'Sending was called off.',
  'submission.finished': 'No recipient is left to be tried.',
  'delivery.delivered': 'Recipients were taken by their mailbox here, or by the provider.',
  'delivery.deferred': 'Recipients could not be reached for now, and are tried again.',
  'delivery.bounced': 'Recipients were refused for good.',
  'delivery.failed': 'Recipients could not be sent to.',
  'delivery.suppressed': 'Recipients were not sent to, since they are suppressed.',
  'delivery.cancelled': 'Recipients were not sent to, since sending was called off.',
  'delivery.unknown': 'Nobody knows whether recipients were taken.',
  'delivery.complained': 'Recipients have complained of the message.',
  'address.created': 'An address of the account was made.',
  'address.changed': 'An address of the account was changed.',
  'address.deleted': 'An address of the account was deleted.',
  'spam.trained': "The account's filter has learned from messages.",
  'webhook.disabled': 'The server has switched a webhook off.',
  'webhook.test':
    'Somebody has asked for a test of this webhook. It is told to no other, and stands in no list of events.',
}

const TYPES = Object.keys(EVENT_TYPES) as EventType[]

/** Every filter that chooses something. */
export const EVENT_FILTERS = ['*', ...new Set(TYPES.map((type) => `${type.split('.')[0]}.*`)), ...TYPES] as const

export function isChosen(type: string, filters: readonly string[]): boolean {
  return filters.some((filter) => filter === '*' || filter === type || isGroup(filter, type))
}

function isGroup(filter: string, type: string): boolean {
  return filter.endsWith('.*') && type.startsWith(filter.slice(0, -1))
}
