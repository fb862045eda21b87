/**
 * Import: a raw message that came some other way, such as from another server, with its date and flags. Nothing judges it:
 * it goes where its owner says. What is imported twice stands there twice.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { parseMessage } from '../mime/parse.ts'
import { readRoles } from '../store/account-read.ts'
import { queueRawDelete } from '../store/outbox.ts'
import { appendedKey } from '../store/raw.ts'
import { type Appended, append, refuseAppend } from './append.ts'
import type { Reader } from './reader.ts'

export type Import = {
  bytes: Uint8Array
  /** Null: the Inbox. */
  mailboxId: number | null
  /** When it was received, in epoch seconds; null: what its Date field says, or else now. */
  receivedAt: number | null
  /** flags.ts */
  flags: number
  /** In lower case. */
  keywords: string[]
  /** Names the raw object: the same name within a day is the same import, and stored once. */
  name: string
}

/** Stores the message as a new one. Fails for a mailbox that is not the account's, and over the quota. */
export async function importMessage(deps: Deps, reader: Reader, wanted: Import): Promise<Appended | Failure> {
  const { accountId, addressId } = reader
  const mailboxId = wanted.mailboxId ?? (await inboxOf(deps, accountId))
  if (mailboxId === null) return fail('not-found', 'There is no such mailbox.')
  const refused = await refuseAppend(deps, accountId, mailboxId, wanted.bytes.length)
  if (refused) return refused
  const message = await parseMessage(wanted.bytes)
  const rawKey = appendedKey(accountId, deps.now(), wanted.name)
  await deps.stores.raw.putBytes(rawKey, wanted.bytes)
  const appended = await append(deps, {
    accountId,
    mailboxId,
    rawKey,
    bytes: wanted.bytes,
    message,
    receivedAt: wanted.receivedAt ?? dateOf(message.dateMs),
    flags: wanted.flags,
    keywords: [...new Set(wanted.keywords)].sort(),
    addressId,
  })
  if (isFailure(appended)) await deps.stores.of(accountId).batch([queueRawDelete(rawKey)])
  return appended
}

async function inboxOf(deps: Deps, accountId: number): Promise<number | null> {
  return (await readRoles(deps.stores.of(accountId), accountId, ['inbox']))[0]?.id ?? null
}

// A date before 1970 is a broken clock's.
function dateOf(dateMs: number | null): number | null {
  return dateMs === null || dateMs < 0 ? null : Math.floor(dateMs / 1000)
}
