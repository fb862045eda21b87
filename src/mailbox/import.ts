/**
 * Import: a raw message that came some other way, such as from another server, with its date and flags. Nothing judges it:
 * it goes where its owner says. What is imported twice stands there twice.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { readRoles } from '../store/account-read.ts'
import { type Appended, appendBytes } from './append.ts'
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
  return await appendBytes(deps, {
    ...wanted,
    accountId,
    addressId,
    mailboxId,
    receivedAt: wanted.receivedAt ?? 'date',
    keywords: [...new Set(wanted.keywords)].sort(),
  })
}

async function inboxOf(deps: Deps, accountId: number): Promise<number | null> {
  return (await readRoles(deps.stores.of(accountId), accountId, ['inbox']))[0]?.id ?? null
}
