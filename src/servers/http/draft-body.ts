/**
 * The pieces of a message that is to be sent, as JSON bodies have them. Shapes only: what a message may hold is said, for
 * every server, by mime/compose-check.ts.
 */
import { z } from '@hono/zod-openapi'
import { readMailbox } from '../../mime/compose-address.ts'
import { ATTACHMENTS_MAX, RECIPIENTS_MAX } from '../../mime/compose-check.ts'
import type { Address } from '../../mime/message.ts'
import { base64 } from './schemas.ts'

/** A name and an address, with their quotes: longer than any that can be sent. */
const MAILBOX_CHARS_MAX = 1_000
const MAILBOX_FORMS = 'must be "a@b.example", "Name <a@b.example>" or {"name": ..., "address": ...}'

export const mailbox = z
  .union(
    [
      z.string().max(MAILBOX_CHARS_MAX),
      z.strictObject({
        name: z.string().max(MAILBOX_CHARS_MAX).optional(),
        address: z.string().max(MAILBOX_CHARS_MAX),
      }),
    ],
    { error: MAILBOX_FORMS },
  )
  .transform((given, ctx): Address => {
    if (typeof given !== 'string') return { name: given.name ?? '', address: given.address }
    const read = readMailbox(given)
    if (read === null) ctx.addIssue({ code: 'custom', message: MAILBOX_FORMS })
    return read ?? z.NEVER
  })
  .openapi('MailboxOrText', {
    description: '"a@b.example", "Name <a@b.example>", or an object.',
    example: 'Ann <ann@example.org>',
  })

export const mailboxes = z.array(mailbox).max(RECIPIENTS_MAX)

export const attachments = z
  .array(
    z.strictObject({
      filename: z.string(),
      content_type: z.string().openapi({ example: 'application/pdf' }),
      content: base64,
      content_id: z
        .string()
        .optional()
        .openapi({ description: 'Shows it where the HTML says cid: and this, instead of listing it as a file.' }),
    }),
  )
  .max(ATTACHMENTS_MAX)

/** Text and HTML: at least one, which is checked with the message. */
export const bodies = {
  text: z.string().optional().openapi({ description: 'Made from the HTML, where it is left out.' }),
  html: z.string().optional(),
}

export function attachmentsOf(given: z.output<typeof attachments> = []) {
  return given.map(({ filename, content_type, content, content_id }) => ({
    filename,
    contentType: content_type,
    bytes: content,
    contentId: content_id ?? null,
  }))
}
