/** Reading the directory: who lives where, and who may come in. Always the first database. */
import { sql } from 'drizzle-orm'
import { type Database, list } from './database.ts'
import type { AddressRow, ApiKeyRow, AppPasswordRow, DeadLetterRow, DomainRow, ListRow } from './schema.ts'

/** The rows of these folded addresses, in no order. At most 99 of them. */
export function readAddresses(db: Database, addresses: string[]): Promise<AddressRow[]> {
  return db.all<AddressRow>(sql`select * from addresses where address in (${list(addresses)})`)
}

export function readAddressById(db: Database, id: number): Promise<AddressRow | null> {
  return db.first<AddressRow>(sql`select * from addresses where id = ${id}`)
}

/** Addresses above `after` in id order, of one account where it is given. */
export function pageAddresses(db: Database, accountId: number | null, after: number, limit: number) {
  const whose = accountId === null ? sql`` : sql`and account_id = ${accountId}`
  return db.all<AddressRow>(sql`select * from addresses where id > ${after} ${whose} order by id limit ${limit}`)
}

export function readDomain(db: Database, name: string): Promise<DomainRow | null> {
  return db.first<DomainRow>(sql`select * from domains where name = ${name}`)
}

/** Which of these names (A-labels) are domains of this server. At most 99 of them. */
export async function readOwnDomains(db: Database, names: string[]): Promise<Set<string>> {
  const rows = await db.all<DomainRow>(sql`select * from domains where name in (${list(names)})`)
  return new Set(rows.map((row) => row.name))
}

export function readDomainById(db: Database, id: number): Promise<DomainRow | null> {
  return db.first<DomainRow>(sql`select * from domains where id = ${id}`)
}

/** Which of these names are domains of this server. At most 99 of them. */
export async function readDomainNames(db: Database, names: string[]): Promise<Set<string>> {
  const rows = await db.all<{ name: string }>(sql`select name from domains where name in (${list(names)})`)
  return new Set(rows.map((row) => row.name))
}

export function pageDomains(db: Database, after: number, limit: number): Promise<DomainRow[]> {
  return db.all<DomainRow>(sql`select * from domains where id > ${after} order by id limit ${limit}`)
}

/** Whether the account that a key or a password belongs to is suspended: 1 or 0. */
const SUSPENDED = sql`exists (select 1 from suspensions where suspensions.account_id = one.account_id) suspended`

export function readApiKey(db: Database, hash: Uint8Array): Promise<(ApiKeyRow & { suspended: number }) | null> {
  return db.first(sql`select one.*, ${SUSPENDED} from api_keys one where hash = ${hash}`)
}

export function pageApiKeys(db: Database, accountId: number | null, after: number, limit: number) {
  const whose = accountId === null ? sql`` : sql`and account_id = ${accountId}`
  return db.all<ApiKeyRow>(sql`select * from api_keys where id > ${after} ${whose} order by id limit ${limit}`)
}

export function readAppPassword(
  db: Database,
  hash: Uint8Array,
): Promise<(AppPasswordRow & { suspended: number }) | null> {
  return db.first(sql`select one.*, ${SUSPENDED} from app_passwords one where hash = ${hash}`)
}

export function pageAppPasswords(db: Database, accountId: number | null, after: number, limit: number) {
  const whose = accountId === null ? sql`` : sql`and account_id = ${accountId}`
  return db.all<AppPasswordRow>(
    sql`select * from app_passwords where id > ${after} ${whose} order by id limit ${limit}`,
  )
}

export function pageDeadLetters(db: Database, after: number, limit: number): Promise<DeadLetterRow[]> {
  return db.all<DeadLetterRow>(sql`select * from dead_letters where id > ${after} order by id limit ${limit}`)
}

export function readDeadLetter(db: Database, id: number): Promise<DeadLetterRow | null> {
  return db.first<DeadLetterRow>(sql`select * from dead_letters where id = ${id}`)
}

/** Which of these subjects a queue gave up on: the sweep leaves them to the admin. */
export async function readDeadSubjects(db: Database, queue: string, subjects: string[]): Promise<Set<string>> {
  const rows = await db.all<{ subject: string }>(sql`select d.subject from json_each(${JSON.stringify(subjects)}) j
    cross join dead_letters d on d.queue = ${queue} and d.subject = j.value`)
  return new Set(rows.map((row) => row.subject))
}

/** The entries among these keys: of the server (account 0) or of an account, from that one's database. */
export function readListEntries(db: Database, accountId: number, keys: string[]): Promise<ListRow[]> {
  return db.all<ListRow>(sql`select * from lists where account_id = ${accountId} and key in (${list(keys)})`)
}

/** List entries above `after` in key order. */
export function pageListEntries(db: Database, accountId: number, after: string, limit: number): Promise<ListRow[]> {
  return db.all<ListRow>(
    sql`select * from lists where account_id = ${accountId} and key > ${after} order by key limit ${limit}`,
  )
}

export async function readState(db: Database, key: string): Promise<string | null> {
  return (await db.first<{ value: string }>(sql`select value from state where key = ${key}`))?.value ?? null
}
