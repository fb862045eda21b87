/**
 * The digest: once a day, a message into the Inbox that tells what was held back since the last one.
 *
 * Whoever sends spam chooses its subjects and names, and this message is read by somebody who trusts it. So each is one short
 * line without control or reordering characters, the HTML is escaped, and nothing in it is a link.
 *
 * Once a day: the batch that stores it moves the account's place, under a guard, and takes the due time away. The next message
 * in quarantine sets another, a day after this one at the earliest.
 */

import type { Deps } from '../deps.ts'
import { isFailure } from '../errors.ts'
import { appendBytes } from '../mailbox/append.ts'
import { sendableAddress } from '../mime/compose-address.ts'
import { composeNotice } from '../mime/compose-notice.ts'
import { seconds } from '../seconds.ts'
import { readRoles } from '../store/account-read.ts'
import { isStaleDigest } from '../store/database.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import { readDueDigests, readUntold, type WithheldSummaryRow } from '../store/withheld-read.ts'
import { noteDigest, postponeDigest } from '../store/withheld-write.ts'
import { digestBodies } from './digest-text.ts'

/** Accounts told in one run; with 96 runs a day more than have quarantined mail. */
const ACCOUNTS_A_RUN = 20
/** Messages that one digest lists. More are counted up to the second number, and the API lists them all. */
const LISTED_MAX = 50
const COUNTED_MAX = 500
/** When one is tried again that could not be stored. */
const RETRY_SECONDS = 6 * 3_600
/** Drawn, so that no subject that it lists can end a part of it. */
const BOUNDARY_BYTES = 16

/** Which accounts want digests is access/'s to know: it is handed in. */
export type WantsDigest = (row: { settings: string }) => boolean

/** Tells the accounts of a shard that are due. */
export async function sendDigests(deps: Deps, shard: number, wantsDigest: WantsDigest): Promise<void> {
  const now = seconds(deps)
  const due = await readDueDigests(deps.stores.of(shard * ACCOUNTS_PER_SHARD), now, ACCOUNTS_A_RUN)
  for (const { account_id, told_id, settings, gone } of due) {
    const db = deps.stores.of(account_id)
    const rows = gone ? [] : await readUntold(db, account_id, told_id, COUNTED_MAX)
    if (rows.length === 0 || !wantsDigest({ settings })) {
      await settleQuietly(deps, account_id, told_id, rows.at(-1)?.id ?? told_id)
      continue
    }
    try {
      await store(deps, account_id, told_id, rows)
    } catch (error) {
      if (isStaleDigest(error)) continue
      // One account's trouble keeps no other from being told.
      deps.log({ level: 'error', at: 'junk.digest', account: account_id, error: String(error) })
      await db.batch([postponeDigest(account_id, now + RETRY_SECONDS)])
    }
  }
}

async function store(deps: Deps, accountId: number, toldId: number, rows: WithheldSummaryRow[]): Promise<void> {
  const db = deps.stores.of(accountId)
  const now = seconds(deps)
  const newest = rows.at(-1) as WithheldSummaryRow
  const [inbox] = await readRoles(db, accountId, ['inbox'])
  const to = rows
    .toReversed()
    .map(({ recipient }) => sendableAddress(recipient ?? ''))
    .find((one) => one !== null)
  if (!inbox || !to) return await settleQuietly(deps, accountId, toldId, newest.id)
  const appended = await appendBytes(deps, {
    accountId,
    mailboxId: inbox.id,
    bytes: write(deps, accountId, to, rows),
    receivedAt: null,
    flags: 0,
    keywords: [],
    addressId: null,
    // The same for each attempt at this digest, so that an attempt whose answer was lost is found.
    name: `digest-${toldId}-${newest.id}`,
    also: () => [noteDigest(accountId, toldId, newest.id, now)],
  })
  // A full account, or one that is just being deleted: its quarantine can be read all the same.
  if (isFailure(appended)) await db.batch([postponeDigest(accountId, now + RETRY_SECONDS)])
}

function write(deps: Deps, accountId: number, to: string, rows: WithheldSummaryRow[]): Uint8Array {
  return composeNotice({
    ...digestBodies(rows, LISTED_MAX, rows.length === COUNTED_MAX),
    ...{
      to,
      name: `digest-${accountId}-${rows.at(-1)?.id ?? 0}`,
      nowMs: deps.now(),
      random: deps.random(BOUNDARY_BYTES),
    },
  })
}

async function settleQuietly(deps: Deps, accountId: number, toldId: number, newestId: number): Promise<void> {
  const now = seconds(deps)
  try {
    await deps.stores.of(accountId).batch([noteDigest(accountId, toldId, newestId, now)])
  } catch (error) {
    if (!isStaleDigest(error)) throw error
  }
}
