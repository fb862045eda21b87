/**
 * Forwarding: mail for an address that keeps nothing and passes everything on, before it is accepted.
 *
 *   count its steps -> find its targets -> deliver to those of this server -> hand on to the others
 *
 * Invariants:
 *  - Nothing is accepted that was not passed on: whatever fails throws, and the sender tries again.
 *  - Trying again is safe for the targets of this server, which know a message that they have. A target elsewhere that had
 *    it before another one failed gets it once more; so it comes last, when all that is done here has succeeded.
 *  - Mail that goes in circles ends (RFC 5321 §6.3): by its Received fields, and by the mark of each forward that it passed.
 */
import { targetsOf } from '../access/forwards.ts'
import { lookUp, lookupOrder } from '../access/lookup.ts'
import { hashToken } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { TemporaryError } from '../errors.ts'
import { splitAddress } from '../mime/addresses.ts'
import { fieldValues, parseHeaderBlock } from '../mime/headers.ts'
import { readAddresses, readDomainNames } from '../store/directory-read.ts'
import type { AddressRow } from '../store/schema.ts'
import type { MailboxRecipient } from './resolve.ts'

/** RFC 5321 §6.3 asks for at least 100 where nothing else tells a loop; honest mail passes a dozen servers. */
export const RECEIVED_MAX = 50
/** Forwards that one message may pass, of this server and of others like it. */
export const MARKS_MAX = 10
/** Email Routing adds no other fields than those that begin with X-. Told by digests: an address is nobody's business. */
export const MARK_FIELD = 'X-Postern-Forwarded'
const MARK_BYTES = 8

export type Outside = {
  /** Hands the message on to an address of another server, with fields added. Throws where it is not taken. */
  forward?: ((target: string, headers: Record<string, string>) => Promise<unknown>) | undefined
}

type Targets = { here: { to: string; recipient: MailboxRecipient }[]; elsewhere: string[]; refused: string[] }

/** The reply that refuses a message which goes in circles, or null. Otherwise the value of its next mark. */
export async function nextMark(bytes: Uint8Array, forward: string): Promise<{ refused: string } | { mark: string }> {
  const { fields } = parseHeaderBlock(bytes)
  const own = await markOf(forward)
  const marks = fieldValues(fields, MARK_FIELD.toLowerCase()).flatMap((value) => value.match(/[0-9a-f]{16}/g) ?? [])
  const isLooping = fieldValues(fields, 'received').length > RECEIVED_MAX || marks.length >= MARKS_MAX
  if (isLooping || marks.includes(own)) return { refused: '5.4.6 The message goes in circles' }
  return { mark: [...marks, own].join(' ') }
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

/** Hands the message on to each. Throws at the first that does not take it. */
export async function handOn(deps: Deps, targets: string[], mark: string, { forward }: Outside): Promise<void> {
  if (targets.length === 0) return
  if (!forward) throw new TemporaryError('4.3.5 mail from this source cannot be forwarded')
  for (const target of targets) {
    try {
      await forward(target, { [MARK_FIELD]: mark })
    } catch (error) {
      deps.log({ level: 'error', at: 'inbound.forward', error: String(error) })
      throw new TemporaryError('4.4.0 the message could not be forwarded', { cause: error })
    }
  }
}

async function markOf(forward: string): Promise<string> {
  const digest = (await hashToken(`forward ${forward}`)).slice(0, MARK_BYTES)
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
