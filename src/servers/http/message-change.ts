/** A change of messages on the wire: what may be asked, and the edit that it means to mailbox/. */
import { z } from '@hono/zod-openapi'
import type { Edit } from '../../mailbox/change-plan.ts'
import { ANSWERED, FLAGGED, SEEN } from '../../mailbox/flags.ts'
import { idField } from './schemas.ts'

const KEYWORD_CHARS_MAX = 64
const KEYWORDS_MAX = 20
const MAILBOXES_MAX = 20

/** RFC 8621 §4.1.1: printable ASCII but for what IMAP's atoms lack. The system flags have fields of their own. */
const keyword = z
  .string()
  .max(KEYWORD_CHARS_MAX)
  .toLowerCase()
  .regex(
    /^[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+$/,
    'must be a keyword: printable ASCII without spaces, quotes and ( ) { ] % * \\',
  )
  .refine((text) => !/^\$(seen|flagged|answered|draft)$/.test(text), 'is a flag: use unread, flagged or answered')

const keywords = z.array(keyword).max(KEYWORDS_MAX)
const mailboxes = z.array(idField('mbx', 'A mailbox.')).max(MAILBOXES_MAX)

export const messageChange = z.strictObject({
  unread: z.boolean().optional(),
  flagged: z.boolean().optional(),
  answered: z.boolean().optional(),
  keywords: z.strictObject({ add: keywords.optional(), remove: keywords.optional() }).optional(),
  mailbox_ids: mailboxes
    .min(1, 'must name at least one mailbox')
    .optional()
    .openapi({ description: 'All the mailboxes that it shall stand in: one of them moves it there.' }),
  add_mailbox_ids: mailboxes.optional().openapi({ description: 'Mailboxes to stand in besides.' }),
  remove_mailbox_ids: mailboxes.optional().openapi({ description: 'A message taken out of its last one is deleted.' }),
})

type Change = z.infer<typeof messageChange>

/** A body that asks for nothing, or for two things that exclude each other. */
export function refuseEmptyChange(
  body: Change & { ids?: number[]; delete?: string | undefined },
  ctx: z.RefinementCtx,
): void {
  const { ids: _, delete: deletion, ...change } = body
  const asked = Object.entries(change).filter(([, value]) => value !== undefined)
  if (deletion === undefined && asked.length === 0)
    ctx.addIssue({ code: 'custom', path: [], message: 'must ask for a change' })
  if (deletion !== undefined && asked.length > 0)
    ctx.addIssue({ code: 'custom', path: ['delete'], message: 'does not go with a change' })
  if (change.mailbox_ids && (change.add_mailbox_ids || change.remove_mailbox_ids))
    ctx.addIssue({
      code: 'custom',
      path: ['mailbox_ids'],
      message: 'does not go with add_mailbox_ids or remove_mailbox_ids',
    })
}

export function editOf(change: Change): Edit {
  const { set, clear } = bitsOf(change)
  const edit: Edit = { set, clear }
  if (change.keywords?.add) edit.addKeywords = change.keywords.add
  if (change.keywords?.remove) edit.removeKeywords = change.keywords.remove
  if (change.mailbox_ids) return { ...edit, remove: 'all', add: change.mailbox_ids }
  if (change.add_mailbox_ids) edit.add = change.add_mailbox_ids
  if (change.remove_mailbox_ids) edit.remove = change.remove_mailbox_ids
  return edit
}

function bitsOf({ unread, flagged, answered }: Change): { set: number; clear: number } {
  const wishes: [number, boolean | undefined][] = [
    [SEEN, unread === undefined ? undefined : !unread],
    [FLAGGED, flagged],
    [ANSWERED, answered],
  ]
  const bits = (wanted: boolean) => wishes.reduce((sum, [bit, wish]) => (wish === wanted ? sum | bit : sum), 0)
  return { set: bits(true), clear: bits(false) }
}
