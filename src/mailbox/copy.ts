/**
 * Copying a message into a mailbox, as IMAP's COPY has it: one that does not stand there is placed there too; of one that
 * does, a new message is made with the same bytes, flags and keywords.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { readMessageRow } from '../store/message-read.ts'
import { appendBytes } from './append.ts'
import { changeAll } from './change.ts'
import type { Reader } from './reader.ts'
import { placementsOf } from './view.ts'

/** Gives the id of the message that now stands in the mailbox. `name` is unique and names the new raw object. */
export async function copyMessage(
  deps: Deps,
  reader: Reader,
  id: number,
  mailboxId: number,
  name: string,
): Promise<number | Failure> {
  const { accountId, addressId } = reader
  const row = await readMessageRow(deps.stores.of(accountId), accountId, id)
  if (!row || (addressId !== null && row.address_id !== addressId))
    return fail('not-found', 'There is no such message.')
  if (!placementsOf(row.placed).some((placement) => placement.mailboxId === mailboxId)) {
    const placed = await changeAll(deps, reader, [id], { add: [mailboxId] })
    return isFailure(placed) ? placed : id
  }
  const object = await deps.stores.raw.get(row.raw_key)
  if (!object) throw new Error(`the raw object ${row.raw_key} is missing`)
  const copied = await appendBytes(deps, {
    accountId,
    mailboxId,
    bytes: object.bytes,
    receivedAt: row.received_at,
    flags: row.flags,
    keywords: JSON.parse(row.keywords) as string[],
    addressId: row.address_id,
    name,
  })
  return isFailure(copied) ? copied : copied.id
}
