/**
 * How much an account, and a key of it, may send. Set by an admin; what is not set is the server's own. They are there
 * against a program that has run wild and a key that was stolen; providers have limits of their own besides.
 */
import { RECIPIENTS_MAX } from '../mime/compose-check.ts'

export type SendingLimits = {
  messagesPerMinute: number
  messagesPerDay: number
  recipientsPerDay: number
  recipientsPerMessage: number
}

/** What is set: the rest is the server's own. `paused`: nothing is taken, and what waits goes on waiting. */
export type SendingSettings = Partial<SendingLimits> & { paused?: boolean }

/** More than a person sends, and a program that is meant to send more can be given more. */
export const SERVER_LIMITS: SendingLimits = {
  messagesPerMinute: 300,
  messagesPerDay: 10_000,
  recipientsPerDay: 20_000,
  recipientsPerMessage: RECIPIENTS_MAX,
}

/** JSON as `accounts.sending` and `api_keys.limits` have it. */
export function readSending(json: string | null): SendingSettings {
  return json === null ? {} : (JSON.parse(json) as SendingSettings)
}

export function limitsOf(settings: SendingSettings): SendingLimits {
  return {
    messagesPerMinute: settings.messagesPerMinute ?? SERVER_LIMITS.messagesPerMinute,
    messagesPerDay: settings.messagesPerDay ?? SERVER_LIMITS.messagesPerDay,
    recipientsPerDay: settings.recipientsPerDay ?? SERVER_LIMITS.recipientsPerDay,
    recipientsPerMessage: settings.recipientsPerMessage ?? SERVER_LIMITS.recipientsPerMessage,
  }
}
