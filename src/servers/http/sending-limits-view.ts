/** Sending limits on the wire: what may be sent, what was, and how an admin changes it. */
import { z } from '@hono/zod-openapi'
import { limitsOf, type SendingLimits, type SendingSettings } from '../../access/sending-limits.ts'
import type { Allowed, SendingUsage } from '../../access/sending-usage.ts'
import { RECIPIENTS_MAX } from '../../mime/compose-check.ts'
import { count } from './schemas.ts'

/** Beyond what anybody sends: no limit. */
const LIMIT_MAX = 1_000_000_000

const limits = z
  .object({
    messages_per_minute: count,
    messages_per_day: count,
    recipients_per_day: count,
    recipients_per_message: count,
  })
  .openapi('SendingLimits')

const allowed = z.object({
  limits,
  used: z
    .object({ messages_this_minute: count, messages_today: count, recipients_today: count })
    .openapi({ description: 'Of the running minute and day (UTC).' }),
})

export const sendingUsage = allowed
  .extend({
    paused: z.boolean().openapi({ description: 'Nothing is taken to be sent, and what waits goes on waiting.' }),
    key: allowed.nullable().openapi({ description: 'Of the key that asks, where it has limits of its own.' }),
  })
  .openapi('SendingUsage')

/** An account's settings, as an admin sees them. */
export const sendingSettings = z.object({ paused: z.boolean(), limits }).openapi('SendingSettings')

const limit = z.int().min(0).max(LIMIT_MAX).nullable().optional()
export const limitFields = {
  messages_per_minute: limit,
  messages_per_day: limit,
  recipients_per_day: limit,
  recipients_per_message: z.int().min(1).max(RECIPIENTS_MAX).nullable().optional(),
}

export const sendingChange = z
  .strictObject({ paused: z.boolean().optional(), limits: z.strictObject(limitFields).optional() })
  .openapi('SendingSettingsChange', {
    description: "What is not named stays; null is the server's own limit.",
    example: { limits: { messages_per_day: 500 } },
  })

/** JSON as it is merged into what is stored (RFC 7396). */
export function readSendingChange({ paused, limits: given = {} }: z.output<typeof sendingChange>): string {
  return JSON.stringify({
    messagesPerMinute: given.messages_per_minute,
    messagesPerDay: given.messages_per_day,
    recipientsPerDay: given.recipients_per_day,
    recipientsPerMessage: given.recipients_per_message,
    paused,
  })
}

export function renderSendingSettings(settings: SendingSettings): z.infer<typeof sendingSettings> {
  return { paused: settings.paused === true, limits: renderLimits(limitsOf(settings)) }
}

export function renderSendingUsage(one: SendingUsage): z.infer<typeof sendingUsage> {
  return { paused: one.paused, ...renderAllowed(one), key: one.key && renderAllowed(one.key) }
}

function renderAllowed({ limits, used }: Allowed) {
  return {
    limits: renderLimits(limits),
    used: {
      messages_this_minute: used.messagesThisMinute,
      messages_today: used.messagesToday,
      recipients_today: used.recipientsToday,
    },
  }
}

function renderLimits(one: SendingLimits) {
  return {
    messages_per_minute: one.messagesPerMinute,
    messages_per_day: one.messagesPerDay,
    recipients_per_day: one.recipientsPerDay,
    recipients_per_message: one.recipientsPerMessage,
  }
}
