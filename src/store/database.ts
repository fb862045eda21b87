/**
 * One D1 database, spoken to in drizzle's SQL. The only file that calls D1.
 *
 * drizzle's own D1 driver cannot batch raw statements with parameters and hides the meta data, so a query is compiled
 * by drizzle's dialect and run here. Rows come back as D1 gives them, typed by the caller from schema.ts.
 *
 * D1 binds every number as REAL. That is harmless beside a column of INTEGER affinity; elsewhere (FTS5 rowid bounds,
 * JSON, divisions) write `int(n)`.
 */
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'

/** A statement, or a piece of one, of drizzle's SQL. Other rooms hand it on and never look inside. */
export type Statement = SQL

const dialect = new SQLiteSyncDialect()

/** A number as an SQL integer, where the column's affinity would not make it one. */
export function int(value: number): SQL {
  return sql`cast(${value} as integer)`
}

/** A list for `in (...)`. D1 takes 100 parameters in a statement: longer lists go through json_each. */
export function list(values: readonly (string | number)[]): SQL {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )
}

/** Parameters that a statement may spend on one table of rows, of the 100 that D1 gives it. */
const TABLE_PARAMETERS_MAX = 60
/** Characters of integers that are written into a statement, of the 100 KB that D1 takes. */
const TABLE_CHARS_MAX = 40_000

/**
 * Rows as a table with columns c0, c1, ...; all of one length, none empty. D1 counts every row of json_each as read, so
 * integers are written into the statement as VALUES, and text is bound while it is little; much text goes through
 * json_each. Throws for a number that is no safe integer, so that nothing else is ever written into SQL.
 */
export function table(rows: readonly (readonly (string | number)[])[]): SQL {
  const columns = Array.from({ length: rows[0]?.length ?? 0 }, (_, i) => i)
  const isNumeric = rows.every((row) => row.every((value) => typeof value === 'number'))
  const isLong = isNumeric
    ? JSON.stringify(rows).length > TABLE_CHARS_MAX
    : rows.length * columns.length > TABLE_PARAMETERS_MAX
  if (isLong) {
    const picked = columns.map((i) => `value ->> ${i} c${i}`).join(', ')
    return sql`(select ${sql.raw(picked)} from json_each(${JSON.stringify(rows)}))`
  }
  const named = columns.map((i) => `column${i + 1} c${i}`).join(', ')
  const values = rows.map((row) => sql`(${sql.join(row.map(literal), sql`, `)})`)
  return sql`(select ${sql.raw(named)} from (values ${sql.join(values, sql`, `)}))`
}

/** Integers for `in (...)`, written into the statement: any number of them. Throws for what is no safe integer. */
export function integers(values: readonly number[]): SQL {
  return sql.join(values.map(literal), sql`, `)
}

function literal(value: string | number): SQL {
  if (typeof value === 'string') return sql`${value}`
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is no integer`)
  return sql.raw(String(value))
}

export class Database {
  readonly #d1: D1Database

  constructor(d1: D1Database) {
    this.#d1 = d1
  }

  /** Runs one statement and gives its rows. */
  async all<Row>(query: SQLWrapper): Promise<Row[]> {
    const { results } = await this.#prepare(query).all<Row>()
    return results
  }

  async first<Row>(query: SQLWrapper): Promise<Row | null> {
    const rows = await this.all<Row>(query)
    return rows[0] ?? null
  }

  /** Runs statements as one transaction: all of them, or none. Gives each one's rows. */
  async batch(queries: readonly SQLWrapper[]): Promise<unknown[][]> {
    if (queries.length === 0) return []
    const results = await this.#d1.batch(queries.map((query) => this.#prepare(query)))
    return results.map((result) => result.results)
  }

  /** The same database, asked each question once: for a call that asks the same for many items, of what it does not change itself. */
  remembering(): Database {
    return new Remembering(this.#d1)
  }

  #prepare(query: SQLWrapper): D1PreparedStatement {
    const { sql: text, params } = dialect.sqlToQuery(query.getSQL())
    return this.#d1.prepare(text).bind(...params)
  }
}

class Remembering extends Database {
  readonly #answers = new Map<string, Promise<unknown[]>>()

  override all<Row>(query: SQLWrapper): Promise<Row[]> {
    const { sql: text, params } = dialect.sqlToQuery(query.getSQL())
    const question = JSON.stringify([text, params])
    const answer = this.#answers.get(question) ?? super.all<Row>(query)
    this.#answers.set(question, answer)
    return answer as Promise<Row[]>
  }
}

/** True for what a stale guard gives: NULL written to accounts.modseq. The batch has rolled back. */
export function isStaleGuard(error: unknown): boolean {
  return /NOT NULL constraint failed: accounts\.modseq/.test(messageOf(error))
}

/** True where an account's model had moved on since it was read. The batch has rolled back. */
export function isStaleModel(error: unknown): boolean {
  return /NOT NULL constraint failed: spam_models\.version/.test(messageOf(error))
}

/** True where an account had been told of its quarantine since it was read. The batch has rolled back. */
export function isStaleDigest(error: unknown): boolean {
  return /NOT NULL constraint failed: digests\.told_id/.test(messageOf(error))
}

/** True where a webhook was changed since it was read. The batch has rolled back. */
export function isStaleWebhook(error: unknown): boolean {
  return /NOT NULL constraint failed: webhooks\.(?:enabled|account_id)/.test(messageOf(error))
}

/** True where a unique index refused a row. The batch has rolled back. */
export function isUniqueViolation(error: unknown): boolean {
  return /UNIQUE constraint failed/.test(messageOf(error))
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message
}
