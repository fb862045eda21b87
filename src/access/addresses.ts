/**
 * Domains and addresses: what the envelope recipient is looked up in.
 *
 * Addresses are compared folded (local part in lower case, domain as A-label) and shown as they were given. The order of
 * a lookup is exact address or alias, the same without its plus-tag, then the domain's catch-all.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
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
  deleteDomain,
  deleteKeysOf,
  insertAddress,
  insertDomain,
  setAddressEnabled,
} from '../store/directory-write.ts'
import type { AddressRow, DomainRow } from '../store/schema.ts'
import { getAccount } from './accounts.ts'

export type Domain = { id: number; name: string; createdAt: number }

export type AddressKind = 'address' | 'alias' | 'catch_all' | 'forward'

export type MailAddress = {
  id: number
  /** As it was given; a catch-all is '*@domain'. */
  address: string
  accountId: number
  kind: AddressKind
  /** The address that an alias stands for. */
  target: string | null
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

/** Removes a domain that no address uses any more. */
export async function removeDomain(deps: Deps, id: number): Promise<true | Failure> {
  if (await deps.stores.directory.first(deleteDomain(id))) return true
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
}

export async function createAddress(deps: Deps, input: NewAddress): Promise<MailAddress | Failure> {
  const folded = input.kind === 'catch_all' ? foldCatchAll(input.address) : foldMailbox(input.address)
  if (!folded)
    return fail(
      'invalid',
      `"${input.address}" is not ${input.kind === 'catch_all' ? '*@domain' : 'an address'}.`,
      'address',
    )
  const owner = input.kind === 'alias' ? await ownerOfTarget(deps, input.target) : await ownerOf(deps, input.accountId)
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
        targets: null,
        created_at: seconds(deps),
      }),
    )
    if (row) return mailAddress(row)
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

/** A disabled address is refused with 5.2.1; what it received stays. */
export async function getAddress(deps: Deps, id: number): Promise<MailAddress | null> {
  const row = await readAddressById(deps.stores.directory, id)
  return row ? mailAddress(row) : null
}

/** With `expected`, only where it is that now. */
export async function enableAddress(
  deps: Deps,
  id: number,
  enabled: boolean,
  expected: boolean | null = null,
): Promise<MailAddress | null> {
  const row = await deps.stores.directory.first<AddressRow>(setAddressEnabled(id, enabled, expected))
  return row ? mailAddress(row) : null
}

/** Removes an address, the aliases that stand for it and the keys bound to it. Its mail stays with the account. */
export async function removeAddress(deps: Deps, id: number): Promise<boolean> {
  const row = await readAddressById(deps.stores.directory, id)
  if (!row) return false
  await deps.stores.directory.batch([deleteKeysOf(row), deleteAliasesOf(row.address), deleteAddress(id)])
  return true
}

/** Whether the domain (an A-label) is one of this server's. */
export async function isOurDomain(deps: Deps, name: string): Promise<boolean> {
  return (await readDomain(deps.stores.directory, name)) !== null
}

type Owner = { accountId: number; target: string | null }

async function ownerOf(deps: Deps, accountId: number | null): Promise<Owner | Failure> {
  if (accountId === null) return fail('invalid', 'account_id is missing.', 'account_id')
  if (!(await getAccount(deps, accountId))) return fail('invalid', 'account_id names no account.', 'account_id')
  return { accountId, target: null }
}

async function ownerOfTarget(deps: Deps, target: string | null): Promise<Owner | Failure> {
  const folded = target === null ? null : foldMailbox(target)
  if (!folded) return fail('invalid', 'target must be the address that the alias stands for.', 'target')
  const row = (await readAddresses(deps.stores.directory, [folded]))[0]
  if (row?.kind !== 'address') return fail('invalid', `target ${folded} is not an address of this server.`, 'target')
  return { accountId: row.account_id, target: folded }
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
  return { id: row.id, name: row.name, createdAt: row.created_at }
}

function mailAddress(row: AddressRow): MailAddress {
  return {
    id: row.id,
    address: row.written,
    accountId: row.account_id,
    kind: row.kind,
    target: row.target,
    enabled: row.enabled === 1,
    createdAt: row.created_at,
  }
}

function seconds(deps: Deps): number {
  return Math.floor(deps.now() / 1000)
}
