/**
 * Allow and block lists: entries of an account and of the whole server, by address, domain, network or HELO name. What an entry
 * does to a message is spam/'s to say; here they are kept and found.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import type { ListHit } from '../spam/input.ts'
import { pageListEntries, readListEntries } from '../store/directory-read.ts'
import { deleteListEntry, putListEntry } from '../store/directory-write.ts'
import type { ListRow } from '../store/schema.ts'
import { listKeys, normaliseListEntry, typedEntry } from './list-keys.ts'

/** Entries of the whole server stand under this account id, in the directory's database. */
export const SERVER = 0

/** Entries of one account, or of the server. A list that long is a job for a blocklist, not for a person. */
export const ENTRIES_MAX = 10_000

export type ListEntry = { entry: string; kind: ListHit['kind']; list: 'allow' | 'block'; createdAt: number }

/** Adds an entry, or moves the one that exists to this list. */
export async function putEntry(
  deps: Deps,
  accountId: number,
  entry: string,
  list: 'allow' | 'block',
): Promise<ListEntry | Failure> {
  const normal = normaliseListEntry(entry)
  if (!normal)
    return fail(
      'invalid',
      `"${entry}" is not an address, a domain, an IP address or a network such as 192.0.2.0/24.`,
      'entry',
    )
  if (normal.kind === 'helo' && list === 'allow')
    return fail('invalid', 'A client calls itself as it likes: a HELO name can be blocked, not allowed.', 'list')
  const row = await databaseOf(deps, accountId).first<ListRow>(
    putListEntry(accountId, normal.key, list, Math.floor(deps.now() / 1000), ENTRIES_MAX),
  )
  return row
    ? listEntry(row)
    : fail('conflict', `The lists may have at most ${ENTRIES_MAX} entries: delete some first.`)
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

/** The entries of the account and of the server that a message meets. At most a few dozen index probes. */
export async function findListHits(
  deps: Deps,
  accountId: number,
  sender: Parameters<typeof listKeys>[0],
): Promise<ListHit[]> {
  const keys = listKeys(sender)
  if (keys.length === 0) return []
  const [own, server] = await Promise.all([
    readListEntries(databaseOf(deps, accountId), accountId, keys),
    readListEntries(deps.stores.directory, SERVER, keys),
  ])
  return [...own.map((row) => hit(row, 'account')), ...server.map((row) => hit(row, 'server'))]
}

function databaseOf(deps: Deps, accountId: number) {
  return accountId === SERVER ? deps.stores.directory : deps.stores.of(accountId)
}

function hit(row: ListRow, scope: ListHit['scope']): ListHit {
  const { kind, entry } = splitKey(row.key)
  return { list: row.list, scope, kind, value: entry }
}

function listEntry(row: ListRow): ListEntry {
  const { kind, entry } = splitKey(row.key)
  return { kind, entry: typedEntry(kind, entry), list: row.list, createdAt: row.created_at }
}

function splitKey(key: string): { kind: ListHit['kind']; entry: string } {
  const colon = key.indexOf(':')
  return { kind: key.slice(0, colon) as ListHit['kind'], entry: key.slice(colon + 1) }
}
