/** Our own fixtures, read by us and by postal-mime: whatever differs must have a reason. */
import { expect, test } from 'vitest'
import { compare } from './agreement.ts'
import { fixtures } from './fixtures.ts'

test.each(fixtures)('$name', async ({ bytes }) => {
  expect((await compare(bytes)).disagreements).toEqual([])
})

test('most fixtures need no excuse', async () => {
  const results = await Promise.all(fixtures.map(({ bytes }) => compare(bytes)))
  expect(results.filter(({ reasons }) => reasons.size === 0).length).toBeGreaterThan(fixtures.length / 2)
})
