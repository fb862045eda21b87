/**
 * The sweep: finds what every other way has missed. It lists the raw objects of the last days and files those that have
 * no message, sends what is due and drains the outbox of every shard, and forgets what is too old to matter.
 *
 * It depends on nothing but R2 and D1: the list of objects is the record of what was accepted.
 *
 * Invariants:
 *  - Its place is written down before each message that it files, so that one which kills its invocation is passed by, and
 *    what stands behind it is filed in the next run.
 *  - Nothing leaves the days that are listed unseen: what could not be filed in two days becomes a dead letter.
 */
import { settingsOf } from '../access/settings.ts'
import type { Deps } from '../deps.ts'
import { sendDigests } from '../junk/digest.ts'
import { noteKeptAndRead } from '../junk/kept-and-read.ts'
import { lessonsOf, teachDue } from '../junk/teach.ts'
import { emptyMailboxes } from '../mailbox/mailbox-remove.ts'
import { deliverDue } from '../notify/deliver-webhooks.ts'
import { drainOutbox, wakeOutbox } from '../notify/outbox.ts'
import { dismissOld } from '../outbound/dismiss-old.ts'
import { applyMailReports } from '../outbound/mail-reports.ts'
import { sendDueBySweep } from '../outbound/send-due.ts'
import { readDeadSubjects, readState } from '../store/directory-read.ts'
import { putState } from '../store/directory-write.ts'
import { readFiledKeys } from '../store/message-read.ts'
import { dayPrefixes, type ListedRaw } from '../store/raw.ts'
import { keepDead } from './dead-letters.ts'
import { eraseAccounts } from './erase.ts'
import { forgetOld } from './forget.ts'
import { filePending } from './pending.ts'

const DAYS = 4
/** Younger objects may still be on their first way to the database. */
const GRACE_MS = 2 * 60_000
/** What is older and still unfiled is shown to the admin: one day before it leaves the listing. */
const DEAD_AFTER_MS = 2 * 86_400_000
/** Listings of 1,000 objects in one run; a busier server's sweep goes on where this one stopped. */
const PAGES_MAX = 30
/** Messages filed in one run. Each takes some 20 of the 1,000 queries that one invocation may make, and CPU to parse. */
const FILED_MAX = 25
/** Whose deliveries are made in the sweep itself; it wakes the queue for the others. */
const WEBHOOKS_A_RUN = 1
const PLACE = 'sweep.place'

export type SweepResult = { listed: number; filed: number; failed: number; dead: number }

type Place = { prefix: string; after: string | null }

/** One run. Throws only where it could not even begin; a message that fails is logged and met again next time. */
export async function sweep(deps: Deps): Promise<SweepResult> {
  const result = { listed: 0, filed: 0, failed: 0, dead: 0 }
  await attempt(deps, 'sweep.receipts', () => sweepReceipts(deps, result))
  for (let shard = 0; shard < deps.stores.shards.length; shard++) {
    await attempt(deps, 'sweep.outbound', () => sendDueBySweep(deps, shard))
    await attempt(deps, 'sweep.outbox', () => drainOutbox(deps, shard, lessonsOf))
    await attempt(deps, 'sweep.reports', () => applyMailReports(deps, shard))
    await attempt(deps, 'sweep.webhooks', () => deliverDue(deps, shard, WEBHOOKS_A_RUN))
    await attempt(deps, 'sweep.erase', () => eraseAccounts(deps, shard))
    await attempt(deps, 'sweep.empty', () => emptyMailboxes(deps, shard))
    await attempt(deps, 'sweep.undecided', () => dismissOld(deps, shard))
    await attempt(deps, 'sweep.forget', () => forgetOld(deps, shard))
    // Teaching takes the most queries, of which one invocation has a thousand: it comes last, and any of it can wait.
    await attempt(deps, 'sweep.kept', () => noteKeptAndRead(deps, shard))
    await attempt(deps, 'sweep.digest', () => sendDigests(deps, shard, (row) => settingsOf(row).digest !== false))
    await attempt(deps, 'sweep.teach', async () => (await teachDue(deps, shard)) && wakeOutbox(deps, shard))
  }
  return result
}

async function sweepReceipts(deps: Deps, result: SweepResult): Promise<void> {
  const prefixes = dayPrefixes(deps.now(), DAYS)
  let place = await readPlace(deps, prefixes)
  for (let page = 0; page < PAGES_MAX && place; page++) {
    const { objects, last } = await deps.stores.raw.list(place.prefix, place.after)
    result.listed += objects.length
    for (const object of await unfiled(deps, objects)) {
      if (result.filed + result.failed + result.dead >= FILED_MAX) return
      await writePlace(deps, { prefix: place.prefix, after: object.key })
      result[await settle(deps, object)]++
    }
    place = last === null ? nextPrefix(prefixes, place.prefix) : { prefix: place.prefix, after: last }
    await writePlace(deps, place)
  }
}

// A place of a day that has left the window, or none, begins with the oldest day: what leaves the window next.
async function readPlace(deps: Deps, prefixes: string[]): Promise<Place | null> {
  const kept = JSON.parse((await readState(deps.stores.directory, PLACE)) ?? 'null') as Place | null
  return kept && prefixes.includes(kept.prefix) ? kept : nextPrefix(prefixes, null)
}

async function writePlace(deps: Deps, place: Place | null): Promise<void> {
  await deps.stores.directory.batch([putState(PLACE, JSON.stringify(place))])
}

function nextPrefix(prefixes: string[], after: string | null): Place | null {
  const prefix = prefixes[after === null ? 0 : prefixes.indexOf(after) + 1]
  return prefix === undefined ? null : { prefix, after: null }
}

/** Those of a page that have no message, do not wait to be deleted, and are not left to the admin. */
async function unfiled(deps: Deps, objects: ListedRaw[]): Promise<ListedRaw[]> {
  const old = objects.filter((object) => object.receipt && deps.now() - object.uploadedMs >= GRACE_MS)
  const keys = old.map((object) => object.key)
  if (keys.length === 0) return []
  const known = await Promise.all([
    ...deps.stores.shards.map((db) => readFiledKeys(db, keys)),
    readDeadSubjects(deps.stores.directory, 'pending', keys),
  ])
  return old.filter((object) => !known.some((set) => set.has(object.key)))
}

async function settle(deps: Deps, object: ListedRaw): Promise<'filed' | 'failed' | 'dead'> {
  if (await attempt(deps, 'sweep.file', () => filePending(deps, object.key))) return 'filed'
  if (deps.now() - object.uploadedMs < DEAD_AFTER_MS) return 'failed'
  const isKept = await attempt(deps, 'sweep.keep', () => keepDead(deps, { raw_key: object.key }, 1))
  return isKept ? 'dead' : 'failed'
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
