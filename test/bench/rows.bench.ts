/** Prints what each operation costs at three sizes of the mailbox: rows read / written, and D1's own time beside them. */
import { beforeAll, expect, it } from 'vitest'
import { OPERATIONS, readBar, type Setup, setUp } from '../helpers/costs.ts'
import { migrate } from '../helpers/world.ts'

const SIZES = [1_000, 10_000, 100_000]
const setups: Setup[] = []

beforeAll(async () => {
  await migrate()
  for (const size of SIZES) setups.push(await setUp(size))
})

it('prints the rows of each operation', async () => {
  const lines = [
    row(
      'operation',
      SIZES.map((size) => size.toLocaleString('en')),
      'bar',
    ),
  ]
  for (const operation of OPERATIONS) {
    const cells: string[] = []
    for (const setup of setups) {
      // What the operation before this one left to be done is not this one's.
      await setup.world.settle()
      const prepared = (await operation.prepare?.(setup)) ?? 0
      setup.meter.reset()
      await operation.run(setup, prepared)
      const { read, written, durationMs } = setup.meter
      cells.push(`${read} / ${written}  ${durationMs.toFixed(1)} ms`)
      expect(read).toBeLessThanOrEqual(readBar(operation, setup.box.size))
      expect(written).toBeLessThanOrEqual(operation.written)
    }
    lines.push(
      row(
        operation.name,
        cells,
        `${operation.read}${operation.readPer2048 ? ' + 1 for 2,048 UIDs' : ''} / ${operation.written}`,
      ),
    )
  }
  console.log(`rows read / written, and meta.duration, in a mailbox of that many messages\n${lines.join('\n')}`)
})

function row(name: string, cells: string[], bar: string): string {
  return `${name.padEnd(36)}${cells.map((cell) => cell.padStart(22)).join('')}${bar.padStart(16)}`
}
