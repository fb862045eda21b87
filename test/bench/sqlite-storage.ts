/** D1 and R2 in Node: SQLite in memory with the project's own tables, and a map. For figures of the CPU, which workerd does not tell. */
import { readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

export type SqliteStorage = {
  d1: D1Database
  bucket: R2Bucket
  /** Milliseconds spent in SQLite so far, which in production are D1's and not the Worker's. */
  sqlMs(): number
}

export function sqliteStorage(): SqliteStorage {
  const sqlite = new DatabaseSync(':memory:')
  for (const file of readdirSync('migrations').sort()) sqlite.exec(readFileSync(`migrations/${file}`, 'utf8'))
  let spentMs = 0
  const timed = <T>(work: () => T): T => {
    const began = performance.now()
    try {
      return work()
    } finally {
      spentMs += performance.now() - began
    }
  }
  type Bound = { run(): { results: unknown[]; meta: object } }
  const prepare = (sql: string, values: SQLInputValue[] = []): Bound => {
    const run = () => ({ results: sqlite.prepare(sql).all(...values), meta: {} })
    const bound = { run, all: async () => timed(run), bind: (...given: unknown[]) => prepare(sql, given.map(asInput)) }
    return bound
  }
  const batch = async (statements: Bound[]) =>
    timed(() => {
      sqlite.exec('begin')
      try {
        const results = statements.map((one) => one.run())
        sqlite.exec('commit')
        return results
      } catch (error) {
        sqlite.exec('rollback')
        throw error
      }
    })
  return { d1: { prepare, batch } as unknown as D1Database, bucket: mapBucket(), sqlMs: () => spentMs }
}

function asInput(value: unknown): SQLInputValue {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return value as SQLInputValue
}

function mapBucket(): R2Bucket {
  const objects = new Map<string, Uint8Array>()
  return {
    put: async (key: string, bytes: Uint8Array) => void objects.set(key, bytes),
    get: async (key: string) => {
      const bytes = objects.get(key)
      return bytes ? { arrayBuffer: async () => bytes.slice().buffer, customMetadata: {} } : null
    },
    delete: async (keys: string[]) => void keys.map((key) => objects.delete(key)),
  } as unknown as R2Bucket
}
