/** Every fixture in workerd, whose decoders are not Node's: parsed, and read back by ranges with the same result. */
import { expect, test } from 'vitest'
import { readDisplayed } from '../../src/mime/body.ts'
import { headerBlockBytes, headerBlockText, isTraceField } from '../../src/mime/headers.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { deserializeStructure, serializeStructure } from '../../src/mime/structure.ts'
import { condense } from './condense.ts'
import { fixtures, wanted } from './fixtures.ts'

test('at least forty kinds of malformation are here', () => {
  expect(fixtures.length).toBeGreaterThanOrEqual(40)
})

test.each(fixtures)('$name', async ({ name, bytes }) => {
  expect(`${JSON.stringify(condense(await parseMessage(bytes)), null, 2)}\n`).toBe(wanted(name))
})

test.each(fixtures)('$name: reading its ranges gives what parsing gave', async ({ bytes }) => {
  const message = await parseMessage(bytes)
  const stored = deserializeStructure(serializeStructure(message.structure))
  expect(stored).toEqual(message.structure)
  const body = await readDisplayed(stored, async (start, end) => bytes.slice(start, end))
  expect([body.text ?? '', body.html, body.textIsOriginal]).toEqual([
    message.text,
    message.html,
    message.textIsOriginal,
  ])
})

test.each(fixtures)('$name: the stored header gives its bytes back where it is complete', async ({ bytes }) => {
  const { fields } = await parseMessage(bytes)
  const { text, complete } = headerBlockText(fields, bytes)
  if (!complete) return
  const kept = fields.filter((field) => !isTraceField(field.key)).flatMap((f) => [...bytes.slice(f.start, f.end)])
  expect([...headerBlockBytes(text)]).toEqual(kept)
})
