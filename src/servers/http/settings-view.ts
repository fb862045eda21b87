/** An account's settings on the wire, for their account and for the admin. */
import { z } from '@hono/zod-openapi'
import { type Settings, SPAM_THRESHOLD_MAX, SPAM_THRESHOLD_MIN } from '../../access/settings.ts'

const threshold = z.number().min(SPAM_THRESHOLD_MIN).max(SPAM_THRESHOLD_MAX).nullable()

export const settings = z
  .object({
    spam_threshold: threshold.openapi({ description: "Points from which mail is junk; null: the server's own, 5." }),
  })
  .openapi('Settings')

export const settingsChange = z
  .strictObject({
    spam_threshold: threshold.optional().openapi({
      description: "Points from which mail is junk; null: the server's own. For mail that comes from now on.",
    }),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'must name a setting to change')
  .openapi('SettingsChange')

export function renderSettings({ spamThreshold }: Settings): z.infer<typeof settings> {
  return { spam_threshold: spamThreshold }
}

export function readChange({ spam_threshold: spamThreshold }: z.infer<typeof settingsChange>): Partial<Settings> {
  return spamThreshold === undefined ? {} : { spamThreshold }
}
