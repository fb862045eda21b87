/** What an account has chosen of its filter, on the wire: for the account and for the admin. */
import { z } from '@hono/zod-openapi'
import {
  QUARANTINE_THRESHOLD_MAX,
  QUARANTINE_THRESHOLD_MIN,
  REJECTS,
  type Settings,
  SPAM_THRESHOLD_MAX,
  SPAM_THRESHOLD_MIN,
} from '../../access/settings.ts'

const fields = {
  threshold: z
    .number()
    .min(SPAM_THRESHOLD_MIN)
    .max(SPAM_THRESHOLD_MAX)
    .nullable()
    .openapi({ description: "Points from which mail is junk; null: the server's own, usually 5." }),
  quarantine_threshold: z
    .union([z.number().min(QUARANTINE_THRESHOLD_MIN).max(QUARANTINE_THRESHOLD_MAX), z.literal('never')])
    .nullable()
    .openapi({
      description: `Points from which mail is held back in quarantine, ${QUARANTINE_THRESHOLD_MIN} to ${QUARANTINE_THRESHOLD_MAX}, or never; below those of junk, those count. Null: the server's own, usually never.`,
    }),
  reject: z.enum(REJECTS).nullable().openapi({
    description:
      "What is refused at the door: nothing (never), what a block list names (lists), or programs in disguise too (lists-and-malware). Null: the server's own, usually never.",
  }),
  digest: z.boolean().nullable().openapi({
    description:
      'Whether a message tells what is held back: an hour after the first, then once a day at most. Null: it does.',
  }),
}

export const spamSettings = z.object(fields).openapi('SpamSettings')

export const spamSettingsChange = z
  .strictObject({
    threshold: fields.threshold.optional(),
    quarantine_threshold: fields.quarantine_threshold.optional(),
    reject: fields.reject.optional(),
    digest: fields.digest.optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'must name a setting to change')
  .openapi('SpamSettingsChange')

export function renderSpamSettings(settings: Settings): z.infer<typeof spamSettings> {
  return {
    threshold: settings.spamThreshold,
    quarantine_threshold: settings.quarantineThreshold,
    reject: settings.reject,
    digest: settings.digest,
  }
}

export function readSpamSettingsChange(change: z.infer<typeof spamSettingsChange>): Partial<Settings> {
  const named: Partial<Settings> = {}
  if (change.threshold !== undefined) named.spamThreshold = change.threshold
  if (change.quarantine_threshold !== undefined) named.quarantineThreshold = change.quarantine_threshold
  if (change.reject !== undefined) named.reject = change.reject
  if (change.digest !== undefined) named.digest = change.digest
  return named
}
