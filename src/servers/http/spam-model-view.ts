/** An account's model on the wire: how much it knows and how well it judges, and as it is taken along. */
import { z } from '@hono/zod-openapi'
import type { ModelView } from '../../junk/model.ts'
import { bytes, count } from './schemas.ts'

/** Longer than any column of a model's row but the last. */
const PART_CHARS_MAX = 300_000
/** The examples: longer than those of messages that somebody made as rich as can be, and with the rest shorter than what a row may hold. */
const BUFFER_CHARS_MAX = 1_200_000

export const spamModel = z
  .object({
    examples: z.object({ ham: count, spam: count }),
    active: z.boolean().openapi({ description: 'Whether it is asked: from five examples of each on.' }),
    corrections: z.object({ ham: count, ham_lost: count, spam: count, spam_missed: count }).openapi({
      description:
        'Reports of ham, and those that the filter had taken for spam; reports of spam, and those it had missed. Moves into and out of Junk count, training in bulk does not; one that is taken back stays counted.',
    }),
    accuracy: z.number().nullable().openapi({
      description: 'The share of these in which the filter had been right when the message came; null without any.',
    }),
    size: bytes,
  })
  .openapi('SpamModel')

export function renderSpamModel({ ham, spam, isActive, corrections, sizeBytes }: ModelView): z.infer<typeof spamModel> {
  const reported = corrections.ham + corrections.spam
  const wrong = corrections.hamLost + corrections.spamMissed
  return {
    examples: { ham, spam },
    active: isActive,
    corrections: {
      ham: corrections.ham,
      ham_lost: corrections.hamLost,
      spam: corrections.spam,
      spam_missed: corrections.spamMissed,
    },
    accuracy: reported === 0 ? null : Math.round((1 - wrong / reported) * 10_000) / 10_000,
    size: sizeBytes,
  }
}

const part = z.string().max(PART_CHARS_MAX).openapi({ description: 'Opaque.' })
const buffer = z.string().max(BUFFER_CHARS_MAX).openapi({ description: 'Opaque.' })

export const spamModelExport = z
  .strictObject({ ham: count, spam: count, weights: part, counts: part, stats: part, buffer })
  .openapi('SpamModelExport')
