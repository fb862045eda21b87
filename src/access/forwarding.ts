/**
 * Where an account sends on what it receives, beside keeping it or instead. It stands in the account's settings, whose row every
 * delivery has read in any case.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { sendableAddress } from '../mime/compose-address.ts'
import { readAccount } from '../store/account-read.ts'
import { patchAccount } from '../store/account-write.ts'
import { readAddresses, readDomainNames } from '../store/directory-read.ts'
import type { AccountRow } from '../store/schema.ts'
import { lookUp, lookupOrder } from './lookup.ts'

/** Each is a copy of every message; more are a mailing list. */
export const FORWARDING_TARGETS_MAX = 10

export type Forwarding = {
  /** Folded, each once. None: nothing is sent on. */
  targets: string[]
  /** Whether what is sent on stands in the Inbox as well; otherwise in Trash, read, so that it can be had while its owner does not throw it away. */
  keepsCopy: boolean
}

const OFF: Forwarding = { targets: [], keepsCopy: true }

/** As it is stored. What cannot be read counts as not chosen. */
export function forwardingOf(row: Pick<AccountRow, 'settings'>): Forwarding {
  const { forwarding } = JSON.parse(row.settings) as { forwarding?: { targets?: unknown; keep?: unknown } | null }
  if (!forwarding || !Array.isArray(forwarding.targets)) return OFF
  const targets = forwarding.targets.filter((one) => typeof one === 'string').slice(0, FORWARDING_TARGETS_MAX)
  return { targets, keepsCopy: forwarding.keep !== false }
}

/** The choice, and the settings as they are stored: what a change may be held to. Null where there is no such account. */
export async function readForwarding(
  deps: Deps,
  accountId: number,
): Promise<{ forwarding: Forwarding; stored: string } | null> {
  const row = await readAccount(deps.stores.of(accountId), accountId)
  return row && row.deleted_at === null ? { forwarding: forwardingOf(row), stored: row.settings } : null
}

/** Chooses anew. With `expected`, the settings as they were stored when they were seen, only where they are still those. */
export async function putForwarding(
  deps: Deps,
  accountId: number,
  wanted: Forwarding,
  expected: string | null = null,
): Promise<Forwarding | Failure> {
  const targets = await foldOwnTargets(deps, accountId, wanted.targets)
  if (isFailure(targets)) return targets
  const forwarding = targets.length === 0 ? null : { targets, keep: wanted.keepsCopy }
  const patch = patchAccount(accountId, {
    settings: JSON.stringify({ forwarding }),
    ifSettings: expected ?? undefined,
  })
  const row = await deps.stores.of(accountId).first<AccountRow>(patch)
  if (row) return forwardingOf(row)
  return expected === null
    ? fail('not-found', 'There is no such account.')
    : fail('precondition-failed', 'The settings have just changed: read them again.')
}

async function foldOwnTargets(deps: Deps, accountId: number, targets: string[]): Promise<string[] | Failure> {
  if (targets.length > FORWARDING_TARGETS_MAX)
    return fail('invalid', `There may be ${FORWARDING_TARGETS_MAX} targets at most.`, 'targets')
  const folded: string[] = []
  for (const [n, target] of targets.entries()) {
    const one = foldAddress(target)
    if (!one || one.startsWith('*@') || sendableAddress(target) === null)
      return refuse(n, 'This is no address that mail can be sent to')
    if (!folded.includes(one)) folded.push(one)
  }
  if (folded.length === 0) return folded
  const refused = await refuseHere(deps, accountId, folded)
  return refused
    ? refuse(
        targets.findIndex((target) => foldAddress(target) === refused.one),
        refused.why,
      )
    : folded
}

// What leads back by way of others is met when mail comes (inbound/loops.ts).
async function refuseHere(deps: Deps, accountId: number, folded: string[]) {
  const [rows, ours] = await Promise.all([
    readAddresses(deps.stores.directory, [...new Set(folded.flatMap(lookupOrder))]),
    readDomainNames(deps.stores.directory, [...new Set(folded.map((one) => splitAddress(one).domain))]),
  ])
  for (const one of folded) {
    const row = lookUp(one, rows)
    // Whose an address here is, or whether it is a forward, is told to nobody but its owner.
    if (row?.account_id === accountId) return { one, why: 'This is an address of the account itself' }
    if (!row && ours.has(splitAddress(one).domain)) return { one, why: 'There is no such address on this server' }
  }
  return null
}

function refuse(n: number, why: string): Failure {
  return fail('invalid', `${why}.`, `targets/${n}`)
}
