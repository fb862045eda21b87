/**
 * The sweep: finds what every other way has missed. It lists the raw objects of the last three days and files those that
 * have no message, drains the outbox of every shard, and forgets tombstones that are too old to matter.
 *
 * It depends on nothing but R2 and D1: the list of objects is the record of what was accepted.
 */
import type { Deps } from '../deps.ts'
import { drainOutbox } from '../notify/outbox.ts'
import { readDeadSubjects, readState } from '../store/directory-read.ts'
import { putState } from '../store/directory-write.ts'
import { readFiledKeys } from '../store/message-read.ts'
import { dayPrefixes, type ListedRaw } from '../store/raw.ts'
import { forgetTombstones } from './forget.ts'
import { filePending } from './pending.ts'

const DAYS = 3
/** Younger objects may still be on their first way to the database. */
const GRACE_MS = 2 * 60_000
/** Listings of 1,000 objects in one run; a busier server's sweep goes on where this one stopped. */
const PAGES_MAX = 30
/** Messages filed in one run: each is parsed, and a run must end. */
const FILED_MAX = 200
const PLACE = 'sweep.place'

export type SweepResult = { listed: number; filed: number; failed: number }

/** One run. Throws only where it could not even begin; a message that fails is logged and met again next time. */
export async function sweep(deps: Deps): Promise<SweepResult> {
  for (let shard = 0; shard < deps.stores.shards.length; shard++) {
    await attempt(deps, 'sweep.outbox', () => drainOutbox(deps, shard))
    await attempt(deps, 'sweep.tombstones', () => forgetTombstones(deps, shard))
  }
  const result = { listed: 0, filed: 0, failed: 0 }
  const prefixes = dayPrefixes(deps.now(), DAYS)
  let place = await readPlace(deps, prefixes)
  for (let page = 0; page < PAGES_MAX && place && result.filed + result.failed < FILED_MAX; page++) {
    const { objects, next } = await deps.stores.raw.list(place.prefix, place.cursor)
    await fileUnfiled(deps, objects, result)
    place = next === null ? nextPrefix(prefixes, place.prefix) : { prefix: place.prefix, cursor: next }
  }
  await deps.stores.directory.batch([putState(PLACE, JSON.stringify(place))])
  return result
}

type Place = { prefix: string; cursor: string | null }

// A place of a day that has left the window begins again.
async function readPlace(deps: Deps, prefixes: string[]): Promise<Place | null> {
  const kept = JSON.parse((await readState(deps.stores.directory, PLACE)) ?? 'null') as Place | null
  return kept && prefixes.includes(kept.prefix) ? kept : nextPrefix(prefixes, null)
}

function nextPrefix(prefixes: string[], after: string | null): Place | null {
  const prefix = prefixes[after === null ? 0 : prefixes.indexOf(after) + 1]
  return prefix === undefined ? null : { prefix, cursor: null }
}

async function fileUnfiled(deps: Deps, objects: ListedRaw[], result: SweepResult): Promise<void> {
  result.listed += objects.length
  const old = objects.filter((object) => object.receipt && deps.now() - object.uploadedMs >= GRACE_MS)
  for (const object of await withoutMessage(deps, old)) {
    const done = await attempt(deps, 'sweep.file', () => filePending(deps, object.key))
    if (done) result.filed++
    else result.failed++
  }
}

// What has no message, is not waiting to be deleted, and was not left to the admin.
async function withoutMessage(deps: Deps, objects: ListedRaw[]): Promise<ListedRaw[]> {
  const keys = objects.map((object) => object.key)
  if (keys.length === 0) return []
  const known = await Promise.all([
    ...deps.stores.shards.map((db) => readFiledKeys(db, keys)),
    readDeadSubjects(deps.stores.directory, 'pending', keys),
  ])
  return objects.filter((object) => !known.some((set) => set.has(object.key)))
}

async function attempt(deps: Deps, at: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    deps.log({ level: 'error', at, error: String(error) })
    return false
  }
}
