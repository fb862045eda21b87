/**
 * Allow and block list entries on the wire, for the account's own lists and for the server's. Both routes are the same
 * but for who may call them and whose entries they are.
 */
import { z } from '@hono/zod-openapi'
import { decodeBase64url, encodeBase64url } from '../../access/base64url.ts'
import type { Deps } from '../../deps.ts'
import { type ListEntryKind, normaliseListEntry, typedEntry } from '../../junk/list-keys.ts'
import { type ListEntry, listEntries, putEntry, removeEntry } from '../../junk/lists.ts'
import { found, orProblem } from './errors.ts'
import { secondParam } from './message-filter.ts'
import { type Page, type PageQuery, readPageBy } from './paging.ts'
import { formatOptionalTime, formatTime, line, listOf, time } from './schemas.ts'

const ENTRY_CHARS_MAX = 400
const NOTE_CHARS_MAX = 200
const ENTRY_PREFIX = 'lst_'

export const listEntry = z
  .object({
    id: z.string().openapi({ description: 'The entry as it is deleted by.' }),
    entry: z.string(),
    kind: z.enum(['address', 'domain', 'ip', 'helo']),
    list: z.enum(['allow', 'block']),
    note: z.string().nullable(),
    expires_at: time.nullable().openapi({ description: 'From then on it holds no more. Null: it stays.' }),
    created_at: time,
  })
  .openapi('ListEntry')

export const listEntryList = listOf(listEntry, 'ListEntryList')

export const newListEntry = z
  .strictObject({
    entry: line(
      ENTRY_CHARS_MAX,
      'An address, a domain (with all under it), an IP address, a network such as 192.0.2.0/24, or, to be blocked, the name that a client gives itself: helo:mail.example.com.',
    ).openapi({ example: 'pest.example' }),
    list: z.enum(['allow', 'block']),
    note: line(NOTE_CHARS_MAX, 'Why, for people to read.').nullable().optional(),
    expires_at: secondParam('When it holds no more; null, or left out: it stays.')
      .nullable()
      .openapi({ type: ['string', 'null'] }),
  })
  .openapi('NewListEntry')

export const listEntryParams = z.object({ id: z.string().openapi({ description: 'The id of an entry.' }) })

export function pageOfEntries(deps: Deps, owner: number, query: PageQuery): Promise<Page<z.infer<typeof listEntry>>> {
  return readPageBy<ListEntry, string, z.infer<typeof listEntry>>(deps, query, {
    binding: ['lists', owner],
    start: '',
    read: (after, limit) => listEntries(deps, owner, after, limit),
    positionOf: keyOf,
    render,
  })
}

export async function addEntry(deps: Deps, owner: number, input: z.infer<typeof newListEntry>) {
  const { entry, list, note = null, expires_at: expiresAt = null } = input
  return render(orProblem(await putEntry(deps, owner, { entry, list, note, expiresAt })))
}

export async function deleteEntry(deps: Deps, owner: number, id: string): Promise<void> {
  const entry = found(parseEntryId(id), 'list entry')
  found(await removeEntry(deps, owner, entry), 'list entry')
}

function render(one: ListEntry): z.infer<typeof listEntry> {
  return {
    id: formatEntryId(one),
    entry: one.entry,
    kind: one.kind as z.infer<typeof listEntry>['kind'],
    list: one.list,
    note: one.note,
    expires_at: formatOptionalTime(one.expiresAt),
    created_at: formatTime(one.createdAt),
  }
}

function keyOf(one: ListEntry): string {
  return normaliseListEntry(one.entry)?.key ?? ''
}

// An entry is named by its own key. As text it may hold slashes and any letters, so in a path it is base64url.
function formatEntryId(one: ListEntry): string {
  return ENTRY_PREFIX + encodeBase64url(new TextEncoder().encode(keyOf(one)))
}

function parseEntryId(id: string): string | null {
  const bytes = id.startsWith(ENTRY_PREFIX) ? decodeBase64url(id.slice(ENTRY_PREFIX.length)) : null
  if (!bytes) return null
  const key = new TextDecoder().decode(bytes)
  const colon = key.indexOf(':')
  const entry = typedEntry(key.slice(0, colon) as ListEntryKind, key.slice(colon + 1))
  return normaliseListEntry(entry)?.key === key ? entry : null
}
