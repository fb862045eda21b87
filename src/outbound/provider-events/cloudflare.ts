/** Cloudflare's events come by a queue that only Cloudflare writes to: there is nothing to verify. */
import { speaksOfAddress } from '../../mime/report-codes.ts'
import type { Reported } from '../record.ts'
import type { ProviderEvent } from './event.ts'
import { object, said, second, text } from './fields.ts'

const PREFIX = 'cf.email.sending.message.'
const STATUSES: Readonly<Record<string, Reported>> = {
  delivered: 'delivered',
  deferred: 'deferred',
  bounced: 'bounced',
  failed: 'failed',
  rejected: 'failed',
  complained: 'complained',
}

/** Null for an event of another kind. */
export function readCloudflareEvent(body: unknown): ProviderEvent | null {
  const event = object(body)
  const type = text(event.type) ?? ''
  const status = type.startsWith(PREFIX) ? STATUSES[type.slice(PREFIX.length)] : undefined
  if (status === undefined) return null
  const payload = object(event.payload)
  const delivery = object(payload.delivery)
  const bounce = object(payload.bounce)
  const detail = text(delivery.smtpResponse) ?? text(bounce.reason)
  const words = said(detail, { smtp: delivery.smtpStatusCode, code: delivery.smtpEnhancedStatusCode })
  const messageId = text(payload.messageId)
  const recipient = text(payload.recipient)
  return {
    id: text(payload.eventId) ?? [type, messageId, recipient].join(' '),
    providers: ['cloudflare', 'cloudflare-rest'],
    reference: null,
    providerIds: messageId === null ? [] : [messageId, messageId.replace(/^<|>$/g, '')],
    recipient,
    status,
    at: second(object(event.metadata).eventTimestamp ?? payload.timestamp),
    ...words,
    isHard: status === 'bounced' && text(bounce.type) !== 'soft' && speaksOfAddress({ ...words, text: detail }),
  }
}
