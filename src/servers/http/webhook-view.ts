/** Webhooks and what was delivered to them, on the wire. */
import { z } from '@hono/zod-openapi'
import { EVENT_FILTERS } from '../../notify/event-types.ts'
import type { WebhookDelivery } from '../../notify/webhook-deliveries.ts'
import type { Webhook } from '../../notify/webhooks.ts'
import { eventFilter, eventId, eventType, formatEventId } from './event-view.ts'
import { formatId } from './ids.ts'
import { count, formatOptionalTime, formatTime, id, line, listOf, time } from './schemas.ts'

const URL_CHARS = 2_048
const DESCRIPTION_CHARS_MAX = 200

const url = z.string().max(URL_CHARS).openapi({
  format: 'uri',
  example: 'https://hooks.example.com/postern',
  description: 'https on port 443, by a name whose addresses are public, without user or password.',
})
const description = line(DESCRIPTION_CHARS_MAX, 'For people.')
const events = z
  .array(eventFilter)
  .min(1)
  .max(EVENT_FILTERS.length)
  .openapi({
    description: 'The types of events that it is told, or groups of them such as `message.*`.',
    example: ['message.received', 'delivery.*'],
  })
const enabled = z.boolean()

export const newWebhook = z
  .strictObject({
    url,
    description: description.nullable().optional(),
    events: events.default(['*']),
    enabled: enabled.default(true),
  })
  .openapi('NewWebhook')

export const webhookChange = z
  .strictObject({
    url: url.optional(),
    description: description.nullable().optional(),
    events: events.optional(),
    enabled: enabled.optional().openapi({ description: 'Switched on again, it is sent what waits for it.' }),
  })
  .openapi('WebhookChange')

const fields = {
  id: id('whk'),
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(z.string()),
  enabled,
  disabled_reason: z.enum(['failing', 'gone']).nullable().openapi({
    description:
      'Why the server has switched it off: nothing was taken for five days, or it answered 410. Null: it has not.',
  }),
  failing_since: time.nullable().openapi({ description: 'Since when no delivery has succeeded; null while they do.' }),
  created_at: time,
  updated_at: time,
}

const EXAMPLE = {
  ...{ id: 'whk_4x7', url: 'https://hooks.example.com/postern', description: null },
  ...{ events: ['message.received', 'delivery.*'], enabled: true, disabled_reason: null, failing_since: null },
  ...{ created_at: '2026-03-01T12:00:00Z', updated_at: '2026-03-01T12:00:00Z' },
}

export const webhook = z.object(fields).openapi('Webhook', { example: EXAMPLE })
export const webhookList = listOf(webhook, 'WebhookList')
export const webhookWithSecret = webhook
  .extend({
    secret: z.string().nullable().openapi({
      description: 'What signatures are checked with; shown this once. Null in a replayed answer.',
      example: 'whsec_bm90LWEtc2VjcmV0LW9mLWFueWJvZHk=',
    }),
  })
  .openapi('WebhookWithSecret', { example: { ...EXAMPLE, secret: 'whsec_bm90LWEtc2VjcmV0LW9mLWFueWJvZHk=' } })

export const webhookDelivery = z
  .object({
    id: id('whd'),
    event_id: eventId,
    event_type: eventType,
    kind: z.enum(['event', 'replay', 'test']),
    status: z.enum(['pending', 'delivered', 'failed']),
    attempts: count,
    next_attempt_at: time.nullable(),
    response_status: z.number().int().nullable().openapi({ description: 'Of the last answer; null: there was none.' }),
    detail: z.string().nullable().openapi({ description: 'What was wrong with the last attempt.' }),
    created_at: time,
    updated_at: time,
  })
  .openapi('WebhookDelivery')
export const webhookDeliveryList = listOf(webhookDelivery, 'WebhookDeliveryList')

export function renderWebhook(one: Webhook): z.infer<typeof webhook> {
  return {
    id: formatId('whk', one.id),
    url: one.url,
    description: one.description,
    events: one.events,
    enabled: one.enabled,
    disabled_reason: one.disabledReason,
    failing_since: formatOptionalTime(one.failingSince),
    created_at: formatTime(one.createdAt),
    updated_at: formatTime(one.updatedAt),
  }
}

export function renderDelivery(one: WebhookDelivery): z.infer<typeof webhookDelivery> {
  return {
    id: formatId('whd', one.id),
    event_id: formatEventId(one.accountId, one.place),
    event_type: one.type,
    kind: one.kind,
    status: one.status,
    attempts: one.attempts,
    next_attempt_at: formatOptionalTime(one.nextAt),
    response_status: one.responseStatus,
    detail: one.detail,
    created_at: formatTime(one.createdAt),
    updated_at: formatTime(one.updatedAt),
  }
}
