/**
 * Domains and addresses: what the envelope recipient is looked up in.
 *
 * Addresses are compared folded (local part in lower case, domain as A-label) and shown as they were given. The order of
 * a lookup is exact address or alias, the same without its plus-tag, then the domain's catch-all.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { seconds } from '../seconds.ts'
import { isUniqueViolation } from '../store/database.ts'
import {
  pageAddresses,
  pageDomains,
  readAddressById,
  readAddresses,
  readDomain,
  readDomainById,
} from '../store/directory-read.ts'
import {
  deleteAddress,
  deleteAliasesOf,
  deleteDkimKeysOf,
  deleteDomain,
  deleteKeysOf,
  insertAddress,
  insertDomain,
  patchAddress,
  patchDomain,
} from '../store/directory-write.ts'
import type { AddressRow, DomainRow } from '../store/schema.ts'
import { getAccount } from './accounts.ts'
import { tellAddress } from './address-events.ts'
import { foldTargets, targetsOf } from './forwards.ts'

export type Domain = {
  id: number
  name: string
  /** Names of sending providers, in the order in which they are asked for its mail; null: the server's own. */
  providers: string[] | null
  createdAt: number
}

export type AddressKind = 'address' | 'alias' | 'catch_all' | 'forward'

export type MailAddress = {
  id: number
  /** As it was given; a catch-all is '*@domain'. */
  address: string
  /** Null for a forward, which keeps nothing. */
  accountId: number | null
  kind: AddressKind
  /** The address that an alias stands for. */
  target: string | null
  /** Where a forward's mail goes on to, folded; null for all others. */
  targets: string[] | null
  enabled: boolean
  createdAt: number
}

/** A local part that no real address has, with which a domain alone is folded. */
const PROBE = 'postmaster'

export async function createDomain(deps: Deps, name: string): Promise<Domain | Failure> {
  const folded = foldDomain(name)
  if (!folded) return fail('invalid', `"${name}" is not a domain name.`, 'name')
  try {
    const row = await deps.stores.directory.first<DomainRow>(insertDomain(folded, seconds(deps)))
    if (!row) throw new Error('the domain was not returned')
    return domain(row)
  } catch (error) {
    if (isUniqueViolation(error)) return fail('conflict', `The domain ${folded} exists already.`)
    throw error
  }
}

export async function listDomains(deps: Deps, after: number, limit: number): Promise<Domain[]> {
  return (await pageDomains(deps.stores.directory, after, limit)).map(domain)
}

export async function getDomain(deps: Deps, id: number): Promise<Domain | null> {
  const row = await readDomainById(deps.stores.directory, id)
  return row && domain(row)
}

/** Gives the domain as it is then; null where there is none. */
export async function chooseProviders(deps: Deps, id: number, names: readonly string[] | null): Promise<Domain | null> {
  const row = await deps.stores.directory.first<DomainRow>(patchDomain(id, names && JSON.stringify(names)))
  return row && domain(row)
}

/** Removes a domain that no address uses any more. */
export async function removeDomain(deps: Deps, id: number): Promise<true | Failure> {
  const [removed] = await deps.stores.directory.batch([deleteDomain(id), deleteDkimKeysOf(id)])
  if (removed?.length) return true
  return (await readDomainById(deps.stores.directory, id))
    ? fail('conflict', 'Addresses still use this domain: delete them first.')
    : fail('not-found', 'There is no such domain.')
}

export type NewAddress = {
  /** '*@domain' for a catch-all. */
  address: string
  kind: AddressKind
  /** The account that it delivers to; for an alias it follows from the target. */
  accountId: number | null
  target: string | null
  /** Where a forward's mail goes on to. */
  targets?: readonly string[] | undefined
}

export async function createAddress(deps: Deps, input: NewAddress): Promise<MailAddress | Failure> {
  const folded = input.kind === 'catch_all' ? foldCatchAll(input.address) : foldMailbox(input.address)
  if (!folded)
    return fail(
      'invalid',
      `"${input.address}" is not ${input.kind === 'catch_all' ? '*@domain' : 'an address'}.`,
      'address',
    )
  const owner = await ownerFor(deps, input, folded)
  if (isFailure(owner)) return owner
  const domainName = splitAddress(folded).domain
  try {
    const row = await deps.stores.directory.first<AddressRow>(
      insertAddress({
        address: folded,
        account_id: owner.accountId,
        kind: input.kind,
        domain: domainName,
        written: input.address.trim(),
        target: owner.target,
        targets: owner.targets,
        created_at: seconds(deps),
      }),
    )
    if (row) return await told(deps, row, 'created')
    return fail('invalid', `The domain ${domainName} is not one of this server's: create it first.`, 'address')
  } catch (error) {
    if (isUniqueViolation(error)) return fail('conflict', `The address ${folded} exists already.`)
    throw error
  }
}

export async function listAddresses(
  deps: Deps,
  accountId: number | null,
  after: number,
  limit: number,
): Promise<MailAddress[]> {
  return (await pageAddresses(deps.stores.directory, accountId, after, limit)).map(mailAddress)
}

export async function getAddress(deps: Deps, id: number): Promise<MailAddress | null> {
  const row = await readAddressById(deps.stores.directory, id)
  return row && mailAddress(row)
}

/** Changes what is named of an address; only a forward has targets. A disabled one is refused with 5.2.1; what it received stays. */
export async function changeAddress(
  deps: Deps,
  id: number,
  change: { enabled?: boolean | undefined; targets?: readonly string[] | undefined },
): Promise<MailAddress | Failure> {
  const before = await readAddressById(deps.stores.directory, id)
  if (!before) return fail('not-found', 'There is no such address.')
  if (change.targets && before.kind !== 'forward')
    return fail('invalid', `Only a forward has targets; this is of the kind ${before.kind}.`, 'targets')
  const targets = change.targets && (await foldTargets(deps, before.address, change.targets))
  if (isFailure(targets)) return targets
  const patch = patchAddress(id, { enabled: change.enabled, targets: targets && JSON.stringify(targets) })
  const row = await deps.stores.directory.first<AddressRow>(patch)
  return row ? await told(deps, row, 'changed') : fail('not-found', 'There is no such address.')
}

/** Removes an address, the aliases that stand for it and the keys bound to it. Its mail stays with the account. */
export async function removeAddress(deps: Deps, id: number): Promise<boolean> {
  const row = await readAddressById(deps.stores.directory, id)
  if (!row) return false
  const [, aliases] = await deps.stores.directory.batch([
    deleteKeysOf(row),
    deleteAliasesOf(row.address),
    deleteAddress(id),
  ])
  for (const one of [row, ...(aliases as AddressRow[])]) await tellAddress(deps, one, 'deleted')
  return true
}

/** Whether the domain (an A-label) is one of this server's. */
export async function isOurDomain(deps: Deps, name: string): Promise<boolean> {
  return (await readDomain(deps.stores.directory, name)) !== null
}

async function told(deps: Deps, row: AddressRow, what: 'created' | 'changed'): Promise<MailAddress> {
  await tellAddress(deps, row, what)
  return mailAddress(row)
}

type Owner = { accountId: number; target: string | null; targets: string | null }

/** What a forward's row says in place of an account. */
const NOBODY = 0

async function ownerFor(deps: Deps, input: NewAddress, folded: string): Promise<Owner | Failure> {
  if (input.kind === 'alias') return await ownerOfTarget(deps, input.target)
  if (input.kind !== 'forward') return await ownerOf(deps, input.accountId)
  const targets = await foldTargets(deps, folded, input.targets ?? [])
  return isFailure(targets) ? targets : { accountId: NOBODY, target: null, targets: JSON.stringify(targets) }
}

async function ownerOf(deps: Deps, accountId: number | null): Promise<Owner | Failure> {
  if (accountId === null) return fail('invalid', 'account_id is missing.', 'account_id')
  if (!(await getAccount(deps, accountId))) return fail('invalid', 'account_id names no account.', 'account_id')
  return { accountId, target: null, targets: null }
}

async function ownerOfTarget(deps: Deps, target: string | null): Promise<Owner | Failure> {
  const folded = target === null ? null : foldMailbox(target)
  if (!folded) return fail('invalid', 'target must be the address that the alias stands for.', 'target')
  const row = (await readAddresses(deps.stores.directory, [folded]))[0]
  if (row?.kind !== 'address') return fail('invalid', `target ${folded} is not an address of this server.`, 'target')
  return { accountId: row.account_id, target: folded, targets: null }
}

function foldDomain(name: string): string | null {
  const folded = name.includes('@') ? null : foldAddress(`${PROBE}@${name.trim()}`)
  return folded?.includes('.') ? splitAddress(folded).domain : null
}

// '*@domain' is how a catch-all is written, so no mailbox may have that name.
function foldMailbox(address: string): string | null {
  const folded = foldAddress(address)
  return folded?.startsWith('*@') ? null : folded
}

function foldCatchAll(address: string): string | null {
  const match = /^\s*\*@(.+)$/s.exec(address)
  const name = match?.[1] ? foldDomain(match[1]) : null
  return name === null ? null : `*@${name}`
}

function domain(row: DomainRow): Domain {
  const providers = row.providers === null ? null : (JSON.parse(row.providers) as string[])
  return { id: row.id, name: row.name, providers, createdAt: row.created_at }
}

function mailAddress(row: AddressRow): MailAddress {
  return {
    id: row.id,
    address: row.written,
    accountId: row.kind === 'forward' ? null : row.account_id,
    kind: row.kind,
    target: row.target,
    targets: row.kind === 'forward' ? targetsOf(row) : null,
    enabled: row.enabled === 1,
    createdAt: row.created_at,
  }
}
