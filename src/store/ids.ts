/**
 * Message ids and account ids: what their bits mean.
 *
 * A message id is 53 bits: account number in its shard (16), second of receipt (32), slot (5). It is exact as a JS
 * number, ascends with receipt, and keeps an account's messages together in every b-tree that is keyed by it.
 */

/** Whose is what the server sends for nobody: in the first shard, and without a row. */
export const SERVER_ACCOUNT = 0

/** Accounts in one shard: 16 bits of the message id. */
export const ACCOUNTS_PER_SHARD = 2 ** 16
/** Ids of one account: 32 bits of seconds, 5 of slots. */
const IDS_PER_ACCOUNT = 2 ** 37
/** Ids in one second. A 33rd live delivery in one second takes the next second's first slot. */
export const IDS_PER_SECOND = 2 ** 5

/** Which database an account lives in. */
export function shardOf(accountId: number): number {
  return Math.floor(accountId / ACCOUNTS_PER_SHARD)
}

/** The smallest id that the account's messages can have. */
export function firstId(accountId: number): number {
  return (accountId % ACCOUNTS_PER_SHARD) * IDS_PER_ACCOUNT
}

/** The largest id that the account's messages can have. */
export function lastId(accountId: number): number {
  return firstId(accountId) + IDS_PER_ACCOUNT - 1
}

/** The second of receipt in a message id. */
export function secondOf(messageId: number): number {
  return Math.floor((messageId % IDS_PER_ACCOUNT) / IDS_PER_SECOND)
}

/** The first id of a second, clamped to what 32 bits hold (1970 to 2106). */
export function idAt(accountId: number, second: number): number {
  const clamped = Math.min(Math.max(Math.floor(second), 0), 2 ** 32 - 1)
  return firstId(accountId) + clamped * IDS_PER_SECOND
}
