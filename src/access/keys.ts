/**
 * API keys and app passwords: made here, shown once, stored hashed.
 *
 * Both are random and long enough that their SHA-256 cannot be searched for (160 and 80 bits), so no slow hash is
 * needed and a mail client's every login costs one row.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { seconds } from '../seconds.ts'
import {
  pageApiKeys,
  pageAppPasswords,
  readAddressById,
  readAddresses,
  readApiKey,
  readAppPassword,
} from '../store/directory-read.ts'
import {
  deleteApiKey,
  deleteAppPassword,
  insertApiKey,
  insertAppPassword,
  touchApiKey,
} from '../store/directory-write.ts'
import type { ApiKeyRow, AppPasswordRow } from '../store/schema.ts'
import { getAccount } from './accounts.ts'
import { type Principal, SCOPES, type Scope } from './scopes.ts'
import { base32, hashToken, sameSecret } from './secrets.ts'

/** Secret scanners find keys by it. */
const KEY_PREFIX = 'pst_'
const KEY_BYTES = 20
/** 16 characters in four groups: what a person can type into a mail client. */
const PASSWORD_BYTES = 10
const HINT_CHARS = 8
/** More than anybody tells apart by name; bounds what one account can make of the directory, which all share. */
export const KEYS_MAX = 100
export const APP_PASSWORDS_MAX = 100
/** `last_used_at` is exact to this, so that reading does not write a row each time. */
const LAST_USED_STEP_SECONDS = 3_600

export type ApiKey = {
  id: number
  accountId: number
  /** The one address of the account that it sees; null: all of the account. */
  addressId: number | null
  name: string
  hint: string
  scopes: Scope[]
  createdAt: number
  lastUsedAt: number | null
}

export type AppPassword = { id: number; accountId: number; name: string; createdAt: number; lastUsedAt: number | null }

/** Makes a key. `key` is the only time that it can be seen. */
export async function createApiKey(
  deps: Deps,
  input: {
    accountId: number
    addressId: number | null
    name: string
    scopes: readonly Scope[]
    /** JSON of sending limits of its own; null: those of its account alone. */
    limits?: string | null
  },
): Promise<(ApiKey & { key: string }) | Failure> {
  if (!(await accountExists(deps, input.accountId)))
    return fail('invalid', 'account_id names no account.', 'account_id')
  const refused = await refuseAddress(deps, input)
  if (refused) return refused
  const key = KEY_PREFIX + base32(deps.random(KEY_BYTES))
  const row = {
    hash: await hashToken(key),
    account_id: input.accountId,
    address_id: input.addressId,
    name: input.name,
    hint: key.slice(0, HINT_CHARS),
    scopes: JSON.stringify(SCOPES.filter((scope) => input.scopes.includes(scope))),
    limits: input.limits ?? null,
  }
  const made = await deps.stores.directory.first<ApiKeyRow>(insertApiKey(row, seconds(deps), KEYS_MAX))
  if (!made) return fail('conflict', `An account may have at most ${KEYS_MAX} keys: delete one first.`)
  return { ...apiKey(made), key }
}

/** Keys after the id `after`, of one account or (null) of all. */
export async function listApiKeys(
  deps: Deps,
  accountId: number | null,
  after: number,
  limit: number,
): Promise<ApiKey[]> {
  return (await pageApiKeys(deps.stores.directory, accountId, after, limit)).map(apiKey)
}

/** True where there was such a key (of that account, where one is given). */
export async function removeApiKey(deps: Deps, id: number, accountId: number | null): Promise<boolean> {
  return (await deps.stores.directory.first(deleteApiKey(id, accountId))) !== null
}

export async function createAppPassword(
  deps: Deps,
  input: { accountId: number; name: string },
): Promise<(AppPassword & { password: string }) | Failure> {
  if (!(await accountExists(deps, input.accountId)))
    return fail('invalid', 'account_id names no account.', 'account_id')
  const text = base32(deps.random(PASSWORD_BYTES))
  const row = { hash: await hashToken(text), account_id: input.accountId, name: input.name }
  const insertion = insertAppPassword(row, seconds(deps), APP_PASSWORDS_MAX)
  const made = await deps.stores.directory.first<AppPasswordRow>(insertion)
  if (!made)
    return fail('conflict', `An account may have at most ${APP_PASSWORDS_MAX} app passwords: delete one first.`)
  return { ...appPassword(made), password: text.match(/.{4}/g)?.join('-') ?? text }
}

export async function listAppPasswords(
  deps: Deps,
  accountId: number | null,
  after: number,
  limit: number,
): Promise<AppPassword[]> {
  return (await pageAppPasswords(deps.stores.directory, accountId, after, limit)).map(appPassword)
}

export async function removeAppPassword(deps: Deps, id: number, accountId: number | null): Promise<boolean> {
  return (await deps.stores.directory.first(deleteAppPassword(id, accountId))) !== null
}

/** Who holds this bearer key, or null where nobody does. A failure where the account is suspended. */
export async function authenticateKey(deps: Deps, key: string): Promise<Principal | Failure | null> {
  const { adminKey } = deps.secrets
  if (adminKey && (await sameSecret(key, adminKey))) return { kind: 'admin' }
  if (!key.startsWith(KEY_PREFIX)) return null
  const row = await readApiKey(deps.stores.directory, await hashToken(key))
  if (!row) return null
  if (row.suspended)
    return fail(
      'forbidden',
      'The account is suspended: its keys open nothing until an admin resumes it. Its mail is kept.',
    )
  const now = seconds(deps)
  if (row.last_used_at === null || now - row.last_used_at >= LAST_USED_STEP_SECONDS) {
    deps.background(deps.stores.directory.all(touchApiKey(row.id, now)))
  }
  const { id, accountId, addressId, scopes, name } = apiKey(row)
  return { kind: 'account', accountId, addressId, scopes, keyId: id, keyName: name, limits: row.limits }
}

/**
 * The account that a mail client logs in to: a folded address of the account and one of its app passwords, dashes and
 * case as the person typed them. Null for every failure alike.
 */
export async function authenticatePassword(deps: Deps, address: string, password: string): Promise<number | null> {
  const text = password.replaceAll(/[\s-]/g, '').toLowerCase()
  const [row, addresses] = await Promise.all([
    hashToken(text).then((hash) => readAppPassword(deps.stores.directory, hash)),
    readAddresses(deps.stores.directory, [address]),
  ])
  const owner = addresses[0]
  if (!row || row.suspended || !owner || owner.kind === 'catch_all' || owner.kind === 'forward') return null
  if (owner.enabled === 0) return null
  return row.account_id === owner.account_id ? owner.account_id : null
}

// A key of one address sees that address's mail. Settings are the account's, so it may not have that scope.
async function refuseAddress(
  deps: Deps,
  { accountId, addressId, scopes }: { accountId: number; addressId: number | null; scopes: readonly Scope[] },
): Promise<Failure | null> {
  if (addressId === null) return null
  const address = await readAddressById(deps.stores.directory, addressId)
  if (address?.account_id !== accountId)
    return fail('invalid', 'address_id names no address of this account.', 'address_id')
  if (!scopes.includes('settings')) return null
  return fail('invalid', 'A key of one address cannot have the scope settings, which is the account\u2019s.', 'scopes')
}

async function accountExists(deps: Deps, accountId: number): Promise<boolean> {
  return (await getAccount(deps, accountId)) !== null
}

function apiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    accountId: row.account_id,
    addressId: row.address_id,
    name: row.name,
    hint: row.hint,
    scopes: JSON.parse(row.scopes) as Scope[],
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }
}

function appPassword(row: AppPasswordRow): AppPassword {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }
}
