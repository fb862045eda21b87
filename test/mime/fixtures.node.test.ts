/** Every fixture against what it should give, in Node; `UPDATE=1` rewrites the sidecars. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseMessage } from '../../src/mime/parse.ts'
import { condense } from './condense.ts'

const folder = join(import.meta.dirname, '../fixtures')
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.eml') ? [file.slice(0, -4)] : []))

test.each(names)('%s', async (name) => {
  const bytes = new Uint8Array(readFileSync(join(folder, `${name}.eml`)))
  const got = `${JSON.stringify(condense(await parseMessage(bytes)), null, 2)}\n`
  const sidecar = join(folder, `${name}.want.json`)
  if (process.env.UPDATE) writeFileSync(sidecar, got)
  expect(got).toBe(readFileSync(sidecar, 'utf8'))
  expect(readFileSync(join(folder, `${name}.md`), 'utf8')).toMatch(/^.+\.\n$/s)
})
