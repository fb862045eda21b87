/**
 * Agreement with postal-mime over a folder of mail: every file parses, and what differs has a reason. Prints its figures.
 * POSTERN_CORPUS names the folder; without it, the fixtures.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compare } from '../mime/agreement.ts'

const folder = process.env.POSTERN_CORPUS ?? 'test/fixtures'

test('the corpus agrees', { timeout: 1_800_000 }, async () => {
  const reasons: Record<string, number> = {}
  const disagreements: string[] = []
  let messages = 0
  let agreeing = 0
  for (const file of filesBelow(folder)) {
    const result = await compare(new Uint8Array(readFileSync(file)))
    messages++
    if (result.reasons.size === 0 && result.disagreements.length === 0) agreeing++
    for (const reason of result.reasons) reasons[reason] = (reasons[reason] ?? 0) + 1
    disagreements.push(...result.disagreements.map((what) => `${file}: ${what}`.slice(0, 300)))
  }
  console.log({ messages, agreeing, reasons, disagreements: disagreements.length })
  for (const line of disagreements.slice(0, 50)) console.log(line)
  expect(messages).toBeGreaterThan(0)
  expect(disagreements.length).toBeLessThanOrEqual(messages / 100)
})

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && !/\.(tsv|json|md|ts)$/.test(entry.name) ? [join(entry.parentPath, entry.name)] : [],
  )
}
