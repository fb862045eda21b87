/**
 * Forwarding: mail for an address that keeps nothing and passes everything on, before it is accepted.
 *
 *   count its steps -> find its targets -> deliver to those of this server -> pass on to the others (pass-on.ts)
 *
 * Invariants:
 *  - Nothing is accepted that was not passed on: whatever fails throws, and the sender tries again.
 *  - Trying again is safe for the targets of this server, which know a message that they have; and for the others, where a
 *    provider is set up: what was queued is known (pass-on.ts).
 *  - Mail that goes in circles ends (loops.ts).
 */
import { targetsOf } from '../access/forwards.ts'
import { lookUp, lookupOrder } from '../access/lookup.ts'
import type { Deps } from '../deps.ts'
import { TemporaryError } from '../errors.ts'
import { splitAddress } from '../mime/addresses.ts'
import { parseHeaderBlock } from '../mime/headers.ts'
import { readAddresses, readDomainNames } from '../store/directory-read.ts'
import type { AddressRow } from '../store/schema.ts'
import { type Marks, nextMarks } from './loops.ts'
import type { MailboxRecipient } from './resolve.ts'

type Targets = { here: { to: string; recipient: MailboxRecipient }[]; elsewhere: string[]; refused: string[] }

/** The reply that refuses a message which goes in circles. Otherwise its next marks. */
export async function marksFor(bytes: Uint8Array, forward: AddressRow): Promise<{ refused: string } | Marks> {
  const marks = await nextMarks(parseHeaderBlock(bytes).fields, `forward ${forward.address}`, forward.address)
  return marks ?? { refused: '5.4.6 The message goes in circles' }
}

/** Finds what each target is. Throws for one that has become a forward itself: its owner has to name another. */
export async function findTargets(deps: Deps, forward: AddressRow): Promise<Targets> {
  const targets = targetsOf(forward)
  const [rows, ours] = await Promise.all([
    readAddresses(deps.stores.directory, [...new Set(targets.flatMap(lookupOrder))]),
    readDomainNames(deps.stores.directory, [...new Set(targets.map((one) => splitAddress(one).domain))]),
  ])
  const found: Targets = { here: [], elsewhere: [], refused: [] }
  for (const to of targets) {
    const row = lookUp(to, rows)
    if (row?.kind === 'forward') throw new TemporaryError('4.3.5 a target of this address is a forward itself')
    if (row && row.enabled === 1)
      found.here.push({ to, recipient: { kind: 'mailbox', accountId: row.account_id, addressId: row.id, folded: to } })
    else if (row || ours.has(splitAddress(to).domain)) found.refused.push(to)
    else found.elsewhere.push(to)
  }
  return found
}
