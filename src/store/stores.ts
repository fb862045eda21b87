/**
 * All the storage of one server: its databases by shard, and the raw messages.
 *
 * The directory (who lives where, who may come in) is the first database. An account's id names its shard, so no lookup
 * is needed to find its database, and no query ever crosses two.
 */
import { Database } from './database.ts'
import { shardOf } from './ids.ts'
import { RawStore } from './raw.ts'

export type Stores = {
  directory: Database
  /** Shard n is databases[n]; the directory is databases[0]. */
  shards: Database[]
  /** The database that an account of this id would live in, or null where none is bound: for ids that a client names. */
  find(accountId: number): Database | null
  /** The database of an account. Throws where its shard is not bound: a configuration that lost a database. */
  of(accountId: number): Database
  raw: RawStore
}

/** Puts the storage together from bindings: `databases[0]` is the directory and the first shard. */
export function openStores(databases: D1Database[], bucket: R2Bucket): Stores {
  const shards = databases.map((d1) => new Database(d1))
  const directory = shards[0]
  if (!directory) throw new Error('no database is bound')
  return {
    directory,
    shards,
    find: (accountId) => shards[shardOf(accountId)] ?? null,
    of(accountId) {
      const shard = shards[shardOf(accountId)]
      if (!shard) throw new Error(`no database is bound for shard ${shardOf(accountId)}`)
      return shard
    },
    raw: new RawStore(bucket),
  }
}
