/** Suppressions on the wire. */
import { z } from '@hono/zod-openapi'
import { SUPPRESSION_REASONS, type Suppression } from '../../outbound/suppressions.ts'
import { formatId } from './ids.ts'
import { secondParam } from './message-filter.ts'
import { count, formatOptionalTime, formatTime, id, line, listOf, time } from './schemas.ts'

const ADDRESS_CHARS_MAX = 320
const DETAIL_CHARS_MAX = 500

export const reason = z.enum(SUPPRESSION_REASONS).openapi({
  description:
    'bounce: a server said for good that there is no such mailbox. complaint: its reader called a message spam. manual: put in by hand.',
})

export const suppression = z
  .object({
    id: id('sup'),
    address: z.string(),
    reason,
    detail: z.string().nullable().openapi({ description: "The remote server's words, or its owner's." }),
    submission_id: id('sub').nullable().openapi({ description: 'The submission that it comes from.' }),
    created_at: time,
    expires_at: time.nullable().openapi({ description: 'From then on it holds no more. Null: it stays.' }),
  })
  .openapi('Suppression')

export const suppressionList = listOf(suppression, 'SuppressionList')

export const newSuppression = z
  .strictObject({
    address: line(ADDRESS_CHARS_MAX, 'Whom the account shall not write to.').openapi({ example: 'ann@example.org' }),
    detail: line(DETAIL_CHARS_MAX, 'Why, for people to read.').nullable().optional(),
    expires_at: secondParam('When it holds no more; null, or left out: it stays.')
      .nullable()
      .openapi({ type: ['string', 'null'] }),
  })
  .openapi('NewSuppression')

export const importedSuppressions = z
  .object({
    imported: count,
    failed: count,
    errors: z
      .array(z.object({ line: count.openapi({ description: 'From 1.' }), detail: z.string() }))
      .openapi({ description: 'The first lines that could not be imported.' }),
  })
  .openapi('ImportedSuppressions')

export function renderSuppression(one: Suppression): z.infer<typeof suppression> {
  return {
    id: formatId('sup', one.id),
    address: one.address,
    reason: one.reason,
    detail: one.detail,
    submission_id: one.submission_id === null ? null : formatId('sub', one.submission_id),
    created_at: formatTime(one.created_at),
    expires_at: formatOptionalTime(one.expires_at),
  }
}
