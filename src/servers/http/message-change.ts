/** A change of messages on the wire: what may be asked, and the edit that it means to mailbox/. */
import { z } from '@hono/zod-openapi'
import type { Deps } from '../../deps.ts'
import type { Edit } from '../../mailbox/change-plan.ts'
import { ANSWERED, FLAGGED, SEEN } from '../../mailbox/flags.ts'
import { listMailboxes } from '../../mailbox/mailboxes.ts'
import type { Reader } from '../../mailbox/reader.ts'
import { Problem } from './errors.ts'
import { idField } from './schemas.ts'

const KEYWORD_CHARS_MAX = 64
const KEYWORDS_MAX = 20
const MAILBOXES_MAX = 20

/** RFC 8621 §4.1.1: printable ASCII but for what IMAP's atoms lack. The system flags have fields of their own. */
const keyword = z
  .string()
  .max(KEYWORD_CHARS_MAX)
  .regex(
    /^[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+$/,
    'must be a keyword: printable ASCII without spaces, quotes and ( ) { ] % * \\',
  )
  .toLowerCase()
  .refine((text) => !/^\$(seen|flagged|answered|draft)$/.test(text), 'is a flag: use unread, flagged or answered')

/** Keywords in a query: a comma between them. */
export const keywordList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(keyword).max(KEYWORDS_MAX))
  .openapi({ type: 'string', description: 'Labels, with a comma between them.', example: 'orchard,2026' })

const keywords = z.array(keyword).max(KEYWORDS_MAX)
const mailboxes = z.array(idField('mbx', 'A mailbox.')).max(MAILBOXES_MAX)

export const messageChange = z.strictObject({
  unread: z.boolean().optional(),
  flagged: z.boolean().optional(),
  answered: z.boolean().optional(),
  keywords: z
    .strictObject({ add: keywords.optional(), remove: keywords.optional() })
    .optional()
    .openapi({ description: 'Labels of any meaning. They are kept in lower case.' }),
  mailbox_ids: mailboxes
    .min(1, 'must name at least one mailbox')
    .optional()
    .openapi({ description: 'All the mailboxes that it shall stand in: one of them moves it there.' }),
  add_mailbox_ids: mailboxes.optional().openapi({ description: 'Mailboxes to stand in besides.' }),
  remove_mailbox_ids: mailboxes.optional().openapi({ description: 'A message taken out of its last one is deleted.' }),
})

type Change = z.infer<typeof messageChange>

const MAILBOX_FIELDS = ['mailbox_ids', 'add_mailbox_ids', 'remove_mailbox_ids'] as const

/** A body that asks for nothing, or for two things that exclude each other. */
export function refuseContradiction(
  body: Change & { ids?: number[]; delete?: string | undefined },
  ctx: z.RefinementCtx,
): void {
  const { ids: _, delete: deletion, ...change } = body
  const refuse = (path: string[], message: string) => ctx.addIssue({ code: 'custom', path, message })
  const isChange = Object.values(change).some(asks)
  if (deletion === undefined && !isChange) refuse([], 'must ask for a change')
  if (deletion !== undefined && isChange) refuse(['delete'], 'does not go with a change')
  if (change.mailbox_ids && (change.add_mailbox_ids || change.remove_mailbox_ids))
    refuse(['mailbox_ids'], 'does not go with add_mailbox_ids or remove_mailbox_ids')
  if (overlap(change.add_mailbox_ids, change.remove_mailbox_ids))
    refuse(['remove_mailbox_ids'], 'must not name what add_mailbox_ids names')
  if (overlap(change.keywords?.add, change.keywords?.remove))
    refuse(['keywords', 'remove'], 'must not name what add names')
}

/** Whether a field's value asks for anything: an empty list does not, nor an object of nothing else. */
function asks(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined
  return Array.isArray(value) ? value.length > 0 : Object.values(value).some(asks)
}

function overlap<T>(one: T[] = [], other: T[] = []): boolean {
  return one.some((value) => other.includes(value))
}

/** Throws 'invalid', with a pointer to each, for mailboxes that the account does not have. */
export async function refuseUnknownMailboxes(deps: Deps, reader: Reader, change: Change): Promise<void> {
  const named = MAILBOX_FIELDS.flatMap((field) =>
    (change[field] ?? []).map((id, i) => ({ id, pointer: `/${field}/${i}` })),
  )
  await refuseUnknown(deps, reader, named)
}

/** The same for mailboxes that stand elsewhere in a request. */
export async function refuseUnknown(
  deps: Deps,
  reader: Reader,
  named: { id: number; pointer: string; in?: 'query' | 'body' }[],
): Promise<void> {
  if (named.length === 0) return
  const standing = (await listMailboxes(deps, reader)).filter(({ isEmptying }) => !isEmptying)
  const known = new Set(standing.map(({ id }) => id))
  const detail = 'There is no such mailbox.'
  const errors = named
    .filter(({ id }) => !known.has(id))
    .map(({ pointer, in: place = 'body' }) => ({ in: place, pointer, detail }))
  if (errors.length > 0) throw new Problem('invalid', detail, { errors })
}

export function editOf(change: Change): Edit {
  const { set, clear } = bitsOf(change)
  const edit: Edit = { set, clear }
  if (change.keywords?.add) edit.addKeywords = change.keywords.add
  if (change.keywords?.remove) edit.removeKeywords = change.keywords.remove
  // A mailbox that is named twice is one place.
  if (change.mailbox_ids) return { ...edit, remove: 'all', add: [...new Set(change.mailbox_ids)] }
  if (change.add_mailbox_ids) edit.add = [...new Set(change.add_mailbox_ids)]
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
