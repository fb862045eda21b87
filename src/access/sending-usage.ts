/** What an account and a key may send, and what they have sent in the running minute and day (UTC). */

import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import { readAccount } from '../store/account-read.ts'
import type { SentCountRow } from '../store/schema.ts'
import { DAY_SECONDS, MINUTE_SECONDS, readSentCounts } from '../store/sent-count.ts'
import { limitsOf, readSending, type SendingLimits } from './sending-limits.ts'

export type Sent = { messagesThisMinute: number; messagesToday: number; recipientsToday: number }
export type Allowed = { limits: SendingLimits; used: Sent }
export type SendingUsage = Allowed & { paused: boolean; key: Allowed | null }

/** `key` is the one that asks, where it has limits of its own. Null where there is no such account. */
export async function readSendingUsage(
  deps: Deps,
  accountId: number,
  key: { keyId: number; limits: string | null } | null,
): Promise<SendingUsage | null> {
  const db = deps.stores.find(accountId)
  const account = db && (await readAccount(db, accountId))
  if (!account || account.deleted_at !== null) return null
  const own = key?.limits ? { keyId: key.keyId, limits: limitsOf(readSending(key.limits)) } : null
  const rows = await readSentCounts(db, accountId, own ? [0, own.keyId] : [0])
  const used = (keyId: number) =>
    sentOf(
      rows.find((row) => row.key_id === keyId),
      seconds(deps),
    )
  const settings = readSending(account.sending)
  return {
    paused: settings.paused === true,
    limits: limitsOf(settings),
    used: used(0),
    key: own && { limits: own.limits, used: used(own.keyId) },
  }
}

function sentOf(row: SentCountRow | undefined, now: number): Sent {
  const isThisMinute = row?.minute === Math.floor(now / MINUTE_SECONDS)
  const isToday = row?.day === Math.floor(now / DAY_SECONDS)
  return {
    messagesThisMinute: isThisMinute ? row.minute_messages : 0,
    messagesToday: isToday ? row.day_messages : 0,
    recipientsToday: isToday ? row.day_recipients : 0,
  }
}
