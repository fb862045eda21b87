/** D1 with a meter: the rows that statements read and wrote, as D1 itself reports them. */

export type Meter = {
  d1: D1Database
  /** Rows since the last reset, and the statements they came from. */
  read: number
  written: number
  statements: number
  durationMs: number
  reset(): void
}

const ORIGINAL = Symbol('the statement underneath')

export function metered(d1: D1Database): Meter {
  const meter: Meter = {
    d1: undefined as unknown as D1Database,
    read: 0,
    written: 0,
    statements: 0,
    durationMs: 0,
    reset() {
      Object.assign(meter, { read: 0, written: 0, statements: 0, durationMs: 0 })
    },
  }
  const note = <T>(result: D1Result<T>): D1Result<T> => {
    meter.read += result.meta.rows_read
    meter.written += result.meta.rows_written
    meter.durationMs += result.meta.duration
    meter.statements += 1
    return result
  }
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement =>
    ({
      [ORIGINAL]: statement,
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: async () => note(await statement.all()),
    }) as unknown as D1PreparedStatement
  const unwrap = (statement: D1PreparedStatement) =>
    (statement as unknown as { [ORIGINAL]: D1PreparedStatement })[ORIGINAL]
  meter.d1 = {
    prepare: (sql: string) => wrap(d1.prepare(sql)),
    batch: async (statements: D1PreparedStatement[]) => (await d1.batch(statements.map(unwrap))).map(note),
  } as unknown as D1Database
  return meter
}
