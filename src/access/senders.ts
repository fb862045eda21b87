/**
 * Who may send as whom. An account sends as its own addresses and aliases, with or without a plus-tag, and as any name of a
 * domain whose catch-all it has, unless that very address is somebody else's. A key of one address sends as that one only.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { pageAddresses, readAddressById, readAddresses, readOwnDomains } from '../store/directory-read.ts'
import type { AddressRow } from '../store/schema.ts'

/** Whose key or session asks. */
type Owner = { accountId: number; addressId: number | null }
export type Sender = { addressId: number; address: string }

/** Addresses of one account that are looked at where it names none: with more than one, it must. */
const OWN_MAX = 200

/** The address that is sent from: the given one where the owner may, or else the only one that there is. */
export async function resolveSender(deps: Deps, owner: Owner, address: string | null): Promise<Sender | Failure> {
  if (address === null) return await soleSender(deps, owner)
  const row = await ownRow(deps, owner, address)
  if (isFailure(row)) return row
  return { addressId: row.id, address }
}

/** Which of these addresses lead to the account itself: a reply to all leaves them out. */
export async function ownAddresses(deps: Deps, accountId: number, addresses: string[]): Promise<Set<string>> {
  const own = await Promise.all(
    addresses.map(async (address) => !isFailure(await ownRow(deps, { accountId, addressId: null }, address))),
  )
  return new Set(addresses.filter((_, n) => own[n]))
}

/** Which of these domains, folded, are this server's: mail to them does not leave it. */
export async function localDomains(deps: Deps, domains: string[]): Promise<Set<string>> {
  return domains.length === 0 ? new Set() : await readOwnDomains(deps.stores.directory, domains)
}

async function ownRow(deps: Deps, owner: Owner, address: string): Promise<AddressRow | Failure> {
  const folded = foldAddress(address)
  const foreign = fail('forbidden', 'from is not an address that this key may send as.', 'from')
  if (folded === null || folded.startsWith('*@')) return foreign
  const { base, tag, domain } = splitAddress(folded)
  const candidates = [folded, ...(tag === null ? [] : [`${base}@${domain}`]), `*@${domain}`]
  const rows = await readAddresses(deps.stores.directory, candidates)
  // The same order as of receiving: whoever gets the answers is who may send.
  const row = candidates.map((one) => rows.find((found) => found.address === one)).find((found) => found !== undefined)
  return row && isUsable(row, owner) ? row : foreign
}

function isUsable(row: AddressRow, { accountId, addressId }: Owner): boolean {
  if (row.account_id !== accountId || row.enabled === 0 || row.kind === 'forward') return false
  return addressId === null || row.id === addressId
}

async function soleSender(deps: Deps, owner: Owner): Promise<Sender | Failure> {
  const { directory } = deps.stores
  const rows =
    owner.addressId === null
      ? await pageAddresses(directory, owner.accountId, 0, OWN_MAX)
      : [await readAddressById(directory, owner.addressId)].filter((row) => row !== null)
  const [sole, ...others] = rows.filter((row) => isUsable(row, owner) && row.kind !== 'catch_all')
  if (sole && others.length === 0) return { addressId: sole.id, address: sole.written }
  return fail(
    'invalid',
    'Name the address to send from in `from`: the account has more than one, or catch-alls only.',
    'from',
  )
}
