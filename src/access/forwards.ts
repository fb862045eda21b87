/**
 * Forwards: addresses that keep nothing and pass their mail on, to addresses of this server and to others.
 *
 * A target may not lead back: neither to the forward itself nor to another one of this server. What leads back all the same,
 * by way of another server or of an address made later, is met when mail comes (inbound/forward.ts).
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { readAddresses, readDomainNames } from '../store/directory-read.ts'
import { lookUp, lookupOrder } from './lookup.ts'

/** Targets of one forward. Each is a delivery of its own, within one invocation; more are a mailing list. */
export const TARGETS_MAX = 20

/** What a forward's `targets` holds. */
export function targetsOf(row: { targets: string | null }): string[] {
  return row.targets === null ? [] : (JSON.parse(row.targets) as string[])
}

/** The targets of a forward (its folded address) as they are stored: folded, each once. */
export async function foldTargets(
  deps: Deps,
  forward: string,
  targets: readonly string[],
): Promise<string[] | Failure> {
  const folded: string[] = []
  for (const [n, target] of targets.entries()) {
    const one = foldAddress(target)
    if (!one || one.startsWith('*@')) return refuse(n, `"${target}" is not an address`)
    if (!folded.includes(one)) folded.push(one)
  }
  if (folded.length === 0 || targets.length > TARGETS_MAX)
    return fail('invalid', `A forward has 1 to ${TARGETS_MAX} targets.`, 'targets')
  const refused = await refuseLoops(deps, forward, folded, (one) =>
    targets.findIndex((text) => foldAddress(text) === one),
  )
  return isFailure(refused) ? refused : folded
}

async function refuseLoops(deps: Deps, forward: string, folded: string[], indexOf: (one: string) => number) {
  const [rows, ours] = await Promise.all([
    readAddresses(deps.stores.directory, [...new Set([...folded.flatMap(lookupOrder), forward])]),
    readDomainNames(deps.stores.directory, [...new Set(folded.map((one) => splitAddress(one).domain))]),
  ])
  for (const one of folded) {
    const row = lookUp(one, rows)
    const isItself = lookupOrder(one).find((known) => known === forward || known === row?.address) === forward
    if (isItself) return refuse(indexOf(one), `${one} is the forward itself`)
    if (row?.kind === 'forward') return refuse(indexOf(one), `${one} is a forward itself: name its targets instead`)
    if (!row && ours.has(splitAddress(one).domain)) return refuse(indexOf(one), `${one} does not exist on this server`)
  }
  return null
}

function refuse(n: number, why: string): Failure {
  return fail('invalid', `${why}.`, `targets/${n}`)
}
