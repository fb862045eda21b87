/** Whether an account and its key may send one message more, asked before it is written and held by the batch that stores it. */
import { limitsOf, readSending, type SendingLimits } from '../access/sending-limits.ts'
import { type Failure, fail } from '../errors.ts'
import type { Reader } from '../mailbox/reader.ts'
import type { Database, Statement } from '../store/database.ts'
import type { AccountRow } from '../store/schema.ts'
import { countSent, DAY_SECONDS, MINUTE_SECONDS, overLimit, readSentCounts } from '../store/sent-count.ts'

/** Who hands a message in: with a key, where it comes by the API. */
export type Submitter = Reader & {
  keyId?: number
  /** JSON of the key's own limits. */
  limits?: string | null
}

/** Whose count, and what it may reach. */
type Allowance = { keyId: number; limits: SendingLimits }

/** The account, and the key where it has limits of its own. */
export function allowancesOf(account: AccountRow, { keyId, limits }: Submitter): Allowance[] {
  const own = { keyId: 0, limits: limitsOf(readSending(account.sending)) }
  if (keyId === undefined || limits === undefined || limits === null) return [own]
  return [own, { keyId, limits: limitsOf(readSending(limits)) }]
}

/** What no waiting would change. */
export function refuseAlways(
  account: AccountRow,
  allowances: readonly Allowance[],
  recipients: number,
): Failure | null {
  if (readSending(account.sending).paused)
    return fail('forbidden', 'Sending is paused for this account: an admin resumes it.')
  for (const { limits } of allowances) {
    if (recipients > limits.recipientsPerMessage)
      return fail('invalid', `A message may have at most ${limits.recipientsPerMessage} recipients.`, 'to')
    if (limits.messagesPerMinute < 1 || limits.messagesPerDay < 1 || recipients > limits.recipientsPerDay)
      return fail('forbidden', 'The sending limits of this account or key leave no room for such a message.')
  }
  return null
}

/** What an account sends on by itself is counted apart: much that comes must not keep its owner from writing. */
const FORWARDS = -1
const COUNT_ONLY = { messagesPerMinute: 1e9, messagesPerDay: 1e9, recipientsPerDay: 1e12 }

/** The statement that counts a forward to so many, or null where it is one too many for the day. Some at once may pass together. */
export async function countForward(
  db: Database,
  { id, sending }: Pick<AccountRow, 'id' | 'sending'>,
  recipients: number,
  now: number,
): Promise<Statement | null> {
  const [row] = await readSentCounts(db, id, [FORWARDS])
  const sent = row?.day === Math.floor(now / DAY_SECONDS) ? row.day_recipients : 0
  if (sent + recipients > limitsOf(readSending(sending)).recipientsPerDay) return null
  return countSent(id, FORWARDS, recipients, COUNT_ONLY, now)
}

export function countAllowed(
  accountId: number,
  allowances: readonly Allowance[],
  recipients: number,
  now: number,
): Statement[] {
  return allowances.map(({ keyId, limits }) => countSent(accountId, keyId, recipients, limits, now))
}

/** What a batch that rolled back for a count has to say, or null where it was for something else. */
export function refusedFor(error: unknown, now: number): Failure | null {
  const period = overLimit(error)
  if (period === null) return null
  const lasts = period === 'minute' ? MINUTE_SECONDS : DAY_SECONDS
  const retryAfterSeconds = lasts - (now % lasts)
  const detail = `The account or the key has sent what it may in a ${period}: see /v1/usage. Try again in ${retryAfterSeconds} seconds.`
  return { ...fail('rate-limited', detail), retryAfterSeconds }
}
