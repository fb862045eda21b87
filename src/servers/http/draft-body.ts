/**
 * The pieces of a message that is to be sent, as JSON bodies have them. Shapes only: what a message may hold is said, for
 * every server, by mime/compose-check.ts.
 */
import { z } from '@hono/zod-openapi'
import { readMailbox } from '../../mime/compose-address.ts'
import { ATTACHMENTS_MAX, RECIPIENTS_MAX } from '../../mime/compose-check.ts'
import type { Address } from '../../mime/message.ts'
import type { Attaching } from '../../outbound/attached.ts'
import { demandScope } from './authorize.ts'
import type { AccountPrincipal } from './context.ts'
import { base64, idField } from './schemas.ts'

/** A name and an address, with their quotes: longer than any that can be sent. */
const MAILBOX_CHARS_MAX = 1_000
const PART_CHARS_MAX = 200
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

const attachment = z
  .strictObject({
    filename: z.string().optional().openapi({ description: 'As it is in that message, where it is left out.' }),
    content_type: z.string().optional().openapi({ example: 'application/pdf' }),
    content: base64.optional().openapi({ description: 'Its bytes. With them it needs a filename and a content_type.' }),
    message: idField('msg', 'The message that holds it, where it is not sent here.').optional(),
    part: z.string().max(PART_CHARS_MAX).optional().openapi({
      description: "The attachment's `part` in that message. The whole message, where it is left out.",
      example: '2',
    }),
    content_id: z
      .string()
      .optional()
      .openapi({ description: 'Shows it where the HTML says cid: and this, instead of listing it as a file.' }),
  })
  .superRefine(({ content, message, part, filename, content_type }, ctx) => {
    const refuse = (path: string[], why: string) => ctx.addIssue({ code: 'custom', path, message: why })
    if (message !== undefined && content !== undefined) refuse(['content'], 'must not stand beside message')
    if (message === undefined && content === undefined) refuse(['content'], 'is missing, and so is message')
    if (message !== undefined) return
    if (filename === undefined) refuse(['filename'], 'is missing')
    if (content_type === undefined) refuse(['content_type'], 'is missing')
    if (part !== undefined) refuse(['part'], 'is of a message, which message names')
  })
  .openapi('NewAttachment')

export const attachments = z.array(attachment).max(ATTACHMENTS_MAX).openapi({
  description: 'With their bytes, or by reference to a message, which needs the scope `mail:read`.',
})

/** Text and HTML: at least one, which is checked with the message. */
export const bodies = {
  text: z.string().optional().openapi({ description: 'Made from the HTML, where it is left out.' }),
  html: z.string().optional().openapi({ description: 'One of text and html is needed, and both may be given.' }),
}

/** What is attached. A key that may not read mail attaches none of it. */
export function attachmentsOf(account: AccountPrincipal, given: z.output<typeof attachments> = []): Attaching[] {
  return given.map(({ content, message, ...one }) => {
    const { filename = null, content_type: contentType = null, content_id: contentId = null, part = null } = one
    if (message === undefined)
      return { filename: filename ?? '', contentType: contentType ?? '', bytes: content ?? new Uint8Array(), contentId }
    demandScope(account, 'mail:read')
    return { messageId: message, part, filename, contentType, contentId }
  })
}
