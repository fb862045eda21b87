/**
 * Storage and queues that fail on purpose: the n-th call, in one of three ways. The real D1, R2 and queues are underneath.
 *
 *   before  nothing is done, and the call fails
 *   lost    it is done, and the answer is lost: the caller sees a failure
 *   after   it is done and answered, and then the invocation dies: every later call fails
 */
export type FaultMode = 'before' | 'lost' | 'after'
export const FAULT_MODES: FaultMode[] = ['before', 'lost', 'after']

export type Faults = {
  /** Calls made so far, by name, in order. */
  calls: string[]
  /** Wraps a call of this name. */
  run<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** Faults that strike at call `at` (from 1); at 0 they only count. */
export function faultsAt(at: number, mode: FaultMode): Faults {
  const calls: string[] = []
  return {
    calls,
    async run(name, work) {
      calls.push(name)
      const n = calls.length
      if (at > 0 && ((n === at && mode === 'before') || (n > at && mode === 'after')))
        throw new Error(`injected: ${name}`)
      const result = await work()
      if (n === at && mode === 'lost') throw new Error(`injected: the answer of ${name} is lost`)
      return result
    },
  }
}

const ORIGINAL = Symbol('the statement underneath')

export function faultyD1(d1: D1Database, faults: Faults): D1Database {
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement =>
    ({
      [ORIGINAL]: statement,
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: () => faults.run('d1.all', () => statement.all()),
    }) as unknown as D1PreparedStatement
  return {
    prepare: (sql: string) => wrap(d1.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      faults.run('d1.batch', () =>
        d1.batch(statements.map((one) => (one as unknown as { [ORIGINAL]: D1PreparedStatement })[ORIGINAL])),
      ),
  } as unknown as D1Database
}

export function faultyR2(bucket: R2Bucket, faults: Faults): R2Bucket {
  const wrap =
    <A extends unknown[], T>(name: string, call: (...args: A) => Promise<T>) =>
    (...args: A) =>
      faults.run(`r2.${name}`, () => call(...args))
  return {
    put: wrap('put', (key: string, value: Uint8Array, options?: R2PutOptions) => bucket.put(key, value, options)),
    get: wrap('get', (key: string, options?: R2GetOptions) => bucket.get(key, options)),
    list: wrap('list', (options?: R2ListOptions) => bucket.list(options)),
    delete: wrap('delete', (keys: string | string[]) => bucket.delete(keys)),
  } as unknown as R2Bucket
}

export function faultyQueue<T>(name: string, waiting: T[], faults: Faults): Pick<Queue<T>, 'send'> {
  const send = (body: T) => faults.run(`queue.${name}`, async () => void waiting.push(body))
  return { send } as unknown as Pick<Queue<T>, 'send'>
}
