/**
 * Mail that its owner has read and kept: ham, most likely. It is looked for only while a model knows less ham than spam, and a
 * few messages at a time:
 *  - once a day, among what has stood in the Inbox or the Archive for days;
 *  - with a report of spam, among what stands in the Inbox, was read, and came before the reported message: whoever reports it
 *    has just gone through his mailbox, and has left these where they were. Otherwise a model that is shown spam alone would
 *    wait for days to say its first word.
 */

import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import { isShortOfHam } from '../spam/learned/learned.ts'
import { readRoles } from '../store/account-read.ts'
import { readState } from '../store/directory-read.ts'
import { putState } from '../store/directory-write.ts'
import { ACCOUNTS_PER_SHARD, idAt } from '../store/ids.ts'
import { type KeptRow, pageModels, readKeptAndRead } from '../store/teaching-read.ts'
import { noteLookedAt, putLessons } from '../store/teaching-write.ts'
import { isDirect } from './implicit-ham.ts'
import { teachSoon } from './teach.ts'

const DAY_SECONDS = 86_400
/** Long enough that who read it has thrown away what he did not want. */
const KEPT_SECONDS = 3 * DAY_SECONDS
/** Older mail tells little about what comes now. */
const OLD_SECONDS = 60 * DAY_SECONDS
/** Models met in one run, in turn; of them some need ham. */
const ACCOUNTS_A_RUN = 20
/** Messages looked at in each of the two mailboxes, and taught, of one account on one day. */
const LOOKED_AT_MAX = 60
const TAUGHT_MAX = 5
const PLACE = 'kept-and-read.place'
/** With a report: how long before now a message must have come, how many are looked at, and how many are taught. */
export const KEPT_BEFORE_SECONDS = 3_600
export const LOOKED_AT_BEFORE_MAX = 20
export const TAUGHT_BEFORE_MAX = 2

export async function noteKeptAndRead(deps: Deps, shard: number): Promise<void> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const now = seconds(deps)
  const models = await pageModels(db, Number((await readState(db, PLACE)) ?? 0), ACCOUNTS_A_RUN)
  const next = models.length < ACCOUNTS_A_RUN ? 0 : (models.at(-1)?.account_id ?? 0)
  await db.batch([putState(PLACE, String(next))])
  for (const { account_id, ham, spam, looked_at } of models) {
    if (!isShortOfHam({ counts: { hamN: ham, spamN: spam } }) || now - looked_at < DAY_SECONDS) continue
    const ids = await findKept(deps, account_id, now)
    await db.batch([noteLookedAt(account_id, now), ...putLessons(account_id, ids, 'implicit-ham', now)])
  }
}

/** Notes what was read and left in the Inbox before a message that has just been reported as spam, of other senders. */
export async function noteKeptBefore(deps: Deps, accountId: number, reported: number, from: string): Promise<void> {
  const db = deps.stores.of(accountId)
  const now = seconds(deps)
  const [low, high] = [idAt(accountId, now - OLD_SECONDS), idAt(accountId, now - KEPT_BEFORE_SECONDS)]
  const [inbox] = await readRoles(db, accountId, ['inbox'])
  if (!inbox) return
  const found = await readKeptAndRead(db, accountId, inbox.id, low, Math.min(reported, high), LOOKED_AT_BEFORE_MAX)
  const others = found.filter((row) => row.from_addr.toLowerCase() !== from.toLowerCase())
  const ids = oneOfEach(others).slice(0, TAUGHT_BEFORE_MAX)
  if (ids.length === 0) return
  await db.batch(putLessons(accountId, ids, 'implicit-ham', now))
  teachSoon(deps, accountId)
}

async function findKept(deps: Deps, accountId: number, now: number): Promise<number[]> {
  const db = deps.stores.of(accountId)
  const roles = await readRoles(db, accountId, ['inbox', 'archive'])
  const [low, high] = [idAt(accountId, now - OLD_SECONDS), idAt(accountId, now - KEPT_SECONDS)]
  const found = await Promise.all(roles.map(({ id }) => readKeptAndRead(db, accountId, id, low, high, LOOKED_AT_MAX)))
  return oneOfEach(found.flat().sort((a, b) => b.id - a.id)).slice(0, TAUGHT_MAX)
}

/** The first of each sender. */
function oneOfEach(rows: readonly KeptRow[]): number[] {
  const bySender = new Map<string, number>()
  for (const row of rows) {
    const sender = row.from_addr.toLowerCase()
    if (isDirect(row.recipient) && !bySender.has(sender)) bySender.set(sender, row.id)
  }
  return [...bySender.values()]
}
