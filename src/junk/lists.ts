/**
 * Allow and block lists: entries of an account and of the whole server, by address, domain, network or HELO name. What an entry
 * does to a message is spam/'s to say; here they are kept and found.
 *
 * An entry may have an end: from then on it is found no more, and the sweep deletes it.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { seconds } from '../seconds.ts'
import type { ListHit, SpamInput } from '../spam/input.ts'
import type { Statement } from '../store/database.ts'
import { pageListEntries, readListEntries } from '../store/directory-read.ts'
import { deleteListEntry, deleteNotedEntry, putEntryBeside, putListEntry } from '../store/directory-write.ts'
import type { ListRow } from '../store/schema.ts'
import { listKeys, normaliseListEntry, typedEntry } from './list-keys.ts'

/** Entries of the whole server stand under this account id, in the directory's database. */
export const SERVER = 0

/** Entries of one account, or of the server, from which on nothing is added but with a report. A list that long is a job for a blocklist, not for a person. */
export const ENTRIES_MAX = 10_000

/** The note of entries that came with a report: the opposite report takes them back. */
const REPORTED = 'Listed with a report.'

export type ListEntry = {
  entry: string
  kind: ListHit['kind']
  list: 'allow' | 'block'
  /** Why, in its owner's words. */
  note: string | null
  /** From when on it holds no more; null: it stays. Epoch seconds. */
  expiresAt: number | null
  createdAt: number
}

export type NewListEntry = Pick<ListEntry, 'entry' | 'list'> & Partial<Pick<ListEntry, 'note' | 'expiresAt'>>

/** Adds an entry. One that exists moves to this list, with this note and this end. */
export async function putEntry(deps: Deps, accountId: number, wanted: NewListEntry): Promise<ListEntry | Failure> {
  const { entry, list, note = null, expiresAt = null } = wanted
  const normal = normaliseListEntry(entry)
  if (!normal)
    return fail(
      'invalid',
      `"${entry}" cannot be listed: it must be an address, a domain of two to five labels, an IP address, a network such as 192.0.2.0/24 (from /8 on; of IPv6 /16 to /64, in steps of four), or helo: with a name.`,
      'entry',
    )
  if (normal.kind === 'helo' && list === 'allow')
    return fail('invalid', 'A client calls itself as it likes: a HELO name can be blocked, not allowed.', 'list')
  const now = seconds(deps)
  if (expiresAt !== null && expiresAt <= now) return fail('invalid', 'expires_at is in the past.', 'expires_at')
  const row = await databaseOf(deps, accountId).first<ListRow>(
    putListEntry(
      { account_id: accountId, key: normal.key, list, note, expires_at: expiresAt, created_at: now },
      ENTRIES_MAX,
    ),
  )
  return row
    ? listEntry(row)
    : fail('conflict', `The lists may have at most ${ENTRIES_MAX} entries: delete some first.`)
}

/**
 * The statement that lists an account's sender, a folded address, for a report or a release, together with that. It does not ask
 * whether the list is full: counting would cost a row for each entry, and each of these names the sender of a message of its own.
 */
export function listStatement(accountId: number, address: string, list: 'allow' | 'block', now: number): Statement {
  const key = `address:${address}`
  return putEntryBeside({ account_id: accountId, key, list, note: REPORTED, created_at: now })
}

/** The statement that takes such an entry back. One that its owner has written himself stays. */
export function unlistStatement(accountId: number, address: string, lists: ('allow' | 'block')[]): Statement {
  return deleteNotedEntry(accountId, `address:${address}`, lists, REPORTED)
}

/** Entries after the key `after`. A page's next `after` is the key of its last. */
export async function listEntries(deps: Deps, accountId: number, after: string, limit: number): Promise<ListEntry[]> {
  return (await pageListEntries(databaseOf(deps, accountId), accountId, after, limit)).map(listEntry)
}

export async function removeEntry(deps: Deps, accountId: number, entry: string): Promise<boolean> {
  const normal = normaliseListEntry(entry)
  if (!normal) return false
  return (await databaseOf(deps, accountId).first(deleteListEntry(accountId, normal.key))) !== null
}

export type Listings = Required<Pick<SpamInput, 'lists' | 'urlListings'>>

/**
 * The entries of the account and of the server that a message meets now: those of its sender, and block entries of domains that
 * it links to (spam/url-domains.ts). At most some 75 index probes of each.
 */
export async function findListings(
  deps: Deps,
  accountId: number,
  sender: Parameters<typeof listKeys>[0],
  linkedDomains: readonly string[],
): Promise<Listings> {
  const senderKeys = listKeys(sender)
  const linkKeys = linkedDomains.map((domain) => `domain:${domain}`)
  const keys = [...new Set([...senderKeys, ...linkKeys])]
  if (keys.length === 0) return { lists: [], urlListings: [] }
  const [own, server] = await Promise.all([
    readListEntries(databaseOf(deps, accountId), accountId, keys),
    readListEntries(deps.stores.directory, SERVER, keys),
  ])
  const now = deps.now() / 1000
  const lasting = (rows: ListRow[]) => rows.filter(({ expires_at }) => expires_at === null || expires_at > now)
  const hits = [
    ...lasting(own).map((row) => ({ row, scope: 'account' as const })),
    ...lasting(server).map((row) => ({ row, scope: 'server' as const })),
  ]
  return {
    lists: hits.filter(({ row }) => senderKeys.includes(row.key)).map(({ row, scope }) => hit(row, scope)),
    urlListings: hits
      .filter(({ row }) => row.list === 'block' && linkKeys.includes(row.key))
      .map(({ row, scope }) => ({ host: splitKey(row.key).entry, source: SOURCES[scope] })),
  }
}

/** Whose list it is, for its reader. */
const SOURCES: Readonly<Record<ListHit['scope'], string>> = { account: 'your own list', server: "the server's list" }

function databaseOf(deps: Deps, accountId: number) {
  return accountId === SERVER ? deps.stores.directory : deps.stores.of(accountId)
}

function hit(row: ListRow, scope: ListHit['scope']): ListHit {
  const { kind, entry } = splitKey(row.key)
  return { list: row.list, scope, kind, value: entry }
}

function listEntry(row: ListRow): ListEntry {
  const { kind, entry } = splitKey(row.key)
  return {
    kind,
    entry: typedEntry(kind, entry),
    list: row.list,
    note: row.note,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
  }
}

function splitKey(key: string): { kind: ListHit['kind']; entry: string } {
  const colon = key.indexOf(':')
  return { kind: key.slice(0, colon) as ListHit['kind'], entry: key.slice(colon + 1) }
}
