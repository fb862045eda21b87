/** What each operation costs, in rows that D1 says it read and wrote, at two sizes of the mailbox (helpers/costs.ts). */
import { beforeAll, describe, expect, it } from 'vitest'
import { OPERATIONS, readBar, type Setup, setUp } from './helpers/costs.ts'
import { migrate } from './helpers/world.ts'

const SIZES = [1_000, 20_000]
const setups = new Map<number, Setup>()

beforeAll(async () => {
  await migrate()
  for (const size of SIZES) setups.set(size, await setUp(size))
}, 120_000)

describe.each(SIZES)('rows in a mailbox of %i', (size) => {
  it.each(OPERATIONS)('$name reads at most $read and writes at most $written', async (operation) => {
    const setup = setups.get(size)
    if (!setup) throw new Error('not set up')
    // What the operation before this one left to be done is not this one's.
    await setup.world.settle()
    const prepared = (await operation.prepare?.(setup)) ?? 0
    setup.meter.reset()
    const result = await operation.run(setup, prepared)
    expect(setup.meter.read).toBeLessThanOrEqual(readBar(operation, size))
    expect(setup.meter.written).toBeLessThanOrEqual(operation.written)
    expect(setup.meter.statements).toBeLessThanOrEqual(operation.statements ?? Number.POSITIVE_INFINITY)
    expect(result).not.toHaveProperty('failure')
  })
})
